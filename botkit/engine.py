"""Engine: what comes in is stored, walked through its flow, and committed with all that follows from it.

Free of HTTP: it takes values and gives values, so that any front can stand before it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from botkit import metrics
from botkit.arbitration import Fire, Hold, Resume
from botkit.consent import OptOuts, Wish
from botkit.deployment import Deployment, Library, LiveService, no_adapter
from botkit.identity import Identities, session_key
from botkit.lanes import Due, Incoming, Lane, Lanes, News, Work, refused
from botkit.outbox import Outbox
from botkit.routing import route
from botkit.stores.base import (
    Change,
    HistoryEntry,
    InboxItem,
    Store,
    StoredSession,
    StoredStep,
    StoreFailed,
    Unmatched,
)
from botkit.timers import Timers
from channels.base import Inbound
from flows.interpreter import Interpreter, Sprint
from flows.parameters import event_parameters
from flows.templates import Template, follow
from models.address import Address
from models.content import Text
from models.customer import Customer
from models.delivery import Delivery, DeliveryState, FallbackStep, Receipt, SendOutcome
from models.errors import BotkitError
from models.event import Event
from models.flow import START
from models.message import Message
from models.service import InvokeFlow, NotifyUrl, SendReply
from models.session import Frame, Session
from models.transaction import Transaction

MAX_QUEUED = 20_000
MAX_HELD = 100
PAGE = 1_000
STOP_SECONDS = 20.0

log = logging.getLogger("botkit.engine")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message | Event).decode


class Busy(BotkitError):
    """More has come in than could be worked off: try again soon."""

    code = "busy"


class Engine:
    """The durable engine of one process. `clock` gives milliseconds since 1970."""

    def __init__(
        self,
        store: Store,
        library: Library,
        interpreter: Interpreter,
        outbox: Outbox,
        *,
        identities: Identities,
        opt_outs: OptOuts,
        clock: Callable[[], int],
    ) -> None:
        self.store = store
        self.library = library
        self.outbox = outbox
        self.identities = identities
        self._interpreter = interpreter
        self._opt_outs = opt_outs
        self._clock = clock
        self._lanes = Lanes(self._process, self._give_up)
        self._timers = Timers(store, self._lanes, clock)
        self._live: set[str] = set()
        self._accepting: dict[tuple[str, str, str], asyncio.Future[None]] = {}
        self._deployment = Deployment({}, (), no_adapter)
        outbox.on_news = self._news

    @property
    def deployment(self) -> Deployment:
        return self._deployment

    def deploy(self, deployment: Deployment) -> None:
        """Take a new configuration into use; what is under way finishes on what it has."""
        self._deployment = deployment
        self.outbox.deployment = deployment

    async def start(self) -> None:
        """Take up what was accepted and not finished when the last process ended."""
        await self._opt_outs.open()
        self._live.update(await self.store.live_lanes())
        after = 0
        while items := await self.store.pending_inbox(after, PAGE):
            for item in items:
                self._lanes.put(item.lane, item.service, Incoming(item.id, _decode(item.payload), None))
            after = items[-1].id
        await self._tell_again()
        await self.outbox.start()
        await self._timers.start()

    async def _tell_again(self) -> None:
        """Tell sessions what had become of their messages, in case they had not heard of it."""
        for lane, session_id, delivery_id in await self.store.sessions_awaiting_news():
            delivery = await self.store.delivery(delivery_id)
            if delivery is not None and delivery.state is not DeliveryState.QUEUED:
                outcome = SendOutcome(delivery.outcome or SendOutcome.ACCEPTED)
                news = News(session_id, self.outbox.news_of(delivery, outcome))
                self._lanes.put(lane, delivery.service, news)

    async def stop(self) -> None:
        """Finish the steps and sends under way; the rest is in the store."""
        await self._timers.stop()
        await self._lanes.stop(STOP_SECONDS)
        await self.outbox.stop(STOP_SECONDS)

    @property
    def queued(self) -> int:
        """Items accepted and not yet done."""
        return self._lanes.queued

    async def works_for(self, asset: str, address: Address) -> bool:
        """Whether a customer's message is being worked on: she may be told that an answer is coming."""
        customer = await self.identities.of(address)
        services = self._deployment.asset(asset).services
        return any(self._lanes.works_on(f"{live.service.id}|{customer.key}") for live in services)

    def listens(self, asset: str, event: str) -> bool:
        """Whether a rule of a service that uses the asset names this event."""
        return any(live.arbiter.listens(event) for live in self._deployment.asset(asset).services)

    # accepting

    async def accept(self, asset: str, values: Sequence[Inbound]) -> bool:
        """Store what an asset received; returns when all of it is durable, so that it can be acknowledged.

        A value that was accepted before is taken again without effect: false if every message was.
        Raises `UnknownAsset`, `Busy` or `StoreFailed`: then nothing was promised.
        """
        live = self._deployment.asset(asset)
        if self._lanes.queued >= MAX_QUEUED:
            raise Busy("more is coming in than can be worked off: try again in a few seconds")
        durable: list[asyncio.Future[None]] = []
        for value in values:
            if isinstance(value, Receipt):
                await self.outbox.receipt(value)
                continue
            timed = value if value.received_at else msgspec.structs.replace(value, received_at=self._clock())
            for service in live.services:
                future = await self._accept(timed, service, history=live.history)
                if future is not None:
                    durable.append(future)
        for future in durable:  # shielded: others may wait for the same commit
            if not future.done():
                await asyncio.shield(future)
            future.result()
        return bool(durable)

    async def _accept(
        self, value: Message | Event, service: LiveService, *, history: bool
    ) -> "asyncio.Future[None] | None":
        """Store one value for one service; None if that was done before."""
        once = (value.asset, value.provider_id, service.service.id)
        under_way = self._accepting.get(once)
        if under_way is not None:
            metrics.DUPLICATES.add()
            return under_way
        if await self.store.seen(*once):
            metrics.DUPLICATES.add()
            return None
        sender = value.sender
        customer = await self._customer(sender, f"event:{value.asset}")
        if once in self._accepting:  # the same came in while the customer was looked up
            return self._accepting[once]
        lane = f"{once[2]}|{customer.key}"
        item = InboxItem(
            self.store.next_inbox_id(), value.asset, value.provider_id, once[2], lane, _encode(value), value.received_at
        )
        change = Change(inbox=(item,))
        if history and isinstance(value, Message):
            change.history = (
                HistoryEntry(
                    f"{value.asset}:{value.provider_id}", value.asset, value.sender.value, "in", value.text,
                    "received", value.received_at,
                ),
            )  # fmt: skip
        # The lane's task is made ready before the commit is: a quick step then shares its fsync.
        work = Incoming(item.id, value, None)
        self._lanes.put(lane, once[2], work)
        work.accepted = future = self.store.commit(change)
        self._accepting[once] = future
        future.add_done_callback(lambda done: self._accepted(once, done))
        metrics.RECEIVED.add(value.channel or "event")
        return future

    def _accepted(self, once: tuple[str, str, str], done: "asyncio.Future[None]") -> None:
        self._accepting.pop(once, None)
        if not done.cancelled():
            done.exception()  # whoever called was told; nobody else has to be

    # working

    async def _process(self, lane: Lane, work: Work) -> None:
        if lane.sessions is None:
            lane.sessions = await self.store.sessions_of(lane.key) if lane.key in self._live else []
            for session in lane.sessions:
                for frame in session.frames:
                    await self._load(frame)
        match work:
            case Incoming():
                await self._incoming(lane, work)
            case Due():
                await self._due(lane, work)
            case News():
                await self._news_for(lane, work)

    async def _load(self, frame: Frame) -> None:
        try:
            await self.library.load(frame.flow, frame.version)
        except BotkitError as error:
            log.error("%s", error)  # the step will say so in the transaction and end

    async def _incoming(self, lane: Lane, work: Incoming) -> None:
        value = work.value
        service = self._deployment.services.get(lane.service)
        change = Change(done=(work.id,))
        if service is None:
            log.error("inbox item %s is for service %r, which is not live", work.id, lane.service)
            change = Change(failed=(work.id,))
            await self.store.commit(change, requires=work.accepted)
            return
        base = f"{value.received_at:011x}{work.id:08x}"
        customer = await self._known(await self._customer(value.sender, lane.key), service)
        step = _Step(lane, service, customer, base, change)
        wish = service.consent.wish(value) if isinstance(value, Message) else None
        if wish is not None and isinstance(value, Message):
            self._consent(step, wish, value)
        else:
            await self._arbitrate(step, value)
        await self._commit(step, requires=work.accepted)

    def _consent(self, step: "_Step", wish: Wish, message: Message) -> None:
        address = message.sender
        if wish == "stop":
            step.change.opted_out = (*step.change.opted_out, (address.channel, address.value, self._clock()))
        elif wish == "start":
            step.change.opted_in = (*step.change.opted_in, (address.channel, address.value))
        if wish != "help":
            step.consents.append((address.channel, address.value))
        metrics.CONSENT.add(wish)
        text = step.service.consent.reply(wish)
        if text:
            self._reply(step, message, text, exempt=wish != "start")

    async def _arbitrate(self, step: "_Step", value: Message | Event) -> None:
        lane, service = step.lane, step.service
        assert lane.sessions is not None
        parameters: dict[str, Any] = {}
        if service.arbiter.has_conditions:
            parameters = event_parameters(value, keyword="", transaction_id=step.base)

        def keyed(flow: str) -> str:
            program = self.library.live(flow)
            if program is None or value.sender is None:
                return ""
            return session_key(step.customer, value.sender, program.flow.session_key)

        decisions = service.arbiter.decide(value, parameters, lane.sessions, keyed)
        if not decisions:
            self._unmatched(step, value)
            return
        holds = [decision for decision in decisions if isinstance(decision, Hold)]
        if len(holds) == len(decisions):
            self._hold(step, holds[0])
            return
        for number, decision in enumerate(decisions):
            match decision:
                case Resume():
                    session = next((s for s in lane.sessions if s.id == decision.session_id), None)
                    if session is not None:
                        await self._resume(step, session, value, decision.keyword)
                case Fire():
                    await self._fire(step, decision, value, number, keyed)

    async def _fire(
        self, step: "_Step", decision: Fire, value: Message | Event, number: int, keyed: Callable[[str], str]
    ) -> None:
        action = decision.action
        match action:
            case InvokeFlow():
                await self._start(step, action.flow, decision, value, number, keyed(action.flow))
            case SendReply():
                text = Template(action.text)
                parameters = event_parameters(value, keyword=decision.keyword, transaction_id=step.base)
                self._reply(step, value, text.render(_Parameters(parameters)), number=number)
            case NotifyUrl():
                self._notify(step, action.url, value, number)

    async def _start(
        self, step: "_Step", flow: str, decision: Fire, value: Message | Event, number: int, key: str
    ) -> None:
        program = self.library.live(flow)
        if program is None:
            log.error("rule %r starts flow %r, which is not live", decision.rule, flow)
            return
        lane = step.lane
        assert lane.sessions is not None
        if key and any(s.flow == flow and s.key == key for s in lane.sessions):
            return  # an action before this one has just begun it
        session = Session(
            id=f"{step.base}{number:x}",
            service=lane.service,
            lane=lane.key,
            key=key or step.customer.key,
            frames=[Frame(flow, program.version, START, program.variables())],
            address=value.sender,
            asset=value.asset,
            channel=value.channel,
            started_at=value.received_at,
        )
        sprint = await self._interpreter.begin(
            session, value, now=self._clock(), customer=step.customer, keyword=decision.keyword
        )
        head = Transaction(
            id=session.id, service=lane.service, flow=flow, version=program.version, key=session.key,
            started_at=session.started_at, channel=session.channel, asset=session.asset,
        )  # fmt: skip
        if not sprint.ended:
            lane.sessions.append(session)
        await self._collect(step, sprint, head, new=True)

    async def _resume(
        self, step: "_Step", session: Session, value: Message | Event | Receipt | None, keyword: str = ""
    ) -> None:
        if isinstance(value, Message | Event):  # the reply goes back where she wrote from last
            session.channel, session.asset = value.channel, value.asset
            session.address = value.sender or session.address
        for frame in session.frames:  # an old version may have left memory meanwhile
            await self._load(frame)
        sprint = await self._interpreter.resume(
            session, value, now=self._clock(), customer=step.customer, keyword=keyword
        )
        await self._collect(step, sprint, None, new=False)

    async def _collect(self, step: "_Step", sprint: Sprint, head: Transaction | None, *, new: bool) -> None:
        """Add what a sprint came to to the change that is committed at once."""
        change, lane, session = step.change, step.lane, sprint.session
        assert lane.sessions is not None
        change.steps = (*change.steps, StoredStep(session.id, session.steps - 1, sprint.step, head))
        ended = bool(sprint.ended)
        if ended:
            if not new:
                change.ended = (*change.ended, session.id)
                lane.sessions[:] = [other for other in lane.sessions if other is not session]
            metrics.ENDED.add(session.flow, str(sprint.ended))
        free = ended or (session.wait is not None and session.wait.for_message)
        if session.held and free:
            session.held = 0
            step.release.append(session.id)
            if not ended:
                sprint.state = _encode(session)
        if not ended:
            change.sessions = (*change.sessions, StoredSession(session, sprint.state))
            if session.wait is not None and session.wait.until:
                step.wakes.append(session.wait.until)
        for delivery in sprint.deliveries:
            route(delivery, session, step.service, self._deployment, step.customer)
            step.deliveries.append(delivery)

    async def _commit(self, step: "_Step", requires: "asyncio.Future[None] | None" = None) -> None:
        """Make a step durable, then let what it sends go and what waited behind it come."""
        change = step.change
        change.deliveries = step.deliveries
        released: list[Work] = []
        for holder in step.release:
            for item in await self.store.held_inbox(holder):
                change.released = (*change.released, item.id)
                released.append(Incoming(item.id, _decode(item.payload), None))
        for address in step.consents:
            self._opt_outs.note(*address)
        if step.lane.sessions:
            self._live.add(step.lane.key)
        await self.store.commit(change, requires=requires)
        if not step.lane.sessions:
            self._live.discard(step.lane.key)
        for address in step.consents:  # who asked meanwhile was told how it had been
            self._opt_outs.note(*address)
        if released:
            self._lanes.put_first(step.lane, released)
        for wake in step.wakes:
            self._timers.note(wake)
        if step.deliveries:
            self.outbox.take(step.deliveries)

    def _hold(self, step: "_Step", hold: Hold) -> None:
        """Queue a message behind the session that has to finish first."""
        assert step.lane.sessions is not None
        session = next(s for s in step.lane.sessions if s.id == hold.session_id)
        if session.held >= MAX_HELD:
            log.error("session %s has %s messages waiting behind it: one more is refused", session.id, MAX_HELD)
            step.change = Change(failed=step.change.done)
            return
        session.held += 1
        step.change = Change(
            held=[(id, session.id) for id in step.change.done],
            sessions=[StoredSession(session, _encode(session))],
        )

    def _unmatched(self, step: "_Step", value: Message | Event) -> None:
        metrics.UNMATCHED.add()
        if not isinstance(value, Message):
            return
        sender = value.sender.value
        lost = Unmatched(step.lane.service, value.asset, value.channel, sender, value.text, value.received_at)
        step.change.unmatched = (lost,)
        if step.service.service.default_reply:
            self._reply(step, value, step.service.service.default_reply)

    def _reply(
        self, step: "_Step", value: Message | Event, text: str, *, exempt: bool = False, number: int = 0
    ) -> None:
        """Answer without a flow, on the channel that the event came by."""
        if value.sender is None or not text:
            return
        to = FallbackStep(value.channel, value.asset, value.sender)
        step.deliveries.append(
            Delivery(
                id=f"{step.base}{number:x}-r", service=step.lane.service, lane=step.lane.key, content=Text(text),
                steps=(to,), created_at=self._clock(), due_at=self._clock(), exempt=exempt,
                asset=value.asset, channel=value.channel,
            )
        )  # fmt: skip

    def _notify(self, step: "_Step", url: str, value: Message | Event, number: int) -> None:
        """Tell another system, as durably as a customer is told."""
        body = msgspec.json.encode({"type": value.event, "id": f"{step.base}{number:x}", "data": value}).decode()
        to = FallbackStep("notify", "notify", Address("notify", url, asset="notify"))
        step.deliveries.append(
            Delivery(
                id=f"{step.base}{number:x}-n", service=step.lane.service, lane=f"notify|{url}", content=Text(body),
                steps=(to,), created_at=self._clock(), due_at=self._clock(), exempt=True,
                asset="notify", channel="notify",
            )
        )  # fmt: skip

    # what comes back later

    async def _due(self, lane: Lane, work: Due) -> None:
        assert lane.sessions is not None
        session = next((s for s in lane.sessions if s.id == work.session_id), None)
        if session is not None and session.wait is not None and 0 < session.wait.until <= self._clock():
            if lane.service not in self._deployment.services:
                log.error("session %s belongs to service %r, which is not live", session.id, lane.service)
                self._timers.stuck(work.session_id)
                return
            await self._go_on(lane, session, None)
        self._timers.done(work.session_id)

    async def _news_for(self, lane: Lane, work: News) -> None:
        assert lane.sessions is not None
        session = next((s for s in lane.sessions if s.id == work.session_id), None)
        if session is None or session.wait is None or session.wait.delivery_id != work.receipt.delivery_id:
            return
        await self._go_on(lane, session, work.receipt)

    async def _go_on(self, lane: Lane, session: Session, value: Receipt | None) -> None:
        service = self._deployment.services.get(lane.service)
        if service is None:
            log.error("session %s belongs to service %r, which is not live", session.id, lane.service)
            return
        customer = await self._known(await self._customer(session.address, session.lane), service)
        step = _Step(lane, service, customer, session.id, Change())
        await self._resume(step, session, value)
        await self._commit(step)

    async def _customer(self, address: Address | None, lane: str) -> Customer:
        return Customer(key=lane) if address is None else await self.identities.of(address)

    async def _known(self, customer: Customer, service: LiveService) -> Customer:
        """The customer with the channels of this service that she opted out of."""
        if not self._opt_outs.any:
            return customer
        opted_out = await self._opt_outs.of(customer, service.asset_for)
        return msgspec.structs.replace(customer, opted_out=opted_out) if opted_out else customer

    def _news(self, delivery: Delivery, receipt: Receipt) -> None:
        """The outbox has news of a message that its session waits for."""
        self._lanes.put(delivery.lane, delivery.service, News(delivery.session_id, receipt))

    async def _give_up(self, lane: Lane, work: Work, error: Exception) -> None:
        """Work failed again and again: it is set aside, with its payload, so that others go on."""
        if isinstance(work, Incoming):
            if refused(work):
                return  # it was never accepted: the provider was told so
            log.error("inbox item %s of lane %s is set aside", work.id, lane.key, exc_info=error)
            metrics.SET_ASIDE.add()
            try:
                await self.store.commit(Change(failed=(work.id,)))
            except StoreFailed as failed:
                log.error("it could not even be set aside and will be tried at the next start: %s", failed)
        else:  # it stays in the store, and is tried again at the next start
            self._timers.stuck(work.session_id)
            log.error("session %s of lane %s could not go on", work.session_id, lane.key, exc_info=error)


class _Step:
    """What is put together while one piece of work is done."""

    __slots__ = ("base", "change", "consents", "customer", "deliveries", "lane", "release", "service", "wakes")

    def __init__(self, lane: Lane, service: LiveService, customer: Customer, base: str, change: Change) -> None:
        self.lane = lane
        self.service = service
        self.customer = customer
        self.base = base
        self.change = change
        self.deliveries: list[Delivery] = []
        self.wakes: list[int] = []
        self.release: list[str] = []
        self.consents: list[tuple[str, str]] = []


class _Parameters:
    """A scope of event parameters, for a reply without a flow."""

    def __init__(self, parameters: dict[str, object]) -> None:
        self._parameters = parameters

    def lookup(self, path: tuple[str, ...]) -> object:
        return follow(self._parameters, path)
