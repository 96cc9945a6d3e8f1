"""Channel errors: why a webhook call was refused, and what a provider's refusal means.

BotkitError
├── BadRequest        the call is not what the provider documents (400)
│   ├── BadItems      some of the messages that it brings are not; the others are taken (400)
│   └── BadSignature  it was not signed by the provider (403)
└── SendError         a message was not taken; `outcome` says what follows
    ├── Unreachable   the customer cannot be reached here: next channel
    ├── OptedOut      she asked for silence on this channel: remember it, next channel
    ├── WindowClosed  only a template would be taken now: next channel
    ├── RateLimited   too fast: again after `retry_after` seconds
    ├── Transient     the provider or the way to it is down: again later
    ├── Rejected      content or configuration is wrong: again would fail again
    └── AuthFailed    our credentials are wrong: tell the operator
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

from models.delivery import SendOutcome
from models.errors import BotkitError

MAX_RETRY_AFTER_SECONDS = 3600.0


def pause_of(written: str) -> float:
    """The seconds that a provider asks for, written as a number or a date; 0 where it is neither, an hour at most."""
    try:
        seconds = float(written)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    # `not (a < b)` takes "nan" to 0 as well
    return min(seconds, MAX_RETRY_AFTER_SECONDS) if seconds > 0 else 0.0


class BadRequest(BotkitError):
    """A webhook call that cannot be read; the message names the field."""

    code = "bad_request"


class BadItems(BadRequest):
    """Some of the messages that a call brings cannot be read. `taken` are the values of the others.

    They are stored before the provider hears of the fault; when it sends all of them again, they are known.
    """

    def __init__(self, message: str, *, field: str, taken: Sequence[Any]) -> None:
        super().__init__(message, field=field)
        self.taken = taken


class BadSignature(BadRequest):
    """A webhook call whose signature is missing or wrong."""

    code = "bad_signature"


class SendError(BotkitError):
    """A message was not taken. `provider_code` is the provider's own code, for the log.

    What a provider's JSON has as a number or as text is taken either way; `retry_after` also as its `Retry-After`
    header has it, which may be a date.
    """

    code = "send_failed"
    outcome: ClassVar[SendOutcome]

    def __init__(self, message: str, *, provider_code: str | int = "", retry_after: float | str = 0) -> None:
        super().__init__(str(message))
        self.provider_code = str(provider_code)
        self.retry_after = pause_of(retry_after) if isinstance(retry_after, str) else float(retry_after)


class Unreachable(SendError):
    """The customer cannot be reached on this channel."""

    outcome = SendOutcome.UNREACHABLE


class OptedOut(SendError):
    """The customer does not want messages on this channel."""

    outcome = SendOutcome.OPTED_OUT


class WindowClosed(SendError):
    """The time for free-form messages is over."""

    outcome = SendOutcome.WINDOW_CLOSED


class RateLimited(SendError):
    """Too many messages; `retry_after` is in seconds, 0 where the provider did not say."""

    outcome = SendOutcome.RATE_LIMITED


class Transient(SendError):
    """Could not be delivered to the provider this time."""

    outcome = SendOutcome.TRANSIENT


class Rejected(SendError):
    """The provider will not take this message."""

    outcome = SendOutcome.REJECTED


class AuthFailed(SendError):
    """The provider does not know us."""

    outcome = SendOutcome.AUTH


SEND_ERRORS: dict[SendOutcome, type[SendError]] = {
    error.outcome: error
    for error in (Unreachable, OptedOut, WindowClosed, RateLimited, Transient, Rejected, AuthFailed)
}
"""The error that says each outcome, for adapters that look outcomes up in a table."""
