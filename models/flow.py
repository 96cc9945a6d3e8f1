"""Flow: nodes, the edges between them and the variables they share, as data."""

import re
from typing import Any, Literal

import msgspec

from models.errors import InvalidValue

START = 2
"""Start is node 2 in every flow, so that `$(n2.sms.message)` means what it means on the platform."""

SUCCESS, ERROR, INCOMPLETE = 101, 102, 103
BUILT_IN_OUTCOMES = {SUCCESS: "Success", ERROR: "Error", INCOMPLETE: "Incomplete"}
FIRST_OWN_OUTCOME, MAX_OUTCOME = 104, 999_999
"""The codes between which those of a flow's own lie."""
FLOW_ID = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,7}")
MAX_NODES = 2_000


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node event: one way to leave a node. Green goes on, orange is about time, red is an error."""

    name: str
    colour: Literal["green", "orange", "red"] = "green"
    about: str = ""


def green(name: str, about: str = "") -> Outcome:
    """A way to go on."""
    return Outcome(name, "green", about)


def orange(name: str, about: str = "") -> Outcome:
    """A way out when time has passed."""
    return Outcome(name, "orange", about)


def red(name: str, about: str = "") -> Outcome:
    """A way out when something failed."""
    return Outcome(name, "red", about)


class Variable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A flow variable: what it starts as, and what it is for."""

    default: Any = ""
    about: str = ""


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """A connector: from a node's outcome to another node, or to the end of the flow with a code."""

    node: int = 0
    end: int = 0

    def __post_init__(self) -> None:
        if bool(self.node) == bool(self.end):
            raise InvalidValue("an edge leads to a node or ends the flow, one of the two", field="next")


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transition action, done on entering or leaving a node. `values` is as written in the flow."""

    kind: Literal["set", "log", "logbook"]
    values: dict[str, Any]


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node as drawn: its kind, its settings as written, and where each outcome leads."""

    id: int
    kind: str
    label: str = ""
    notes: str = ""
    settings: dict[str, Any] = {}
    on_enter: tuple[Action, ...] = ()
    on_leave: tuple[Action, ...] = ()
    next: dict[str, Edge] = {}

    def __post_init__(self) -> None:
        if self.id < 1:
            raise InvalidValue("node ids are whole numbers from 1", field="id")


class Flow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A flow as drawn. That it can run is for the checker to say; here only what must hold to store it."""

    id: str
    nodes: dict[int, Node]
    name: str = ""
    type: Literal["flow", "voiceflow"] = "flow"
    about: str = ""
    session_key: Literal["", "msisdn", "customerid", "address"] = ""
    correlation_id: str = ""
    variables: dict[str, Variable] = {}
    outcomes: dict[int, str] = {}
    on_error: int = 0
    layout: dict[int, tuple[float, float]] = {}

    def __post_init__(self) -> None:
        if not FLOW_ID.fullmatch(self.id):
            raise InvalidValue(
                f"{self.id!r} is no flow id: use up to 64 small letters, digits, '-' and '_'", field="flow"
            )
        if len(self.nodes) > MAX_NODES:
            raise InvalidValue(f"a flow has at most {MAX_NODES} nodes", field="nodes")
        for number, node in self.nodes.items():
            if number != node.id:
                raise InvalidValue(f"node {node.id} stands under number {number}", field="nodes")


class FlowVersion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A flow made live: it never changes after, and sessions that began on it finish on it."""

    flow: Flow
    version: int
    digest: str
    source: str = ""
    comment: str = ""
    made_live_at: int = 0
