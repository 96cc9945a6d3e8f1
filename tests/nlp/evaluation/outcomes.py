"""Outcomes: made by hand, for the tests of figures and reports."""

from models.utterance import IntentScore
from nlp.evaluation.examples import Example, make_example
from nlp.evaluation.outcomes import Outcome


def outcome(text: str, expected: str, intent: str, *scores: tuple[str, float]) -> Outcome:
    return Outcome(text, expected, intent, tuple(IntentScore(*score) for score in scores), "a.yaml", 1)


class Fixed:
    """A classifier that answers from a table."""

    def __init__(self, table: dict[str, list[tuple[str, float]]]) -> None:
        self.table = table

    def scores(self, text: str) -> list[IntentScore]:
        return [IntentScore(*score) for score in self.table.get(text, [])]


def examples(*rows: tuple[str, str]) -> list[Example]:
    return [make_example(text, intent, "a.yaml", line) for line, (text, intent) in enumerate(rows, start=1)]
