"""Comparison: two results on the same utterances: what got better, what got worse."""

from collections.abc import Sequence

import msgspec

from nlp.errors import InvalidRequest
from nlp.evaluation.gate import compare_pairs, paired
from nlp.evaluation.outcomes import Outcome
from nlp.evaluation.result import Result
from nlp.evaluation.significance import Paired


class Change(msgspec.Struct, frozen=True):
    """An utterance that is answered differently: what it means, and what it was and is taken for."""

    text: str
    expected: str
    before: str
    now: str
    confidence_before: float
    confidence_now: float


class IntentChange(msgspec.Struct, frozen=True):
    """An intent's F1, before and now."""

    intent: str
    before: float
    now: float


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
    intents: tuple[IntentChange, ...]
    test: Paired
    only_before: int = 0
    only_now: int = 0

    @property
    def sentence(self) -> str:
        what = (
            f"{self.test.better} got better, {self.test.worse} got worse (McNemar, exact: p = {self.test.p_value:.3f})"
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
    f1_before = {row.intent: row.f1 for row in before.figures.intents}
    f1_now = {row.intent: row.f1 for row in now.figures.intents}
    changes = [
        IntentChange(intent, f1_before.get(intent, 0.0), f1_now.get(intent, 0.0))
        for intent in sorted({*f1_before, *f1_now})
    ]
    changed = [row for row in changes if round(row.before, 6) != round(row.now, 6)]
    return Comparison(
        before=before.name,
        now=now.name,
        utterances=len(pairs),
        right_before=sum(old.right for _, old in pairs),
        right_now=sum(new.right for new, _ in pairs),
        better=_changes(pairs, now=True, before=False),
        worse=_changes(pairs, now=False, before=True),
        otherwise=_changes(pairs, now=False, before=False),
        intents=tuple(sorted(changed, key=lambda row: (row.now - row.before, row.intent))),
        test=compare_pairs(pairs),
        only_before=len(before.outcomes) - len(pairs),
        only_now=len(now.outcomes) - len(pairs),
    )


def _changes(pairs: Sequence[tuple[Outcome, Outcome]], *, now: bool, before: bool) -> tuple[Change, ...]:
    return tuple(
        Change(new.text, new.expected, old.intent, new.intent, old.confidence, new.confidence)
        for new, old in pairs
        if new.right is now and old.right is before and new.intent != old.intent
    )
