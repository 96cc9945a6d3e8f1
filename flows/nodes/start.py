"""Start: where a flow begins."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from flows.base import End, Node
from flows.conditions import MAX_CONDITIONS, Condition
from flows.events import EventNames
from flows.operators import Predicate, compile_rows
from flows.parameters import known_parameters
from flows.turn import Turn
from models.flow import INCOMPLETE, green


class Start(Node):
    """Begins the flow. It is node 2 in every flow, and no connector leads to it.

    Rules of the service say which event starts the flow; Start says which events the flow is made for, so
    that its variables can be checked. What the event brought is an output: `$(n2.sms.message)`.
    """

    kind = "start"
    category = "trigger"
    static_references = True
    outcomes = (green("onBegin", "the flow has begun"),)
    outputs = {
        "message.*": "what the customer wrote: text, payload, media, channel",
        "msisdn": "her phone number",
        "customerid": "her id in the business's own systems",
        "transid": "the id of the transaction",
    }

    accepts: EventNames
    """The events that the flow can begin with: `sms.mo`, `inapp.message`, `webhook`, `custom.signup`."""
    conditions: tuple[Condition, ...] = Field(default=(), max_length=MAX_CONDITIONS)
    """What else must hold; the flow ends at once as incomplete where it does not."""
    join: Literal["and", "or"] = "and"
    """Whether all conditions must hold, or one."""

    @cached_property
    def _test(self) -> Predicate:
        return compile_rows(self.conditions, self.join)

    def model_post_init(self, context: object) -> None:
        self._test  # noqa: B018 - compiled now, so that what is wrong with a condition is said now

    def output_names(self) -> tuple[str, ...]:
        return tuple(sorted({name for event in self.accepts for name in known_parameters(event)}))

    def run_now(self, turn: Turn) -> str | End:
        parameters = turn.session.parameters
        key = f"n{turn.visit.node}"
        if turn.needed is None or key in turn.needed:
            given = parameters.copy()
            given.pop("receive", None)
            turn.frame.outputs[key] = given
        channel = parameters.get("message", {}).get("event", "").partition(".")[0]
        if channel in parameters:
            turn.visit.outputs[channel] = parameters[channel]
        if self.conditions and not self._test(turn):
            turn.warn("the conditions of Start do not hold, so the flow ends as incomplete")
            return End(INCOMPLETE)
        return "onBegin"
