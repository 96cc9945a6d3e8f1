"""HttpConnection: one connection to a server, and the answer that is coming in on it."""

import asyncio
import zlib
from typing import NamedTuple, Protocol

import httptools

from models.http import HttpFailed, HttpResponse

MAX_HEAD_BYTES = 65_536
FRAMING_FACTOR = 8
"""A chunked answer may be this many times longer on the wire than what is in it."""
GZIP_OR_ZLIB = 47
RAW_DEFLATE = -15
MAX_GZIP_MEMBERS = 16

MAX_KEPT_BYTES = 1_024
"""The longest head that is kept, to know it again when the next answer begins with it."""

_WITHOUT_BODY = frozenset({204, 304})
_END = b"\r\n\r\n"


class _Known(NamedTuple):
    """The head of an answer that the parser has read, and what is in it."""

    head: bytes
    length: int
    status: int
    reason: str
    headers: dict[str, str]


class Pool(Protocol):
    """Where a connection belongs."""

    def released(self, connection: "HttpConnection") -> None:
        """The answer is complete, and the connection is good for another request."""

    def lost(self, connection: "HttpConnection") -> None:
        """The connection is closed."""

    def settled(self, connection: "HttpConnection") -> None:
        """The request has ended, well or not."""


class ClosedEarly(HttpFailed):
    """The server closed the connection before the first byte of an answer; `written`: after the request went out."""

    def __init__(self, origin: str, *, written: bool) -> None:
        super().__init__(f"{origin} closed the connection without an answer", "protocol")
        self.written = written


