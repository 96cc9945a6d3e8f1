"""Wire: a client that writes bytes and reads answers, for tests of what aiohttp's client would not send."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

PATIENCE_SECONDS = 10.0


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def code(self) -> str:
        """The code of an error, nothing where it is none."""
        return str(json.loads(self.body)["error"]["code"]) if self.status >= 400 else ""

    @property
    def field(self) -> str:
        """The part of the call that an error is about, nothing where it names none."""
        return str(json.loads(self.body)["error"].get("field", "")) if self.status >= 400 else ""


def answer_in(data: bytes) -> tuple[Answer, bytes] | None:
    """The first answer in these bytes and what follows it; None if it is not yet whole."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None
    return Answer(int(first.split(" ")[1]), headers, rest[:length]), rest[length:]


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._data = b""

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    def reset(self) -> None:
        """Break the connection off."""
        plug = self.writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def answer(self) -> Answer:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (found := answer_in(self._data)) is None:
                more = await self.reader.read(65_536)
                assert more, f"closed after {self._data!r}"
                self._data += more
        answer, self._data = found
        return answer

    async def closed(self) -> bool:
        """Whether the server says no more and closes; waits for it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(ConnectionError):
                return not self._data and not await self.reader.read(1)
        return True


@contextlib.asynccontextmanager
async def wire(port: int, **options: Any) -> AsyncIterator[Wire]:
    """A connection to a port of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
