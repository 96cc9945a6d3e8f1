"""Lanes: one queue for each customer in each service, worked through one item at a time (P2)."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from botkit.stores.base import StoredSession, StoreUnavailable
from models.customer import Customer
from models.delivery import Receipt
from models.event import Event
from models.message import Message
from models.session import Session

MAX_IDLE_LANES = 500
MAX_KEPT_LANES, MAX_KEPT_BYTES = 4_000, 4_096
"""Customers whose sessions are kept as bytes when they are no longer at hand, and how large these may be: reading them
from the store takes ten times as long as decoding them."""

ONE_SESSION = b"\x91"
"""How MessagePack begins a list of one."""

RETRY_SECONDS = 0.5
MAX_TRIES = 5
LONGEST_WAIT_SECONDS = 8.0
"""While the store takes nothing, all work waits, and is looked at again after 0.5, 1, 2, 4 and then every 8 seconds."""

log = logging.getLogger("botkit.lanes")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Session]).decode


class Incoming:
    """An accepted inbox item. `accepted` is the commit that makes it durable, None once it is."""

    __slots__ = ("accepted", "id", "tries", "value")

    def __init__(self, id: int, value: Message | Event, accepted: "asyncio.Future[None] | None") -> None:
        self.id = id
        self.value = value
        self.accepted = accepted
        self.tries = 0


class Due:
    """A session whose time has come."""

    __slots__ = ("session_id", "tries")

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.tries = 0


class News:
    """A receipt that a session waits for."""

    __slots__ = ("receipt", "session_id", "tries")

    def __init__(self, session_id: str, receipt: Receipt) -> None:
        self.session_id = session_id
        self.receipt = receipt
        self.tries = 0


Work = Incoming | Due | News


class Lane:
    """A customer in a service: what has to be done, and her live sessions while they are at hand.

    `state` is her session as it was stored last, where she has only one and it is known; else nothing.
    """

    __slots__ = ("customer", "key", "queue", "service", "sessions", "state", "taken", "task")

    def __init__(self, key: str, service: str) -> None:
        self.key = key
        self.service = service
        self.queue: deque[Work] = deque()
        self.sessions: list[Session] | None = None
        self.state = b""
        self.customer: Customer | None = None
        self.task: asyncio.Task[None] | None = None
        self.taken = False

    def forget(self) -> None:
        """What is in memory may be ahead of the store: read it again."""
        self.sessions = None
        self.state = b""

    def stored(self, sessions: Sequence[StoredSession]) -> None:
        """A step that left these sessions is durable."""
        own = self.sessions
        alone = own is not None and len(own) == 1 and len(sessions) == 1 and sessions[0].session is own[0]
        self.state = sessions[0].state if alone else b""


class Lanes:
    """All lanes. `process` does one piece of work; `give_up` is told of work that failed too often."""

    def __init__(
        self,
        process: Callable[[Lane, Work], Awaitable[None]],
        give_up: Callable[[Lane, Work, Exception], Awaitable[None]],
    ) -> None:
        self._process = process
        self._give_up = give_up
        self._busy: dict[str, Lane] = {}
        self._idle: OrderedDict[str, Lane] = OrderedDict()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._stopping = False
        self._taken = 0
        self._all_released: asyncio.Event | None = None
        self.queued = 0
        self.live: set[str] = set()
        """The lanes that have live sessions in the store; the others need not be asked for any."""

    def put(self, key: str, service: str, work: Work) -> None:
        """Add work at the end of a lane; it begins at once if the lane is idle."""
        lane = self._busy.get(key)
        if lane is None:
            lane = self._idle.pop(key, None) or self._waken(key, service)
            self._busy[key] = lane
        lane.queue.append(work)
        self.queued += 1
        if lane.task is None and not lane.taken:
            lane.task = asyncio.get_running_loop().create_task(self._run(lane))

    def take(self, key: str, service: str) -> Lane | None:
        """An idle lane whose sessions are at hand, for work that is done at once; None where there is none.

        What comes for it meanwhile waits until `release`.
        """
        if key in self._busy or self._stopping:
            return None
        lane = self._idle.pop(key, None) or self._waken(key, service)
        if lane.sessions is None:
            if key in self.live:
                self._rest(lane)
                return None
            lane.sessions = []
        lane.taken = True
        self._taken += 1
        self._busy[key] = lane
        self.queued += 1
        return lane

    def release(self, lane: Lane) -> None:
        """The work for which a lane was taken is done."""
        lane.taken = False
        self._taken -= 1
        if self._all_released is not None and not self._taken:
            self._all_released.set()
        self.queued -= 1
        if lane.queue:
            lane.task = asyncio.get_running_loop().create_task(self._run(lane))
        else:
            del self._busy[lane.key]
            self._rest(lane)

    def put_first(self, lane: Lane, works: list[Work]) -> None:
        """Add work before all other; for a lane that is being worked on."""
        lane.queue.extendleft(reversed(works))
        self.queued += len(works)

    @property
    def busy(self) -> int:
        return len(self._busy)

    def works_on(self, key: str) -> bool:
        """Whether a lane has something to do."""
        return key in self._busy

    def talks(self, customer: str) -> bool:
        """Whether a customer has a live session with any service, or something to be worked on."""
        end = f"|{customer}"
        return any(key.endswith(end) for key in self.live) or any(key.endswith(end) for key in self._busy)

    async def _run(self, lane: Lane) -> None:
        queue = lane.queue
        wait = RETRY_SECONDS
        about = {"service": lane.service}
        while queue and not self._stopping:
            work = queue[0]
            try:
                await self._process(lane, work)
            except (Exception, asyncio.CancelledError) as raised:
                error = self._survived(raised)
                lane.forget()
                if not (isinstance(work, Incoming) and refused(work)):
                    if isinstance(error, StoreUnavailable):  # no fault of the work, which must not be lost for it
                        level = logging.WARNING if wait == RETRY_SECONDS else logging.DEBUG  # not to fill the disk
                        log.log(level, "lane %s: %s; trying again until it does", lane.key, error, extra=about)
                        await asyncio.sleep(wait)
                        wait = min(wait * 2, LONGEST_WAIT_SECONDS)
                        continue
                    work.tries += 1
                    if work.tries < MAX_TRIES:
                        log.warning("lane %s: %s; trying again", lane.key, error, extra=about)
                        await asyncio.sleep(RETRY_SECONDS * work.tries)
                        continue
                await self._give_up(lane, work, error)
            wait = RETRY_SECONDS
            queue.remove(work)
            self.queued -= 1
        lane.task = None
        if not queue:
            del self._busy[lane.key]
            self._rest(lane)

    def _survived(self, raised: Exception | asyncio.CancelledError) -> Exception:
        """A failure that the lane lives on after. Only `stop` may cancel one: a node that cancels the task that it runs
        in would leave its customer without an answer to whatever she writes."""
        if isinstance(raised, Exception):
            return raised
        task = asyncio.current_task()
        if self._stopping or task is None:
            raise raised
        while task.uncancel():
            pass
        return RuntimeError("the step was cancelled from within, by a node perhaps")

    def _rest(self, lane: Lane) -> None:
        """Keep a lane that has nothing to do, in case its customer writes again soon."""
        self._idle[lane.key] = lane
        if len(self._idle) > MAX_IDLE_LANES:
            key, oldest = self._idle.popitem(last=False)
            if oldest.sessions:
                self._keep(key, ONE_SESSION + oldest.state if oldest.state else _encode(oldest.sessions))

    def _keep(self, key: str, sessions: bytes) -> None:
        if len(sessions) <= MAX_KEPT_BYTES:
            self._kept[key] = sessions
            if len(self._kept) > MAX_KEPT_LANES:
                self._kept.popitem(last=False)

    def _waken(self, key: str, service: str) -> Lane:
        """A lane that was not at hand, with its sessions if they were kept."""
        lane = Lane(key, service)
        kept = self._kept.pop(key, None)
        if kept is not None:
            lane.sessions = _decode(kept)
        return lane

    async def stop(self, seconds: float) -> None:
        """Let what is being worked on finish; what is queued stays in the store for the next start."""
        self._stopping = True
        tasks = [lane.task for lane in self._busy.values() if lane.task is not None]
        if self._taken:
            tasks.append(asyncio.get_running_loop().create_task(self._wait_released()))
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _wait_released(self) -> None:
        self._all_released = asyncio.Event()
        if self._taken:
            await self._all_released.wait()


def refused(work: Incoming) -> bool:
    """Whether the item itself was never stored, so that the provider was told to send it again."""
    accepted = work.accepted
    return accepted is not None and accepted.done() and accepted.exception() is not None
