"""Front: a connection, as long as all that it brings are plain webhook calls; the rest is aiohttp's.

Plain is a POST or GET of `/channels/{asset}` whose body, if any, has a declared length. Whatever else
comes (another address, a body in chunks, an upgrade, a call that is not quite HTTP) goes to aiohttp with
the connection, from the first byte of its request on, so that there is only one reading of the odd things.
"""

import asyncio
import re
from functools import partial
from time import perf_counter

import httptools

from botkit import metrics
from botkit.server.body import RECEIVE_SECONDS
from botkit.server.errors import TOO_LARGE, TWO_HOSTS, Problem, problem_of
from botkit.server.gate import Gate
from botkit.server.headers import Headers
from botkit.server.replies import CLOSE, KEEP, KEEP_OLD
from botkit.server.webhooks import Call
from botkit.stores.base import Duplicate

KEEP_ALIVE_SECONDS = 75.0
LINGER_SECONDS = 5.0
"""How long a client that was refused may go on sending, so that it gets to read why."""
MAX_HEAD_BYTES = 32_768
MAX_KEPT_BYTES = 1_024
"""The longest head that is kept, to know it again when the next call begins with it."""
MAX_AHEAD_BYTES = 65_536
"""What a client may send before its last call is answered; then it is not read until it is."""

_STARTS = (b"POST /channels/", b"GET /channels/")
_LINE = re.compile(rb"(POST|GET) (/channels/([A-Za-z0-9_-][A-Za-z0-9_.~-]*)(?:\?[!\"$-~]*)?) HTTP/1\.([01])\r\n")
_END = b"\r\n\r\n"
_ODD = frozenset({b"transfer-encoding", b"content-encoding", b"expect", b"upgrade"})
_NEVER = float("inf")


class _Head:
    """The head of a call, read."""

    __slots__ = ("asset", "connection", "headers", "length", "method", "origin", "target")

    def __init__(self, line: re.Match[bytes], headers: Headers) -> None:
        method, target, asset, minor = line.groups()
        self.method = method.decode()
        self.target = target.decode()
        self.asset = asset.decode()
        self.headers = headers
        self.origin = f"http://{headers['host']}"
        self.length = int(headers.raw(b"content-length") or 0)
        wish = headers.raw(b"connection")
        if minor == b"1":
            self.connection = KEEP if wish is None or b"close" not in wish.lower() else CLOSE
        else:
            self.connection = KEEP_OLD if wish is not None and b"keep-alive" in wish.lower() else CLOSE


