"""NlpWatch: looks whether a project's `nlp` folder or its head of sentiment was changed, and has it taken up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Self

from botkit.nlp_pool import NlpPool
from botkit.nlp_snapshot import Signature, signature
from models.errors import BotkitError
from nlp.project import Project

EVERY_SECONDS = 2.0

log = logging.getLogger("botkit.nlp")


async def _unread() -> None:
    return None


async def _nothing(_project: Project | None) -> None:
    pass


class NlpWatch:
    """Looks every `every_seconds`. A change is taken up when the next look finds no further one.

    What cannot be taken up is told in the log, once, and the bot goes on as it was. `read` is asked before: it
    raises `BotkitError` for what must not be taken up, and gives what `taken_up` is told when it was.
    """

    def __init__(
        self, pool: NlpPool, *, every_seconds: float = EVERY_SECONDS,
        read: Callable[[], Awaitable[Project | None]] = _unread,
        taken_up: Callable[[Project | None], Awaitable[None]] = _nothing,
    ) -> None:  # fmt: skip
        self._pool = pool
        self._read = read
        self._taken_up = taken_up
        self._every_seconds = every_seconds
        self._task: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        self._last: Signature | None = None
        self._tried: Signature | None = None

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
            except OSError:
                continue  # it is being written; the next look will tell
            settled, self._last = found == self._last, found
            if asked or (settled and found not in (self._pool.signature, self._tried)):
                self._tried = found
                await self._reload()

    async def _reload(self) -> None:
        log.info("what the bot understands by was changed: new workers start beside those that serve")
        try:
            project = await self._read()
            await self._pool.reload()
            await self._taken_up(project)
        except (BotkitError, OSError) as error:
            log.error("the change was not taken up, the bot understands as before: %s", error)
        else:
            log.info("the change is live")
