"""HTTP as nodes and channels see it: a request, a response and what can go wrong, without a library."""

from typing import Literal, Protocol

import msgspec

from models.charset import charset_of
from models.errors import BotkitError

MAX_RESPONSE_BYTES = 1_048_576


class HttpRequest(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A request to make. Times are seconds; `timeout_seconds` is for the whole exchange.

    `trusted` says that the operator configured the address (a provider's): it may then be private or
    loopback. A request that a flow or a customer had a say in is never trusted.
    """

    method: str
    url: str
    headers: dict[str, str] = {}
    body: bytes = b""
    connect_timeout_seconds: float = 5.0
    timeout_seconds: float = 20.0
    max_response_bytes: int = MAX_RESPONSE_BYTES
    max_redirects: int = 0
    trusted: bool = False


class HttpResponse(msgspec.Struct, frozen=True, gc=False):
    """An answer with any status. Header names are in lower case; repeated headers are joined by ', '."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """The body in the encoding that the answer names, else in UTF-8, without the mark that some begin with."""
        try:
            encoding = charset_of(self.headers.get("content-type", ""))
        except LookupError:
            encoding = "utf-8"
        text = self.body.decode(encoding, "replace")
        return text.removeprefix("\ufeff")


class HttpFailed(BotkitError):
    """No usable answer. `kind` says why.

    With `invalid_url` (a wrong address, method or header), `policy` and `connect` nothing was sent; with
    `timeout`, `protocol` and `too_large` the peer may have acted all the same.
    """

    code = "http_failed"

    def __init__(
        self,
        message: str,
        kind: Literal["connect", "timeout", "policy", "too_large", "protocol", "invalid_url"],
    ) -> None:
        super().__init__(message)
        self.kind = kind


class Http(Protocol):
    """What makes requests; `botkit` hands in the real one, tests a recorded one."""

    async def request(self, request: HttpRequest) -> HttpResponse:
        """The answer, whatever its status; raises `HttpFailed` when there is none."""
        ...
