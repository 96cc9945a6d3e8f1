"""Call Flow: run another flow as a part of this one."""

from pydantic import Field, field_validator

from flows.base import Call, Node
from flows.nodes.set_variable import MAX_VARIABLES, VariableName
from flows.templates import Value
from flows.turn import Turn
from models.flow import ERROR, FLOW_ID, INCOMPLETE, green, orange, red


class CallFlow(Node):
    """Runs another flow of the service and goes on when it has ended.

    Variables that both flows have are shared: they are copied in, and copied back at the end.
    """

    kind = "call_flow"
    waits = True
    outcomes = (
        green("onSuccess", "the flow ended with 101 or with a code of its own"),
        orange("onIncomplete", "the flow ended with 103"),
        red("onError", "the flow ended with 102, or cannot be run"),
    )
    outputs = {"callflow.outcome": "the outcome code that the flow ended with"}

    flow: str
    """The id of the flow to run."""
    inputs: dict[VariableName, Value] = Field(default={}, max_length=MAX_VARIABLES)
    """Values for variables of the called flow."""

    @field_validator("flow")
    @classmethod
    def _is_flow(cls, flow: str) -> str:
        if not FLOW_ID.fullmatch(flow):
            raise ValueError(f"{flow!r} is no flow id: use small letters, digits, '-' and '_'")
        return flow

    async def run(self, turn: Turn) -> Call:
        return Call(self.flow, {name: turn.value(value) for name, value in self.inputs.items()})

    async def resume(self, turn: Turn) -> str:
        code = turn.returned
        turn.output({"callflow.outcome": code})
        if code == INCOMPLETE:
            return "onIncomplete"
        return "onError" if code in (ERROR, 0) else "onSuccess"
