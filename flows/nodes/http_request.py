"""HTTP Request: ask another system."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, quote_plus, unquote, urlencode, urlsplit

import msgspec
from pydantic import AfterValidator, Field, PrivateAttr, field_validator

from flows.base import Node
from flows.extraction import Extraction, compile_path, extract
from flows.json_text import render_json
from flows.nodes.set_variable import VariableName
from flows.templates import MISSING, Template, Value, as_text
from flows.turn import Turn
from flows.xml_text import render_xml
from models.flow import green, orange, red
from models.http import MAX_RESPONSE_BYTES, HttpFailed, HttpResponse
from models.http import HttpRequest as Request

MAX_HEADERS = 50
MAX_EXTRACT = 50
MAX_TIMEOUT_MS = 20_000
MAX_REDIRECTS = 5
MAX_URL_LENGTH = 8_192
MAX_BODY_BYTES = 262_144
MAX_BODY_OUTPUT = 65_536
INLINE_BYTES = 16_384
"""A longer answer is read in a thread, so that other conversations do not wait for it."""

_AUTHORITY = re.compile(r"https?://[^/?#\\]+[/?#]", re.IGNORECASE)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def _header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header")
    if name.lower() in _OURS:
        raise ValueError(f"the header {name} follows from the request itself: leave it out")
    return name


class HttpRequest(Node):
    """Makes an HTTP request and goes on when the answer is there, whatever its status.

    A reference in the URL stands for one value in the path or the query: it is percent-encoded, so that it
    cannot add a parameter or lead to another host. A URL that is one reference, `$(link)`, is taken as it is.
    A step that was interrupted is done again, so every request but GET carries an `Idempotency-Key`.
    """

    kind = "http_request"
    static_references = True
    outcomes = (
        green("onSuccess", "an answer came, with any status"),
        orange("onTimeout", "no answer came in time"),
        red("onError", "the request could not be made"),
    )
    outputs = {
        "https.statusCode": "the status, such as 200",
        "https.statusText": "the status in words",
        "https.responseBody": "the answer's text",
        "https.responseHeaders": "the answer's headers, names in small letters",
        "http.*": "the same as https",
    }

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """The method."""
    url: Template
    """The address: `https://api.example.com/orders/$(order_number)`."""
    headers: dict[Annotated[str, AfterValidator(_header)], Template] = Field(default={}, max_length=MAX_HEADERS)
    """Headers to send."""
    body: Value = Value(None)
    """What to send: a JSON value, or text. A form where the content type says so.

    In text that the content type calls JSON, XML or a form, a value is written as such, so that it cannot add a field;
    a text that is one reference, `$(document)`, is sent as it is.
    """
    connect_timeout_ms: int = Field(default=5_000, ge=1, le=MAX_TIMEOUT_MS)
    """How long connecting may take, in milliseconds."""
    timeout_ms: int = Field(default=10_000, ge=1, le=MAX_TIMEOUT_MS)
    """How long the whole exchange may take, in milliseconds."""
    max_redirects: int = Field(default=0, ge=0, le=MAX_REDIRECTS)
    """How many redirects to follow. Headers with a secret by their name, such as `X-Api-Key`, reach no other server."""
    max_response_bytes: int = Field(default=262_144, ge=0, le=MAX_RESPONSE_BYTES)
    """The longest answer to take."""
    extract: dict[VariableName, str] = Field(default={}, max_length=MAX_EXTRACT)
    """What to take out of a JSON answer: a name, and where it lies as JSONPath, `$.order.status`.

    Each is kept as `$(n5.name)`, and in the flow variable of this name if there is one, which keeps its value where
    the path leads to nothing.
    """

    _paths: dict[str, Extraction] = PrivateAttr()
    _whole: bool = PrivateAttr()
    _headers: frozenset[str] = PrivateAttr()
    _text: Template | None = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _leads_to_a_fixed_host(cls, url: Template) -> Template:
        if not url:
            raise ValueError("the request needs an address")
        if _is_one_reference(url):
            return url
        if len(url.source) > MAX_URL_LENGTH:
            raise ValueError(f"an address has at most {MAX_URL_LENGTH} characters")
        literal = url.source.partition("$(")[0]
        if not _AUTHORITY.match(literal if url.paths else literal + "/"):
            raise ValueError(
                "write the scheme and the host out, https://api.example.com/...: references come after them,"
                " or the whole address is one reference"
            )
        _check_host(literal)
        return url

    @field_validator("extract")
    @classmethod
    def _paths_are_right(cls, extract: dict[str, str]) -> dict[str, str]:
        for path in extract.values():
            compile_path(path)
        return extract

    def model_post_init(self, context: object) -> None:
        self._paths = {name: compile_path(path) for name, path in self.extract.items()}
        self._whole = _is_one_reference(self.url)
        if isinstance(self.body.source, str) and self.body.paths:
            text = Template(self.body.source)
            self._text = None if text.single else text
        self._headers = frozenset(name.lower() for name in self.headers)

    def output_names(self) -> tuple[str, ...]:
        return (*self.outputs, *self.extract)

    async def run(self, turn: Turn) -> str:
        try:
            request = self._request(turn)
        except ValueError as error:
            turn.fail(str(error), 3001)
            return "onError"
        try:
            response = await turn.http.request(request)
        except HttpFailed as error:
            turn.fail(str(error), 3001 if error.kind == "invalid_url" else 3002)
            return "onTimeout" if error.kind == "timeout" else "onError"
        self._give(turn, response)
        await self._extract(turn, response.text)
        return "onSuccess"

    def _request(self, turn: Turn) -> Request:
        headers = {name: _header_value(name, turn.text(text)) for name, text in self.headers.items()}
        body = self._body(turn, headers)
        if self.method != "GET" and "idempotency-key" not in self._headers:
            session = turn.session
            headers["Idempotency-Key"] = f"{session.id}-{session.steps}-{turn.visit.node}-{session.visits}"
        return Request(
            method=self.method, url=self._url(turn), headers=headers, body=body,
            connect_timeout_seconds=self.connect_timeout_ms / 1000, timeout_seconds=self.timeout_ms / 1000,
            max_response_bytes=self.max_response_bytes, max_redirects=self.max_redirects,
        )  # fmt: skip

    def _url(self, turn: Turn) -> str:
        url = turn.text(self.url).strip() if self._whole else self.url.render(_Encoded(turn))
        if len(url) > MAX_URL_LENGTH:
            raise ValueError(f"the address is longer than {MAX_URL_LENGTH} characters")
        if self._whole:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or any(c <= " " or c == "\x7f" for c in url):
                raise ValueError(f"{url[:100]!r} is no http or https address")
        elif self.url.paths and _climbs(url) and not _climbs(self.url.source):
            raise ValueError("a value in the path of the address is '.' or '..', which would lead elsewhere")
        return url

    def _body(self, turn: Turn, headers: dict[str, str]) -> bytes:
        said = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
        sort = said.partition(";")[0].strip().lower()
        if self._text is not None and sort == FORM:
            value: Any = self._text.render(_Encoded(turn, quote_plus))
        elif self._text is not None and (sort.endswith("/json") or sort.endswith("+json")):
            value = render_json(self._text, turn)
        elif self._text is not None and (sort.endswith("/xml") or sort.endswith("+xml")):
            value = render_xml(self._text, turn)
        else:
            value = turn.value(self.body)
        if value is None:
            return b""
        if isinstance(value, str):
            body, kind = value.encode("utf-8", "replace"), "text/plain; charset=utf-8"
        elif isinstance(value, Mapping) and sort == FORM:
            body, kind = urlencode({name: as_text(item) for name, item in value.items()}).encode(), FORM
        else:
            body, kind = msgspec.json.encode(value), "application/json"
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"the body is longer than {MAX_BODY_BYTES} bytes")
        if not said:
            headers["Content-Type"] = kind
        return body

    @staticmethod
    def _give(turn: Turn, response: HttpResponse) -> None:
        text = response.text
        if len(text) > MAX_BODY_OUTPUT:
            text = text[:MAX_BODY_OUTPUT]
            turn.warn(f"https.responseBody holds the first {MAX_BODY_OUTPUT} characters of the answer")
        answer = {
            "statusCode": response.status, "statusText": response.reason, "responseBody": text,
            "responseHeaders": response.headers,
        }  # fmt: skip
        turn.output({"https": answer, "http": answer})

    async def _extract(self, turn: Turn, body: str) -> None:
        if not self._paths:
            return
        try:
            if len(body) > INLINE_BYTES:
                found = await asyncio.to_thread(extract, body, self._paths)
            else:
                found = extract(body, self._paths)
        except ValueError as error:
            turn.warn(str(error))
            found = {}
        for name in self._paths:
            if name not in found:
                what = "keeps its value" if name in turn.frame.variables else "has no value"
                turn.warn(f"{self.extract[name]} leads to nothing in the answer, so {name} {what}")
        for name in found.keys() & turn.frame.variables.keys():
            turn.set(name, found[name])
        turn.output(found)


FORM = "application/x-www-form-urlencoded"


class _Encoded:
    """The turn as a URL or the text of a form sees it: every value is percent-encoded."""

    __slots__ = ("_quote", "_turn")

    def __init__(self, turn: Turn, quote: Callable[..., str] = quote) -> None:
        self._turn = turn
        self._quote = quote

    def lookup(self, path: tuple[str, ...]) -> Any:
        found = self._turn.lookup(path)
        return "" if found is MISSING else self._quote(as_text(found).encode("utf-8", "replace"), safe="")


def _check_host(url: str) -> None:
    """Refuse now what every request to this address would be refused for."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is read now, and may be out of range
    except ValueError as error:
        raise ValueError(f"the address is not valid: {error}") from None
    if "@" in parts.netloc:
        raise ValueError("the address has a name or password in it: use the header Authorization")


def _is_one_reference(url: Template) -> bool:
    return len(url.paths) == 1 and url.source.startswith("$(") and url.source.find(")") == len(url.source) - 1


def _climbs(url: str) -> bool:
    """Whether a part of the path means the same or the upper folder."""
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return any(unquote(part) in (".", "..") for part in path.split("/"))


def _header_value(name: str, text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError(f"the header {name} has a line break or another control character in it")
    return text.strip()