class HttpConnection(asyncio.Protocol):
    """Writes a request at once and gathers its answer; one request at a time.

    The parser's callbacks only note what they see: what follows from it is decided when it returns, so that
    a second answer in the same packet can never be taken for that of the next request.
    """

    __slots__ = (
        "_body", "_complete", "_failure", "_headers", "_known", "_limit", "_lines", "_origin", "_parser", "_reason",
        "_received", "_reusable", "_size", "_status", "_until_close", "_url", "_without_body", "closed",
        "deadline", "future", "idle_since", "pool", "transport",
    )  # fmt: skip

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.pool: Pool | None = None
        self.future: asyncio.Future[HttpResponse] | None = None
        self.deadline = 0.0
        self.idle_since = 0.0
        self.closed = False
        self._parser = httptools.HttpResponseParser(self)
        self._url = ""
        self._origin = ""
        self._without_body = False
        self._limit = 0
        self._known: _Known | None = None
        self._reset()

    def _reset(self) -> None:
        self._received = 0
        self._lines: list[tuple[bytes, bytes]] = []
        self._reason = b""
        self._headers: dict[str, str] | None = None
        self._status = 0
        self._body: list[bytes] = []
        self._size = 0
        self._complete = False
        self._reusable = False
        self._until_close = False
        self._failure: HttpFailed | None = None

    def start(
        self, data: bytes, future: "asyncio.Future[HttpResponse]", url: str, origin: str, head: bool, limit: int
    ) -> None:
        """Write a request; the answer, or what went wrong, comes to `future`."""
        self.future = future
        self._url = url
        self._origin = origin
        self._without_body = head
        self._limit = limit
        transport = self.transport
        if transport is None or self.closed or transport.is_closing():
            self._settle(ClosedEarly(origin, written=False))
        else:
            transport.write(data)

    def abort(self, failure: HttpFailed | None = None) -> None:
        """Close at once; whoever waits gets `failure`."""
        if failure is not None:
            self._settle(failure)
        if self.transport is not None:
            self.transport.abort()

    def time_out(self) -> None:
        """The time for the answer is over."""
        self.abort(self._failed("did not answer in time", "timeout"))

    # from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self.future is None:  # an answer to nothing
            self.abort()
            return
        known = self._known
        if known is not None and data.startswith(known.head) and not self._received and not self._without_body:
            body = data[len(known.head) :]
            if len(body) == known.length <= self._limit:
                self._answer(HttpResponse(known.status, known.reason, known.headers.copy(), body, self._url))
                return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("switched to another protocol", "protocol")
        except httptools.HttpParserError as error:
            self._reusable = False
            if not self._complete:
                self._fail(f"sent something that is not HTTP ({error})", "protocol")
        if self._failure is not None:
            self.abort(self._failure)
        elif self._complete:
            self._remember(data)
            self._finish()
        elif self._headers is None and self._received > MAX_HEAD_BYTES:
            self.abort(self._failed(f"sent more than {MAX_HEAD_BYTES} bytes of headers", "too_large"))
        elif self._received > FRAMING_FACTOR * self._limit + MAX_HEAD_BYTES:
            self.abort(self._failed(f"sent more than the {self._limit} bytes allowed", "too_large"))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self.future is not None:
            self._close_answer(error)
        if self.pool is not None:
            self.pool.lost(self)

    def _close_answer(self, error: Exception | None) -> None:
        if self._until_close and error is None:
            self._complete = True
            self._reusable = False
            self._finish()
        elif self._received == 0:
            self._settle(ClosedEarly(self._origin, written=True))
        else:
            self._settle(self._failed("closed the connection in the middle of its answer", "protocol"))

    # from the parser

    def on_message_begin(self) -> None:
        if self._complete:  # more than was asked for
            self._reusable = False

    def on_status(self, reason: bytes) -> None:
        if not self._complete:
            self._reason = reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        if self._complete:
            self._reusable = False
            return
        headers: dict[str, str] = {}
        for raw_name, value in self._lines:
            name = raw_name.decode("latin-1").lower()
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        self._lines = []  # what comes now are trailers, and those are not kept
        status = self._parser.get_status_code()
        if status < 200:  # only a sign of life: the answer comes after it
            return
        self._headers = headers
        self._status = status
        declared = headers.get("content-length", "")
        framed = bool(declared) or "transfer-encoding" in headers
        if self._without_body or (status in _WITHOUT_BODY and framed):
            self._complete = True  # the parser would wait for a body that never comes: the connection goes
        elif not framed:
            self._until_close = status not in _WITHOUT_BODY
        elif declared.isdecimal() and int(declared[:20]) > self._limit:
            self._fail(f"announced {declared[:20]} bytes, at most {self._limit} are allowed", "too_large")

    def on_body(self, data: bytes) -> None:
        if self._complete:
            return
        self._size += len(data)
        if self._size > self._limit:
            self._fail(f"sent more than the {self._limit} bytes allowed", "too_large")
        else:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self._complete or self._headers is None:
            return
        self._complete = True
        self._reusable = self._parser.should_keep_alive()

    # what follows

    def _finish(self) -> None:
        headers, body = self._headers, self._body
        assert headers is not None
        data = body[0] if len(body) == 1 else b"".join(body)
        result: HttpResponse | HttpFailed
        try:
            if "content-encoding" in headers and data:
                data = self._decoded(data, headers)
            result = HttpResponse(self._status, self._reason.decode("latin-1"), headers, data, self._url)
        except HttpFailed as error:
            result = error
        reusable = self._reusable
        self._reset()
        self._answer(result, reusable=reusable)

    def _answer(self, result: HttpResponse | HttpFailed, *, reusable: bool = True) -> None:
        self._settle(result)
        if self.closed:
            return
        if reusable and self.pool is not None:
            self.pool.released(self)
        elif self.transport is not None:
            self.transport.close()

    def _remember(self, data: bytes) -> None:
        """Keep the head of an answer that came alone and whole: the next with the same bytes means the same."""
        headers = self._headers
        self._known = None
        if not self._reusable or self._received != len(data) or headers is None or self._without_body:
            return
        end = data.find(_END) + len(_END)
        by_length = (
            "content-length" in headers and "transfer-encoding" not in headers and "content-encoding" not in headers
        )
        if by_length and len(data) - end == self._size and end <= MAX_KEPT_BYTES:
            self._known = _Known(data[:end], self._size, self._status, self._reason.decode("latin-1"), headers.copy())

    def _settle(self, result: HttpResponse | HttpFailed) -> None:
        future = self.future
        if future is None:
            return
        self.future = None
        if self.pool is not None:
            self.pool.settled(self)
        if future.done():
            return
        if isinstance(result, HttpResponse):
            future.set_result(result)
        else:
            future.set_exception(result)

    def _decoded(self, data: bytes, headers: dict[str, str]) -> bytes:
        encoding = headers["content-encoding"].strip().lower()
        if encoding in ("", "identity"):
            return data
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise self._failed(f"used the compression {encoding[:20]!r}, which it was not offered", "protocol")
        try:
            plain = decompressed(data, self._limit)
        except zlib.error:
            raise self._failed(f"sent a body that is not {encoding}", "protocol") from None
        if plain is None:
            raise self._failed(f"sent more than the {self._limit} bytes allowed, unpacked", "too_large")
        del headers["content-encoding"]
        headers.pop("content-length", None)
        return plain

    def _fail(self, did: str, kind: str) -> None:
        if self._failure is None:
            self._failure = self._failed(did, kind)

    def _failed(self, did: str, kind: str) -> HttpFailed:
        return HttpFailed(f"{self._origin} {did}", kind)  # type: ignore[arg-type]


def decompressed(data: bytes, limit: int) -> bytes | None:
    """The unpacked bytes, None if they are more than `limit`; never unpacks more than that. Raises zlib.error."""
    raw = data[:1] != b"\x1f" and (len(data) < 2 or data[0] & 0x0F != 8 or (data[0] << 8 | data[1]) % 31 != 0)
    parts: list[bytes] = []
    size = 0
    for _ in range(MAX_GZIP_MEMBERS):
        unpack = zlib.decompressobj(RAW_DEFLATE if raw else GZIP_OR_ZLIB)
        part = unpack.decompress(data, limit - size + 1)
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
        if not unpack.eof:
            raise zlib.error("incomplete")
        data = unpack.unused_data
        if not data:
            break
    return b"".join(parts)
