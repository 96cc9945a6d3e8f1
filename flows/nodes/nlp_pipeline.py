"""NLP Pipeline: find out what the customer wants."""

from typing import Annotated, Any

import msgspec
from pydantic import Field, PrivateAttr, field_validator

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NlpFailed, Turn
from models.flow import Outcome, green, orange, red
from models.utterance import Understanding

MAX_INTENTS = 500
MAX_TIMEOUT_SECONDS = 15
NONE_OF_THESE = "none_of_these"
RANKED = 5
"""How many intents are listed in the output."""


class NlpPipeline(Node):
    """Understands a text with the project's NLP pipeline, and leaves by the intent it finds."""

    kind = "nlp_pipeline"
    category = "ai"
    outcomes = (
        green(NONE_OF_THESE, "no intent was likely enough"),
        orange("onTimeout", "it took too long"),
        red("onError", "the text could not be read"),
    )
    outputs = {
        "intent": "the intent, empty for none of these",
        "confidence": "how likely it is, from 0 to 1",
        "intents": "the likeliest intents with their confidence",
        "entities.*": "the first value of each kind of entity: $(n3.entities.order_number)",
        "entity_list": "all entities with their place in the text",
        "language": "the language of the text",
    }

    text: Template = Template("$(message.text)")
    """The text to understand."""
    intents: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        min_length=1, max_length=MAX_INTENTS
    )
    """The intents that make sense here; each is an outcome."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """How likely an intent must be to be taken, from 0 to 1."""
    timeout: Duration = Field(default=5, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long it may take."""

    _known: frozenset[str] = PrivateAttr()

    @field_validator("intents")
    @classmethod
    def _each_once(cls, intents: tuple[str, ...]) -> tuple[str, ...]:
        for intent in intents:
            if intents.count(intent) > 1:
                raise ValueError(f"the intent {intent!r} is named twice")
            if intent in (NONE_OF_THESE, "onTimeout", "onError"):
                raise ValueError(f"{intent!r} is an outcome of its own: call the intent something else")
        return intents

    def model_post_init(self, context: object) -> None:
        self._known = frozenset(self.intents)

    def outcome_list(self) -> tuple[Outcome, ...]:
        return (*(green(intent, "she wants this") for intent in self.intents), *self.outcomes)

    async def run(self, turn: Turn) -> str:
        text = turn.text(self.text)
        options: dict[str, Any] = {"intents": self.intents, "threshold": self.threshold, "now": turn.now}
        try:
            read = await turn.nlp.read(
                text, want=("intent", "entities", "language"), options=options, timeout_seconds=self.timeout
            )
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeout" if error.timeout else "onError"
        intent = read.intent if read.intent in self._known and read.confidence >= self.threshold else ""
        if read.truncated:
            turn.warn("only the beginning of the text was read: it is very long")
        turn.output(_outputs(read, intent))
        return intent or NONE_OF_THESE


def _outputs(read: Understanding, intent: str) -> dict[str, Any]:
    entities: dict[str, Any] = {}
    for entity in read.entities:
        entities.setdefault(entity.kind, msgspec.to_builtins(entity.value))
    return {
        "intent": intent,
        "confidence": round(read.confidence, 4),
        "intents": [{"intent": row.intent, "confidence": round(row.confidence, 4)} for row in read.intents[:RANKED]],
        "entities": entities,
        "entity_list": msgspec.to_builtins(read.entities),
        "language": read.language,
    }
