"""Fallback: what follows when a message was taken, refused, or no news of it came in time. Pure."""

import random
from typing import Literal

import msgspec

from models.delivery import STATE_RANK, Delivery, DeliveryState, SendOutcome

MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 1.0
MAX_DELAY_SECONDS = 300.0
AUTH_DELAY_SECONDS = 60.0
MAX_RETRY_AFTER_SECONDS = 3600.0

_PASSING = frozenset({SendOutcome.RATE_LIMITED, SendOutcome.TRANSIENT})
_NEXT_CHANNEL = frozenset({SendOutcome.UNREACHABLE, SendOutcome.OPTED_OUT, SendOutcome.WINDOW_CLOSED, SendOutcome.AUTH})


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What to do: `wait` for news (until `seconds` have passed, 0: for good), `retry`, `next` channel, `fail`."""

    do: Literal["wait", "retry", "next", "fail"]
    seconds: float = 0


def backoff(attempts: int, retry_after: float, chance: float | None = None) -> float:
    """Seconds before try number `attempts` + 1: doubling, with jitter; what the provider asked for if more."""
    delay = min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** max(0, attempts - 1))
    delay *= 0.5 + (random.random() if chance is None else chance) / 2
    return max(delay, min(retry_after, MAX_RETRY_AFTER_SECONDS))


def after_send(delivery: Delivery, outcome: SendOutcome, *, retry_after: float = 0) -> Verdict:
    """What follows from a provider's answer."""
    more = delivery.step + 1 < len(delivery.steps)
    match outcome:
        case SendOutcome.ACCEPTED | SendOutcome.DELIVERED | SendOutcome.READ:
            return awaited(delivery)
        case SendOutcome.RATE_LIMITED | SendOutcome.TRANSIENT:
            if delivery.attempts < MAX_ATTEMPTS:
                return Verdict("retry", backoff(delivery.attempts, retry_after))
            return Verdict("next" if more else "fail")
        case SendOutcome.AUTH if not more and delivery.attempts < MAX_ATTEMPTS:
            return Verdict("retry", max(AUTH_DELAY_SECONDS, backoff(delivery.attempts, retry_after)))
        case _:
            return Verdict("next" if more and outcome in _NEXT_CHANNEL else "fail")


def awaited(delivery: Delivery) -> Verdict:
    """What a message on its way still waits for before its step has worked."""
    step = delivery.steps[delivery.step]
    worked = STATE_RANK[delivery.state] >= STATE_RANK[DeliveryState(step.success)]
    more = delivery.step + 1 < len(delivery.steps)
    return Verdict("wait", 0 if worked or not more else step.within_seconds)


def after_receipt(delivery: Delivery, state: DeliveryState, outcome: SendOutcome) -> Verdict | None:
    """What follows from a receipt; None when it tells nothing new (they overtake each other)."""
    if STATE_RANK[state] <= STATE_RANK[delivery.state]:
        return None
    if state not in (DeliveryState.FAILED, DeliveryState.EXPIRED):
        return Verdict("wait")
    if state is DeliveryState.FAILED and outcome in _PASSING and delivery.attempts < MAX_ATTEMPTS:
        return Verdict("retry", backoff(delivery.attempts, 0))
    more = delivery.step + 1 < len(delivery.steps)
    return Verdict("next" if more and outcome is not SendOutcome.REJECTED else "fail")


def after_silence(delivery: Delivery) -> Verdict:
    """What follows when `within` has passed: the next channel, if the step has still not worked."""
    if delivery.state in (DeliveryState.FAILED, DeliveryState.EXPIRED):
        return Verdict("wait")
    verdict = awaited(delivery)
    return Verdict("next") if verdict.seconds else Verdict("wait")
