"""Bot: the real engine on a real store, with a provider that does as it is told and a time that can be moved."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from botkit.app import App
from botkit.catalog import load_catalog
from botkit.config import ServerSettings
from botkit.project import Project
from botkit.stores.base import Change, HistoryEntry, StoreFailed
from botkit.stores.sqlite import SqliteStore
from channels.base import Channel, Outgoing, Sent
from channels.numbers import phone_address
from flows.base import Node
from flows.document import read_flow
from flows.turn import Turn
from models.address import Address, AddressKind
from models.content import Text, plain_text
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.flow import green, red
from models.http import Http
from models.message import Message
from models.service import Asset, InvokeFlow, Rule, Service
from models.transaction import Transaction

ANN, BOB = "+15550000001", "+15550000002"
BASE = 1_800_000_000_000
PATIENCE_SECONDS = 10.0
QUIET_ROUNDS = 3

Answer = Exception | Sent | Callable[[Outgoing], Any] | str


class Line:
    """The far end of every `gateway` asset: what was sent, and what is answered next (by default: taken)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.answers: dict[str, deque[Answer]] = {}
        self.before: Callable[[str, Outgoing], Any] | None = None

    def answer(self, asset: str, *answers: Answer) -> None:
        self.answers.setdefault(asset, deque()).extend(answers)

    async def take(self, asset: str, outgoing: Outgoing) -> Sent:
        self.sent.append((asset, outgoing.to.value, plain_text(outgoing.content)))
        self.ids.append(outgoing.id)
        if self.before is not None:
            await self.before(asset, outgoing)
        waiting = self.answers.get(asset)
        answer = waiting.popleft() if waiting else f"{asset}-{len(self.sent)}"
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Sent):
            return answer
        if isinstance(answer, str):
            return Sent(answer)
        made: Sent = await answer(outgoing)
        return made

    def texts(self, to: str = ANN) -> list[str]:
        return [text for _, address, text in self.sent if address == to]

    @property
    def ways(self) -> list[str]:
        return [asset for asset, _, _ in self.sent]


class FragileStore(SqliteStore):
    """The real store, whose changes can be refused or held up just before they are written."""

    refuse: Callable[[Change], bool] | None = None
    failure: type[StoreFailed] = StoreFailed
    hold: Callable[[Change], bool] | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.held: list[tuple[Change, asyncio.Future[None], asyncio.Future[None] | None]] = []

    def commit(self, change: Change, *, requires: "asyncio.Future[None] | None" = None) -> "asyncio.Future[None]":
        if self.refuse is not None and self.refuse(change):
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.set_exception(self.failure("the disk is full"))
            return future
        if self.hold is not None and self.hold(change):
            future = asyncio.get_running_loop().create_future()
            self.held.append((change, future, requires))
            return future
        return super().commit(change, requires=requires)

    def fill(self, full: bool = True) -> None:
        """Let SQLite find the disk full, or not any longer."""
        pages = self._writer.execute("PRAGMA page_count").fetchone()[0]
        self._writer.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")

    def blind(self, blind: bool = True) -> None:
        """Let nothing be read, as when the disk does not answer, or not any longer."""
        self._reader.set_progress_handler((lambda: 1) if blind else None, 1)

    async def let_go(self) -> None:
        """Write what was held up."""
        self.hold = None
        held, self.held = self.held, []
        for change, future, requires in held:
            try:
                await super().commit(change, requires=requires)
            except StoreFailed as error:
                future.set_exception(error)
            else:
                future.set_result(None)


def rule(flow: str, keyword: str = "", event: str = "sms.mo", **more: Any) -> Rule:
    return Rule(f"{flow} {keyword}".strip(), event, (InvokeFlow(flow),), keyword=keyword, **more)


def asset(id: str, channel: str = "sms", provider: str = "gateway", **settings: Any) -> Asset:
    return Asset(id, channel, provider, "60606", settings)