class Front(asyncio.Protocol):
    """Reads one call at a time, has it answered, and only then looks at the next one."""

    __slots__ = (
        "_answering", "_at", "_call", "_data", "_ended", "_ending", "_fed", "_gate", "_held", "_last", "_last_head",
        "_lines", "_lost", "_missing", "_parser", "_parts", "_paused", "_receiving", "_task", "_transport", "deadline",
        "on_header",
    )  # fmt: skip

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._lines: dict[bytes, bytes] = {}
        self.on_header = self._lines.setdefault  # the parser calls it: no frame of ours for each header
        self._parser = httptools.HttpRequestParser(self)
        self._fed = False  # the parser has the head, and wants the body
        self._last_head = b""  # of the last call that the parser saw: the same bytes are the same call again
        self._last: _Head | None = None
        self._data = b""  # what came in and is not yet read, from `_at` on
        self._at = 0
        self._call: _Head | None = None  # the one that is coming in
        self._parts: list[bytes] = []  # of its body
        self._missing = 0
        self._answering = False  # a call is whole, and has no answer yet
        self._task: asyncio.Task[None] | None = None  # answers it, where that takes one
        self._receiving = False  # a call has begun and is not yet whole
        self._paused = False  # we do not read
        self._held = False  # the client does not read
        self._ending = False  # refused: what comes is thrown away
        self._ended = False  # the client will send no more
        self._lost = False
        self.deadline = gate.now + KEEP_ALIVE_SECONDS

    # from the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        if self._gate.closing:
            self._transport.abort()
        else:
            self._gate.enter(self)

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._more_body(data)
        elif self._answering or self._held:
            self._data = self._data[self._at :] + data
            self._at = 0
            if len(self._data) > MAX_AHEAD_BYTES and not self._paused:
                self._paused = True
                self._transport.pause_reading()
        elif not self._ending:
            self._data = self._data[self._at :] + data if self._data else data
            self._at = 0
            self._next()

    def eof_received(self) -> bool:
        self._ended = True
        return self._answering or self._held  # else there is nothing left to say, and it closes

    def pause_writing(self) -> None:
        self._held = True

    def resume_writing(self) -> None:
        self._held = False
        if not self._answering and not self._ending:
            self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._ending = True
        self._data = b""
        self._parts = []
        self._missing = 0
        if not self._answering:
            self._gate.left(self)

    # one call

    def _next(self) -> None:
        data, at = self._data, self._at
        end = data.find(_END, at) + len(_END)
        if end - at > MAX_HEAD_BYTES or end < len(_END):
            self._unfinished_head(data, at)
            return
        head = data[at:end]
        if self._last is not None and head == self._last_head:  # a gateway's calls begin alike
            self._headed(self._last, data, end)
            return
        line = _LINE.match(head)
        if line is None:
            self._hand_over()
            return
        lines = self._lines
        lines.clear()
        try:
            self._parser.feed_data(head)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._hand_over()
            return
        headers = Headers(lines.items())
        if headers.any_of(_ODD) or "host" not in headers:
            self._hand_over()
            return
        if head.lower().count(b"\nhost:") > 1:
            self._refuse(TWO_HOSTS)
            return
        call = _Head(line, headers)
        self._last = None
        self._fed = True
        self._headed(call, data, end)
        if len(head) <= MAX_KEPT_BYTES and call.connection is not CLOSE:
            self._last_head, self._last = head, call

    def _headed(self, call: _Head, data: bytes, end: int) -> None:
        """Go on with a call whose head ends at `end`."""
        stop = end + call.length
        if call.length > self._gate.max_body_bytes:
            self._refuse(TOO_LARGE)
        elif stop > len(data):
            self._call = call
            self._parts = [data[end:]]
            self._missing = stop - len(data)
            self._data = b""
            self._at = 0
            self._wait_for_more()
        else:
            if stop == len(data):
                self._data = b""
                self._at = 0
            else:
                self._at = stop
            self._begin(call, data[end:stop])

    def _unfinished_head(self, data: bytes, at: int) -> None:
        start = data[at : at + len(_STARTS[0])]
        if not start.startswith(_STARTS) and not any(known.startswith(start) for known in _STARTS):
            self._hand_over()
        elif len(data) - at > MAX_HEAD_BYTES:
            self._refuse(Problem(431, "too_large", f"the request's head is longer than {MAX_HEAD_BYTES} bytes"))
        else:
            self._wait_for_more()

    def _more_body(self, data: bytes) -> None:
        self._parts.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return
        call = self._call
        assert call is not None
        self._missing = 0
        whole = b"".join(self._parts)
        self._parts = []
        self._call = None
        self._data = whole[call.length :]
        self._begin(call, whole[: call.length])

    def _wait_for_more(self) -> None:
        if self._ended:
            self._transport.close()
            return
        if not self._receiving:
            self._receiving = True
            self.deadline = self._gate.now + RECEIVE_SECONDS
        self._resume_reading()

    def _begin(self, call: _Head, body: bytes) -> None:
        if self._fed:
            self._fed = False
            if body:
                self._parser.feed_data(body)  # it counts them off, and is ready for the next head
        self._receiving = False
        self.deadline = _NEVER
        self._answering = True
        gate = self._gate
        started = perf_counter()
        try:
            brought = gate.webhooks.read(call.asset, call.method, call.target, call.headers, body, origin=call.origin)
            answered = gate.webhooks.accept_now(brought)
        except Exception as error:
            gate.loop.call_soon(self._reply, call, self._problem(call, error))  # not at once: the next may be as bad
            return
        if answered is None:
            self._task = gate.loop.create_task(self._accept(call, brought, started))
        else:
            answered.add_done_callback(partial(self._answered, call, brought, started))

    def _answered(self, call: _Head, brought: Call, started: float, done: "asyncio.Future[None]") -> None:
        """A message and the step that answers it are stored, or not: then it is tried with the message alone."""
        if done.cancelled() or not (done.exception() is None or isinstance(done.exception(), Duplicate)):
            self._task = self._gate.loop.create_task(self._accept(call, brought, started))
        else:
            self._accepted(call, brought, started)

    async def _accept(self, call: _Head, brought: Call, started: float) -> None:
        try:
            await self._gate.webhooks.accept(brought)
        except Exception as error:
            self._task = None
            self._reply(call, self._problem(call, error))
        else:
            self._task = None
            self._accepted(call, brought, started)

    def _accepted(self, call: _Head, brought: Call, started: float) -> None:
        gate = self._gate
        metrics.REQUESTS.observe(perf_counter() - started)
        try:
            data = gate.replies.reply(brought.reply, CLOSE if gate.closing else call.connection)
        except Exception as error:
            data = self._problem(call, error)
        self._reply(call, data)

    def _problem(self, call: _Head, error: Exception) -> bytes:
        problem = problem_of(error, call.method, call.target.partition("?")[0])
        return self._gate.replies.problem(problem, CLOSE if self._gate.closing else call.connection)

    def _reply(self, call: _Head, data: bytes) -> None:
        """Give a call its answer, and go on to the next."""
        gate = self._gate
        self._answering = False
        if self._lost:
            gate.left(self)
            return
        self._transport.write(data)
        if self._transport.is_closing():  # it broke while it was written to
            return
        if gate.closing or call.connection is CLOSE:
            self._end()
        elif self._held:
            self.deadline = gate.now + RECEIVE_SECONDS
        else:
            self._go_on()

    def _go_on(self) -> None:
        """To the next call, where it is here already."""
        if self._data:
            if len(self._data) - self._at <= MAX_AHEAD_BYTES:
                self._resume_reading()
            self._next()
        elif self._ended or self._gate.closing:
            self._transport.close()
        else:
            self.deadline = self._gate.now + KEEP_ALIVE_SECONDS
            self._resume_reading()

    def _resume_reading(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _hand_over(self) -> None:
        """Give the connection to aiohttp, with what came in since the last call."""
        data = self._data[self._at :]
        self._data = b""
        self._resume_reading()
        self._gate.left(self)
        protocol = self._gate.aiohttp()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)

    # the end

    def _refuse(self, problem: Problem) -> None:
        self._transport.write(self._gate.replies.problem(problem, CLOSE))
        self._end(linger=True)

    def _end(self, *, linger: bool = False) -> None:
        """Close. A client that may still be sending is listened to for a while: it would miss its answer else."""
        linger = (linger or bool(self._data)) and not self._ended and not self._transport.is_closing()
        self._ending = True
        self._data = b""
        self._parts = []
        self._missing = 0
        self._call = None
        if linger:
            self.deadline = self._gate.now + LINGER_SECONDS
            self._resume_reading()
            self._transport.write_eof()
        else:
            self.deadline = self._gate.now + RECEIVE_SECONDS
            self._transport.close()

    # from the gate

    def expire(self) -> None:
        if self._ending or self._held:
            self._transport.abort()
        elif self._receiving:
            message = f"the request did not come in whole within {int(RECEIVE_SECONDS)} seconds"
            self._refuse(Problem(408, "timeout", message, "body" if self._missing else ""))
        else:
            self._transport.close()

    def leave(self) -> None:
        if not self._answering and not self._missing and not self._held:
            self._transport.close()

    def abort(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._transport.abort()
