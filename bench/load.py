"""Load: a generator of webhook calls that is much cheaper than any server it drives.

Keeps some connections busy for a while, or until a number of calls is done, and prints what came of it as JSON.
"""

import argparse
import asyncio
import json
import time
from array import array

import uvloop

FIRST_SENDER = 5550000000
DRAIN_SECONDS = 30.0
END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Plan:
    """What is to be sent: calls with ids of their own, from many senders in turn."""

    def __init__(self, path: str, run: str, senders: int, calls: int, end_ns: int) -> None:
        form = b"from=%%2B1%010d&to=60606&text=order+%08d&id=" + run.encode() + b"-%08d&date=1700000000"
        length = len(form % (0, 0, 0))
        self._call = (
            b"POST " + path.encode() + b" HTTP/1.1\r\nHost: bench\r\nUser-Agent: gateway\r\nAccept: */*\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % length
        ).replace(b"%", b"%%") + form  # fmt: skip
        self._senders = senders
        self._left = calls
        self._end_ns = end_ns
        self.sent = 0

    def next(self, now: int) -> bytes | None:
        """The next call, None when it is enough."""
        number = self.sent
        if now >= self._end_ns or number >= self._left:
            return None
        self.sent = number + 1
        return self._call % (FIRST_SENDER + number % self._senders, number, number)


class Tally:
    """What came of the calls."""

    def __init__(self) -> None:
        self.latencies = array("q")
        self.refused = 0
        self.broken = 0
        self.last_ns = 0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6 if ordered else 0.0


class Caller(asyncio.Protocol):
    """One connection, one call at a time."""

    def __init__(self, plan: Plan, tally: Tally) -> None:
        self._plan = plan
        self._tally = tally
        self._size = 0
        self._data = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def go(self) -> None:
        self._call(time.monotonic_ns())

    def _call(self, now: int) -> None:
        call = self._plan.next(now)
        if call is None:
            self._finish()
            return
        self._at = now
        self._transport.write(call)

    def data_received(self, data: bytes) -> None:
        if self._data:
            data = self._data + data
        if len(data) != self._size:  # answers of the same length are taken for whole; others are looked at
            whole = _whole(data)
            if not whole or len(data) < whole:
                self._data = data
                return
            self._size = whole
        self._data = b""
        now = time.monotonic_ns()
        tally = self._tally
        if data[9:12] == b"200":
            tally.latencies.append(now - self._at)
            tally.last_ns = now
        else:
            tally.refused += 1
        self._call(now)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._tally.broken += 1
            self.done.set_result(None)

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        self._transport.close()


def _whole(data: bytes) -> int:
    """The length of the answer that begins here, 0 if its head is not yet complete."""
    end = data.find(END)
    if end < 0:
        return 0
    head = data[:end].lower()
    at = head.find(_LENGTH) + len(_LENGTH)
    stop = head.find(b"\r\n", at)
    return end + len(END) + int(head[at : stop if stop >= 0 else None])


async def main(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    tally = Tally()
    calls = options.calls or 1 << 60
    end = 1 << 62 if options.calls else 0
    plan = Plan(options.path, options.run, options.senders, calls, end)
    callers = []
    for _ in range(options.connections):
        _, caller = await loop.create_connection(lambda: Caller(plan, tally), "127.0.0.1", options.port)
        callers.append(caller)
    start = time.monotonic_ns()
    if not options.calls:
        plan._end_ns = start + int(options.seconds * 1e9)
    for caller in callers:
        caller.go()
    await asyncio.wait([caller.done for caller in callers], timeout=options.seconds + DRAIN_SECONDS)
    print(
        json.dumps(
            {
                "acknowledged": len(tally.latencies), "refused": tally.refused, "broken": tally.broken,
                "sent": plan.sent, "start_ns": start, "last_ns": tally.last_ns,
                "p50_ms": tally.quantile(0.5), "p99_ms": tally.quantile(0.99),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/channels/sms")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--senders", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--calls", type=int, default=0, help="stop after so many calls instead")
    parser.add_argument("--run", default="r", help="begins the ids of all messages")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args()))
