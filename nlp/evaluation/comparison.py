"""Comparison: two results on the same utterances: what got better, what got worse."""

from collections.abc import Sequence

import msgspec

from nlp.errors import InvalidRequest
from nlp.evaluation.examples import Example
from nlp.evaluation.gate import compare_pairs, compare_slots, paired
from nlp.evaluation.metrics import measure
from nlp.evaluation.outcomes import Outcome
from nlp.evaluation.result import Result
from nlp.evaluation.significance import Paired, p_told
from nlp.evaluation.slot_scores import SlotScores


class Change(msgspec.Struct, frozen=True):
    """An utterance that is answered differently: what it means, and what it was and is taken for."""

    text: str
    expected: str
    before: str
    now: str
    confidence_before: float
    confidence_now: float


class F1Change(msgspec.Struct, frozen=True):
    """The F1 of an intent or an entity, before and now."""

    name: str
    before: float
    now: float


class SlotChanges(msgspec.Struct, frozen=True):
    """Marked values: over all the F1 before and now, by entity where it changed, and by utterance what got better."""

    before: float
    now: float
    entities: tuple[F1Change, ...]
    test: Paired

    @property
    def sentence(self) -> str:
        by_utterance = f"by utterance {self.test.better} got better and {self.test.worse} got worse"
        what = f"F1 {self.before:.3f} -> {self.now:.3f}, {by_utterance}"
        how = "significant" if self.test.significant else "not significant"
        return f"{what} (McNemar, exact: {p_told(self.test.p_value)}, {how})"


class Comparison(msgspec.Struct, frozen=True):
    """Two results. `otherwise`: wrong before and now, in another way. `only_*`: utterances that one alone has."""

    before: str
    now: str
    utterances: int
    right_before: int
    right_now: int
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    otherwise: tuple[Change, ...]
    intents: tuple[F1Change, ...]
    test: Paired
    only_before: int = 0
    only_now: int = 0
    slots: SlotChanges | None = None

    @property
    def sentence(self) -> str:
        what = (
            f"{self.test.better} got better, {self.test.worse} got worse (McNemar, exact: {p_told(self.test.p_value)})"
        )
        if not self.test.better and not self.test.worse:
            return "the same utterances are right in both"
        if not self.test.significant:
            return f"no significant difference: {what}"
        word = "better" if self.test.better > self.test.worse else "worse"
        return f"{self.now} is {word} than {self.before}: {what}"


def compare(before: Result, now: Result) -> Comparison:
    """Two results, utterance by utterance; raises `InvalidRequest` where they share none."""
    pairs = paired(now.outcomes, before.outcomes)
    if not pairs:
        raise InvalidRequest("the two results have no utterance in common: test both on the same file")
    f1_before = {row.intent: row.f1 for row in measure([old for _, old in pairs]).intents}
    f1_now = {row.intent: row.f1 for row in measure([new for new, _ in pairs]).intents}
    return Comparison(
        before=before.name,
        now=now.name,
        utterances=len(pairs),
        right_before=sum(old.right for _, old in pairs),
        right_now=sum(new.right for new, _ in pairs),
        better=_changes(pairs, now=True, before=False),
        worse=_changes(pairs, now=False, before=True),
        otherwise=_changes(pairs, now=False, before=False),
        intents=_changed(f1_before, f1_now),
        test=compare_pairs(pairs),
        only_before=len(before.outcomes) - len(pairs),
        only_now=len(now.outcomes) - len(pairs),
        slots=_slots(before.slots, now.slots),
    )


def only(result: Result, examples: Sequence[Example], *, name: str) -> Result:
    """A result as far as it is about these examples; scores of marked values cannot be parted: they stay or go.

    Raises `InvalidRequest` where it is about none.
    """
    asked = {(example.text, example.intent) for example in examples}
    outcomes = tuple(outcome for outcome in result.outcomes if (outcome.text, outcome.expected) in asked)
    if not outcomes:
        raise InvalidRequest(f"{name}: none of the utterances to compare was tested in it")
    texts = {text for text, _ in asked}
    slots = result.slots if result.slots and result.slots.by_utterance.keys() <= texts else None
    return msgspec.structs.replace(result, outcomes=outcomes, figures=measure(outcomes), slots=slots)


def _changed(before: dict[str, float], now: dict[str, float]) -> tuple[F1Change, ...]:
    """The names whose F1 is another now, those that lost most first."""
    changes = [F1Change(name, before.get(name, 0.0), now.get(name, 0.0)) for name in sorted({*before, *now})]
    changed = [row for row in changes if round(row.before, 6) != round(row.now, 6)]
    return tuple(sorted(changed, key=lambda row: (row.now - row.before, row.name)))


def _slots(before: SlotScores | None, now: SlotScores | None) -> SlotChanges | None:
    """None where one of the two found no marked values."""
    if before is None or now is None:
        return None
    entities = ({row.entity: row.f1 for row in scores.entities} for scores in (before, now))
    return SlotChanges(before.all.f1, now.all.f1, _changed(*entities), compare_slots(now, before))


def _changes(pairs: Sequence[tuple[Outcome, Outcome]], *, now: bool, before: bool) -> tuple[Change, ...]:
    return tuple(
        Change(new.text, new.expected, old.intent, new.intent, old.confidence, new.confidence)
        for new, old in pairs
        if new.right is now and old.right is before and new.intent != old.intent
    )
