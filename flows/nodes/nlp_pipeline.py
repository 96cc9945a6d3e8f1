"""NLP Pipeline: find out what the customer wants."""

from typing import Any

from pydantic import Field, PrivateAttr

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NlpFailed, Turn
from flows.understood import NONE_OF_THESE, OUTPUTS, Intents, outputs_of
from models.flow import Outcome, green, orange, red

MAX_TIMEOUT_SECONDS = 15


class NlpPipeline(Node):
    """Understands a text with the project's NLP pipeline, and leaves by the intent it finds."""

    kind = "nlp_pipeline"
    category = "ai"
    static_references = True
    outcomes = (
        green(NONE_OF_THESE, "no intent was likely enough"),
        orange("onTimeout", "it took too long"),
        red("onError", "the text could not be read"),
    )
    outputs = OUTPUTS

    text: Template = Template("$(message.text)")
    """The text to understand."""
    intents: Intents
    """The intents that make sense here; each is an outcome."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """How likely an intent must be to be taken, from 0 to 1."""
    timeout: Duration = Field(default=5, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long it may take."""

    _known: frozenset[str] = PrivateAttr()

    def model_post_init(self, context: object) -> None:
        self._known = frozenset(self.intents)

    def outcome_list(self) -> tuple[Outcome, ...]:
        return (*(green(intent, "she wants this") for intent in self.intents), *self.outcomes)

    async def run(self, turn: Turn) -> str:
        text = turn.text(self.text)
        options: dict[str, Any] = {"intents": self.intents, "threshold": self.threshold}
        try:
            read = await turn.understand(
                text, want=("intent", "entities", "language"), options=options, timeout_seconds=self.timeout
            )
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeout" if error.timeout else "onError"
        intent = read.intent if read.intent in self._known and read.confidence >= self.threshold else ""
        if read.truncated:
            turn.warn("only the beginning of the text was read: it is very long")
        turn.output(outputs_of(read, intent))
        return intent or NONE_OF_THESE
