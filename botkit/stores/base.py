"""Store: what every store keeps and promises. One conformance suite runs against all of them.

A `Change` is committed all or nothing. `commit` returns when it is durable: what was acknowledged
after that is never lost (P1), and a step that was not committed never happened (P3).
"""

import asyncio
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Protocol

import msgspec

from models.customer import Customer
from models.delivery import Delivery
from models.errors import BotkitError
from models.flow import FlowVersion
from models.session import Session
from models.transaction import Step, Transaction


class StoreFailed(BotkitError):
    """A change could not be made durable: nothing of it is stored."""

    code = "store_failed"


class StoreUnavailable(StoreFailed):
    """The store takes no change or cannot be read for now: its disk is full, or does not answer."""


class Duplicate(StoreFailed):
    """A change brings an inbox item that was accepted before: nothing of it is stored."""

    code = "duplicate"


class InboxState(IntEnum):
    """What has become of an inbox item."""

    PENDING = 0
    DONE = 1
    HELD = 2
    FAILED = 3


class InboxItem(msgspec.Struct, gc=False):
    """Something that came in, for one service: `payload` is the encoded message, event or receipt.

    (`asset`, `provider_id`, `service`) is unique. `holder` is the session that a held item waits behind.
    """

    id: int
    asset: str
    provider_id: str
    service: str
    lane: str
    payload: bytes
    received_at: int
    state: InboxState = InboxState.PENDING
    holder: str = ""


class StoredSession(msgspec.Struct, gc=False):
    """A session and its encoded state, as the interpreter made it."""

    session: Session
    state: bytes


class StoredStep(msgspec.Struct, gc=False):
    """A step of a transaction; the first one carries the head of the transaction."""

    transaction_id: str
    number: int
    step: Step
    head: Transaction | None = None


class Unmatched(msgspec.Struct):
    """A message that no rule and no session wanted."""

    service: str
    asset: str
    channel: str
    address: str
    text: str
    at: int
    id: int = 0


class HistoryEntry(msgspec.Struct, omit_defaults=True):
    """A line of a conversation as the customer sees it, kept for assets that ask for it (the sandbox)."""

    id: str
    asset: str
    address: str
    direction: str
    text: str
    state: str
    at: int
    content: Any = None
    reason: str = ""


class MailboxEntry(msgspec.Struct, omit_defaults=True):
    """A message for an in-app user, in her own numbering from 1."""

    asset: str
    address: str
    seq: int
    delivery_id: str
    content: bytes
    at: int


class Change(msgspec.Struct, gc=False):
    """What one step, delivery or acceptance changes."""

    inbox: Sequence[InboxItem] = ()
    done: Sequence[int] = ()
    held: Sequence[tuple[int, str]] = ()
    released: Sequence[int] = ()
    failed: Sequence[int] = ()
    sessions: Sequence[StoredSession] = ()
    ended: Sequence[str] = ()
    steps: Sequence[StoredStep] = ()
    deliveries: Sequence[Delivery] = ()
    unmatched: Sequence[Unmatched] = ()
    opted_out: Sequence[tuple[str, str, int]] = ()
    opted_in: Sequence[tuple[str, str]] = ()
    customers: Sequence[Customer] = ()
    history: Sequence[HistoryEntry] = ()
    history_states: Sequence[tuple[str, str, str]] = ()
    mailbox: Sequence[MailboxEntry] = ()
    versions: Sequence[FlowVersion] = ()
    constants: Sequence[tuple[str, bytes]] = ()


