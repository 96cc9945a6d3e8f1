"""Sentiment: hear how the customer feels."""

from pydantic import Field

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NLP, NlpFailed, Turn
from models.flow import green, orange, red

MAX_TIMEOUT_SECONDS = 15


class Sentiment(Node):
    """Leaves by whether a text sounds positive, neutral or negative."""

    kind = "sentiment"
    category = "ai"
    static_references = True
    outcomes = (
        green("positive", "she sounds pleased"),
        green("neutral", "neither nor"),
        green("negative", "she sounds displeased"),
        orange("onTimeout", "it took too long"),
        red("onError", "the text could not be read"),
    )
    outputs = {
        "sentiment": "positive, neutral or negative",
        "score": "from -1, very negative, to 1, very positive",
        "mood": "the same over her messages of this session, the last ones counting most",
        "direction": "better, steady or worse: how this message compares with those before",
    }

    text: Template = Template("$(message.text)")
    """The text to listen to."""
    neutral_band: float = Field(default=0.05, ge=0, le=1)
    """Scores this close to 0 are neutral."""
    timeout: Duration = Field(default=5, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long it may take."""

    async def run(self, turn: Turn) -> str:
        try:
            read = await turn.understand(
                turn.text(self.text), want=("sentiment",), options={"neutral_band": self.neutral_band},
                timeout_seconds=self.timeout,
            )  # fmt: skip
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeout" if error.timeout else "onError"
        if read.sentiment is None:
            turn.fail("the NLP pipeline has no sentiment component: add one to nlp/pipeline.yaml")
            return "onError"
        known = turn.session.parameters[NLP]
        turn.output(
            {
                "sentiment": read.sentiment.label, "score": round(read.sentiment.score, 4),
                "mood": known["mood"], "direction": known["direction"],
            }
        )  # fmt: skip
        return read.sentiment.label
