"""Utterance: a customer's words, and what the NLP pipeline understood of them."""

from typing import Any

import msgspec

from models.errors import InvalidValue


class Token(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, array_like=True):
    """A word of the text, from character `start` up to `end`."""

    text: str
    start: int
    end: int
    lemma: str = ""
    part_of_speech: str = ""


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something named in the text: `text` as it stands there, `value` normalised."""

    kind: str
    value: Any
    text: str
    start: int
    end: int
    source: str = ""
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InvalidValue(f"an entity spans characters, not {self.start} to {self.end}", field="start")


class IntentScore(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An intent and the probability, 0 to 1, that it is the right one; `title` is what customers are told of it."""

    intent: str
    confidence: float
    title: str = ""


class KnownAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of the knowledge, and how well its nearest `question` fits, 0 to 1.

    `handover`: it is for a person to answer.
    """

    question: str
    text: str
    score: float
    category: str = ""
    handover: bool = False


class Sentiment(msgspec.Struct, frozen=True):
    """How the text sounds: `score` from -1 (negative) to 1 (positive)."""

    label: str = "neutral"
    score: float = 0.0


class Profanity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The block-listed words in a text, and the text with them masked, of the same length."""

    masked: str = ""
    words: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    severity: int = 0
    categories: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        return bool(self.words)


class Why(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What led a component to its answer, and what it cost in microseconds of CPU.

    `overran`: it took longer, by the clock on the wall, than its budget allows.
    """

    component: str
    because: str = ""
    microseconds: int = 0
    overran: bool = False


class Understanding(msgspec.Struct, omit_defaults=True):
    """What is known of a text. Each component of the pipeline fills in its part.

    `intents` are ranked, best first; `intent` is empty when nothing was likely enough (none of these).
    `answers` are those of the knowledge that may fit, best first; None where nobody looked.
    """

    text: str
    language: str = ""
    language_confidence: float = 0.0
    tokens: list[Token] = []
    entities: list[Entity] = []
    intent: str = ""
    confidence: float = 0.0
    intents: list[IntentScore] = []
    sentiment: Sentiment | None = None
    profanity: Profanity | None = None
    why: list[Why] = []
    truncated: bool = False
    extra: dict[str, Any] = {}
    answers: list[KnownAnswer] | None = None

    def entity(self, kind: str) -> Any:
        """The value of the first entity of a kind, or None."""
        return next((entity.value for entity in self.entities if entity.kind == kind), None)
