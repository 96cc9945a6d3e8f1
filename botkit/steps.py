"""Steps: what follows from one event for one customer: walked, put together, and committed at once.

A step is all or nothing (P3): the sessions it moved, what it logged, what it sends and the event it answered
are one change. What it sends goes only when that is durable.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from botkit import metrics
from botkit.arbitration import Decision, Fire, Hold, Resume
from botkit.consent import OptOuts, Wish
from botkit.deployment import Deployment, Library, LiveService, no_adapter
from botkit.identity import Identities, session_key
from botkit.lanes import Incoming, Lane, Lanes, Work
from botkit.logs import of_session
from botkit.outbox import Outbox
from botkit.routing import route
from botkit.stores.base import Change, InboxItem, Store, StoredSession, StoredStep, StoreUnavailable, Unmatched
from botkit.timers import Timers
from flows.compiler import Program
from flows.interpreter import Interpreter, Sprint
from flows.parameters import add_customer, event_parameters
from flows.templates import Template, follow
from models.address import Address
from models.content import Text
from models.customer import Customer
from models.delivery import Delivery, FallbackStep, Receipt
from models.errors import BotkitError
from models.event import Event
from models.flow import START
from models.message import Message
from models.service import InvokeFlow, NotifyUrl, SendReply
from models.session import Frame, Session
from models.transaction import Transaction

MAX_HELD = 1_000
"""How many messages wait in the store behind a session that is busy: more than a person writes in the longest delay."""

log = logging.getLogger("botkit.engine")
_encode = msgspec.msgpack.Encoder().encode
decode_incoming = msgspec.msgpack.Decoder(Message | Event).decode


class Steps:
    """Takes steps for the engine; `deployment` is the live configuration."""

    def __init__(
        self, store: Store, library: Library, interpreter: Interpreter, outbox: Outbox, lanes: Lanes, timers: Timers,
        *, identities: Identities, opt_outs: OptOuts, clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self.deployment = Deployment({}, (), no_adapter)
        self._store = store
        self._library = library
        self._interpreter = interpreter
        self._outbox = outbox
        self._lanes = lanes
        self._timers = timers
        self._identities = identities
        self._opt_outs = opt_outs
        self._clock = clock
        self._missing: set[str] = set()

    async def answer(self, lane: Lane, work: Incoming) -> None:
        value = work.value
        service = self.deployment.services.get(lane.service)
        if service is None:  # it was accepted, and a service that was renamed by mistake comes back
            level = logging.DEBUG if lane.service in self._missing else logging.ERROR
            self._missing.add(lane.service)
            about = {"asset": value.asset, "service": lane.service}
            log.log(level, "inbox item %s is for service %r, which is not live: it waits in the store until a start at"
                    " which it is", work.id, lane.service, extra=about)  # fmt: skip
            return
        change = Change(done=(work.id,))
        base = f"{value.received_at:011x}{work.id:08x}"
        customer = await self._known(await self.customer(value.sender, lane.key), service)
        step = Step(lane, service, customer, base, change)
        wish = service.consent.wish(value) if isinstance(value, Message) else None
        if wish is not None and isinstance(value, Message):
            self._consent(step, wish, value)
        else:
            await self._arbitrate(step, value)
        await self._commit(step, requires=work.accepted)

    def answer_now(self, lane: Lane, customer: Customer, item: InboxItem, value: Message) -> "Step | None":
        """The step that answers a message, for a lane that was taken: walked and ready to be committed.

        None, with nothing done, where something has to be waited for, or is out of the ordinary: then `answer` does it.
        """
        service = self.deployment.services.get(lane.service)
        if service is None or service.consent.wish(value) is not None:
            return None
        opted_out = self._opt_outs.known(customer, service.asset_for)
        if opted_out is None:
            return None
        if opted_out:
            customer = msgspec.structs.replace(customer, opted_out=opted_out)
        step = Step(lane, service, customer, f"{value.received_at:011x}{item.id:08x}", Change(inbox=(item,)))
        decisions = self._decisions(step, value)
        if len(decisions) != 1:
            return None
        decision = decisions[0]
        if isinstance(decision, Fire):
            return step if self._start_now(step, decision, value) else None
        if isinstance(decision, Resume):
            return step if self._resume_now(step, decision, value) else None
        return None

    def _start_now(self, step: "Step", decision: Fire, value: Message) -> bool:
        action = decision.action
        if not isinstance(action, InvokeFlow):
            return False
        program = self._library.live(action.flow)
        if program is None or not program.at_once:
            return False
        session = self._new_session(step, program, value, 0, self._key(step, action.flow, value))
        sprint = self._interpreter.begin_now(
            session, value, now=self._clock(), customer=step.customer, keyword=decision.keyword
        )
        self._begun(step, sprint, program)
        return True

    def _resume_now(self, step: "Step", decision: Resume, value: Message) -> bool:
        sessions = step.lane.sessions or ()
        session = next((session for session in sessions if session.id == decision.session_id), None)
        if session is None or session.held or not self._library.at_once(session.frames):
            return False
        _came_by(session, value)
        sprint = self._interpreter.resume_now(
            session, value, now=self._clock(), customer=step.customer, keyword=decision.keyword
        )
        self._collect(step, sprint, None, new=False)
        return True

    def commit_now(self, step: "Step") -> "asyncio.Future[None]":
        """Commit a step that `answer_now` gave; when it is durable, `committed` is to be called."""
        step.change.deliveries = step.deliveries
        if step.lane.sessions:
            self._lanes.live.add(step.lane.key)
        return self._store.commit(step.change)

    def committed(self, step: "Step") -> None:
        """A step is durable: what follows from it may happen."""
        lane = step.lane
        lane.stored(step.change.sessions)
        for tally, labels in step.counts:
            tally.add(*labels)
        if not lane.sessions:
            self._lanes.live.discard(lane.key)
        self._timers.went_on(step.change.sessions)
        for wake in step.wakes:
            self._timers.note(wake)
        if step.deliveries:
            self._outbox.take(step.deliveries)

    async def go_on(self, lane: Lane, session: Session, value: Receipt | None) -> None:
        service = self.deployment.services.get(lane.service)
        if service is None:
            log.error(
                "session %s belongs to service %r, which is not live", session.id, lane.service,
                extra=of_session(session),
            )  # fmt: skip
            return
        customer = await self._known(await self.customer(session.address, session.lane), service)
        step = Step(lane, service, customer, session.id, Change())
        await self._resume(step, session, value)
        await self._commit(step)

    async def load(self, frame: Frame) -> None:
        try:
            await self._library.load(frame.flow, frame.version)
        except StoreUnavailable:  # the work waits until it can be read
            raise
        except BotkitError as error:
            log.error("%s", error, extra={"flow": frame.flow})  # the step will say so in the transaction and end

    async def customer(self, address: Address | None, lane: str) -> Customer:
        return Customer(key=lane) if address is None else await self._identities.of(address)

    async def _known(self, customer: Customer, service: LiveService) -> Customer:
        """The customer with the channels of this service that she opted out of."""
        if not self._opt_outs.any:
            return customer
        opted_out = await self._opt_outs.of(customer, service.asset_for)
        return msgspec.structs.replace(customer, opted_out=opted_out) if opted_out else customer

    def _consent(self, step: "Step", wish: Wish, message: Message) -> None:
        address = message.sender
        if wish != "help" and self._opt_outs.is_newest(address.channel, address.value, step.change.done[0]):
            if wish == "stop":
                step.change.opted_out = (*step.change.opted_out, (address.channel, address.value, self._clock()))
            else:
                step.change.opted_in = (*step.change.opted_in, (address.channel, address.value))
            step.consents.append((address.channel, address.value))
        step.counts.append((metrics.CONSENT, (wish,)))
        text = step.service.consent.reply(wish)
        if text and self._answers_for_all(step.service, message):
            self._reply(step, message, text, exempt=wish != "start")

    def _answers_for_all(self, service: LiveService, message: Message) -> bool:
        """Whether it is for this service to confirm: the first, where several have the asset in common."""
        live = self.deployment.assets.get(message.asset)
        if live is None:
            return True
        return next((other for other in live.services if other.consent.wish(message)), service) is service

    def _decisions(self, step: "Step", value: Message | Event) -> list[Decision]:
        """What follows from an event by the service's rules and the customer's sessions."""
        arbiter = step.service.arbiter
        parameters: dict[str, Any] = {}
        if arbiter.has_conditions:
            parameters = event_parameters(value, keyword="", transaction_id=step.base)
        sessions = step.lane.sessions
        assert sessions is not None
        return arbiter.decide(value, parameters, sessions, lambda flow: self._key(step, flow, value))

    def _key(self, step: "Step", flow: str, value: Message | Event) -> str:
        """The session key that a flow would have for the customer; what began by another name of hers keeps that."""
        program = self._library.live(flow)
        if program is None or value.sender is None:
            return ""
        kind = program.flow.session_key
        key = session_key(step.customer, value.sender, kind)
        if key and kind != "address":
            for session in step.lane.sessions or ():
                if session.key != key and session.flow == flow and step.customer.is_known_as(session.key):
                    return session.key
        return key

    async def _arbitrate(self, step: "Step", value: Message | Event) -> None:
        lane = step.lane
        assert lane.sessions is not None
        decisions = self._decisions(step, value)
        if not decisions:
            self._unmatched(step, value)
            return
        held = next((decision for decision in decisions if isinstance(decision, Hold)), None)
        if held is not None:  # all of it waits, for what is done now would be done again when the rest is
            self._hold(step, held)
            return
        for number, decision in enumerate(decisions):
            match decision:
                case Resume():
                    session = next((s for s in lane.sessions if s.id == decision.session_id), None)
                    if session is not None:
                        await self._resume(step, session, value, decision.keyword)
                case Fire():
                    await self._fire(step, decision, value, number)

    async def _fire(self, step: "Step", decision: Fire, value: Message | Event, number: int) -> None:
        action = decision.action
        match action:
            case InvokeFlow():
                await self._start(step, action.flow, decision, value, number)
            case SendReply():
                self._reply(step, value, action.text, number=number, keyword=decision.keyword)
            case NotifyUrl():
                self._notify(step, action.url, value, number)

    async def _start(self, step: "Step", flow: str, decision: Fire, value: Message | Event, number: int) -> None:
        program = self._library.live(flow)
        if program is None:
            about = {"flow": flow, "asset": value.asset, "service": step.lane.service}
            log.error("rule %r starts flow %r, which is not live", decision.rule, flow, extra=about)
            return
        lane = step.lane
        assert lane.sessions is not None
        key = self._key(step, flow, value)
        if key and any(s.flow == flow and s.key == key for s in lane.sessions):
            return  # an action before this one has just begun it
        session = self._new_session(step, program, value, number, key)
        sprint = await self._interpreter.begin(
            session, value, now=self._clock(), customer=step.customer, keyword=decision.keyword
        )
        self._begun(step, sprint, program)

    def _new_session(self, step: "Step", program: Program, value: Message | Event, number: int, key: str) -> Session:
        lane = step.lane
        return Session(
            id=f"{step.base}{number:x}",
            service=lane.service,
            lane=lane.key,
            key=key or step.customer.key,
            frames=[Frame(program.flow.id, program.version, START, program.variables())],
            address=value.sender,
            asset=value.asset,
            channel=value.channel,
            started_at=value.received_at,
        )

    def _begun(self, step: "Step", sprint: Sprint, program: Program) -> None:
        """Add the first step of a session to the change."""
        session = sprint.session
        head = Transaction(
            id=session.id, service=session.service, flow=program.flow.id, version=program.version, key=session.key,
            started_at=session.started_at, channel=session.channel, asset=session.asset,
        )  # fmt: skip
        if not sprint.ended:
            assert step.lane.sessions is not None
            step.lane.sessions.append(session)
        self._collect(step, sprint, head, new=True)

    async def _resume(
        self, step: "Step", session: Session, value: Message | Event | Receipt | None, keyword: str = ""
    ) -> None:
        if isinstance(value, Message | Event):
            _came_by(session, value)
        for frame in session.frames:  # an old version may have left memory meanwhile
            await self.load(frame)
        sprint = await self._interpreter.resume(
            session, value, now=self._clock(), customer=step.customer, keyword=keyword
        )
        self._collect(step, sprint, None, new=False)

    def _collect(self, step: "Step", sprint: Sprint, head: Transaction | None, *, new: bool) -> None:
        """Add what a sprint came to to the change that is committed at once."""
        change, lane, session = step.change, step.lane, sprint.session
        assert lane.sessions is not None
        change.steps = (*change.steps, StoredStep(session.id, session.steps - 1, sprint.step, head))
        ended = bool(sprint.ended)
        if ended:
            if not new:
                change.ended = (*change.ended, session.id)
                lane.sessions[:] = [other for other in lane.sessions if other is not session]
            step.counts.append((metrics.ENDED, (session.flow, str(sprint.ended))))
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
            route(delivery, session, step.service, self.deployment, step.customer)
            step.deliveries.append(delivery)

    async def _commit(self, step: "Step", requires: "asyncio.Future[None] | None" = None) -> None:
        """Make a step durable, then let what it sends go and what waited behind it come."""
        change = step.change
        change.deliveries = step.deliveries
        released: list[Work] = []
        for holder in step.release:
            for item in await self._store.held_inbox(holder):
                change.released = (*change.released, item.id)
                released.append(Incoming(item.id, decode_incoming(item.payload), None))
        for address in step.consents:
            self._opt_outs.note(*address)
        if step.lane.sessions:
            self._lanes.live.add(step.lane.key)
        await self._store.commit(change, requires=requires)
        for address in step.consents:  # who asked meanwhile was told how it had been
            self._opt_outs.note(*address)
        if released:
            self._lanes.put_first(step.lane, released)
        self.committed(step)

    def _hold(self, step: "Step", hold: Hold) -> None:
        """Queue a message behind the session that has to finish first."""
        assert step.lane.sessions is not None
        session = next(s for s in step.lane.sessions if s.id == hold.session_id)
        if session.held >= MAX_HELD:
            log.error(
                "session %s has %s messages waiting behind it: one more is refused", session.id, MAX_HELD,
                extra=of_session(session),
            )  # fmt: skip
            step.change = Change(failed=step.change.done)
            return
        session.held += 1
        step.change = Change(
            held=[(id, session.id) for id in step.change.done],
            sessions=[StoredSession(session, _encode(session))],
        )

    def _unmatched(self, step: "Step", value: Message | Event) -> None:
        step.counts.append((metrics.UNMATCHED, ()))
        if not isinstance(value, Message):
            return
        sender = value.sender.value
        text = self._interpreter.privacy.mask(value.text)
        lost = Unmatched(step.lane.service, value.asset, value.channel, sender, text, value.received_at)
        step.change.unmatched = (lost,)
        if step.service.service.default_reply:
            self._reply(step, value, step.service.service.default_reply)

    def _reply(
        self, step: "Step", value: Message | Event, text: str, *, exempt: bool = False, number: int = 0,
        keyword: str = "",
    ) -> None:  # fmt: skip
        """Answer without a flow, on the channel that the event came by; the text may have references."""
        template, parameters = _template(text), dict[str, Any]()
        if template.paths:
            parameters = event_parameters(
                value, keyword=keyword, transaction_id=step.base, service_key=step.lane.service
            )
            add_customer(parameters, step.customer)
        text = template.render(_Parameters(parameters))
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

    def _notify(self, step: "Step", url: str, value: Message | Event, number: int) -> None:
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


class Step:
    """What is put together while one piece of work is done. `counts` are added up when it is durable: it may be done
    more than once until then."""

    __slots__ = (
        "base",
        "change",
        "consents",
        "counts",
        "customer",
        "deliveries",
        "lane",
        "release",
        "service",
        "wakes",
    )

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
        self.counts: list[tuple[metrics.Tally, tuple[str, ...]]] = []


def _came_by(session: Session, value: Message | Event) -> None:
    """The reply goes back where she wrote from last."""
    session.channel, session.asset = value.channel, value.asset
    session.address = value.sender or session.address


@lru_cache(maxsize=1_000)
def _template(text: str) -> Template:
    """A reply without a flow, compiled once."""
    return Template(text)


class _Parameters:
    """A scope of event parameters, for a reply without a flow."""

    def __init__(self, parameters: dict[str, object]) -> None:
        self._parameters = parameters

    def lookup(self, path: tuple[str, ...]) -> object:
        return follow(self._parameters, path)
