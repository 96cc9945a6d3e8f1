"""QnA Bot: answer a question out of the project's knowledge."""

from typing import Any

from pydantic import Field

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NlpFailed, Turn
from models.flow import green, orange, red

MAX_TIMEOUT_SECONDS = 15
NO_MESSAGE = 3001


class QnaBot(Node):
    """Finds the answer to a text in `nlp/knowledge`; sends nothing itself.

    Of the platform's outputs, `FullResponse` is `ResponsePayload` here, `TransactionId` and `SessionId` are
    `$(transid)`, and `ConsumerId` is `$(customerid)`. The customer is the session's: there is no id to be invalid.
    """

    kind = "qna_bot"
    category = "ai"
    static_references = True
    outcomes = (
        green("onSuccess", "an answer was found"),
        green("onAgentHandover", "no answer fits well enough, or it is for a person to answer"),
        orange("onTimeOut", "it took too long"),
        red("onError", "the text could not be read"),
        red("onInvalidMessage", "the text is empty"),
    )
    outputs = {
        "TextResponse": "the answer, empty if none fits",
        "Article": "the question of the knowledge that it belongs to",
        "CategoryName": "the category of that question",
        "PotentialArticles": "the questions that are most alike, best first, with their score and answer",
        "AgentHandover": "whether a person is to answer",
        "score": "how much alike the best question is, from 0 to 1",
        "ResponsePayload": "all of this in one value",
    }

    text: Template = Template("$(message.text)")
    """The question to answer."""
    threshold: float = Field(default=0.4, ge=0, le=1)
    """How much alike a question of the knowledge must be, from 0 to 1."""
    categories: tuple[str, ...] = Field(default=(), max_length=100)
    """The categories of the knowledge to look in; all if empty."""
    timeout: Duration = Field(default=15, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long it may take."""

    async def run(self, turn: Turn) -> str:
        text = turn.text(self.text)
        if not text.strip():
            turn.fail("there is no question to answer", NO_MESSAGE)
            return "onInvalidMessage"
        try:
            read = await turn.understand(text, want=("answers",), timeout_seconds=self.timeout)
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeOut" if error.timeout else "onError"
        if read.answers is None:
            turn.fail("the NLP pipeline has no answers component: add one to nlp/pipeline.yaml")
            return "onError"
        found = [row for row in read.answers if not self.categories or row.category in self.categories]
        best = found[0] if found else None
        fits = best is not None and best.score >= self.threshold
        outputs: dict[str, Any] = {
            "TextResponse": best.text if best and fits else "",
            "Article": best.question if best and fits else "",
            "CategoryName": best.category if best and fits else "",
            "PotentialArticles": [
                {"question": row.question, "answer": row.text, "category": row.category, "score": row.score}
                for row in found
            ],
            "AgentHandover": not fits or (best is not None and best.handover),
            "score": best.score if best else 0.0,
        }
        turn.output({**outputs, "ResponsePayload": outputs})
        return "onAgentHandover" if outputs["AgentHandover"] else "onSuccess"
