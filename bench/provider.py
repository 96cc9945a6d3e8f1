"""Provider: an SMS gateway that takes every message, counts it, and costs next to nothing.

`GET /count` tells how many messages came, how many were different, and when the last new one came
(nanoseconds of the machine's monotonic clock).
"""

import asyncio
import time

import uvloop

END = b"\r\n\r\n"
_ID = b'"id":"'
_LENGTH = b"content-length:"


class Taken:
    """What has come in so far."""

    def __init__(self) -> None:
        self.messages = 0
        self.ids: set[bytes] = set()
        self.last_ns = 0

    def take(self, body: bytes) -> bytes:
        self.messages += 1
        at = body.find(_ID) + len(_ID)
        id = body[at : body.find(b'"', at)]
        if id not in self.ids:
            self.ids.add(id)
            self.last_ns = time.monotonic_ns()
        return b'{"id":"p-%d"}' % self.messages

    def report(self) -> bytes:
        return b'{"messages":%d,"distinct":%d,"last_ns":%d}' % (self.messages, len(self.ids), self.last_ns)


class Gateway(asyncio.Protocol):
    """One connection. It understands requests with a Content-Length, as many at a time as come."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._data = data = self._data + data if self._data else data
        while (end := data.find(END)) >= 0:
            length = _content_length(data[:end])
            whole = end + len(END) + length
            if len(data) < whole:
                return
            body = data[whole - length : whole]
            answer = self._taken.report() if data.startswith(b"GET") else self._taken.take(body)
            self._write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(answer), answer)
            )
            self._data = data = data[whole:]


def _content_length(head: bytes) -> int:
    head = head.lower()
    at = head.find(_LENGTH)
    if at < 0:
        return 0
    at += len(_LENGTH)
    end = head.find(b"\r\n", at)
    return int(head[at : end if end >= 0 else None])


async def main() -> None:
    taken = Taken()
    server = await asyncio.get_running_loop().create_server(lambda: Gateway(taken), "127.0.0.1", 0, backlog=1024)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main())
