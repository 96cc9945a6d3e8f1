"""Data checks: what is doubtful is found, with its place, and what would help most comes first."""

from collections.abc import Sequence

from models.utterance import IntentScore
from nlp.evaluation.data_checks import check_by_training, check_examples
from nlp.project import NONE_OF_THESE

from .outcomes import examples


def kinds(*rows: tuple[str, str], tested: Sequence[tuple[str, str]] = ()) -> list[tuple[str, int]]:
    return [(row.kind, row.line) for row in check_examples(examples(*rows), examples(*tested))]


MANY = [(f"say {letter}", intent) for intent in ("a", NONE_OF_THESE) for letter in (f"{intent} {n}" for n in "bcdefg")]


def test_nothing_to_complain_of() -> None:
    assert kinds(*MANY) == []


def test_what_is_seen_without_training() -> None:
    assert kinds(*MANY, ("Say A: b!", "a")) == [("double", 13)]
    assert kinds(*MANY, ("say a b", NONE_OF_THESE)) == [("two_intents", 13)]
    assert kinds(*MANY, ("one", "small"), ("two", "small")) == [("few_examples", 13)]
    assert kinds(*MANY[:6]) == [("no_none", 0)]
    assert kinds(*MANY, tested=[("what", "a"), ("SAY a b", "a")]) == [("leak", 2)]
    assert kinds(*MANY, tested=[("sit", "dog")]) == [("unknown_intent", 0)]
    assert kinds(*MANY, tested=[("sit", "a"), ("Sit!", NONE_OF_THESE), ("sit", "a")]) == [("two_intents", 2)]
    large = [(f"go {number}", "large") for number in range(61)]
    assert ("imbalance", 1) in kinds(*MANY, *large)


class Reader:
    """Takes b for a, and is sure that 'odd' is c; has more right the more it learns."""

    def __init__(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        self.count = len(texts)

    def scores(self, text: str) -> list[IntentScore]:
        if text.startswith("odd"):
            return [IntentScore("c", 0.95)]
        letter, number = text.split()
        if letter == "b" and int(number) % 3 == 0:
            return [IntentScore("a", 0.6)]
        weak = letter == "c" and self.count < 30
        return [IntentScore(letter, 0.2 if weak else 0.9)]


def test_what_training_shows() -> None:
    rows = [(f"{letter} {number}", letter) for letter in "abc" for number in range(14)] + [("odd one", "a")]
    told: list[tuple[int, int]] = []
    findings, suggestions = check_by_training(examples(*rows), Reader, 0.5, progress=lambda *done: told.append(done))
    assert [(row.kind, row.line) for row in findings] == [("doubtful_label", 43), ("close_intents", 0)]
    assert "'odd one' is in a, but sounds like c (0.95)" in findings[0].message
    assert "intents a and b are close: 5 of their 29 examples" in findings[1].message
    assert [row.intent for row in suggestions] == ["b", "a"]
    assert suggestions[0].gain > suggestions[1].gain > 0
    assert told[-1] == (5, 5)


def test_doubles_change_nothing_that_training_shows() -> None:
    rows = [(f"{letter} {number}", letter) for letter in "abc" for number in range(14)] + [("odd one", "a")]
    again = [*rows, *((f"{text.upper()}!", intent) for text, intent in rows[14:28] * 3), rows[-1], rows[-1]]
    findings, suggestions = check_by_training(examples(*rows), Reader, 0.5)
    assert check_by_training(examples(*again), Reader, 0.5) == (findings, suggestions)
