"""HttpPool: the connections to one server, and those who wait for one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from botkit.http_connection import HttpConnection
from models.http import HttpFailed

MAX_WAITERS = 1_024

Open = Callable[[float, float], Awaitable[HttpConnection]]
"""Opens a connection, given the deadline of the request and the seconds that connecting may take."""


class HttpPool:
    """Up to `size` connections, the last one used first; past that, requests wait in line."""

    __slots__ = ("_limit", "_now", "_open", "idle", "opened", "settled", "waiters")

    def __init__(self, limit: int, open: Open, on_settled: Callable[[HttpConnection], None]) -> None:
        self._limit = limit
        self._open = open
        self.settled = on_settled  # a connection calls it when its request has ended
        self._now = asyncio.get_running_loop().time
        self.idle: list[HttpConnection] = []
        self.opened = 0
        self.waiters: deque[asyncio.Future[HttpConnection | None]] = deque()

    def take(self) -> HttpConnection | None:
        """A connection that is ready for a request, if there is one."""
        while self.idle:
            connection = self.idle.pop()
            if not connection.closed:
                return connection
        return None

    async def get(self, deadline: float, connect_seconds: float) -> tuple[HttpConnection, bool]:
        """A connection, and whether it is fresh; opens one, or waits for one. Raises `HttpFailed`."""
        if self.opened >= self._limit:
            connection = await self._wait(deadline)
            if connection is not None:
                return connection, False
        else:
            self.opened += 1
        return await self._connect(deadline, connect_seconds), True

    async def _connect(self, deadline: float, seconds: float) -> HttpConnection:
        try:
            connection = await self._open(deadline, seconds)
        except BaseException:
            self._free()
            raise
        connection.pool = self
        if connection.closed:
            connection.pool = None
            self._free()
            raise HttpFailed("the server closed the connection as soon as it was open", "connect")
        return connection

    async def _wait(self, deadline: float) -> HttpConnection | None:
        """A connection that another request is done with, or None: the right to open one."""
        if len(self.waiters) >= MAX_WAITERS:
            raise HttpFailed(f"more than {MAX_WAITERS} requests wait for this server", "connect")
        waiter: asyncio.Future[HttpConnection | None] = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                return await waiter
        except TimeoutError:
            self._hand_back(waiter)
            raise HttpFailed("no connection to the server came free in time", "connect") from None
        except BaseException:
            self._hand_back(waiter)
            raise

    def _hand_back(self, waiter: "asyncio.Future[HttpConnection | None]") -> None:
        """What was given to one who did not wait for it goes to the next."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)
        if not waiter.done() or waiter.cancelled() or waiter.exception() is not None:
            return
        connection = waiter.result()
        if connection is None:
            self._free()
        elif not connection.closed:
            self.released(connection)

    def _next(self) -> "asyncio.Future[HttpConnection | None] | None":
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                return waiter
        return None

    def _free(self) -> None:
        """A place is free: the next in line may open a connection."""
        waiter = self._next()
        if waiter is None:
            self.opened -= 1
        else:
            waiter.set_result(None)

    # from the connections

    def released(self, connection: HttpConnection) -> None:
        """The answer is complete: the next in line gets the connection."""
        waiter = self._next() if self.waiters else None
        if waiter is not None:
            waiter.set_result(connection)
        else:
            connection.idle_since = self._now()
            self.idle.append(connection)

    def lost(self, connection: HttpConnection) -> None:
        """The connection is closed."""
        connection.pool = None
        if connection in self.idle:
            self.idle.remove(connection)
        self._free()

    # from the client

    def close_idle(self, before: float) -> None:
        """Close the connections that have had nothing to do since `before`."""
        while self.idle and self.idle[0].idle_since <= before:
            self.idle.pop(0).abort()

    def close(self) -> None:
        """Close all idle connections, and send away those who wait."""
        self.close_idle(float("inf"))
        while (waiter := self._next()) is not None:
            waiter.set_exception(HttpFailed("the client is closed", "connect"))

    @property
    def empty(self) -> bool:
        """Whether it can be thrown away."""
        return not self.opened and not self.waiters
