"""Engine: what comes in is stored, walked through its flow, and committed with all that follows from it.

Free of HTTP: it takes values and gives values, so that any front can stand before it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from botkit import metrics
from botkit.consent import OptOuts
from botkit.deployment import Deployment, Library, LiveAsset, LiveService
from botkit.identity import Identities
from botkit.lanes import Due, Incoming, Lane, Lanes, News, Work, refused
from botkit.logs import of_session
from botkit.outbox import Outbox
from botkit.steps import Step, Steps, decode_incoming
from botkit.stores.base import (
    Change,
    Duplicate,
    HistoryEntry,
    InboxItem,
    InboxState,
    MailboxEntry,
    Store,
    StoreFailed,
)
from botkit.timers import Timers
from channels.base import Inbound
from flows.interpreter import Interpreter
from flows.privacy import Privacy
from models.address import Address
from models.delivery import Delivery, DeliveryState, Receipt, SendOutcome
from models.errors import BotkitError
from models.event import Event
from models.message import Message

MAX_QUEUED = 20_000
PAGE = 1_000
STOP_SECONDS = 20.0
"""What steps and sends under way get, together, when the server stops."""

LAST_SENDS_SECONDS = 2.0
"""What at least is left of it for the replies of the last steps."""

log = logging.getLogger("botkit.engine")
_Timed = TypeVar("_Timed", bound=Message | Event | Receipt)
Keep = Callable[[], Sequence[MailboxEntry]]
"""What is to be stored in a mailbox with a message, asked when it is stored, and perhaps again."""

_encode = msgspec.msgpack.Encoder().encode


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
        self._opt_outs = opt_outs
        self._privacy = interpreter.privacy
        self._clock = clock
        self._lanes = Lanes(self._process, self._give_up)
        self._timers = Timers(store, self._lanes, clock)
        self._steps = Steps(
            store, library, interpreter, outbox, self._lanes, self._timers,
            identities=identities, opt_outs=opt_outs, clock=clock,
        )  # fmt: skip
        self._accepting: dict[tuple[str, str, str], asyncio.Future[None]] = {}
        self._missing: set[str] = set()
        outbox.on_news = self._news
        identities.talks = self._lanes.talks

    @property
    def deployment(self) -> Deployment:
        return self._steps.deployment

    def deploy(self, deployment: Deployment) -> None:
        """Take a new configuration into use; what is under way finishes on what it has."""
        self._steps.deployment = deployment
        self.outbox.deployment = deployment

    async def start(self) -> None:
        """Take up what was accepted and not finished when the last process ended."""
        await self._opt_outs.open()
        self._lanes.live.update(await self.store.live_lanes())
        self._tell_left_behind()
        await self.outbox.start()  # first, as answers to what is pending go behind what was said before
        after = 0
        while items := await self.store.pending_inbox(after, PAGE):
            for item in items:
                try:
                    value = decode_incoming(item.payload)
                except ValueError as error:  # one item must not keep the others waiting for ever
                    log.error("inbox item %s of lane %s cannot be read and is set aside: %s", item.id, item.lane, error)
                    metrics.SET_ASIDE.add()
                    await self.store.commit(Change(failed=(item.id,)))
                    continue
                self._lanes.put(item.lane, item.service, Incoming(item.id, value, None))
            after = items[-1].id
        await self._tell_again()
        await self._timers.start()

    def _tell_left_behind(self) -> None:
        """Say whose conversations no message reaches: that of a service under a new name begins another one."""
        left = Counter(lane.partition("|")[0] for lane in self._lanes.live)
        for service, number in left.items():
            if service not in self.deployment.services:
                log.warning(
                    "customers who are in conversations of service %r, which is not live: %s; they stay in the store"
                    " until a start at which it is", service, number, extra={"service": service},
                )  # fmt: skip

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
        loop = asyncio.get_running_loop()
        until = loop.time() + STOP_SECONDS
        await self._timers.stop()
        await self._lanes.stop(STOP_SECONDS)
        await self.outbox.stop(max(LAST_SENDS_SECONDS, until - loop.time()))

    @property
    def queued(self) -> int:
        """Items accepted and not yet done."""
        return self._lanes.queued

    async def works_for(self, asset: str, address: Address) -> bool:
        """Whether a customer's message is being worked on: she may be told that an answer is coming."""
        customer = await self.identities.of(address)
        services = self.deployment.asset(asset).services
        return any(self._lanes.works_on(f"{live.service.id}|{customer.key}") for live in services)

    def listens(self, asset: str, event: str) -> bool:
        """Whether a rule of a service that uses the asset names this event."""
        return any(live.arbiter.listens(event) for live in self.deployment.asset(asset).services)

    # accepting

    async def accept(self, asset: str, values: Sequence[Inbound], *, keep: Keep | None = None) -> bool:
        """Store what an asset received; returns when all of it is durable, so that it can be acknowledged.

        `keep` is asked at that moment what to store of it in a mailbox.
        A value that was accepted before is taken again without effect: false if every message was.
        Raises `UnknownAsset`, `Busy` or `StoreFailed`: then nothing was promised.
        """
        live = self.deployment.asset(asset)
        values = [self._timed(value) for value in values]
        answered = self.accept_now(live, values, keep=keep)
        if answered is not None:
            try:
                await asyncio.shield(answered)
            except Duplicate:
                return False
            except StoreFailed:  # perhaps only what follows from it cannot be stored: it alone, and its step after it
                await asyncio.sleep(0)  # by then `_answered` has cleared the way
            else:
                return True
        return await self.accept_first(live, values, keep=keep)

    async def accept_first(self, live: LiveAsset, values: Sequence[Inbound], *, keep: Keep | None = None) -> bool:
        """`accept`, with every value stored before its step is."""
        if self._lanes.queued >= MAX_QUEUED:
            raise Busy("more is coming in than can be worked off: try again in a few seconds")
        durable: list[tuple[asyncio.Future[None], bool]] = []
        for value in values:
            if isinstance(value, Receipt):
                await self.outbox.receipt(value)
                continue
            for service in live.services:
                accepted = await self._accept(self._timed(value), service, history=live.history, keep=keep)
                if accepted is not None:
                    durable.append(accepted)
        fresh = False
        for future, first in durable:  # shielded: others may wait for the same commit
            try:
                await asyncio.shield(future)
            except Duplicate:  # it came twice at once, and had been accepted before
                continue
            fresh |= first
        return fresh

    def _timed(self, value: _Timed) -> _Timed:
        return value if value.received_at else msgspec.structs.replace(value, received_at=self._clock())

    def accept_now(
        self, live: LiveAsset, values: Sequence[Inbound], *, keep: Keep | None = None
    ) -> "asyncio.Future[None] | None":
        """Walk the step that answers a message at once, and store both as one change: done when that is durable.

        None, with nothing done, where that cannot be, for then `accept_first` is to be called: more than one value,
        a customer who is being served or is not known yet, a flow that has something to wait for. It fails with
        `Duplicate` if the message was accepted before: then the step never happened.
        """
        if len(values) != 1 or len(live.services) != 1:
            return None
        value = values[0]
        if not isinstance(value, Message) or not value.received_at or self._lanes.queued >= MAX_QUEUED:
            return None
        customer = self.identities.known(value.sender)
        if customer is None:
            return None
        service = live.services[0].service.id
        once = (value.asset, value.provider_id, service)
        if once in self._accepting:
            return None
        lane = self._lanes.take(f"{service}|{customer.key}", service)
        if lane is None:
            return None
        item = InboxItem(
            self.store.next_inbox_id(), value.asset, value.provider_id, service, lane.key, b"", value.received_at,
            InboxState.DONE,
        )  # fmt: skip
        try:
            step = self._steps.answer_now(lane, customer, item, value)
        except Exception as error:
            log.debug("lane %s: %s; the message is stored first", lane.key, error)
            lane.forget()
            step = None
        if step is None:
            self._lanes.release(lane)
            return None
        if live.history:
            step.change.history = (_said(value, self._privacy),)
        if keep is not None:
            step.change.mailbox = keep()
        future = self._steps.commit_now(step)
        self._accepting[once] = future
        future.add_done_callback(partial(self._answered, once, step, value.channel))
        return future

    def _answered(self, once: tuple[str, str, str], step: Step, channel: str, done: "asyncio.Future[None]") -> None:
        stored = self._accepted(once, channel, done)
        try:
            if stored:
                self._steps.committed(step)
            else:
                step.lane.forget()
        finally:
            self._lanes.release(step.lane)

    async def _accept(
        self, value: Message | Event, service: LiveService, *, history: bool, keep: Keep | None
    ) -> "tuple[asyncio.Future[None], bool] | None":
        """Store one value for one service, and say whether this call is the first to bring it; None if it is known."""
        once = (value.asset, value.provider_id, service.service.id)
        under_way = self._accepting.get(once)
        if under_way is not None:
            metrics.DUPLICATES.add()
            return under_way, False
        if await self.store.seen(*once):
            metrics.DUPLICATES.add()
            return None
        sender = value.sender
        customer = await self._steps.customer(sender, f"event:{value.asset}")
        if once in self._accepting:  # the same came in while the customer was looked up
            return self._accepting[once], False
        lane = f"{once[2]}|{customer.key}"
        item = InboxItem(
            self.store.next_inbox_id(), value.asset, value.provider_id, once[2], lane, _encode(value), value.received_at
        )
        change = Change(inbox=(item,))
        if history and isinstance(value, Message):
            change.history = (_said(value, self._privacy),)
        if keep is not None:
            change.mailbox = keep()
        # The lane's task is made ready before the commit is: a quick step then shares its fsync.
        work = Incoming(item.id, value, None)
        self._lanes.put(lane, once[2], work)
        work.accepted = future = self.store.commit(change)
        self._accepting[once] = future
        future.add_done_callback(partial(self._accepted, once, value.channel or "event"))
        return future, True

    def _accepted(self, once: tuple[str, str, str], channel: str, done: "asyncio.Future[None]") -> bool:
        """Whether it was stored; whoever called is told why not, nobody else has to be."""
        self._accepting.pop(once, None)
        failure = StoreFailed("it was given up") if done.cancelled() else done.exception()
        if failure is None:
            metrics.RECEIVED.add(channel)
        elif isinstance(failure, Duplicate):
            metrics.DUPLICATES.add()
        return failure is None

    # working

    async def _process(self, lane: Lane, work: Work) -> None:
        if lane.sessions is None:
            lane.sessions = await self.store.sessions_of(lane.key) if lane.key in self._lanes.live else []
            for session in lane.sessions:
                for frame in session.frames:
                    await self._steps.load(frame)
        match work:
            case Incoming():
                await self._steps.answer(lane, work)
            case Due():
                await self._due(lane, work)
            case News():
                await self._news_for(lane, work)

    # what comes back later

    async def _due(self, lane: Lane, work: Due) -> None:
        assert lane.sessions is not None
        session = next((s for s in lane.sessions if s.id == work.session_id), None)
        if session is not None and session.wait is not None and 0 < session.wait.until <= self._clock():
            if lane.service not in self.deployment.services:
                level = logging.DEBUG if lane.service in self._missing else logging.ERROR  # thousands may be due
                self._missing.add(lane.service)
                log.log(
                    level, "session %s belongs to service %r, which is not live: it waits until a start at which it is",
                    session.id, lane.service, extra=of_session(session),
                )  # fmt: skip
                self._timers.stuck(work.session_id)
                return
            await self._steps.go_on(lane, session, None)
        self._timers.done(work.session_id)

    async def _news_for(self, lane: Lane, work: News) -> None:
        assert lane.sessions is not None
        session = next((s for s in lane.sessions if s.id == work.session_id), None)
        if session is None or session.wait is None or session.wait.delivery_id != work.receipt.delivery_id:
            return
        await self._steps.go_on(lane, session, work.receipt)

    def _news(self, delivery: Delivery, receipt: Receipt) -> None:
        """The outbox has news of a message that its session waits for."""
        self._lanes.put(delivery.lane, delivery.service, News(delivery.session_id, receipt))

    async def _give_up(self, lane: Lane, work: Work, error: Exception) -> None:
        """Work failed again and again: it is set aside, with its payload, so that others go on."""
        if isinstance(work, Incoming):
            if refused(work):
                return  # it was never accepted: the provider was told so
            about = {"asset": work.value.asset, "service": lane.service}
            log.error("inbox item %s of lane %s is set aside", work.id, lane.key, exc_info=error, extra=about)
            metrics.SET_ASIDE.add()
            try:
                await self.store.commit(Change(failed=(work.id,)))
            except StoreFailed as failed:
                log.error("it could not even be set aside and will be tried at the next start: %s", failed)
        else:  # it stays in the store, and is tried again at the next start
            self._timers.stuck(work.session_id)
            about = {"transaction_id": work.session_id, "service": lane.service}
            log.error("session %s of lane %s could not go on", work.session_id, lane.key, exc_info=error, extra=about)


def _said(message: Message, privacy: Privacy) -> HistoryEntry:
    """A message as a line of the conversation, as it may be kept."""
    return HistoryEntry(
        f"{message.asset}:{message.provider_id}", message.asset, message.sender.value, "in", privacy.mask(message.text),
        "received", message.received_at,
    )  # fmt: skip
