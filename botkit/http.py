"""HttpClient: the requests that nodes and channels make, over connections that stay open.

A small client of our own, since a message's cost is mostly the HTTP of its reply: on an open connection a
request is one write and one future, with no task, lock or timer of its own. Time limits are kept by one
clock for all requests, which looks every tenth of a second.
"""

import asyncio
import socket
import ssl
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

from botkit.http_connection import ClosedEarly, HttpConnection
from botkit.http_pool import HttpPool
from botkit.http_target import Target, split_url, target_of
from botkit.plain_secrets import SECRET_WORDS
from models.egress import Egress
from models.http import HttpFailed, HttpRequest, HttpResponse

MAX_CONNECTIONS_PER_HOST = 64
MAX_CONNECTIONS = 512
MAX_TARGETS = 1_024
MAX_REDIRECTS = 20
MAX_TRIES = 3
IDLE_SECONDS = 30.0
TICK_SECONDS = 0.1
IDLE_TICK_SECONDS = 1.0
DNS_SECONDS = 30.0
MAX_NAMES = 1_024
DNS_THREADS = 4
CLOSING_ROUNDS = 100

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_OF_THE_BODY = frozenset({"content-type", "content-encoding", "content-language", "content-location"})


class HttpClient:
    """Makes requests (see `models.http.Http`). Made once; closed by `async with` or `close()`.

    `allow` are the networks and host names that requests from flows may reach although they are private
    (True: all of them). Proxy settings of the environment are not used.
    """

    def __init__(
        self,
        *,
        allow: bool | tuple[str, ...] = False,
        max_connections_per_host: int = MAX_CONNECTIONS_PER_HOST,
        idle_seconds: float = IDLE_SECONDS,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._egress = Egress(allow)
        self._per_host = max_connections_per_host
        self._idle_seconds = idle_seconds
        self._ssl = ssl_context
        self._targets: dict[str, Target] = {}
        self._pools: dict[tuple[str, bool], HttpPool] = {}
        self._active: set[HttpConnection] = set()
        self._names: dict[tuple[str, int], tuple[float, list[str]]] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._clock_is_fast = False
        self._closed = False
        self.connections_opened = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Break off what is under way and close every connection."""
        self._closed = True
        for connection in list(self._active):
            connection.abort(HttpFailed("the client is closed", "connect"))
        for pool in self._pools.values():
            pool.close()
        for _ in range(CLOSING_ROUNDS):  # the loop tells connections of their end one round later
            if all(pool.empty for pool in self._pools.values()):
                break
            await asyncio.sleep(0)
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def request(self, request: HttpRequest) -> Coroutine[Any, Any, HttpResponse]:
        """The answer, whatever its status; raises `HttpFailed` when there is none."""
        loop = self._loop or self._remember_loop()
        deadline = loop.time() + request.timeout_seconds
        if request.max_redirects:
            return self._follow(request, deadline)
        return self._exchange(
            request, request.method, request.url, request.headers, request.body, request.trusted, deadline
        )

    def _remember_loop(self) -> asyncio.AbstractEventLoop:
        """The loop, asked for once: a client belongs to one."""
        self._loop = asyncio.get_running_loop()
        return self._loop

    async def _follow(self, request: HttpRequest, deadline: float) -> HttpResponse:
        """The answer behind up to `max_redirects` redirects."""
        method, url, headers, body, trusted = (
            request.method, request.url, request.headers, request.body, request.trusted,
        )  # fmt: skip
        response = await self._exchange(request, method, url, headers, body, trusted, deadline)
        if response.status not in _REDIRECTS:
            return response
        for _ in range(min(request.max_redirects, MAX_REDIRECTS)):
            location = response.headers.get("location", "")
            if not location:
                return response
            there = urljoin(url, location)
            if target_of(split_url(there)[0]).origin != self._target(split_url(url)[0]).origin:
                # The operator trusts an address, not where it points, and a password is for one server.
                trusted = False
                headers = {name: value for name, value in headers.items() if not _is_for_one_origin(name.lower())}
            if method not in ("GET", "HEAD") and (
                response.status == 303 or (response.status < 303 and method == "POST")
            ):
                method, body = "GET", b""
                headers = {name: value for name, value in headers.items() if name.lower() not in _OF_THE_BODY}
            url = there
            response = await self._exchange(request, method, url, headers, body, trusted, deadline)
            if response.status not in _REDIRECTS:
                return response
        raise HttpFailed(f"more than {request.max_redirects} redirects", "protocol")

    async def _exchange(
        self,
        request: HttpRequest,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        trusted: bool,
        deadline: float,
    ) -> HttpResponse:
        query = ""
        target = self._targets.get(url)  # finds it where there is no query: most providers' addresses
        if target is None:
            base, query = split_url(url)
            target = self._target(base)
        data = target.head(method, query, headers, trusted, len(body)) + body
        key = (target.origin, trusted)
        pool = self._pools.get(key) or self._pool(target, trusted)
        connection = pool.take()
        fresh = False
        tries = 0
        loop = self._loop or self._remember_loop()
        while True:
            if connection is None:
                pool = self._pools.get(key) or self._pool(target, trusted)  # it may have been thrown away since
                connection, fresh = await pool.get(deadline, request.connect_timeout_seconds)
            connection.deadline = deadline
            future: asyncio.Future[HttpResponse] = loop.create_future()
            self._active.add(connection)
            if not self._clock_is_fast:
                self._start_clock(fast=True)
            connection.start(data, future, url, target.origin, method == "HEAD", request.max_response_bytes)
            try:
                return await future
            except ClosedEarly as error:
                # The server had given up an idle connection just as the request went out: again, on another
                # one, if that cannot do harm.
                tries += 1
                if fresh or tries >= MAX_TRIES or (error.written and not _repeatable(method, headers)):
                    raise
                connection = None
            except asyncio.CancelledError:
                connection.abort(HttpFailed("the request was given up", "timeout"))
                raise

    def _target(self, base: str) -> Target:
        target = self._targets.get(base)
        if target is None:
            target = target_of(base)
            if len(self._targets) >= MAX_TARGETS:
                self._targets.clear()
            self._targets[base] = target
        return target

    def _pool(self, target: Target, trusted: bool) -> HttpPool:
        if self._closed:
            raise HttpFailed("the client is closed", "connect")

        async def open(deadline: float, connect_seconds: float) -> HttpConnection:
            return await self._open(target, trusted, deadline, connect_seconds)

        pool = HttpPool(self._per_host, open, self._active.discard)
        self._pools[target.origin, trusted] = pool
        return pool

    # connecting

    async def _open(self, target: Target, trusted: bool, deadline: float, connect_seconds: float) -> HttpConnection:
        self._make_room()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + connect_seconds)) as limit:
                addresses = await self._addresses(target, trusted)
                context = await self._context() if target.tls else None
                return await self._first(target, addresses, context, limit.when() or deadline)
        except TimeoutError:
            raise HttpFailed(f"{target.origin} did not take the connection in time", "connect") from None

    async def _first(
        self, target: Target, addresses: list[str], context: ssl.SSLContext | None, deadline: float
    ) -> HttpConnection:
        """A connection to the first address that takes one; each gets its share of the time that is left."""
        loop = asyncio.get_running_loop()
        failure = HttpFailed(f"{target.host} has no address", "connect")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                async with asyncio.timeout((deadline - loop.time()) / left):
                    _, connection = await loop.create_connection(
                        HttpConnection,
                        address,
                        target.port,
                        ssl=context,
                        server_hostname=target.host if context else None,
                    )
            except TimeoutError:
                failure = HttpFailed(f"{target.origin} did not take the connection in time", "connect")
            except ssl.SSLCertVerificationError as error:
                failure = HttpFailed(f"{target.origin} has no valid certificate: {error.verify_message}", "connect")
            except (OSError, ssl.SSLError) as error:
                reason = error.strerror or str(error) or type(error).__name__
                failure = HttpFailed(f"cannot connect to {target.origin}: {reason}", "connect")
            else:
                if self._closed:
                    connection.abort()
                    raise HttpFailed("the client is closed", "connect")
                self.connections_opened += 1
                return connection
        raise failure

    async def _addresses(self, target: Target, trusted: bool) -> list[str]:
        """Where to connect to: what the name leads to, less what the policy closes."""
        found = _literal(target.host) or await self._resolved(target, cached=trusted)
        if trusted:
            return found
        open_ones = [address for address in found if self._egress.allows(target.host, address)]
        if not open_ones:
            raise HttpFailed(
                f"{target.host} leads into a private network: the operator can allow it (allow_private_addresses)",
                "policy",
            )
        return open_ones

    async def _resolved(self, target: Target, *, cached: bool) -> list[str]:
        loop = asyncio.get_running_loop()
        key = (target.host, target.port)
        known = self._names.get(key) if cached else None
        if known is not None and known[0] > loop.time():
            return known[1]
        try:
            rows = await loop.run_in_executor(
                self._pool_of_threads(), lambda: socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
            )
        except (OSError, UnicodeError):
            raise HttpFailed(f"there is no host {target.host!r}", "connect") from None
        found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if cached:
            if len(self._names) >= MAX_NAMES:
                self._names.clear()
            self._names[key] = (loop.time() + DNS_SECONDS, found)
        return found

    async def _context(self) -> ssl.SSLContext:
        if self._ssl is None:  # reading the certificates takes tens of milliseconds
            loop = asyncio.get_running_loop()
            self._ssl = await loop.run_in_executor(self._pool_of_threads(), ssl.create_default_context)
        return self._ssl

    def _pool_of_threads(self) -> ThreadPoolExecutor:
        """Threads of our own: a name server that hangs must not hold up other work."""
        if self._closed:
            raise HttpFailed("the client is closed", "connect")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="botkit-dns")
        return self._threads

    def _make_room(self) -> None:
        """Give up idle connections when there are too many; raises `HttpFailed` when all are busy."""
        if self._closed:
            raise HttpFailed("the client is closed", "connect")
        if sum(pool.opened for pool in self._pools.values()) <= MAX_CONNECTIONS:
            return
        idle = sum(len(pool.idle) for pool in self._pools.values())
        for pool in self._pools.values():
            pool.close_idle(float("inf"))
        if not idle:
            raise HttpFailed(f"more than {MAX_CONNECTIONS} connections are open", "connect")

    # time

    def _start_clock(self, *, fast: bool) -> None:
        if self._clock is not None:
            self._clock.cancel()
        self._clock_is_fast = fast
        self._clock = asyncio.get_running_loop().call_later(TICK_SECONDS if fast else IDLE_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        """End what has taken too long, close what has been idle too long, forget what is empty."""
        now = asyncio.get_running_loop().time()
        for connection in [connection for connection in self._active if connection.deadline <= now]:
            connection.time_out()
        for key, pool in list(self._pools.items()):
            pool.close_idle(now - self._idle_seconds)
            if pool.empty:
                del self._pools[key]
        self._clock = None
        self._clock_is_fast = False
        if self._active:
            self._start_clock(fast=True)
        elif self._pools:
            self._start_clock(fast=False)


def _literal(host: str) -> list[str]:
    """The address that a host already is, if it is one."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        return []


def _is_for_one_origin(name: str) -> bool:
    """Whether a header lets its sender in somewhere: `x-api-key` as well as `authorization`."""
    return name != "idempotency-key" and any(word in name for word in SECRET_WORDS)


def _repeatable(method: str, headers: dict[str, str]) -> bool:
    """Whether doing it twice does no more than doing it once."""
    return method in _REPEATABLE or any(name.lower() == "idempotency-key" for name in headers)
