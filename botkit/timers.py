"""Timers: wake the sessions whose time has come. The times lie in the store, not in memory."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from botkit.lanes import Due, Lanes
from botkit.stores.base import Store, StoredSession, StoreFailed

PAGE = 500
LONGEST_SLEEP_SECONDS = 60.0
STUCK_SECONDS = 1.0
RETRY_SECONDS = 1.0

log = logging.getLogger("botkit.timers")


class Timers:
    """One task that sleeps until the next session is due."""

    def __init__(self, store: Store, lanes: Lanes, clock: Callable[[], int]) -> None:
        self._store = store
        self._lanes = lanes
        self._clock = clock
        self._next = 0
        self._news = asyncio.Event()
        self._firing: set[str] = set()
        self._stuck: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def note(self, wake_at: int) -> None:
        """A session was committed that is due then."""
        if not self._next or wake_at < self._next:
            self._next = wake_at
            self._news.set()

    def done(self, session_id: str) -> None:
        """A session that was woken has been worked on."""
        self._firing.discard(session_id)
        self._stuck.discard(session_id)

    def stuck(self, session_id: str) -> None:
        """A session that was woken cannot go on: it is left alone until a message moves it, or the next start."""
        self._stuck.add(session_id)

    def went_on(self, sessions: Sequence[StoredSession]) -> None:
        """These sessions took a step: one that could not before has a time of its own again."""
        if self._stuck:
            for stored in sessions:
                if stored.session.id in self._stuck:
                    self.done(stored.session.id)

    async def _run(self) -> None:
        told = False
        while True:
            self._news.clear()
            try:
                pause = await self._fire()
                told = False
            except StoreFailed as error:
                level = logging.DEBUG if told else logging.ERROR  # once, not to fill the disk
                log.log(level, "%s: sessions that are due are not woken; trying again until they can be", error)
                told, pause = True, RETRY_SECONDS
            except Exception:
                log.exception("sessions that are due could not be woken; trying again")
                pause = RETRY_SECONDS
            try:
                async with asyncio.timeout(min(pause, LONGEST_SLEEP_SECONDS)):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def _fire(self) -> float:
        """Wake what is due; returns how long to sleep, in seconds."""
        now = self._clock()
        due = await self._store.due_sessions(now, PAGE + len(self._firing))
        for lane, session_id in due:
            if session_id not in self._firing:
                self._firing.add(session_id)
                self._lanes.put(lane, lane.partition("|")[0], Due(session_id))
        if any(session_id not in self._stuck for _, session_id in due):
            self._next = now  # those stay the first in the store until they are committed: look again soon
            return 0.05
        if due:
            self._next = now
            return STUCK_SECONDS
        self._next = await self._store.next_session_due()
        return max(0.0, (self._next - now) / 1000) if self._next else LONGEST_SLEEP_SECONDS
