"""End: the flow is over."""

from pydantic import Field

from flows.base import End as Ended
from flows.base import Node
from flows.turn import Turn
from models.flow import MAX_OUTCOME, SUCCESS


class End(Node):
    """Ends the flow with an outcome code. A flow that called this one goes on; otherwise the session is over.

    A connector can also lead straight to an end, `end 201`, without a node.
    """

    kind = "end"
    category = "terminator"
    static_references = True

    outcome: int = Field(default=SUCCESS, ge=SUCCESS, le=MAX_OUTCOME)
    """101 is success, 102 an error, 103 incomplete; or one of the flow's own codes."""

    def run_now(self, turn: Turn) -> Ended:
        return Ended(self.outcome)
