"""Outcome: what was understood of one tested utterance, and whether that is what a person said it means."""

from collections.abc import Callable, Sequence

import msgspec

from models.utterance import IntentScore
from nlp.errors import ComponentFailed, EngineFailed, OutOfTime
from nlp.evaluation.classifier import Classifier
from nlp.evaluation.examples import Example
from nlp.project import NONE_OF_THESE

KEPT_SCORES = 5
MAX_SHOWN = 100


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """An utterance, its right intent, the intents found (best first), and the one that won."""

    text: str
    expected: str
    intent: str
    scores: tuple[IntentScore, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def right(self) -> bool:
        return self.intent == self.expected

    @property
    def in_scope(self) -> bool:
        return self.expected != NONE_OF_THESE

    @property
    def best(self) -> str:
        """The most likely intent, whatever the threshold."""
        return self.scores[0].intent if self.scores else NONE_OF_THESE

    @property
    def confidence(self) -> float:
        """The probability of the most likely intent."""
        return self.scores[0].confidence if self.scores else 0.0

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def classify(
    classifier: Classifier,
    examples: Sequence[Example],
    threshold: float,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """An outcome for each example, in order. `progress` is told how many of how many are done.

    What a classifier raises names the example that it could not read.
    """
    outcomes = []
    for number, example in enumerate(examples, start=1):
        scores = tuple(score for score in _scores(classifier, example) if score.intent != NONE_OF_THESE)
        outcomes.append(
            Outcome(
                example.text,
                example.intent,
                winner(scores, threshold),
                scores[:KEPT_SCORES],
                example.file,
                example.line,
            )
        )
        if progress is not None:
            progress(number, len(examples))
    return outcomes


def _scores(classifier: Classifier, example: Example) -> Sequence[IntentScore]:
    try:
        return classifier.scores(example.text)
    except (ComponentFailed, EngineFailed, OutOfTime) as error:
        where = f"{example.place}: " if example.place else ""
        kind = next(kind for kind in (ComponentFailed, EngineFailed, OutOfTime) if isinstance(error, kind))
        raise kind(f"{where}{example.text[:MAX_SHOWN]!r} could not be read: {error.message}") from error


def winner(scores: Sequence[IntentScore], threshold: float) -> str:
    """The best intent if it is likely enough, else `none_of_these`."""
    return scores[0].intent if scores and scores[0].confidence >= threshold else NONE_OF_THESE


def at_threshold(outcomes: Sequence[Outcome], threshold: float) -> list[Outcome]:
    """The same outcomes as another threshold would have decided them."""
    return [msgspec.structs.replace(outcome, intent=winner(outcome.scores, threshold)) for outcome in outcomes]
