"""Scripts: JavaScript for Evaluate nodes, in processes of its own that can do nothing but compute.

Each script gets a fresh interpreter with limits on time, memory and stack. Variables reach it as values,
never as a part of its source. A process that does not answer is killed and replaced.
"""

import asyncio
import importlib.util
import json
import re
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import msgspec

from botkit import script_worker
from botkit.script_worker import REPLY, REQUEST
from flows.turn import ScriptFailed
from models.errors import BotkitError

WORKERS = 2
MAX_SOURCE_LENGTH = 20_000
MAX_INPUT_BYTES = 1_048_576
MAX_SECONDS = 1.0
MAX_WAITING = 1_000
WALL_GRACE_SECONDS = 2.0
"""How much longer than its time limit a script may take on a busy machine before its process is killed."""

TOO_LONG = "the script ran longer than it may, and its process was stopped"

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_RESERVED = re.compile(
    "await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally"
    "|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public"
    "|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield"
)


class ScriptPool:
    """A few worker processes, started when the first script comes. Use it as `async with ScriptPool() as scripts`."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._idle: list[_Worker] = []
        self._queue: deque[asyncio.Future[None]] = deque()
        self._free = workers
        self._closed = False
        self._reaping: set[asyncio.Task[None]] = set()
        self._workers: set[_Worker] = set()
        self.killed = 0
        """How many processes had to be killed."""

    async def run(
        self,
        source: str,
        variables: Mapping[str, Any],
        *,
        lookup: Mapping[str, Any],
        timeout_seconds: float,
        outputs: tuple[str, ...] = (),
    ) -> tuple[Any, dict[str, Any]]:
        """The value of the last expression, and those of the globals named by `outputs` that exist.

        Raises `ScriptFailed`.
        """
        request = _request(source, variables, lookup, outputs, min(timeout_seconds, MAX_SECONDS))
        await self._turn()
        try:
            answer = await self._ask(request, timeout_seconds)
            if answer is None:  # a script changes nothing outside, so it does no harm to run it again
                answer = await self._ask(request, timeout_seconds)
        finally:
            self._next()
        if answer is None:
            raise ScriptFailed("the process that ran the script ended, and so did the next one", "error")
        if answer[0] == "failed":
            raise ScriptFailed(answer[2], answer[1])
        return answer[1], answer[2]

    async def _ask(self, request: bytes, timeout_seconds: float) -> Any:
        """The answer of a process; None if it ended, and not for the script's time."""
        worker = self._spare() or await self._start()
        keep = False
        try:
            async with asyncio.timeout(timeout_seconds + WALL_GRACE_SECONDS):
                reply = await worker.ask(request)
            answer = msgspec.json.decode(reply)
            keep = not self._closed
        except TimeoutError:
            raise ScriptFailed(TOO_LONG, "time") from None
        except ConnectionError:
            await asyncio.shield(self._drop(worker))
            if worker.is_out_of_time:
                raise ScriptFailed(TOO_LONG, "time") from None
            return None
        except msgspec.DecodeError:
            raise ScriptFailed("the script's value is no valid text", "result") from None
        finally:
            if keep:
                self._idle.append(worker)
            else:
                self.killed += not self._closed
                if worker in self._workers:
                    self._drop(worker)
        return answer

    def _spare(self) -> "_Worker | None":
        """A process that has nothing to do, and has not ended meanwhile: the system may have killed it."""
        while self._idle:
            worker = self._idle.pop()
            if not worker.has_ended:
                return worker
            self._drop(worker)
        return None

    async def _start(self) -> "_Worker":
        worker = await _Worker.start()
        self._workers.add(worker)
        return worker

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that run now."""
        return [worker.pid for worker in self._workers]

    async def _turn(self) -> None:
        """Wait until a worker is free: first come, first served."""
        if self._closed:
            raise ScriptFailed("the server is shutting down", "error")
        if self._free:
            self._free -= 1
            return
        if len(self._queue) >= MAX_WAITING:
            raise ScriptFailed("too many scripts are waiting: the server is overloaded", "time")
        mine = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        while self._queue:
            waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
        self._free += 1

    def _drop(self, worker: "_Worker") -> asyncio.Task[None]:
        self._workers.discard(worker)
        task = asyncio.get_running_loop().create_task(worker.stop())
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)
        return task

    async def close(self) -> None:
        """End the processes; scripts that still run finish first or are cancelled by their own callers."""
        self._closed = True
        while self._idle:
            self._drop(self._idle.pop())
        await asyncio.gather(*self._reaping)

    async def __aenter__(self) -> "ScriptPool":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Worker(asyncio.Protocol):
    """One process, seen from here: a pipe that takes a request and gives a reply."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._reply: asyncio.Future[bytes] | None = None

    @classmethod
    async def start(cls) -> "_Worker":
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.to_thread(_start_process, theirs)
            ours.setblocking(False)
            _, worker = await asyncio.get_running_loop().create_unix_connection(lambda: cls(process), sock=ours)
        except BaseException:
            ours.close()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    @property
    def is_out_of_time(self) -> bool:
        """Whether the kernel ended it because a script had used up its processor time; known once it is stopped."""
        return self._process.returncode == -signal.SIGPROF

    async def ask(self, request: bytes) -> bytes:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._reply

    async def stop(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) < REPLY.size:
            return
        (size,) = REPLY.unpack_from(self._received)
        if len(self._received) >= REPLY.size + size and self._reply is not None and not self._reply.done():
            self._reply.set_result(bytes(self._received[REPLY.size :]))
            self._received.clear()

    def connection_lost(self, error: Exception | None) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(ConnectionResetError())


def _start_process(pipe: socket.socket) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-S", "-B", str(Path(script_worker.__file__)), _interpreter()]
    return subprocess.Popen(command, stdin=pipe.fileno(), stdout=pipe.fileno(), cwd="/", env={})  # noqa: S603


def _interpreter() -> str:
    """The file of quickjs-ng's extension module."""
    spec = importlib.util.find_spec("_quickjs")
    if spec is None or spec.origin is None:
        raise BotkitError("Evaluate nodes need quickjs-ng, which is not installed: pip install quickjs-ng")
    return spec.origin


def _request(
    source: str, variables: Mapping[str, Any], lookup: Mapping[str, Any], outputs: tuple[str, ...], seconds: float
) -> bytes:
    if len(source) > MAX_SOURCE_LENGTH:
        raise ScriptFailed(f"a script has at most {MAX_SOURCE_LENGTH} characters", "syntax")
    for name in outputs:
        if not is_identifier(name):
            raise ScriptFailed(f"{name!r} is no name of a JavaScript variable", "syntax")
    head = _encode([source, outputs, seconds])
    data = _encode({"variables": variables, "lookup": lookup if "$" in source else {}})
    if len(data) > MAX_INPUT_BYTES:
        raise ScriptFailed(f"the variables come to more than {MAX_INPUT_BYTES} bytes", "memory")
    return REQUEST.pack(len(head), len(data)) + head + data


def is_identifier(name: str) -> bool:
    """Whether JavaScript can call a variable by this name."""
    return _IDENTIFIER.fullmatch(name) is not None and _RESERVED.fullmatch(name) is None


def _encode(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a character, as some phones send them
        return json.dumps(value).encode()