class Bot:
    """One running botkit. Enter it again on the same folder to restart it."""

    def __init__(
        self,
        folder: Path,
        flows: str | Iterable[str],
        *,
        rules: Iterable[Rule] | None = None,
        services: Iterable[Service] | None = None,
        assets: Iterable[Asset] = (asset("sms"),),
        nodes: Iterable[type[Node]] = (),
        line: Line | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.line = line or Line()
        self.assets = {item.id: item for item in assets}
        if services is None:
            services = [Service("s", assets=tuple(self.assets), rules=tuple(rules or [rule("main")]))]
        self._services = tuple(services)
        self.node_kinds = {node.kind: node for node in nodes}
        self._settings = ServerSettings(secret="a secret of the tests", allow_private_addresses=True, **settings)
        self.project = self.of(flows)
        self.store = FragileStore(folder / "store.db")
        self._said = 0
        self._ahead = self._set_by = 0.0

    def of(self, flows: str | Iterable[str]) -> Project:
        """The project with these flows."""
        catalog = load_catalog()
        catalog = replace(
            catalog,
            nodes={**catalog.nodes, **self.node_kinds},
            channels={**catalog.channels, "gateway": gateway(self.line)},
        )
        texts = [flows] if isinstance(flows, str) else list(flows)
        documents = {document.flow.id: document for document in map(read_flow, texts)}
        for document in documents.values():
            assert not document.problems, document.problems
        return Project(
            self.folder, "Test", (), self._settings, self.assets, self._services, documents, catalog, None, []
        )

    # a time that can be moved

    def now(self) -> int:
        return BASE + int((asyncio.get_running_loop().time() - self._began + self._set_by) * 1000)

    def set_clock(self, seconds: float) -> None:
        """Set the clock on or back, while time goes on as it does."""
        self._set_by += seconds

    async def later(self, seconds: float) -> None:
        """Let time pass at once, and what is due happen."""
        self.skip(seconds)
        await self.settle()

    def skip(self, seconds: float) -> None:
        """Let time pass at once, without waiting for what follows."""
        self._ahead += seconds

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._real = loop.time
        self._began = self._real() + self._ahead
        loop.time = lambda: self._real() + self._ahead  # type: ignore[method-assign]
        self.app = App(self.project, self._settings, store=self.store, clock=self.now)
        await self.app.__aenter__()
        self.engine = self.app.engine
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.app.__aexit__(kind, error, trace)
        asyncio.get_running_loop().time = self._real  # type: ignore[method-assign]

    async def restart(self, flows: str | Iterable[str] | None = None, *, seconds: float = 0) -> None:
        """Stop and start again on the same store, perhaps with other flows, after some time."""
        await self.app.__aexit__(None, None, None)
        await self._open(flows, seconds)

    async def crash(self, flows: str | Iterable[str] | None = None, *, seconds: float = 0) -> None:
        """Start again as after kill -9: nothing that is only in memory lives on."""
        engine, outbox, timers = self.engine, self.engine.outbox, self.engine._timers
        lanes = [lane.task for lane in engine._lanes._busy.values() if lane.task is not None]
        tasks = [*lanes, *outbox._tasks, timers._task]
        engine._lanes._stopping = outbox._stopping = True
        if outbox._alarm is not None:
            outbox._alarm.cancel()
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        await self.app.nlp_watch.stop()
        await self.app.nlp.close()
        await self.app.scripts.close()
        await self.app.http.close()
        self.store.hold = self.store.refuse = None
        await self.store.close()
        await self._open(flows, seconds)

    async def _open(self, flows: str | Iterable[str] | None, seconds: float) -> None:
        self._ahead += seconds
        if flows is not None:
            self.project = self.of(flows)
        self.store = FragileStore(self.folder / "store.db")
        self.app = App(self.project, self._settings, store=self.store, clock=self.now)
        await self.app.__aenter__()
        self.engine = self.app.engine
        await self.settle()

    # talking

    def message(self, text: str, sender: str = ANN, *, to: str = "sms", id: str = "") -> Message:
        self._said += 1
        channel = self.assets[to].channel
        if channel == "inapp":
            address, event = Address("inapp", sender, AddressKind.CUSTOMERID), "inapp.message"
        else:
            address, event = phone_address(sender, channel=channel), f"{channel}.mo"
        return Message(to, channel, event, id or f"m{self._said}", address, "60606", Text(text))

    async def say(self, text: str, sender: str = ANN, *, to: str = "sms", id: str = "") -> None:
        """Say something and wait until it is answered, as far as it is answered at once."""
        await self.accept(self.message(text, sender, to=to, id=id))
        await self.settle()

    async def accept(self, *values: Message | Receipt) -> None:
        """Bring values as a webhook does; returns when they are acknowledged."""
        await self.engine.accept(values[0].asset, values)

    async def receipt(self, asset: str, state: str, message_id: str = "", delivery_id: str = "") -> None:
        outcome = {"delivered": SendOutcome.DELIVERED, "read": SendOutcome.READ, "failed": SendOutcome.UNREACHABLE,
                   "rejected": SendOutcome.REJECTED, "submitted": SendOutcome.ACCEPTED}[state]  # fmt: skip
        state = "failed" if state == "rejected" else state
        await self.accept(Receipt(asset, DeliveryState(state), message_id, delivery_id, outcome))
        await self.settle()

    def hand_over(self, asset: str, state: str, message_id: str = "", delivery_id: str = "") -> "asyncio.Task[None]":
        """Bring a receipt while something else goes on; the task ends when it is acknowledged."""
        outcome = SendOutcome.DELIVERED if state == "delivered" else SendOutcome.UNREACHABLE
        receipt = Receipt(asset, DeliveryState(state), message_id, delivery_id, outcome)
        return asyncio.get_running_loop().create_task(self.accept(receipt))

    async def settle(self) -> None:
        """Wait until nothing is left to do right now."""
        quiet = 0
        async with asyncio.timeout(PATIENCE_SECONDS + 0.0):
            while quiet < QUIET_ROUNDS:
                await self._rest()
                quiet = quiet + 1 if self._idle() else 0

    async def rest(self) -> None:
        """Let all that can go on go on until it waits for something."""
        for _ in range(QUIET_ROUNDS):
            await self._rest()

    async def _rest(self) -> None:
        await asyncio.sleep(0.002)

    def _idle(self) -> bool:
        outbox = self.engine.outbox
        sending = any(not task.done() for task in outbox._tasks)
        return not self.engine.queued and not sending and not self.store._pending and not self.store._busy

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                await self._rest()

    # looking

    @property
    def texts(self) -> list[str]:
        """What Ann was sent."""
        return self.line.texts()

    async def transactions(self) -> list[Transaction]:
        """All transactions with their steps, oldest first."""
        found = await self.app.store.transactions(1000)
        return [whole for head in reversed(found) if (whole := await self.app.store.transaction(head.id)) is not None]

    async def outcomes(self) -> list[int]:
        return [transaction.outcome for transaction in await self.transactions()]

    async def history(self, asset: str, address: str = ANN) -> list[HistoryEntry]:
        return await self.app.store.history(asset, address, 100)


def gateway(far_end: Line) -> type[Channel]:
    """A provider for any channel that hands everything to a line."""

    class Gateway(Channel):
        """Takes whatever it is given."""

        kind: ClassVar[str] = "gateway"
        channel: ClassVar[str] = "sms"
        channel_name: str = "sms"
        line: ClassVar[Line] = far_end

        async def send(self, outgoing: Outgoing, http: Http) -> Sent:
            return await self.line.take(self.asset, outgoing)

    return Gateway


def node(kind: str, run: Callable[[Turn], Any]) -> type[Node]:
    """A node kind of the test's own."""

    async def call(self: Node, turn: Turn) -> Any:
        return await run(turn)

    body = {
        "__doc__": "A node of a test.", "__module__": __name__, "kind": kind, "run": call,
        "outcomes": (green("onSuccess"), red("onError")),
        "__annotations__": {"kind": ClassVar[str], "outcomes": ClassVar[Any]},
    }  # fmt: skip
    return type(kind.title(), (Node,), body)


ECHO = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: send, text: "You said $(message.text)", next: {onSuccess: end 101}}
"""
"""Answers every message, and is over."""

COUNTER = """
flow: main
session_key: msisdn
variables: {said: {default: ""}}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: set_variable, set: {said: "$(said)$(message.text)"}, next: {onSuccess: 4}}
  4: {kind: send, text: "$(said)", next: {onSuccess: 5}}
  5: {kind: receive, events: [sms.mo], max_timeout: 24h, next: {sms.mo: 3, onTimeout: 6}}
  6: {kind: send, text: "time is over", next: {onSuccess: end 103}}
"""
"""Says all that was said so far, and waits for more."""
