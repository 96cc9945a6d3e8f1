"""Session: one customer's walk through a flow, and what it waits for."""

from typing import Any

import msgspec

from models.address import Address
from models.content import Choice

MAX_CALL_DEPTH = 16
MAX_SESSION_BYTES = 1_048_576
"""How large all that a session holds may be, and so one value of it."""


class Wait(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What has to happen before the session goes on at its node.

    Any of: one of `events` from `address` (empty: any of the customer's) whose first word is in
    `keywords` (empty: any), news of `delivery_id`, or `until` has come (milliseconds since 1970, 0: never).
    """

    events: tuple[str, ...] = ()
    address: str = ""
    keywords: tuple[str, ...] = ()
    delivery_id: str = ""
    until: int = 0
    match: dict[str, Any] = {}

    @property
    def for_message(self) -> bool:
        return bool(self.events)


class Frame(msgspec.Struct, omit_defaults=True, gc=False):
    """One flow in progress: a session has more than one while a Call Flow node runs."""

    flow: str
    version: int
    node: int
    variables: dict[str, Any] = {}
    outputs: dict[str, Any] = {}


class Session(msgspec.Struct, omit_defaults=True, gc=False):
    """A session: everything that a flow has to remember between two messages.

    `frames` is the call stack, the running flow last. `parameters` are the session parameters
    (`message.text`, `sms.message`, `msisdn` ...) of the event that came last. `steps` counts the
    committed steps, `visits` the nodes walked since it began, `held` the messages that
    wait behind it. `offered` are the quick replies sent last, until the customer's next message.
    """

    id: str
    service: str
    lane: str
    key: str
    frames: list[Frame]
    address: Address | None = None
    asset: str = ""
    channel: str = ""
    wait: Wait | None = None
    parameters: dict[str, Any] = {}
    memory: dict[str, Any] = {}
    visits: int = 0
    steps: int = 0
    held: int = 0
    started_at: int = 0
    offered: tuple[Choice, ...] = ()

    @property
    def flow(self) -> str:
        """The flow that the session began with."""
        return self.frames[0].flow
