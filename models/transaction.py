"""Transaction: the record of one walk through a flow, node by node."""

from typing import Any, Literal

import msgspec

Level = Literal["info", "warning", "error"]


class LogEntry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A line in a transaction: a warning, an error, or what the designer asked to be logged."""

    text: str
    level: Level = "info"
    value: Any = None
    id: int = 0
    logbook: str = ""


class NodeVisit(msgspec.Struct, omit_defaults=True, gc=False):
    """One visit to one node: how it was left, how long it took, and what it gave."""

    node: int
    kind: str
    flow: str = ""
    label: str = ""
    outcome: str = ""
    microseconds: int = 0
    outputs: dict[str, Any] = {}
    log: list[LogEntry] = []


class Step(msgspec.Struct, omit_defaults=True, gc=False):
    """The part of a transaction between an event and the next wait: what is committed at once."""

    at: int
    event: str = ""
    text: str = ""
    visits: list[NodeVisit] = []
    sent: list[str] = []
    state: str = "waiting"
    outcome: int = 0


class Transaction(msgspec.Struct, omit_defaults=True, gc=False):
    """A session from its first event to its end. `outcome` is 0 while it is live."""

    id: str
    service: str
    flow: str
    version: int
    key: str
    started_at: int
    channel: str = ""
    asset: str = ""
    ended_at: int = 0
    outcome: int = 0
    steps: list[Step] = []
