"""NlpWatch: looks whether a project's `nlp` folder or its head of sentiment was changed, and has it taken up."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Self

from botkit.nlp_pool import NlpPool
from botkit.nlp_snapshot import Signature, signature
from nlp.project import Project

EVERY_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 10.0
MAX_TRIES = 7
"""What was refused is tried again after 10, 20, 40 ... seconds, ten minutes in all: perhaps only memory was short."""

log = logging.getLogger("botkit.nlp")


async def _unread() -> None:
    return None


async def _nothing(_project: Project | None) -> None:
    pass


class NlpWatch:
    """Looks every `every_seconds`. A change is taken up when the next look finds no further one.

    What cannot be taken up is told in the log, once, and the bot goes on as it was. It is tried again a few times, as
    the fault may be a passing one. `read` is asked before: it raises for what must not be taken up, and gives what
    `taken_up` is told when it was.
    """

    def __init__(
        self, pool: NlpPool, *, every_seconds: float = EVERY_SECONDS, pause_seconds: float = FIRST_PAUSE_SECONDS,
        read: Callable[[], Awaitable[Project | None]] = _unread,
        taken_up: Callable[[Project | None], Awaitable[None]] = _nothing,
    ) -> None:  # fmt: skip
        self._pool = pool
        self._read = read
        self._taken_up = taken_up
        self._every_seconds = every_seconds
        self._pause_seconds = pause_seconds
        self._task: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        self._last: Signature | None = None
        self._tried: Signature | None = None
        self._tries = 0
        self._again_at = math.inf
        self._told = ""

    def start(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    def ask(self) -> None:
        """Take up what the folder says now, changed or not, without waiting for the next look."""
        self._asked.set()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._every_seconds):
                    await self._asked.wait()
            except TimeoutError:
                pass
            asked = self._asked.is_set()
            self._asked.clear()
            if self._pool.signature is None:
                continue  # nothing has been read yet
            try:
                found = await asyncio.to_thread(signature, self._pool.folder, self._pool.beside)
            except (OSError, RuntimeError, MemoryError):  # it is being written, or nothing is left to read it by
                continue
            settled, self._last = found == self._last, found
            if asked or (settled and found not in (self._pool.signature, self._tried)):
                self._tried, self._tries, self._told = found, 0, ""
                await self._reload()
            elif settled and found != self._pool.signature and asyncio.get_running_loop().time() >= self._again_at:
                await self._reload()

    async def _reload(self) -> None:
        if not self._tries:
            log.info("what the bot understands by was changed: new workers start beside those that serve")
        try:
            project = await self._read()
            await self._pool.reload()
            await self._taken_up(project)
        except Exception as error:  # whatever it is, the next change has to be noticed
            self._refused(str(error) or type(error).__name__)
        else:
            self._again_at = math.inf
            log.info("the change is live")

    def _refused(self, reason: str) -> None:
        """Say why a change was not taken up, unless it was said, and when it is tried again."""
        self._tries += 1
        if reason != self._told:
            log.error("the change was not taken up, the bot understands as before: %s", reason)
        self._told = reason
        pause = self._pause_seconds * 2.0 ** (self._tries - 1) if self._tries < MAX_TRIES else math.inf
        self._again_at = asyncio.get_running_loop().time() + pause