class Store(Protocol):
    """The records of one botkit. Reads see what is committed."""

    async def open(self) -> None:
        """Make ready; raises `StoreFailed` that says why it cannot be."""
        ...

    async def close(self) -> None:
        """Commit what is waiting and let go of everything."""
        ...

    def commit(self, change: Change, *, requires: "asyncio.Future[None] | None" = None) -> "asyncio.Future[None]":
        """Make a change durable, all or nothing; the change is taken at once, in the order of the calls.

        With `requires`, an earlier commit's future, it fails if that one failed. Awaiting it raises
        `StoreFailed` if nothing of it was stored, `Duplicate` if that is so because an inbox item in it was
        stored before, `StoreUnavailable` if no other change would have been stored either.
        """
        ...

    def refuses(self) -> bool:
        """Whether it could take no change a moment ago, and has taken none since."""
        ...

    def next_inbox_id(self) -> int:
        """A number greater than all before: arrival order."""
        ...

    async def seen(self, asset: str, provider_id: str, service: str) -> bool:
        """Whether such an inbox item was ever accepted (within the retention)."""
        ...

    async def pending_inbox(self, after: int, limit: int) -> Sequence[InboxItem]:
        """Accepted and not yet processed, in arrival order."""
        ...

    async def held_inbox(self, holder: str) -> Sequence[InboxItem]:
        """What waits behind a session, in arrival order."""
        ...

    async def sessions_of(self, lane: str) -> list[Session]:
        """The live sessions of a customer in a service, oldest first."""
        ...

    async def live_lanes(self) -> list[str]:
        """The lanes that have live sessions: the others need not be asked for any."""
        ...

    async def due_sessions(self, now: int, limit: int) -> list[tuple[str, str]]:
        """(lane, session id) of sessions whose time has come, the longest overdue first."""
        ...

    async def next_session_due(self) -> int:
        """When the next session is due, 0 if none."""
        ...

    async def sessions_awaiting_news(self) -> list[tuple[str, str, str]]:
        """(lane, session id, delivery id) of sessions that wait for news of a message. Asked once, at the start."""
        ...

    async def pending_deliveries(self, after: int, limit: int) -> list[tuple[int, Delivery]]:
        """Outgoing messages that are not done with, each with its number, above `after`.

        In the order in which they were first stored, which is the order in which a customer gets them.
        """
        ...

    async def next_delivery_due(self) -> int:
        """When the next outgoing message is due, 0 if none."""
        ...

    async def delivery(self, id: str) -> Delivery | None:
        """An outgoing message by our id."""
        ...

    async def delivery_of(self, asset: str, provider_id: str) -> Delivery | None:
        """An outgoing message by the provider's id: the newest, as some providers count from the start again."""
        ...

    async def opted_out(self, channel: str, address: str) -> bool:
        """Whether the customer wants silence on a channel."""
        ...

    async def any_opted_out(self) -> bool:
        """Whether anybody does: false saves asking for each message."""
        ...

    async def customer(self, address_key: str) -> Customer | None:
        """The customer that an address belongs to, where that is known."""
        ...

    async def flow_version(self, flow: str, version: int) -> FlowVersion | None:
        """A version that was made live at some time."""
        ...

    async def latest_version(self, flow: str) -> FlowVersion | None:
        """The newest version of a flow."""
        ...

    async def constant(self, name: str) -> bytes | None:
        """Something made once and kept, such as the secret that signs visitor tokens."""
        ...

    async def transactions(self, limit: int, *, flow: str = "", before: str = "") -> list[Transaction]:
        """Transactions, newest first; their steps are left out."""
        ...

    async def transaction(self, id: str) -> Transaction | None:
        """A transaction with its steps."""
        ...

    async def unmatched(self, limit: int) -> list[Unmatched]:
        """Messages that nothing wanted, newest first."""
        ...

    async def history(self, asset: str, address: str, limit: int) -> list[HistoryEntry]:
        """A conversation, oldest first (the newest `limit` lines of it)."""
        ...

    async def mailbox(self, asset: str, address: str, after: int, limit: int) -> list[MailboxEntry]:
        """An in-app user's messages after `after`, in order."""
        ...

    async def mailbox_of(self, delivery_id: str) -> MailboxEntry | None:
        """Where an outgoing message lies in a mailbox, if it does."""
        ...

    async def mailbox_last(self, asset: str, address: str) -> int:
        """The highest number in a mailbox, 0 when it is empty."""
        ...

    async def purge(self, before: int) -> int:
        """Forget what was finished before a time; returns how many rows went."""
        ...

    async def counts(self) -> dict[str, int]:
        """How much waits: inbox, sessions, outbox."""
        ...
