"""Gate: whether a result is good enough, with a plain sentence where it is not."""

from collections.abc import Sequence

import msgspec

from nlp.errors import InvalidRequest
from nlp.evaluation.metrics import Figures
from nlp.evaluation.outcomes import Outcome
from nlp.evaluation.result import Result
from nlp.evaluation.significance import LEVEL, Paired, mcnemar, p_told
from nlp.evaluation.slot_scores import SlotScores


class Verdict(msgspec.Struct, frozen=True):
    """One condition: whether it holds, and the sentence that says so."""

    holds: bool
    sentence: str


def at_least(figures: Figures, accuracy: float) -> Verdict:
    """Whether as large a share was right as is asked for."""
    has = f"{figures.right} of {figures.count} utterances are right ({figures.accuracy:.1%})"
    if figures.accuracy >= accuracy:
        return Verdict(True, f"{has}: at least {accuracy:.1%} are asked for")
    return Verdict(False, f"{has}, fewer than the {accuracy:.1%} that are asked for")


def slots_at_least(slots: SlotScores | None, f1: float) -> Verdict:
    """Whether marked values were found as well as is asked for; not so where the test marks none."""
    if slots is None:
        return Verdict(False, f"the test marks no values, but an F1 of at least {f1:g} is asked for")
    if slots.all.f1 >= f1:
        return Verdict(True, f"{slots.sentence}: at least {f1:g} is asked for")
    return Verdict(False, f"{slots.sentence}, less than the {f1:g} that is asked for")


def no_worse(result: Result, baseline: Result) -> Verdict:
    """Whether a result is not significantly worse than an earlier one on the same utterances (McNemar, exact).

    Raises `InvalidRequest` where they have no utterance in common.
    """
    gone = frozenset(result.untrained)
    lost = [row for row in baseline.outcomes if row.right and (row.text, row.expected) in gone]
    if lost:
        names = ", ".join(sorted({row.expected for row in lost})[:5])
        what = "1 utterance that it had right is" if len(lost) == 1 else f"{len(lost)} utterances that it had right are"
        return Verdict(False, f"worse than the baseline: {what} of an intent that is no longer trained ({names})")
    pairs = paired(result.outcomes, baseline.outcomes)
    if not pairs:
        raise InvalidRequest("the baseline has none of these utterances: test both on the same file")
    test = compare_pairs(pairs)
    return _no_worse(test, f"of {len(pairs)} utterances that both have")


def slots_no_worse(slots: SlotScores | None, baseline: SlotScores | None) -> Verdict | None:
    """Whether marked values are not found significantly worse than before, by utterance, as `no_worse`.

    None where neither marks any. Where the baseline did and nothing is found any more, that is worse.
    """
    if baseline is None:
        return Verdict(True, "marked values are not compared: the baseline has none") if slots else None
    if slots is None:
        return Verdict(False, "worse than the baseline: it found marked values, and now none are looked for")
    pairs = paired_slots(slots, baseline)
    if not pairs:
        return Verdict(True, "marked values are not compared: the baseline says nothing of these utterances' values")
    return _no_worse(compare_slots(slots, baseline), f"marked values: of {len(pairs)} utterances that both have")


def paired_slots(now: SlotScores, before: SlotScores) -> list[tuple[bool, bool]]:
    """Whether all values of an utterance were found, (now, before), for each that both have."""
    return [
        (right, before.by_utterance[text]) for text, right in now.by_utterance.items() if text in before.by_utterance
    ]


def compare_slots(now: SlotScores, before: SlotScores) -> Paired:
    """McNemar's test on utterances all of whose marked values were found, and nothing else."""
    pairs = paired_slots(now, before)
    return mcnemar(sum(new and not old for new, old in pairs), sum(old and not new for new, old in pairs))


def _no_worse(test: Paired, where: str) -> Verdict:
    what = f"{where}, {test.better} got better and {test.worse} got worse (McNemar {p_told(test.p_value)})"
    if test.worse > test.better and test.significant:
        return Verdict(False, f"worse than the baseline: {what}")
    if test.worse > test.better:
        return Verdict(True, f"not significantly worse than the baseline at {LEVEL:g}: {what}")
    return Verdict(True, f"no worse than the baseline: {what}")


def paired(now: Sequence[Outcome], before: Sequence[Outcome]) -> list[tuple[Outcome, Outcome]]:
    """(now, before) of each utterance that both have, with the same right intent."""
    known = {(outcome.text, outcome.expected): outcome for outcome in before}
    return [
        (outcome, known[outcome.text, outcome.expected]) for outcome in now if (outcome.text, outcome.expected) in known
    ]


def compare_pairs(pairs: Sequence[tuple[Outcome, Outcome]]) -> Paired:
    """McNemar's test on pairs of (now, before)."""
    better = sum(now.right and not before.right for now, before in pairs)
    worse = sum(before.right and not now.right for now, before in pairs)
    return mcnemar(better, worse)
