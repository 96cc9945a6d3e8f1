"""Workbench: the stages of a message's way, each by itself, in a process that does them when it is told to.

Takes lines `STAGE COUNT` on a socket; prepares, says `ready`, and on the next line does the stage COUNT times
and answers with the CPU time that took, in nanoseconds.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench.project import TO_A_WAIT, TO_THE_END, write_project
from botkit.app import App
from botkit.http import HttpClient
from botkit.outbox import Outbox
from botkit.project import load_project
from botkit.stores.base import Change
from botkit.stores.sqlite import SqliteStore
from channels.base import Outgoing, WebhookRequest
from flows.interpreter import Interpreter
from models.address import Address, AddressKind
from models.content import Text
from models.customer import Customer
from models.delivery import Delivery
from models.flow import START
from models.http import HttpRequest, HttpResponse
from models.message import Message
from models.session import Frame, Session

BATCH = 32
Work = Callable[[], Awaitable[object]]


class Forgetful(SqliteStore):
    """A store that takes everything and knows nothing, for what is measured without one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.changes: list[Change] | None = None

    def commit(self, change: Change, *, requires: "asyncio.Future[None] | None" = None) -> "asyncio.Future[None]":
        if self.changes is not None:
            self.changes.append(change)
        future: asyncio.Future[None] = self._loop.create_future()
        future.set_result(None)
        return future

    async def seen(self, asset: str, provider_id: str, service: str) -> bool:
        return False

    async def sessions_of(self, lane: str) -> list[Session]:
        return []

    async def customer(self, address_key: str) -> Customer | None:
        return None


class Yes:
    """A provider that takes every message at once."""

    def __init__(self) -> None:
        self.taken = 0

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.taken += 1
        return HttpResponse(200, "OK", {"content-type": "application/json"}, b'{"id":"p-%d"}' % self.taken, request.url)


class Bench:
    """The stages: each `prepare_...` makes ready and gives what is to be measured."""

    def __init__(self, app: App, folder: Path) -> None:
        self._app = app
        self._folder = folder

        self._number = 0

    def request(self) -> WebhookRequest:
        self._number += 1
        body = (
            f"from=%2B1{5550000000 + self._number % 2000}&to=60606&text=order+{self._number:08d}"
            f"&id=w-{self._number:08d}&date=1700000000"
        )
        headers = {"content-type": "application/x-www-form-urlencoded", "host": "bench"}
        return WebhookRequest("POST", "http://bench/channels/sms", "", headers, body.encode(), 1_700_000_000_000)

    def messages(self, count: int) -> list[Message]:
        channel = self._app.engine.deployment.asset("sms").channel
        return [value for _ in range(count) for value in channel.parse(self.request()) if isinstance(value, Message)]

    def prepare_parse(self, count: int) -> Work:
        """The adapter: verify, parse, reply."""
        channel = self._app.engine.deployment.asset("sms").channel
        requests = [self.request() for _ in range(count)]

        async def work() -> None:
            for request in requests:
                channel.verify(request)
                channel.parse(request)
                channel.reply(request)

        return work

    def prepare_walk(self, count: int) -> Work:
        """The interpreter alone: a new session, six nodes."""
        app = self._app
        interpreter: Interpreter = app.engine._steps._interpreter
        program = app.library.live("main")
        assert program is not None
        messages = self.messages(count)

        async def work() -> None:
            for number, message in enumerate(messages):
                session = Session(
                    id=f"{number:x}", service="bench", lane="l", key="k",
                    frames=[Frame("main", program.version, START, program.variables())], address=message.sender,
                    asset=message.asset, channel=message.channel, started_at=message.received_at,
                )  # fmt: skip
                customer = Customer(key=message.sender.key, addresses=(message.sender,))
                sprint = await interpreter.begin(session, message, now=message.received_at, customer=customer)
                assert sprint.deliveries

        return work

    def prepare_engine(self, count: int) -> Work:
        """Accept, lane, arbitration, walk: all but store and outbox."""
        return self._accepting(count, lambda deliveries: None)

    def prepare_outbox(self, count: int) -> Work:
        """The same with the outbox and the adapter's side of sending, without HTTP and store."""
        app = self._app
        outbox = app.engine.outbox
        outbox._http = Yes()
        return self._accepting(count, lambda deliveries: Outbox.take(outbox, deliveries))

    def _accepting(self, count: int, take: Callable[[list[Delivery]], None]) -> Work:
        engine = self._app.engine
        engine.outbox.take = take  # type: ignore[method-assign,assignment]
        messages = self.messages(count)

        async def work() -> None:
            for begin in range(0, count, BATCH):
                for message in messages[begin : begin + BATCH]:
                    await engine.accept("sms", [message])
                await asyncio.sleep(0)
            while engine.queued or engine.outbox.active:
                await asyncio.sleep(0)

        return work

    async def prepare_commit(self, count: int) -> Work:
        """The rows of a message (accepted, stepped, delivered) in the SQLite store, 32 messages a commit."""
        forgetful = self._app.store
        assert isinstance(forgetful, Forgetful)
        forgetful.changes = []
        await self.prepare_outbox(count)()
        changes, forgetful.changes = forgetful.changes, None
        store = SqliteStore(self._folder / f"commit-{self._number}.db")
        await store.open()
        size = BATCH * len(changes) // count

        async def work() -> None:
            for begin in range(0, len(changes), size):
                for change in changes[begin : begin + size]:
                    last = store.commit(change)
                await last  # they are committed in order, all in one batch

        return work

    async def prepare_send(self, count: int) -> Work:
        """The adapter and the HTTP client, to a provider in another process."""
        channel = self._app.engine.deployment.asset("sms").channel
        http = HttpClient()
        to = Address("sms", "+15550000001", AddressKind.MSISDN)
        outgoing = [Outgoing(f"s-{i}", to, Text("Order 00000001 is on its way."), "", 0) for i in range(count)]

        async def work() -> None:
            for begin in range(0, count, BATCH):
                await asyncio.gather(*(channel.send(item, http) for item in outgoing[begin : begin + BATCH]))

        return work


async def serve(bench: Bench, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        stage, count = line.decode().split()
        prepared = getattr(bench, f"prepare_{stage}")(int(count))
        work: Work = await prepared if asyncio.iscoroutine(prepared) else prepared
        writer.write(b"ready\n")
        await reader.readline()
        began = time.process_time_ns()
        await work()
        writer.write(b"%d\n" % (time.process_time_ns() - began))
    writer.close()


async def main(provider: str, flow: str) -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        write_project(folder / "project", {"ends": TO_THE_END, "waits": TO_A_WAIT}[flow], provider=provider)
        project = load_project(folder / "project", environ={}, given={})
        async with App(project, project.settings, store=Forgetful(folder / "null.db")) as app:
            bench = Bench(app, folder)
            server = await asyncio.start_server(lambda r, w: serve(bench, r, w), "127.0.0.1", 0)
            print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
