"""Answers: what a provider's HTTP answer means for a message that was handed to it."""

from collections.abc import Iterable
from typing import Any

from channels.errors import SEND_ERRORS, Rejected, SendError, Transient, pause_of
from models.delivery import SendOutcome
from models.http import Http, HttpFailed, HttpRequest, HttpResponse

MAX_EXCERPT_LENGTH = 200
SHORTEST_SECRET_HIDDEN = 4

_NOTHING_SENT = frozenset({"policy", "invalid_url"})


async def exchange(http: Http, request: HttpRequest) -> HttpResponse:
    """The provider's answer; raises `Transient` when there is none, `Rejected` when the address is wrong."""
    try:
        return await http.request(request)
    except HttpFailed as error:
        raise not_taken(error) from None


def not_taken(error: HttpFailed) -> SendError:
    """What it means for a message that there is no answer."""
    if error.kind in _NOTHING_SENT:
        return Rejected(f"the provider's address cannot be used: {error.message}", provider_code=error.kind)
    return Transient(f"no answer from the provider: {error.message}", provider_code=error.kind)


def outcome_of(status: int) -> SendOutcome:
    """What a status means where the provider says nothing more exact."""
    if 200 <= status < 300:
        return SendOutcome.ACCEPTED
    if status in (401, 403):
        return SendOutcome.AUTH
    if status == 429:
        return SendOutcome.RATE_LIMITED
    if status in (408, 425) or status >= 500:
        return SendOutcome.TRANSIENT
    return SendOutcome.REJECTED


def refusal(
    outcome: SendOutcome, response: HttpResponse, *, said: str, code: str = "", secrets: Iterable[str] = ()
) -> SendError:
    """The error for an answer that is not a yes: `said` is the provider's own reason, without our secrets."""
    reason = excerpt(said, secrets)
    message = f"the provider answered {response.status}" + (f": {reason}" if reason else "")
    return SEND_ERRORS[outcome](
        message, provider_code=code or str(response.status), retry_after=retry_after(response.headers)
    )


def excerpt(text: str, secrets: Iterable[str] = ()) -> str:
    """The beginning of a provider's text, on one line and without any of `secrets`."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET_HIDDEN:
            text = text.replace(secret, "***")
    text = " ".join(text[: 4 * MAX_EXCERPT_LENGTH].split())
    return text if len(text) <= MAX_EXCERPT_LENGTH else f"{text[:MAX_EXCERPT_LENGTH]}..."


def retry_after(headers: dict[str, str]) -> float:
    """The seconds that `Retry-After` asks for, as a number or a date; 0 where it does not, an hour at most."""
    return pause_of(headers.get("retry-after", ""))


def at_path(value: Any, path: tuple[str, ...]) -> Any:
    """What lies at a dotted path (`messages.0.id`) of a JSON value, None if nothing does."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and len(part) < 6 and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def text_at(value: Any, path: tuple[str, ...]) -> str:
    """The text or number at a path as text, nothing if there is neither."""
    found = at_path(value, path)
    if isinstance(found, str):
        return found
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)
    return ""
