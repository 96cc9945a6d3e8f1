"""The HTTP client against real servers on loopback, well-behaved and not."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import botkit.http
import botkit.http_pool
from botkit.http import HttpClient
from botkit.http_connection import MAX_HEAD_BYTES, decompressed
from botkit.http_target import MAX_HEADERS, MAX_URL_LENGTH
from models.http import HttpFailed, HttpRequest, HttpResponse

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool | None]]
"""Answers one request; True closes the connection."""


class Server:
    """A server that answers as told and remembers what it was asked."""

    def __init__(self, answer: bytes | Answer) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.port = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        try:
            while True:
                request = await read_request(reader)
                self.requests.append(request)
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                    await writer.drain()
                elif await self.answer(request, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    size = next((int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"content-length: ")), 0)
    return head + await reader.readexactly(size)


@asynccontextmanager
async def serving(answer: bytes | Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(answer)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for writer in list(server.open):
            writer.transport.abort()
        # handlers end when their connections do
        for _ in range(100):
            if not server.open:
                break
            await asyncio.sleep(0)


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient() as made:
        yield made


async def get(client: HttpClient, url: str, method: str = "GET", **settings: object) -> HttpResponse:
    return await client.request(HttpRequest(method, url, trusted=True, **settings))  # type: ignore[arg-type]


async def failure(client: HttpClient, url: str, method: str = "GET", **settings: object) -> HttpFailed:
    with pytest.raises(HttpFailed) as caught:
        await get(client, url, method, **settings)
    return caught.value


# what goes out and comes in


async def test_an_answer_has_status_reason_headers_and_body(client: HttpClient) -> None:
    answer = b"HTTP/1.1 404 Not Here\r\nX-One: a\r\nx-one: b\r\nContent-Length: 4\r\n\r\ngone"
    async with serving(answer) as server:
        response = await get(client, server.url("/x?y=1"))
    assert (response.status, response.reason, response.text) == (404, "Not Here", "gone")
    assert response.headers == {"x-one": "a, b", "content-length": "4"}
    assert response.url == server.url("/x?y=1")


async def test_a_request_is_written_as_it_should_be(client: HttpClient) -> None:
    async with serving(OK) as server:
        await client.request(
            HttpRequest("POST", server.url("/a b/ü?q=1 2#part"), {"X-Key": " k "}, b"body", trusted=True)
        )
        (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /a%20b/%C3%BC?q=1%202 HTTP/1.1",
        b"host: 127.0.0.1:%d" % server.port,
        b"content-length: 4",
        b"x-key: k",
        b"user-agent: botkit",
        b"accept-encoding: identity",
    ]
    assert body == b"body"


async def test_compression_is_offered_only_where_nobody_trusts_the_address() -> None:
    async with serving(OK) as server, HttpClient(allow=True) as client:
        await client.request(HttpRequest("GET", server.url()))
        assert b"accept-encoding: gzip, deflate" in server.requests[0]


async def test_a_caller_cannot_break_the_framing(client: HttpClient) -> None:
    async with serving(OK) as server:
        headers = {"Content-Length": "999", "Transfer-Encoding": "chunked", "Connection": "close", "Host": "evil"}
        await client.request(HttpRequest("POST", server.url(), headers, b"x", trusted=True))
        head = server.requests[0].lower()
    assert head.count(b"content-length") == 1
    assert b"transfer-encoding" not in head
    assert b"evil" not in head


async def test_changed_headers_are_noticed(client: HttpClient) -> None:
    headers = {"x-key": "one"}
    async with serving(OK) as server:
        await get(client, server.url(), headers=headers)
        headers["x-key"] = "two"
        await get(client, server.url(), headers=headers)
        assert b"x-key: one" in server.requests[0]
        assert b"x-key: two" in server.requests[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\ntail: t\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world",
    ],
)
async def test_framings(client: HttpClient, answer: bytes) -> None:
    async with serving(answer) as server:
        for _ in range(2):
            response = await get(client, server.url())
            assert (response.status, response.body) == (200, b"hello world")
            assert "tail" not in response.headers
            assert "link" not in response.headers
    assert server.connections == 1


async def test_an_answer_in_single_bytes(client: HttpClient) -> None:
    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in OK:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    async with serving(answer) as server:
        assert (await get(client, server.url())).body == b"ok"


async def test_an_answer_that_ends_with_the_connection(client: HttpClient) -> None:
    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall there is")
        return True

    async with serving(answer) as server:
        assert (await get(client, server.url())).body == b"all there is"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_statuses_without_a_body(client: HttpClient, status: bytes) -> None:
    async with serving(b"HTTP/1.1 " + status + b"\r\n\r\n") as server:
        assert (await get(client, server.url())).body == b""
    async with serving(b"HTTP/1.1 " + status + b"\r\ncontent-length: 9\r\n\r\n") as server:
        assert (await get(client, server.url())).body == b""


async def test_head_has_no_body(client: HttpClient) -> None:
    async with serving(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n") as server:
        response = await get(client, server.url(), "HEAD")
        assert (response.status, response.body) == (200, b"")
        assert (await get(client, server.url(), "HEAD")).status == 200


# connections


async def test_connections_are_used_again(client: HttpClient) -> None:
    async with serving(OK) as server:
        for _ in range(20):
            await get(client, server.url())
        assert server.connections == 1
        await asyncio.gather(*(get(client, server.url()) for _ in range(10)))
        assert 1 < server.connections <= 10


async def test_a_host_gets_so_many_connections_and_the_rest_wait_in_line() -> None:
    async with serving(OK) as server, HttpClient(max_connections_per_host=3) as client:
        answers = await asyncio.gather(*(get(client, server.url(f"/{n}")) for n in range(50)))
        assert [answer.status for answer in answers] == [200] * 50
        assert server.connections == 3


async def test_the_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botkit.http_pool, "MAX_WAITERS", 2)
    async with serving(silent) as server, HttpClient(max_connections_per_host=1) as client:
        calls = [asyncio.create_task(get(client, server.url(), timeout_seconds=0.2)) for _ in range(4)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    messages = sorted(str(result) for result in results)
    assert sum("more than 2 requests wait" in message for message in messages) == 1
    assert sum("came free in time" in message for message in messages) == 2
    assert sum("did not answer in time" in message for message in messages) == 1


async def test_the_whole_number_of_connections_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botkit.http, "MAX_CONNECTIONS", 1)
    async with serving(silent) as busy, serving(OK) as other, HttpClient() as client:
        waiting = asyncio.create_task(get(client, busy.url(), timeout_seconds=5))
        await until(lambda: busy.requests)
        assert "connections are open" in str(await failure(client, other.url()))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await get(client, other.url())).status == 200


async def test_one_who_gives_up_in_line_holds_nobody_up() -> None:
    async with serving(slow(0.02)) as server, HttpClient(max_connections_per_host=1) as client:
        calls = [asyncio.create_task(get(client, server.url())) for _ in range(6)]
        await until(lambda: server.requests)
        for call in calls[1:4]:
            call.cancel()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [getattr(result, "status", None) for result in results] == [200, None, None, None, 200, 200]
        assert (await get(client, server.url())).status == 200


async def test_a_request_given_up_takes_its_connection_with_it(client: HttpClient) -> None:
    async with serving(slow(0.05, b"late")) as server:
        call = asyncio.create_task(get(client, server.url("/slow")))
        await until(lambda: server.requests)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        server.answer = OK
        assert (await get(client, server.url("/next"))).body == b"ok"
        assert server.connections == 2


async def test_what_a_server_sends_unasked_is_never_the_next_answer(client: HttpClient) -> None:
    async with serving(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil") as server:
        for _ in range(5):
            assert (await get(client, server.url())).body == b"ok"
        assert server.connections == 5


async def test_idle_connections_are_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botkit.http, "IDLE_TICK_SECONDS", 0.02)
    async with serving(OK) as server, HttpClient(idle_seconds=0.05) as client:
        await get(client, server.url())
        await until(lambda: not server.open)
        await until(lambda: not client._pools)  # nothing is kept of a server that is not asked any more


async def test_a_peer_that_closes_idle_connections(client: HttpClient) -> None:
    async def answer(request: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        # closes just when the second request of a connection comes in, as keep-alive timeouts do
        if writer not in seen:
            seen.add(writer)
            writer.write(OK)
            return False
        return True

    seen: set[asyncio.StreamWriter] = set()
    async with serving(answer) as server:
        assert (await get(client, server.url())).status == 200
        assert (await get(client, server.url())).status == 200  # tried again by itself
        assert server.connections == 2
        error = await failure(client, server.url(), "POST", body=b"x")
        assert error.kind == "protocol"
        assert "closed the connection without an answer" in error.message
        assert (await get(client, server.url())).status == 200
        answer_again = await get(client, server.url(), "POST", body=b"x", headers={"Idempotency-Key": "k"})
        assert answer_again.status == 200


async def test_a_fresh_connection_without_an_answer_is_not_tried_again(client: HttpClient) -> None:
    async def answer(_: bytes, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> bool:
        return True

    async with serving(answer) as server:
        assert (await failure(client, server.url())).kind == "protocol"
        assert len(server.requests) == 1


async def test_a_closed_client_says_so() -> None:
    async with serving(silent) as server:
        client = HttpClient()
        call = asyncio.create_task(get(client, server.url()))
        await until(lambda: server.requests)
        await client.close()
        with pytest.raises(HttpFailed, match="client is closed"):
            await call
        assert (await failure(client, server.url())).kind == "connect"


# peers that misbehave


async def silent(_: bytes, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def slow(seconds: float, body: bytes = b"ok") -> Answer:
    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    return answer


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_peer_that_never_answers(client: HttpClient) -> None:
    async with serving(silent) as server:
        error = await failure(client, server.url(), timeout_seconds=0.15)
        assert error.kind == "timeout"
        await until(lambda: not client._active)


async def test_a_peer_that_trickles_headers_for_ever(client: HttpClient) -> None:
    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-a: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(answer) as server:
        assert (await failure(client, server.url(), timeout_seconds=0.2)).kind == "timeout"


async def flood(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    while True:
        writer.write(chunk)
        await writer.drain()


def flooding(start: bytes, chunk: bytes) -> Answer:
    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await flood(writer, chunk)

    return answer


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n", "too_large"),
        (flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000), "too_large"),
        (flooding(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 100), "too_large"),
        (flooding(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 10_000), "too_large"),
        (flooding(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000), "too_large"),
        (
            flooding(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"x: y\r\n" * 1000),
            "too_large",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd", "protocol"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "protocol"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 3\r\n\r\nabc", "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc", "protocol"),
    ],
)
async def test_answers_that_are_refused(client: HttpClient, answer: bytes | Answer, kind: str) -> None:
    async with serving(answer) as server:
        error = await failure(client, server.url(), max_response_bytes=1000, timeout_seconds=5)
        assert error.kind == kind, error.message
        assert f"http://127.0.0.1:{server.port}" in error.message
        server.answer = OK
        assert (await get(client, server.url())).body == b"ok"  # the client goes on


@pytest.mark.parametrize("cut", [b"HTTP/1.1 200 OK\r\nconte", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"])
@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_cut_in_the_middle(client: HttpClient, cut: bytes, reset: bool) -> None:
    async def answer(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(cut)
        await writer.drain()
        if reset:
            await asyncio.sleep(0.02)
            writer.transport.abort()
        return True

    async with serving(answer) as server:
        error = await failure(client, server.url())
        assert error.kind == "protocol"
        assert "in the middle" in error.message


async def test_nobody_listens(client: HttpClient) -> None:
    async with serving(OK) as server:
        pass
    error = await failure(client, server.url())
    assert error.kind == "connect"
    assert str(server.port) in error.message


async def test_a_name_that_does_not_exist(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, {})
    error = await failure(client, "http://nobody.test/")
    assert (error.kind, error.message) == ("connect", "there is no host 'nobody.test'")


async def test_connecting_has_a_limit_of_its_own(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    error = await failure(client, "http://127.0.0.1:9/", connect_timeout_seconds=0.05)
    assert error.kind == "connect"
    assert "in time" in error.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own making for shop.test, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: it makes the certificate for this test")
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )  # fmt: skip
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


async def test_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, {"shop.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(certificate)
    knows_it = ssl.create_default_context(cafile=certificate)
    async with serving(OK, server_context) as server:
        async with HttpClient(ssl_context=knows_it) as client:
            for _ in range(3):
                assert (await get(client, f"https://shop.test:{server.port}/")).body == b"ok"
            assert server.connections == 1
            error = await failure(client, f"https://other.test:{server.port}/")
            assert (error.kind, "no valid certificate" in error.message) == ("connect", True)
        async with HttpClient() as client:
            error = await failure(client, f"https://shop.test:{server.port}/")
            assert (error.kind, "no valid certificate" in error.message) == ("connect", True)
            error = await failure(client, f"http://shop.test:{server.port}/")
            assert error.kind == "protocol"


# compression


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw", "members"])
async def test_compressed_answers(client: HttpClient, encoding: str) -> None:
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(b"hello"),
        "deflate": zlib.compress(b"hello"),
        "raw": raw.compress(b"hello") + raw.flush(),
        "members": gzip.compress(b"hel") + gzip.compress(b"lo"),
    }[encoding]
    name = b"gzip" if encoding in ("gzip", "members") else b"deflate"
    answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: %s\r\ncontent-length: %d\r\n\r\n%s" % (name, len(packed), packed)
    async with serving(answer) as server:
        response = await get(client, server.url())
    assert response.body == b"hello"
    assert "content-encoding" not in response.headers


async def test_a_gzip_bomb(client: HttpClient) -> None:
    bomb = gzip.compress(bytes(5_000_000))
    assert len(bomb) < 10_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%s" % (len(bomb), bomb)
    async with serving(answer) as server:
        error = await failure(client, server.url(), max_response_bytes=10_000)
    assert error.kind == "too_large"
    assert "unpacked" in error.message


def test_unpacking_stops_at_the_limit() -> None:
    assert decompressed(gzip.compress(b"x" * 100), 100) == b"x" * 100
    assert decompressed(gzip.compress(b"x" * 101), 100) is None
    with pytest.raises(zlib.error):
        decompressed(gzip.compress(b"x" * 100)[:-9], 100)


# redirects


def redirecting(routes: dict[bytes, tuple[int, str]]) -> Answer:
    async def answer(request: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        route = routes.get(request.split(b" ")[1])
        if route is None:
            writer.write(OK)
        else:
            writer.write(f"HTTP/1.1 {route[0]} Moved\r\nlocation: {route[1]}\r\ncontent-length: 0\r\n\r\n".encode())

    return answer


async def test_redirects_are_followed_only_when_asked(client: HttpClient) -> None:
    async with serving(redirecting({b"/a": (302, "/b"), b"/b": (302, "c?d=1"), b"/loop": (302, "/loop")})) as server:
        assert (await get(client, server.url("/a"))).status == 302
        response = await get(client, server.url("/a"), max_redirects=2)
        assert (response.status, response.url) == (200, server.url("/c?d=1"))
        error = await failure(client, server.url("/loop"), max_redirects=3)
        assert (error.kind, error.message) == ("protocol", "more than 3 redirects")


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (303, "POST", b"GET"),
        (302, "POST", b"GET"),
        (301, "PUT", b"PUT"),
        (307, "POST", b"POST"),
        (303, "HEAD", b"HEAD"),
    ],
)
async def test_methods_across_redirects(client: HttpClient, status: int, method: str, then: bytes) -> None:
    async with serving(redirecting({b"/a": (status, "/b")})) as server:
        headers = {"content-type": "text/plain", "authorization": "Basic x"}
        await client.request(
            HttpRequest(method, server.url("/a"), headers, b"hello", max_redirects=1, trusted=True, timeout_seconds=5)
        )
        second = server.requests[1]
    assert second.startswith(then + b" /b")
    assert second.endswith(b"hello") == (then == method.encode())
    assert (b"content-type" in second) == (then == method.encode())
    assert b"authorization: Basic x" in second


async def test_passwords_stay_with_their_server() -> None:
    async with serving(OK) as other:
        async with serving(redirecting({b"/a": (302, other.url("/b"))})) as server, HttpClient(allow=True) as client:
            secrets = ("Authorization", "Cookie", "X-Api-Key", "apikey", "Private-Token", "x-shop-secret")
            headers = {**dict.fromkeys(secrets, "s3cret"), "x-kept": "1", "Idempotency-Key": "7"}
            await client.request(HttpRequest("GET", server.url("/a"), headers, max_redirects=1, trusted=True))
        (request,) = other.requests
    assert b"s3cret" not in request
    assert b"x-kept: 1" in request
    assert b"idempotency-key: 7" in request


# policy


def names(monkeypatch: pytest.MonkeyPatch, known: dict[str, list[str]]) -> list[str]:
    """Make the name service know these names only; returns the list of questions, which grows."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        if host not in known:
            raise OSError("unknown")
        return [(2, 1, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr("botkit.http.socket.getaddrinfo", getaddrinfo)
    return asked


PRIVATE = [
    "http://127.0.0.1/", "http://localhost/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data",
    "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/", "http://0.0.0.0/",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
async def test_flows_do_not_reach_private_addresses(client: HttpClient, url: str) -> None:
    with pytest.raises(HttpFailed) as caught:
        await client.request(HttpRequest("GET", url))
    assert caught.value.kind == "policy"


async def test_a_name_that_leads_inside_is_refused_and_the_checked_address_is_used(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {"inside.test": ["10.0.0.7", "192.168.1.1"], "mixed.test": ["127.0.0.1", "203.0.114.9"]})
    with pytest.raises(HttpFailed, match=r"inside\.test leads into a private network"):
        await client.request(HttpRequest("GET", "http://inside.test/"))
    went_to = []

    async def create_connection(_: object, host: str, port: int, **__: object) -> None:
        went_to.append((host, port))
        raise OSError("far away")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(HttpFailed, match="far away"):
        await client.request(HttpRequest("GET", "http://mixed.test/"))
    assert went_to == [("203.0.114.9", 80)]


async def test_a_redirect_into_the_private_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(OK) as secret, HttpClient(allow=("127.0.0.1/32",)) as client:
        route = {b"/a": (302, f"http://127.0.0.2:{secret.port}/")}
        async with serving(redirecting(route)) as server:
            with pytest.raises(HttpFailed) as caught:
                await client.request(HttpRequest("GET", server.url("/a"), max_redirects=1))
            assert caught.value.kind == "policy"
            with pytest.raises(HttpFailed) as caught:  # nor may a provider's server send us there
                await client.request(HttpRequest("GET", server.url("/a"), max_redirects=1, trusted=True))
            assert caught.value.kind == "policy"
    assert not secret.requests


async def test_a_trusted_connection_is_not_lent_to_a_flow(client: HttpClient) -> None:
    async with serving(OK) as server:
        assert (await get(client, server.url())).status == 200
        with pytest.raises(HttpFailed) as caught:
            await client.request(HttpRequest("GET", server.url()))
        assert caught.value.kind == "policy"


async def test_the_operator_can_open_names_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, {"crm.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    async with serving(OK) as server, HttpClient(allow=("crm.test",)) as client:
        assert (await client.request(HttpRequest("GET", f"http://CRM.test:{server.port}/"))).status == 200
        with pytest.raises(HttpFailed):
            await client.request(HttpRequest("GET", f"http://other.test:{server.port}/"))


async def test_names_of_providers_are_remembered_for_a_while(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names(monkeypatch, {"sms.test": ["127.0.0.1"]})
    async with serving(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n") as server:
        for _ in range(3):
            assert (await get(client, f"http://sms.test:{server.port}/")).status == 200
        assert server.connections == 3
    assert asked == ["sms.test"]


# what is refused before anything is written


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://x.test/", "begins with http:// or https://"),
        ("file:///etc/passwd", "begins with http:// or https://"),
        ("x.test/path", "begins with http:// or https://"),
        ("http:///path", "is no host name"),
        ("http://a b.test/", "is no host name"),
        ("http://-x.test/", "is no host name"),
        ("http://user:pw@x.test/", "name or password"),
        ("http://x.test:99999/", "is not valid"),
        ("http://[::1/", "is not valid"),
        ("http://x.test/a\r\nX: y", "control character"),
        ("http://x.test/?a=\nb", "control character"),
        ("http://x.test/" + "a" * MAX_URL_LENGTH, "longer than"),
        ("http://xn--\u2603\u2603.test/", "is no host name"),
    ],
)
async def test_addresses_that_are_refused(client: HttpClient, url: str, says: str) -> None:
    error = await failure(client, url)
    assert error.kind == "invalid_url"
    assert says in error.message


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET /x HTTP/1.1\r\nX: y", {}),
        ("get", {}),
        ("GET", {"x-a": "b\r\nx-c: d"}),
        ("GET", {"x-a": "b\nc"}),
        ("GET", {"x-a\r\nx-b": "c"}),
        ("GET", {"x a": "b"}),
        ("GET", {"": "b"}),
        ("GET", {"x-a": "\u2603"}),
        ("GET", {"x-a": "\x00"}),
        ("GET", {"x-a": "b" * 20_000}),
        ("GET", {f"x-{number}": "b" for number in range(MAX_HEADERS + 1)}),
    ],
)
async def test_requests_that_smuggle_are_refused(client: HttpClient, method: str, headers: dict[str, str]) -> None:
    async with serving(OK) as server:
        assert (await failure(client, server.url(), method, headers=headers)).kind == "invalid_url"
        assert not server.connections


async def test_hosts_beyond_ascii(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, {})
    await failure(client, "http://bücher.test/")
    assert asked == ["xn--bcher-kva.test"]


async def test_errors_tell_no_query(client: HttpClient) -> None:
    async with serving(b"nonsense\r\n\r\n") as server:
        error = await failure(client, server.url("/send?password=hunter2"))
    assert "hunter2" not in str(error)


def test_a_head_may_be_this_long() -> None:
    assert MAX_HEAD_BYTES == 65_536
