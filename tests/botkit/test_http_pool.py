"""The client under strain: whatever servers and callers do, no place in a pool is lost or used twice."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botkit.http import HttpClient
from botkit.http_connection import HttpConnection
from models.http import HttpFailed, HttpRequest, HttpResponse
from tests.botkit.test_http import OK, read_request


async def test_no_place_is_lost_and_no_answer_goes_astray() -> None:
    dice = random.Random(7)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await read_request(reader)
                number = request.split(b" ")[1][1:]
                fate = dice.random()
                await asyncio.sleep(dice.choice((0, 0, 0.001, 0.01)))
                if fate < 0.1:
                    writer.transport.abort()
                    return
                if fate < 0.2:
                    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(number))
                elif fate < 0.25:
                    writer.write(b"rubbish\r\n\r\n")
                elif fate < 0.3:
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")
                else:
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(number))
                writer.write(number)
                await writer.drain()
                if fate < 0.3:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def ask(client: HttpClient, url: str, number: int) -> str:
        call = client.request(
            HttpRequest("GET", f"{url}/{number}", trusted=True, timeout_seconds=dice.choice((0.005, 5, 5, 5)))
        )
        task = asyncio.create_task(call)
        if dice.random() < 0.15:
            await asyncio.sleep(dice.choice((0, 0.002, 0.01)))
            task.cancel()
        try:
            response = await task
        except asyncio.CancelledError:
            return "cancelled"
        except HttpFailed as error:
            return error.kind
        assert response.text == str(number)  # never another's answer
        return "answered"

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with HttpClient(max_connections_per_host=8) as client:
        results = await asyncio.gather(*(ask(client, url, number) for number in range(600)))
        (pool,) = client._pools.values()
        async with asyncio.timeout(5):
            while pool.opened != len(pool.idle):
                await asyncio.sleep(0.005)
        assert pool.opened <= 8
        assert not pool.waiters
        assert not client._active
    assert results.count("answered") > 200
    assert {"cancelled", "protocol"} <= set(results)
    assert pool.opened == 0
    listener.close()


class Wire(asyncio.Transport):
    """A transport that leads nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: object) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


PIECES = st.lists(
    st.sampled_from(
        [
            OK, b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"content-length: 5\r\n", b"\r\n", b"hello",
            b"transfer-encoding: chunked\r\n", b"5\r\n", b"0\r\n\r\n", b"content-encoding: gzip\r\n", b"\x1f\x8b",
            b"HTTP/1.0 204 No\r\n\r\n", b"connection: close\r\n", b"content-length: 99999999999999999999999\r\n",
            b"HTTP/1.1 999 \xff\r\n",
        ]
    )
    | st.binary(max_size=30),
    max_size=8,
)  # fmt: skip


@given(PIECES, st.booleans(), st.sampled_from(["GET", "HEAD"]))
def test_whatever_comes_the_request_ends_when_the_connection_does(
    pieces: list[bytes], broken: bool, method: str
) -> None:
    loop = asyncio.new_event_loop()
    try:
        connection, wire = HttpConnection(), Wire()
        connection.connection_made(wire)
        future: asyncio.Future[HttpResponse] = loop.create_future()
        connection.start(b"x", future, "http://x/", "http://x", method == "HEAD", 100)
        for piece in pieces:
            if not wire.closed:
                connection.data_received(piece)
        connection.connection_lost(OSError("reset") if broken else None)
        assert future.done()
        error = future.exception()
        if error is None:
            assert len(future.result().body) <= 100
        else:
            assert isinstance(error, HttpFailed)
    finally:
        loop.close()


@pytest.mark.parametrize("size", [99, 100, 101])
def test_the_limit_is_exact(size: int) -> None:
    loop = asyncio.new_event_loop()
    connection = HttpConnection()
    connection.connection_made(Wire())
    future: asyncio.Future[HttpResponse] = loop.create_future()
    connection.start(b"x", future, "http://x/", "http://x", False, 100)
    connection.data_received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    connection.data_received(b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size))
    assert (future.exception() is None) == (size <= 100)
    loop.close()


class Keeper:
    """A pool that only notes which connections are good for another request."""

    def __init__(self) -> None:
        self.kept = 0

    def released(self, connection: HttpConnection) -> None:
        self.kept += 1

    def lost(self, connection: HttpConnection) -> None: ...

    def settled(self, connection: HttpConnection) -> None: ...


PLAIN = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                (PLAIN + b"hello",), (PLAIN + b"again",), (PLAIN, b"hello"), (PLAIN[:9], PLAIN[9:] + b"h", b"ello"),
                (PLAIN + b"hello" + PLAIN,), (PLAIN + b"hello!",), (b"HTTP/1.1 100 Continue\r\n\r\n", PLAIN + b"hello"),
                (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN + b"hello",), (PLAIN.replace(b"5", b"6") + b"hello!",),
                (PLAIN.replace(b"200", b"500") + b"sorry",),
                (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",),
                (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",),
                (b"HTTP/1.1 204 No\r\n\r\n",), (b"HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n",),
            ]
        ),
        st.sampled_from([100, 100, 5, 4]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=2,
    max_size=6,
)  # fmt: skip


@given(ANSWERS)
def test_an_answer_means_the_same_after_others(answers: list[tuple[tuple[bytes, ...], int, bool]]) -> None:
    loop = asyncio.new_event_loop()

    def ask(connection: HttpConnection, pieces: tuple[bytes, ...], limit: int, head: bool) -> tuple[object, ...]:
        keeper, wire = Keeper(), Wire()
        connection.pool = keeper
        connection.connection_made(wire)
        future: asyncio.Future[HttpResponse] = loop.create_future()
        connection.start(b"x", future, "http://x/", "http://x", head, limit)
        for piece in pieces:
            if not wire.closed and not future.done():
                connection.data_received(piece)
        assert future.done()
        error = future.exception()
        return (str(error) if error else future.result(), keeper.kept, wire.closed)

    try:
        used = HttpConnection()
        for pieces, limit, head in answers:
            expected = ask(HttpConnection(), pieces, limit, head)
            assert ask(used, pieces, limit, head) == expected
            if not expected[1]:
                used = HttpConnection()
    finally:
        loop.close()
