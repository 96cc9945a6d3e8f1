"""Receive: wait for the customer."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from flows.base import Node
from flows.durations import Duration
from flows.events import EventNames
from flows.parameters import known_parameters
from flows.turn import Turn
from flows.words import number_as_text
from models.delivery import Receipt
from models.flow import Outcome, green, orange, red
from models.keyword import fold
from models.session import Wait

MAX_KEYWORDS = 100
MAX_KEYWORD_LENGTH = 100
MAX_WAIT_SECONDS = 30 * 24 * 3600
DAY = 24 * 3600


def _one_word(keyword: str) -> str:
    if not keyword or keyword.split() != [keyword]:
        raise ValueError(f"{keyword!r} is no keyword: a keyword is one word")
    return fold(keyword)


_Written = Annotated[str, Field(max_length=MAX_KEYWORD_LENGTH)]
Keyword = Annotated[
    _Written, AfterValidator(_one_word), BeforeValidator(number_as_text, json_schema_input_type=_Written | int)
]


class Receive(Node):
    """Waits until the customer writes, or something else happens to her, or the time is over.

    It leaves by the name of the event that came: `sms.mo`, `inapp.message`.
    """

    kind = "receive"
    category = "channels"
    waits = True
    static_references = True
    outcomes = (
        orange("onTimeout", "nothing came in time"),
        red("onError", "the event could not be read"),
    )
    outputs = {
        "receive.message": "the text of the message",
        "receive.channel": "the channel it came by",
        "receive.payload": "what stands behind the quick reply that she tapped",
        "receive.attachment": "the address of a picture or file",
    }

    events: EventNames
    """The events to wait for: `sms.mo`, `inapp.message`, `custom.paid`."""
    keywords: tuple[Keyword, ...] = Field(default=(), max_length=MAX_KEYWORDS)
    """Only messages whose first word is one of these, in any case. None: any message."""
    max_timeout: Duration = Field(default=DAY, gt=0, le=MAX_WAIT_SECONDS)
    """How long to wait."""

    def outcome_list(self) -> tuple[Outcome, ...]:
        return (*(green(event, "this event came") for event in self.events), *self.outcomes)

    def output_names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.outputs, *(name for event in self.events for name in known_parameters(event))}))

    def run_now(self, turn: Turn) -> Wait:
        return turn.wait(events=self.events, keywords=self.keywords, seconds=self.max_timeout)

    def resume_now(self, turn: Turn) -> str:
        event = turn.event
        if event is None:
            return "onTimeout"
        if isinstance(event, Receipt) or event.event not in self.events:
            turn.fail(f"something else came than {', '.join(self.events)}", 3001)
            return "onError"
        parameters = turn.session.parameters
        if "receive" in parameters:  # the log has no need of the same text three times
            turn.visit.outputs["receive"] = parameters["receive"]
        key = f"n{turn.visit.node}"
        if turn.needed is None or key in turn.needed:
            channel = event.event.partition(".")[0]
            names = ("receive", channel, "message")
            turn.frame.outputs[key] = {name: parameters[name] for name in names if name in parameters}
        return event.event
