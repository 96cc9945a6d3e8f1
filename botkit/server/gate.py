"""Gate: the connections of the listening port, from their first byte to the graceful end."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from botkit.server.open_files import OpenFiles
from botkit.server.replies import Replies
from botkit.server.webhooks import Webhooks

LOOK_SECONDS = 1.0
"""How often the connections are looked at, all at once, instead of a timer for each."""


class Guest(Protocol):
    """A connection. After `deadline`, in the loop's time, it is told that its time is over."""

    deadline: float

    def expire(self) -> None:
        """The time for whatever it waits for is over."""

    def leave(self) -> None:
        """Close when what is under way is done."""

    def abort(self) -> None:
        """Close at once."""


class Gate:
    """What the connections share. `aiohttp` makes the protocol for those that want more than a webhook."""

    def __init__(self, webhooks: Webhooks, *, max_body_bytes: int, aiohttp: Callable[[], asyncio.Protocol]) -> None:
        self.loop = asyncio.get_running_loop()
        self.webhooks = webhooks
        self.max_body_bytes = max_body_bytes
        self.aiohttp = aiohttp
        self.replies = Replies()
        self.closing = False
        self.now = self.loop.time()
        self._files = OpenFiles()
        self._guests: set[Guest] = set()
        self._empty: asyncio.Future[None] | None = None
        self._timer = self.loop.call_later(LOOK_SECONDS, self._look)

    def enter(self, guest: Guest) -> None:
        """A connection is there."""
        self._guests.add(guest)

    def left(self, guest: Guest) -> None:
        """A connection is gone, or aiohttp's now."""
        self._guests.discard(guest)
        if self._empty is not None and not self._guests and not self._empty.done():
            self._empty.set_result(None)

    def _look(self) -> None:
        self.now = self.loop.time()
        self.replies.new_second()
        self._files.look(self.now)
        for guest in [guest for guest in self._guests if guest.deadline < self.now]:
            guest.expire()
        self._timer = self.loop.call_later(LOOK_SECONDS, self._look)

    async def close(self, seconds: float) -> None:
        """Close what is idle, give what is under way some seconds, and close that too."""
        self.closing = True
        self._empty = self.loop.create_future()
        for guest in list(self._guests):
            guest.leave()
        if self._guests:
            await asyncio.wait([self._empty], timeout=seconds)
        self._timer.cancel()
        for guest in list(self._guests):
            guest.abort()
