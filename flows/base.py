"""Node: the contract of a flow's building blocks. One file in `flows/nodes/` each."""

from typing import Any, ClassVar, cast

import msgspec

from flows.turn import Turn
from models.flow import Outcome
from models.plugin import Plugin
from models.session import Wait


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """Run another flow of the service, then `resume` this node with its outcome code in `turn.returned`.

    The called flow begins with `inputs`, and with the values of those variables that both flows have;
    these come back when it ends. A flow that cannot be run returns 102 and a line in the log.
    """

    flow: str
    inputs: dict[str, Any] = {}


class End(msgspec.Struct, frozen=True):
    """End the flow with this outcome code."""

    outcome: int


Left = str | Wait | Call | End
"""How a node is left: by the name of an outcome, by the end of the flow, or not yet, because it waits or calls."""


class Node(Plugin):
    """A step of a flow. `outcomes` are the ways to leave it, `outputs` what it gives (name: about)."""

    outcomes: ClassVar[tuple[Outcome, ...]] = ()
    outputs: ClassVar[dict[str, str]] = {}
    category: ClassVar[str] = "utilities"
    waits: ClassVar[bool] = False
    """Whether it may stop and wait: a cycle needs one such node."""
    static_references: ClassVar[bool] = False
    """Whether it looks up nothing but the references in its settings and what its own event brought. Where all nodes of
    a flow promise that, a session is stored with the values that the flow refers to, and not with all the others."""

    def outcome_list(self) -> tuple[Outcome, ...]:
        """The outcomes with these settings (a Branch has one for each of its branches)."""
        return self.outcomes

    def output_names(self) -> tuple[str, ...]:
        """The outputs with these settings; a name that ends in `.*` stands for all below it."""
        return tuple(self.outputs)

    def variables_set(self) -> tuple[str, ...]:
        """The flow variables that this node gives values to."""
        return ()

    def may_wait(self) -> bool:
        """Whether it may stop and wait with these settings."""
        return self.waits

    async def run(self, turn: Turn) -> Left:
        """Do one thing and name the outcome to leave by, or return `turn.wait(...)`."""
        return self.run_now(turn)

    def run_now(self, turn: Turn) -> Left:
        """In the place of `run`, for a node that awaits nothing: a plain method, which costs less."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does: define run()")

    async def resume(self, turn: Turn) -> Left:
        """Go on after a wait: `turn.event` is what ended it, None when its time had come."""
        return self.resume_now(turn)

    def resume_now(self, turn: Turn) -> Left:
        """In the place of `resume`, for a node that awaits nothing."""
        raise NotImplementedError(f"{type(self).__name__} waits, but does not say how to go on: define resume()")

    @classmethod
    def load(cls, settings: dict[str, object]) -> "Node":
        return cast("Node", super().load(settings))
