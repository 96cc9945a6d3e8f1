"""Delivery: an outgoing message, the states it goes through and the receipts that move it."""

from enum import StrEnum
from typing import Literal

import msgspec

from models.address import Address
from models.content import Content
from models.errors import InvalidValue

MAX_FALLBACK_STEPS = 8
MAX_WITHIN_SECONDS = 7 * 24 * 3600


class DeliveryState(StrEnum):
    """How far a message has come. Later ones never go back to earlier ones."""

    QUEUED = "queued"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"


STATE_RANK = {
    DeliveryState.QUEUED: 0, DeliveryState.SUBMITTED: 1, DeliveryState.FAILED: 2, DeliveryState.EXPIRED: 2,
    DeliveryState.DELIVERED: 3, DeliveryState.READ: 4,
}  # fmt: skip
"""A receipt moves a message to a higher rank only: they overtake each other on the way."""


class SendOutcome(StrEnum):
    """What a provider's answer or receipt means to us: exactly one of these for every channel."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    UNREACHABLE = "unreachable"
    OPTED_OUT = "opted_out"
    WINDOW_CLOSED = "window_closed"
    RATE_LIMITED = "rate_limited"
    TRANSIENT = "transient"
    REJECTED = "rejected"
    AUTH = "auth"


RETRYABLE = frozenset({SendOutcome.RATE_LIMITED, SendOutcome.TRANSIENT})
SUCCESS = frozenset({SendOutcome.ACCEPTED, SendOutcome.DELIVERED, SendOutcome.READ})


class FallbackStep(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One try at reaching the customer: by `channel` (and `asset`, else the service's own for it).

    The step has worked when the message has come as far as `success`; if that takes longer than
    `within_seconds` (0: no limit), the next step is tried.
    """

    channel: str
    asset: str = ""
    address: Address | None = None
    success: Literal["submitted", "delivered", "read"] = "submitted"
    within_seconds: float = 0

    def __post_init__(self) -> None:
        if not 0 <= self.within_seconds <= MAX_WITHIN_SECONDS:
            raise InvalidValue("between 0 seconds and 7 days", field="within")


class Delivery(msgspec.Struct, omit_defaults=True, gc=False):
    """One outgoing message on its way. `id` is the idempotency key and stays the same over retries.

    `steps[step]` is the channel being tried; `awaited` says that the session waits for news of it, `exempt`
    that it confirms an opt-out and goes out in spite of it.
    `given_up_id` is what the provider called the try before this one, where it took that one.
    Times are milliseconds since 1970; `due_at` is when the outbox has to look at it next (0: never
    again unless a receipt comes).
    """

    id: str
    service: str
    lane: str
    content: Content
    steps: tuple[FallbackStep, ...]
    transaction_id: str = ""
    node: int = 0
    session_id: str = ""
    awaited: bool = False
    exempt: bool = False
    step: int = 0
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    due_at: int = 0
    created_at: int = 0
    expires_at: int = 0
    provider_id: str = ""
    given_up_id: str = ""
    asset: str = ""
    channel: str = ""
    outcome: str = ""
    code: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MAX_FALLBACK_STEPS:
            raise InvalidValue(f"a message has 1 to {MAX_FALLBACK_STEPS} channels to try", field="fallback")


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True, tag="receipt", gc=False):
    """News of a message we sent, which is known by `delivery_id` (ours) or `message_id` (the provider's)."""

    asset: str
    state: DeliveryState
    message_id: str = ""
    delivery_id: str = ""
    outcome: SendOutcome = SendOutcome.ACCEPTED
    code: str = ""
    description: str = ""
    received_at: int = 0
    sent_at: int = 0

    def __post_init__(self) -> None:
        if not self.message_id and not self.delivery_id:
            raise InvalidValue("a receipt names the message it is about", field="message_id")

    @property
    def provider_id(self) -> str:
        """What tells a second delivery of this receipt from a new one."""
        return f"receipt:{self.message_id or self.delivery_id}:{self.state.value}:{self.code}"
