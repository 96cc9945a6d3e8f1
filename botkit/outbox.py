"""Outbox: takes committed messages to their channels, with retries and fallback, until they are there (P4)."""

import asyncio
import heapq
import itertools
import logging
from collections import deque
from collections.abc import Callable

from botkit import metrics
from botkit.consent import OptOuts
from botkit.deployment import Deployment, no_adapter
from botkit.fallback import MAX_RETRY_AFTER_SECONDS, Verdict, after_receipt, after_send, after_silence, awaited
from botkit.logs import of_delivery
from botkit.stores.base import Change, HistoryEntry, Store, StoreFailed, StoreUnavailable
from channels.base import Outgoing, Sent
from channels.errors import Rejected, SendError
from models.content import plain_text
from models.delivery import STATE_RANK, Delivery, DeliveryState, FallbackStep, Receipt, SendOutcome
from models.http import Http, HttpFailed

MAX_SENDS_AT_ONCE = 256
MAX_EARLY_RECEIPTS = 10_000
PAGE = 1_000
STORE_RETRY_SECONDS = 1.0
BROKEN_RETRY_SECONDS = 8.0
LONGEST_SLEEP_SECONDS = 60.0
PARK_SECONDS = 5.0

log = logging.getLogger("botkit.outbox")


class Outbox:
    """All outgoing messages of one process: in order for each customer, many customers at once."""

    def __init__(self, store: Store, http: Http, opt_outs: OptOuts, clock: Callable[[], int]) -> None:
        self.deployment = Deployment({}, (), no_adapter)
        self.callback_url: Callable[[str, str], str] = lambda asset, delivery: ""
        self.on_news: Callable[[Delivery, Receipt], None] = lambda delivery, receipt: None
        self._store = store
        self._http = http
        self._opt_outs = opt_outs
        self._clock = clock
        self._active: dict[str, Delivery] = {}
        self._by_provider: dict[tuple[str, str], Delivery] = {}
        self._queues: dict[str, deque[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MAX_SENDS_AT_ONCE)
        self._later: list[tuple[int, int, str]] = []
        self._pushed = itertools.count()
        self._alarm: asyncio.TimerHandle | None = None
        self._early: dict[tuple[str, str], list[Receipt]] = {}
        self._sending: set[str] = set()
        self._parked: dict[str, list[asyncio.Future[None]]] = {}
        self._told: set[str] = set()
        self._stopping = False

    async def start(self) -> None:
        """Take up what was not delivered when the last process ended."""
        pending: list[Delivery] = []
        last = 0
        while page := await self._store.pending_deliveries(last, PAGE):
            pending += [delivery for _, delivery in page]
            last = page[-1][0]
        self.take([delivery for delivery in pending if delivery.state is DeliveryState.QUEUED])
        for delivery in pending:
            if delivery.id not in self._active:
                self._look_at(delivery.due_at, delivery.id)
        self._set_alarm()

    async def stop(self, seconds: float) -> None:
        """Let the sends under way finish; the rest stays in the store."""
        self._stopping = True
        if self._alarm is not None:
            self._alarm.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @property
    def active(self) -> int:
        return len(self._active)

    # sending

    def take(self, deliveries: list[Delivery]) -> None:
        """Send committed messages, each customer's in order."""
        for delivery in deliveries:
            if delivery.state is not DeliveryState.QUEUED:  # it failed before it could be sent
                self._tell(delivery, SendOutcome.UNREACHABLE)
                continue
            self._active[delivery.id] = delivery
            queue = self._queues.get(delivery.lane)
            if queue is None:
                self._queues[delivery.lane] = queue = deque()
                self._start(delivery.lane, queue)
            queue.append(delivery)

    def _start(self, lane: str, queue: deque[Delivery], told: bool = False, paused: bool = False) -> None:
        task = asyncio.get_running_loop().create_task(self._drain(lane, queue, told, paused))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, lane: str, queue: deque[Delivery], told: bool, paused: bool) -> None:
        """Send what a customer has to get, one after the other. `told`: the log knows that the store takes nothing.

        `paused`: the first has waited long enough, whatever the clock says, which may have been set back.
        """
        while queue and not self._stopping:
            delivery = queue[0]
            self._active[delivery.id] = delivery
            try:
                pause = 0.0 if paused else self._early_by(delivery)
                paused = False
                if not pause:
                    async with self._room:
                        pause = await self._deliver(delivery)
                    paused = pause > 0
                told = False
            except StoreFailed as error:
                log.log(
                    logging.DEBUG if told else logging.ERROR,  # once, not to fill the disk
                    "%s: the state of %s could not be stored; trying again until it can", error, delivery.id,
                    extra=of_delivery(delivery),
                )  # fmt: skip
                told, pause = True, STORE_RETRY_SECONDS
            except Exception:  # what comes after it must not be forgotten
                log.exception("%s could not be sent; trying again", delivery.id, extra=of_delivery(delivery))
                pause = BROKEN_RETRY_SECONDS
            if pause:  # order: what comes after waits too
                asyncio.get_running_loop().call_later(pause, self._start, lane, queue, told, paused)
                return
            queue.popleft()
            if not queue or all(other is not delivery for other in queue):  # it may wait there for its next way
                self._active.pop(delivery.id, None)
            self._by_provider.pop((delivery.asset, delivery.provider_id), None)
        if not queue:
            self._queues.pop(lane, None)

    def _early_by(self, delivery: Delivery) -> float:
        """How many seconds are left of a pause that was ordered before a restart or by a receipt."""
        pausing = delivery.attempts and delivery.state is DeliveryState.QUEUED
        left = (delivery.due_at - self._clock()) / 1000 if pausing else 0
        if left > MAX_RETRY_AFTER_SECONDS:  # no pause is so long: the clock was set back
            return 0
        return min(max(left, 0), LONGEST_SLEEP_SECONDS)

    async def _deliver(self, delivery: Delivery) -> float:
        """Send one message; returns seconds after which to try again, 0 when done.

        News of it that comes meanwhile waits until the provider has answered: only then it makes sense.
        """
        self._sending.add(delivery.id)
        try:
            pause, receipts = await self._try(delivery)
        finally:
            self._sending.discard(delivery.id)
            for parked in self._parked.pop(delivery.id, ()):
                if not parked.done():
                    parked.set_result(None)
        for at, receipt in enumerate(receipts):
            try:
                await self._apply(delivery, receipt)
            except StoreFailed:  # the message is seen to again, and so is the rest of its news
                for later in receipts[at + 1 :]:
                    self._keep_early(later, delivery.id)
                raise
        return pause

    async def _try(self, delivery: Delivery) -> tuple[float, list[Receipt]]:
        """Try channel after channel; returns the pause before the next try, and what is known at once."""
        while delivery.state is DeliveryState.QUEUED:
            step = delivery.steps[delivery.step]
            delivery.asset, delivery.channel = step.asset, step.channel
            if delivery.expires_at and self._clock() >= delivery.expires_at:
                delivery.due_at = 0
                self._set(delivery, DeliveryState.EXPIRED, SendOutcome.UNREACHABLE, "7208", "expired")
                await self._store.commit(self._change(delivery))
                self._tell(delivery, SendOutcome.UNREACHABLE)
                return 0, []
            outcome, retry_after, receipts = await self._send(delivery)
            for receipt in receipts:
                self._keep_early(receipt, delivery.id)
            metrics.SENT.add(delivery.channel, outcome.value)
            verdict = after_send(delivery, outcome, retry_after=retry_after)
            delivery.outcome = outcome.value
            if verdict.do == "retry":
                delivery.due_at = self._again_at(delivery, verdict)
                await self._store.commit(Change(deliveries=(delivery,)))
                return max(0.001, (delivery.due_at - self._clock()) / 1000), []
            if verdict.do == "wait":
                delivery.state = DeliveryState.SUBMITTED
                self._later_if(delivery, verdict)
            change = self._conclude(delivery, verdict)
            if outcome is SendOutcome.OPTED_OUT:
                self._remember(step, change)
            await self._store.commit(change)
            self._note(change)
            if verdict.do == "next":
                continue
            self._tell(delivery, outcome)
            return 0, self._early_for(delivery)
        # News of it came before another try, or its state could not be stored the last time.
        await self._store.commit(self._change(delivery))
        self._tell(delivery, SendOutcome(delivery.outcome or SendOutcome.ACCEPTED))
        return 0, self._early_for(delivery)

    def _again_at(self, delivery: Delivery, verdict: Verdict) -> int:
        """When it is tried again; when it has expired at the latest, as who waits for news of it is to be told then."""
        at = self._clock() + int(verdict.seconds * 1000)
        return min(at, delivery.expires_at) if delivery.expires_at else at

    def _remember(self, step: FallbackStep, change: Change) -> None:
        """The customer told the provider that she wants silence: as good as if she had told us."""
        if step.address is not None:
            change.opted_out = (*change.opted_out, (step.channel, step.address.value, self._clock()))
            self._note(change)

    def _note(self, change: Change) -> None:
        """Before such a change is stored and after: who asks meanwhile is told how it had been, and remembers it."""
        for channel, address, _ in change.opted_out:
            self._opt_outs.note(channel, address)

    async def _send(self, delivery: Delivery) -> tuple[SendOutcome, float, tuple[Receipt, ...]]:
        """One try on one channel: what it came to, what the provider asked for, what is known at once."""
        step = delivery.steps[delivery.step]
        address = step.address
        live = self.deployment.assets.get(step.asset)
        if live is None or address is None:
            delivery.code, delivery.description = "7106", f"asset {step.asset!r} is not configured"
            return SendOutcome.UNREACHABLE, 0, ()
        if not delivery.exempt and await self._opt_outs.has(step.channel, address):
            delivery.code, delivery.description = "opted_out", "the customer opted out of this channel"
            return SendOutcome.OPTED_OUT, 0, ()
        delivery.attempts += 1
        outgoing = Outgoing(
            delivery.id, address, delivery.content, self.callback_url(step.asset, delivery.id), delivery.created_at
        )
        try:
            sent: object = await live.channel.send(outgoing, self._http)
            if not isinstance(sent, Sent):  # a bug of the adapter; to send again might send twice
                log.error(
                    "asset %s: send() returned %s, not Sent(...)", step.asset, type(sent).__name__,
                    extra=of_delivery(delivery),
                )  # fmt: skip
                raise Rejected(f"the adapter's send() returned {type(sent).__name__}, not Sent(...)")
        except SendError as error:
            delivery.code, delivery.description = error.provider_code[:100], error.message[:500]
            if error.outcome is SendOutcome.AUTH:
                log.error(
                    "asset %s: the provider refuses our credentials: %s", step.asset, error.message,
                    extra=of_delivery(delivery),
                )  # fmt: skip
            return error.outcome, error.retry_after, ()
        except HttpFailed as error:
            delivery.code, delivery.description = error.kind, error.message[:500]
            refused = error.kind in ("policy", "invalid_url")
            return (SendOutcome.REJECTED if refused else SendOutcome.TRANSIENT), 0, ()
        except StoreUnavailable:  # a mailbox lies in the store: this was no try, and there is no end to them
            delivery.attempts -= 1
            raise
        except BaseException as error:  # neither sys.exit() nor a cancelled wait may take more than this try
            if self._stopping and isinstance(error, asyncio.CancelledError | GeneratorExit):
                raise
            log.exception("asset %s: the channel failed", step.asset, extra=of_delivery(delivery))
            delivery.code, delivery.description = "error", f"{type(error).__name__}: {error}"[:500]
            return SendOutcome.TRANSIENT, 0, ()
        delivery.provider_id = str(sent.provider_id or "")  # a JSON answer has it as a number, perhaps
        self._by_provider[step.asset, delivery.provider_id] = delivery
        delivery.code = delivery.description = ""
        return SendOutcome.ACCEPTED, 0, sent.receipts

    def _conclude(self, delivery: Delivery, verdict: Verdict) -> Change:
        """Write the verdict into the message; returns the change that stores it."""
        if verdict.do in ("next", "retry"):
            self._by_provider.pop((delivery.asset, delivery.provider_id), None)
        match verdict.do:
            case "next":
                change = self._change(delivery, failed=True)
                delivery.step += 1
                delivery.attempts = 0
                delivery.state = DeliveryState.QUEUED
                delivery.given_up_id, delivery.provider_id = delivery.provider_id, ""
                delivery.due_at = self._clock()
                step = delivery.steps[delivery.step]
                delivery.asset, delivery.channel = step.asset, step.channel
                return change
            case "retry":  # the provider could not get it there after all: try again as if it had not taken it
                delivery.state = DeliveryState.QUEUED
                delivery.given_up_id, delivery.provider_id = delivery.provider_id, ""
                delivery.due_at = self._again_at(delivery, verdict)
            case "fail":
                delivery.state = DeliveryState.FAILED
                delivery.due_at = 0
        return self._change(delivery)

    def _change(self, delivery: Delivery, *, failed: bool = False) -> Change:
        """The message as it stands, and the line of the conversation where that is kept."""
        change = Change(deliveries=(delivery,))
        live = self.deployment.assets.get(delivery.asset)
        address = delivery.steps[delivery.step].address
        if live is not None and live.history and address is not None:
            id = f"{delivery.id}@{delivery.asset}"
            state = DeliveryState.FAILED.value if failed else delivery.state.value
            reason = delivery.description
            change.history = (  # kept once; after that only its state changes
                HistoryEntry(
                    id, delivery.asset, address.value, "out", plain_text(delivery.content), state,
                    self._clock(), delivery.content, reason,
                ),
            )  # fmt: skip
            change.history_states = (*change.history_states, (id, state, reason))
        return change

    def _set(self, delivery: Delivery, state: DeliveryState, outcome: SendOutcome, code: str, description: str) -> None:
        delivery.state, delivery.outcome = state, outcome.value
        delivery.code, delivery.description = code, description

    def _tell(self, delivery: Delivery, outcome: SendOutcome) -> None:
        """Let the session that waits for this message know."""
        if delivery.awaited:
            self.on_news(delivery, self.news_of(delivery, outcome))

    def news_of(self, delivery: Delivery, outcome: SendOutcome) -> Receipt:
        """How far a message has come, as its session is told."""
        return Receipt(
            asset=delivery.asset, state=delivery.state, delivery_id=delivery.id, message_id=delivery.provider_id,
            outcome=outcome, code=delivery.code, description=delivery.description, received_at=self._clock(),
        )  # fmt: skip

    # news of messages on their way

    async def receipt(self, receipt: Receipt) -> None:
        """Take a provider's news of a message; returns when it is durable. What tells nothing new has no effect."""
        delivery = await self._find(receipt)
        while delivery is not None and delivery.id in self._sending:
            answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._parked.setdefault(delivery.id, []).append(answered)
            try:
                async with asyncio.timeout(PARK_SECONDS):
                    await answered
            except TimeoutError:  # perhaps the provider answers us only when we have answered it
                if delivery.id in self._sending:  # and has not done so at the last moment
                    self._keep_early(receipt, delivery.id)
                    return
            delivery = await self._find(receipt)
        if delivery is None:
            self._keep_early(receipt, receipt.message_id)
            id = receipt.message_id or receipt.delivery_id
            log.info("receipt for a message that is not known (yet): %s", id, extra={"asset": receipt.asset})
            return
        await self._apply(delivery, receipt)

    async def _find(self, receipt: Receipt) -> Delivery | None:
        if receipt.delivery_id:
            return self._active.get(receipt.delivery_id) or await self._store.delivery(receipt.delivery_id)
        known = self._by_provider.get((receipt.asset, receipt.message_id))
        known = known or await self._store.delivery_of(receipt.asset, receipt.message_id)
        return known and self._active.get(known.id, known)

    def _keep_early(self, receipt: Receipt, id: str) -> None:
        """Keep news of a message that the provider has not yet named to us; the oldest goes when there is too much."""
        if id:
            kept = self._early.setdefault((receipt.asset, id), [])
            if len(kept) < len(DeliveryState):
                kept.append(receipt)
            if len(self._early) > MAX_EARLY_RECEIPTS:
                del self._early[next(iter(self._early))]

    def _early_for(self, delivery: Delivery) -> list[Receipt]:
        if not self._early:
            return []
        ours = self._early.pop((delivery.asset, delivery.id), [])
        return [*ours, *self._early.pop((delivery.asset, delivery.provider_id), [])]

    async def _apply(self, delivery: Delivery, receipt: Receipt) -> None:
        if receipt.asset != delivery.asset or _is_old(receipt, delivery):
            return
        verdict = after_receipt(delivery, receipt.state, receipt.outcome)
        if verdict is None:
            return
        delivery.state = receipt.state
        delivery.outcome = receipt.outcome.value
        delivery.code = receipt.code or delivery.code
        delivery.description = receipt.description
        if verdict.do == "wait" and not awaited(delivery).seconds:
            delivery.due_at = 0
        step = delivery.steps[delivery.step]
        change = self._conclude(delivery, verdict)
        if receipt.outcome is SendOutcome.OPTED_OUT:
            self._remember(step, change)
        await self._keep(delivery, change)
        self._note(change)
        if verdict.do in ("next", "retry"):
            self.take([delivery])
        else:
            self._tell(delivery, receipt.outcome)

    async def _keep(self, delivery: Delivery, change: Change) -> None:
        """Store a decision; whatever comes meanwhile must find it, not what was stored before."""
        if delivery.id in self._active:
            await self._store.commit(change)
            return
        self._active[delivery.id] = delivery
        try:
            await self._store.commit(change)
        finally:
            self._active.pop(delivery.id, None)

    # time

    def _later_if(self, delivery: Delivery, verdict: Verdict) -> None:
        """Look at a message again when `within` has passed, or never."""
        delivery.due_at = self._clock() + int(verdict.seconds * 1000) if verdict.seconds else 0
        if delivery.due_at:
            self._look_at(delivery.due_at, delivery.id)
            self._set_alarm()

    def _look_at(self, due_at: int, id: str) -> None:
        """Note when a message is to be looked at; those of one moment in the order in which they were noted."""
        heapq.heappush(self._later, (due_at, next(self._pushed), id))

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._later and not self._stopping:
            seconds = max(0.0, (self._later[0][0] - self._clock()) / 1000)
            self._alarm = asyncio.get_running_loop().call_later(min(seconds, LONGEST_SLEEP_SECONDS), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        now = self._clock()
        due: list[str] = []
        while self._later and self._later[0][0] <= now:
            due.append(heapq.heappop(self._later)[2])
        if due:
            task = asyncio.get_running_loop().create_task(self._silence(due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._set_alarm()

    async def _silence(self, due: list[str]) -> None:
        """No news came in time: the next channel, where there is one. Thousands share a commit, in their order."""
        await asyncio.gather(*map(self._see_to, due))

    async def _see_to(self, id: str) -> None:
        try:
            await self._silent(id)
            self._told.discard(id)
        except StoreFailed as error:
            level = logging.DEBUG if id in self._told else logging.ERROR  # once, not to fill the disk
            log.log(level, "%s: the state of %s could not be read or stored; trying again until it can", error, id)
            self._told.add(id)
            self._look_at(self._clock() + int(STORE_RETRY_SECONDS * 1000), id)
            self._set_alarm()

    async def _silent(self, id: str) -> None:
        """`within` is over for one message, unless news came at the last moment."""
        delivery = self._active.get(id) or await self._store.delivery(id)
        if delivery is None or not delivery.due_at or delivery.due_at > self._clock():
            return
        if delivery.state is DeliveryState.QUEUED:
            if id not in self._active:
                self.take([delivery])
            return
        if id in self._sending:  # what the provider answered is being stored: to decide now would be overtaken by it
            self._look_at(self._clock() + int(STORE_RETRY_SECONDS * 1000), id)
            self._set_alarm()
            return
        verdict = after_silence(delivery)
        if verdict.do == "next":
            delivery.description = "no news in time"
        else:
            delivery.due_at = 0
        await self._keep(delivery, self._conclude(delivery, verdict))
        if verdict.do == "next":
            self.take([delivery])


def _is_old(receipt: Receipt, delivery: Delivery) -> bool:
    """Whether it tells once more that the try before this one failed: receipts come twice, too."""
    of_old = receipt.message_id and receipt.message_id == delivery.given_up_id != delivery.provider_id
    return bool(of_old) and STATE_RANK[receipt.state] <= STATE_RANK[DeliveryState.FAILED]
