"""The front: raw calls and their answers, on both loops, whole and in pieces, to the end and never ending."""

import asyncio
import contextlib
import functools
import gc
import inspect
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from botkit.app import App
from botkit.project import load_project
from botkit.server import body, front, gate
from botkit.server.app import Server
from botkit.server.front import MAX_AHEAD_BYTES, Front
from botkit.server.gate import Gate
from botkit.server.headers import Headers
from botkit.server.webhooks import Call, Webhooks
from botkit.stores.base import StoreFailed
from channels.base import Channel, Inbound, WebhookReply, WebhookRequest
from models.message import Message
from tests.botkit.bot import ECHO
from tests.botkit.served import serve
from tests.botkit.wire import PATIENCE_SECONDS, Answer, answer_in, wire

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
MAX_BODY = 2_048
GET = b"GET /channels/none HTTP/1.1\r\nHost: x\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
CASES = YAML(typ="safe").load(Path(__file__).with_name("front.yaml"))


def form(id: str, path: str = "/channels/form") -> bytes:
    text = f"from=%2B15550000001&text=hi&id={id}".encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bot.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(text) + text


def on_both_loops(test: Callable[..., Coroutine[Any, Any, None]]) -> Any:
    """Run a test on asyncio's own loop and on uvloop."""

    @pytest.mark.parametrize("make_loop", LOOPS.values(), ids=LOOPS)
    @functools.wraps(test)
    def both(make_loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path, **more: Any) -> None:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(test(tmp_path, **more))

    both.__signature__ = _signature(test)
    return both


def _signature(test: Callable[..., Any]) -> Any:
    own = list(inspect.signature(test).parameters.values())
    return inspect.Signature([inspect.Parameter("make_loop", inspect.Parameter.KEYWORD_ONLY, annotation=Any),
                              *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own)])  # fmt: skip


class Desk:
    """The server without an engine behind it: what it accepts is kept, and taken only while `open`."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.accepted: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fails: Exception | None = None
        self.at_once = True
        app.engine.accept_now = self.accept_now  # type: ignore[method-assign]
        app.engine.accept_first = self.accept  # type: ignore[method-assign]

    def accept_now(self, live: Any, values: Any) -> "asyncio.Future[Any] | None":
        """Every second call is answered at once, as it were, so that both ways are gone."""
        self.at_once = not self.at_once
        if not self.at_once or self.fails:
            return None
        self._note(values)
        return asyncio.get_running_loop().create_task(self._answer())

    async def accept(self, live: Any, values: Any) -> bool:
        self._note(values)
        return await self._answer()

    def _note(self, values: Any) -> None:
        for value in values:
            assert isinstance(value, Message)
            self.accepted.append(value.provider_id)

    async def _answer(self) -> bool:
        await self.open.wait()
        if self.fails:
            raise self.fails
        return True

    async def has(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.accepted) < count:
                await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[tuple[Desk, int]]:
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "main.flow.yaml").write_text(ECHO, "utf-8")
    (folder / "botkit.toml").write_text(
        '[project]\nname = "Test"\n[assets.form]\nchannel = "sms"\nprovider = "sms_http"\nnumber = "60606"\n'
        'send_url = "http://127.0.0.1:9/send"\n[assets.web]\nchannel = "inapp"\nprovider = "inapp"\n'
        '[services.test]\nassets = ["form", "web"]\n',
        "utf-8",
    )
    project = load_project(folder, environ={}, given={"max_body_bytes": MAX_BODY})
    async with App(project, project.settings) as app, Server(app).listen("127.0.0.1", 0) as port:
        yield Desk(app), port


@contextlib.contextmanager
def calls_of(at: Desk) -> Iterator[list[WebhookRequest]]:
    """What the asset's channel is given to parse."""
    kind = type(at.app.engine.deployment.asset("form").channel)
    parse = kind.parse
    seen: list[WebhookRequest] = []

    def look(self: Channel, call: WebhookRequest) -> list[Inbound]:
        seen.append(call)
        return parse(self, call)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "parse", look)
        yield seen


def bytes_of(case: dict[str, Any]) -> bytes:
    text = "\r\n".join(case["send"])
    return re.sub(r"\{(\d+)\}", lambda found: "x" * int(found[1]), text).encode()


@on_both_loops
async def test_every_call_gets_its_answers_in_order(tmp_path: Path) -> None:
    wrong: dict[str, Any] = {}
    async with desk(tmp_path / "one") as (_, port):
        for case in CASES:
            async with wire(port) as client:
                await client.send(bytes_of(case))
                answers = [await client.answer() for _ in case["status"]]
                if case.get("end"):
                    assert await client.closed(), case["name"]
                else:
                    await client.send(GET)
                    assert (await client.answer()).status == 404, case["name"]
            found = [answer.status for answer in answers], [answer.code for answer in answers]
            if found[0] != case["status"] or found[1] != case.get("code", found[1]):
                wrong[case["name"]] = found
    assert not wrong


@on_both_loops
async def test_a_call_comes_to_the_channel_as_it_was_sent(tmp_path: Path) -> None:
    plain_call = form("a", "/channels/form?x=1&y=%20").replace(
        b"\r\n", b"\r\nX-Twice: one\r\nx-twice: two\r\nX-E:\r\n", 1
    )
    chunked_call = (
        b"POST /channels/f%6Frm?x=1&y=%20 HTTP/1.1\r\nX-Twice: one\r\nx-twice: two\r\nX-E:\r\nHost: bot.example\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"20\r\nfrom=%2B15550000001&text=hi&id=b\r\n0\r\n\r\n"
    )
    async with desk(tmp_path) as (at, port):
        with calls_of(at) as seen:
            for sent in (plain_call, chunked_call):
                async with wire(port) as client:
                    await client.send(sent)
                    answer = await client.answer()
                assert answer.status == 200 and answer.headers["content-type"] == "application/json"
            at.app.public_url = "https://public.example/bot"
            async with wire(port) as client:
                await client.send(form("c"))
                await client.answer()
        plain, odd, last = seen
        assert plain.url == "http://bot.example/channels/form?x=1&y=%20"
        assert odd.url == "http://bot.example/channels/f%6Frm?x=1&y=%20"
        for call in (plain, odd):
            assert (call.method, call.query) == ("POST", "x=1&y=%20")
            assert call.body.startswith(b"from=%2B15550000001&text=hi&id=")
            headers = call.headers
            assert headers["x-twice"] == headers.get("x-twice") == "one" and headers.get("x-e") == ""
            assert "host" in headers and "x-none" not in headers and headers.get("x-none", "-") == "-"
            assert {"host", "content-type", "x-twice", "x-e"} < set(headers) and dict(headers)["host"] == "bot.example"
        assert last.url == "https://public.example/bot/channels/form"
        assert at.accepted == ["a", "b", "c"]


@on_both_loops
async def test_a_connection_goes_over_to_aiohttp_and_may_become_a_websocket(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port), wire(port) as client:
        await client.send(form("1") + HEALTH)
        assert [(await client.answer()).status for _ in range(2)] == [200, 200]
        await client.send(form("2"))
        assert (await client.answer()).status == 200
        await client.send(
            b"GET /inapp/web HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        upgraded = await client.answer()
        assert upgraded.status == 101 and upgraded.headers["upgrade"] == "websocket"
        assert at.accepted == ["1", "2"]


@on_both_loops
async def test_a_pooled_client_mixes_what_it_asks_for(tmp_path: Path) -> None:
    async with (
        desk(tmp_path) as (at, port),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as client,
    ):
        url = f"http://127.0.0.1:{port}"
        data = {"from": "+15550000001", "text": "x"}
        for number in range(3):
            async with client.post(f"{url}/channels/form", data={**data, "id": str(number)}) as answer:
                assert await answer.json() == {"ok": True}
            async with client.get(f"{url}/healthz") as answer:
                assert await answer.json() == {"status": "ok"}
        async with client.post(f"{url}/channels/form", data={**data, "id": "e"}, expect100=True) as answer:
            assert answer.status == 200
        assert at.accepted == ["0", "1", "2", "e"]


@on_both_loops
async def test_one_call_of_a_connection_is_answered_at_a_time(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port), wire(port) as client:
        at.open.clear()
        await client.send(form("1") + form("2"), form("3"))
        await at.has(1)
        async with wire(port) as other:  # by now the server has read what the first one sent
            await other.send(GET)
            await other.answer()
        assert at.accepted == ["1"]
        at.open.set()
        assert [(await client.answer()).status for _ in range(3)] == [200, 200, 200]
        assert at.accepted == ["1", "2", "3"]


@on_both_loops
async def test_a_client_that_sends_ahead_is_not_read_until_it_is_answered(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port), wire(port) as client:
        at.open.clear()
        calls = 40_000
        one = form("00000")
        sending = asyncio.create_task(client.send(*(b"".join(form(f"{n:05}") for n in range(k, k + 1_000))
                                                    for k in range(0, calls, 1_000))))  # fmt: skip
        await at.has(1)
        done, _ = await asyncio.wait([sending], timeout=0.3)
        assert not done, f"the server took {calls * len(one)} bytes ahead"
        at.open.set()
        async with asyncio.timeout(60):
            for _ in range(calls):
                assert (await client.answer()).status == 200
            await sending
        assert at.accepted == [f"{n:05}" for n in range(calls)]


@on_both_loops
async def test_a_failure_is_answered_and_the_next_call_taken(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port), wire(port) as client:
        at.fails = StoreFailed("the disk is full")
        await client.send(form("1"))
        refused = await client.answer()
        assert refused.status == 503 and refused.headers["retry-after"] == "5" and refused.code == "store_failed"
        at.fails = RuntimeError("a fault of ours")
        await client.send(form("2"))
        assert (await client.answer()).code == "internal"
        at.fails = None
        await client.send(form("3"))
        assert (await client.answer()).status == 200


@on_both_loops
async def test_a_client_that_has_gone_or_says_no_more_is_no_trouble(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port):
        at.open.clear()
        async with wire(port) as gone:
            await gone.send(form("1"))
            await at.has(1)
        async with wire(port) as silent:
            await silent.send(form("2") + GET)
            silent.writer.write_eof()
            await at.has(2)
            at.open.set()
            assert [(await silent.answer()).status for _ in range(2)] == [200, 404]
            assert await silent.closed()


@on_both_loops
async def test_a_connection_that_breaks_off_is_no_trouble(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port):
        for number in range(20):
            at.open.clear()
            async with wire(port) as client:
                await client.send(form(f"{number}") + GET * 3)
                await at.has(number + 1)
                client.reset()
                at.open.set()
        async with wire(port) as client:
            await client.send(GET)
            assert (await client.answer()).status == 404


@on_both_loops
async def test_stopping_lets_go_of_who_does_not_read(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botkit.server.app.STOP_SECONDS", 0.2)
        async with contextlib.AsyncExitStack() as server:
            _, port = await server.enter_async_context(desk(tmp_path))
            async with wire(port, limit=1_024) as client:
                sending = asyncio.create_task(client.send(*[GET * 1_000] * 1_000))
                done, _ = await asyncio.wait([sending], timeout=0.5)
                assert not done
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await server.aclose()
                    with contextlib.suppress(ConnectionError):
                        await sending


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 0),
        (GET, 0),
        (b"POST /chan", 408),
        (GET[:-2], 408),
        (b"POST /channels/form HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf", 408),
        (b"POST /channels/form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf", 408),
    ],
)
@on_both_loops
async def test_what_never_ends_is_ended(tmp_path: Path, sent: bytes, status: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "LOOK_SECONDS", 0.02)
        patch.setattr(front, "KEEP_ALIVE_SECONDS", 0.1)
        patch.setattr(front, "RECEIVE_SECONDS", 0.1)
        patch.setattr(body, "RECEIVE_SECONDS", 0.1)
        async with desk(tmp_path) as (_, port), wire(port) as client:
            if sent:
                await client.send(sent)
            if sent == GET:
                assert (await client.answer()).status == 404
            if status:
                answer = await client.answer()
                assert (answer.status, answer.code) == (status, "timeout")
                assert answer.field == ("body" if b"half" in sent else "")
            if b"chunked" in sent:  # aiohttp listens for some seconds more, and goes on if the end does come
                await client.send(b"\r\n0\r\n\r\n" + GET)
                assert (await client.answer()).status == 404
            else:
                assert await client.closed()


@on_both_loops
async def test_a_drop_at_a_time_does_not_win_time(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "LOOK_SECONDS", 0.02)
        patch.setattr(front, "RECEIVE_SECONDS", 0.15)
        async with desk(tmp_path) as (_, port), wire(port) as client:
            await client.send(b"POST /channels/form HTTP/1.1\r\n")
            answer = asyncio.create_task(client.answer())
            for number in range(1_000):
                await client.send(b"X-%d: 1\r\n" % number)
                await asyncio.wait([answer], timeout=0.01)
                if answer.done():
                    break
            assert answer.result().code == "timeout"


@on_both_loops
async def test_a_client_that_does_not_read_is_closed(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "LOOK_SECONDS", 0.05)
        patch.setattr(front, "RECEIVE_SECONDS", 0.3)
        async with desk(tmp_path) as (_, port), wire(port, limit=1_024) as client:
            with pytest.raises(ConnectionError):
                async with asyncio.timeout(PATIENCE_SECONDS * 2):
                    while True:
                        await client.send(GET * 1_000)


@on_both_loops
async def test_who_is_refused_reads_why_though_he_sends_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as (_, port), wire(port) as client:
        await client.send(
            b"POST /channels/form HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n", b"x" * 9_000_000
        )
        answer = await client.answer()
        assert (answer.status, answer.code, answer.headers["connection"]) == (413, "too_large", "close")
        assert await client.closed()


@on_both_loops
async def test_stopping_finishes_what_is_under_way(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as clients, contextlib.AsyncExitStack() as server:
        at, port = await server.enter_async_context(desk(tmp_path))
        idle, half, busy, handed = [await clients.enter_async_context(wire(port)) for _ in range(4)]
        await handed.send(HEALTH)
        await handed.answer()
        await half.send(form("half")[:-1])
        at.open.clear()
        await busy.send(form("busy") + GET)
        await at.has(1)
        stopping = asyncio.create_task(server.aclose())
        assert await idle.closed()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)
        assert not stopping.done()
        at.open.set()
        await half.send(form("half")[-1:])
        for client in (busy, half):
            answer = await client.answer()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert await client.closed()
            client.writer.close()
        assert await handed.closed()
        await stopping


@on_both_loops
async def test_stopping_waits_only_so_long(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botkit.server.app.STOP_SECONDS", 0.05)
        async with contextlib.AsyncExitStack() as server:
            at, port = await server.enter_async_context(desk(tmp_path))
            at.open.clear()
            async with wire(port) as client:
                await client.send(form("stuck"))
                await at.has(1)
                await server.aclose()
                assert await client.closed()


# in pieces, without a network


class Line(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.protocol: Any = None

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written += data

    def write_eof(self) -> None:
        self.closed = True

    close = abort = write_eof

    def is_closing(self) -> bool:
        return self.closed

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


class Aside(asyncio.Protocol):
    """Who a connection is handed to."""

    def __init__(self) -> None:
        self.got = b""

    def data_received(self, data: bytes) -> None:
        self.got += data


class Echo(Webhooks):
    """Answers with what it was asked, in a later turn of the loop: a GET from a task, all else from a future."""

    def __init__(self) -> None:
        self.live: Any = None

    def read(self, asset: str, method: str, target: str, headers: Headers, body: bytes, *, origin: str) -> Call:
        said = f"{method} {origin}{target} {asset} {len(headers)} ".encode() + body
        return Call(self.live, (), WebhookReply(body=said))

    def accept_now(self, call: Call) -> "asyncio.Future[None] | None":
        if call.reply.body.startswith(b"GET"):
            return None
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(stored.set_result, None)
        return stored

    async def accept(self, call: Call) -> None:
        await asyncio.sleep(0)


async def pieces(parts: list[bytes]) -> tuple[list[tuple[int, bytes]], bytes, bool]:
    """The answers to these pieces, what was handed over, and whether it was closed."""
    own = Gate(Echo(), max_body_bytes=MAX_BODY, aiohttp=Aside)
    line = Line()
    line.protocol = Front(own)
    line.protocol.connection_made(line)
    for number, part in enumerate(parts):
        if not line.closed:
            line.protocol.data_received(part)
        if number % 2:
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    answers: list[Answer] = []
    data = line.written
    while found := answer_in(data):
        answer, data = found
        answers.append(answer)
    await own.close(0)
    assert all(answer.status < 500 for answer in answers), answers
    handed = line.protocol.got if isinstance(line.protocol, Aside) else b""
    return [(answer.status, answer.body) for answer in answers], handed, line.closed


async def test_a_client_that_reads_again_gets_the_rest() -> None:
    """While it does not read, nothing more is answered; what came meanwhile is, in its order, as soon as it does."""
    own = Gate(Echo(), max_body_bytes=MAX_BODY, aiohttp=Aside)
    line = Line()
    line.protocol = Front(own)
    line.protocol.connection_made(line)

    async def answered() -> list[bytes]:
        for _ in range(20):
            await asyncio.sleep(0)
        found, data = [], line.written
        while one := answer_in(data):
            answer, data = one
            found.append(answer.body[-1:])
        return found

    line.protocol.data_received(form("1"))
    assert await answered() == [b"1"]
    line.protocol.pause_writing()
    line.protocol.data_received(form("2"))
    line.protocol.data_received(form("3"))
    assert await answered() == [b"1"]
    line.protocol.resume_writing()
    assert await answered() == [b"1", b"2", b"3"]
    line.protocol.data_received(form("4"))
    assert await answered() == [b"1", b"2", b"3", b"4"]
    await own.close(0)


STREAMS = {
    "posts": form("1") + form("2", "/channels/b?q=1") + GET,
    "a page after a post": form("1") + HEALTH + form("2"),
    "a page": HEALTH + form("1"),
    "chunks after a post": form("1")
    + b"POST /channels/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "nonsense after a post": form("1") + b"GET /channels/a HTTP/1.1\r\nnonsense\r\n\r\n" + GET,
    "the last one": GET + GET.replace(b"Host", b"Connection: close\r\nHost"),
    "too large": GET + b"POST /channels/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n",
}


@pytest.mark.parametrize("name", STREAMS)
async def test_where_a_stream_is_cut_does_not_matter(name: str) -> None:
    stream = STREAMS[name]
    whole = await pieces([stream])
    assert whole[0] or whole[1]
    for at in range(1, len(stream)):
        assert await pieces([stream[:at], stream[at:]]) == whole, at
    assert await pieces([stream[at : at + 1] for at in range(len(stream))]) == whole


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_however_it_is_cut(data: st.DataObject) -> None:
    stream = b"".join(data.draw(st.lists(st.sampled_from(list(STREAMS.values())), min_size=1, max_size=3)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=12)))
    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert asyncio.run(_both(stream, parts))


async def _both(stream: bytes, parts: list[bytes]) -> bool:
    return await pieces([stream]) == await pieces(parts)


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([GET, form("1"), b"GET /channels/", b"\r\n\r\n"]))))
@settings(max_examples=150, deadline=None)
def test_no_bytes_do_harm(parts: list[bytes]) -> None:
    asyncio.run(pieces([part for part in parts if part]))


def test_what_is_sent_ahead_is_more_than_a_head() -> None:
    assert MAX_AHEAD_BYTES > front.MAX_HEAD_BYTES  # else a head could stop its own connection for ever


@on_both_loops
async def test_calls_that_begin_alike_are_still_different_calls(tmp_path: Path) -> None:
    async with desk(tmp_path) as (at, port), wire(port) as client:
        with calls_of(at) as seen:
            whole = [form("m1"), form("m2"), form("long-3"), form("m4"), form("m5", "/channels/form?a=b"), form("m6")]
            for call in whole:
                for cut in (len(call), 30, len(call) - 3):
                    await client.send(call[:cut], call[cut:])
                    assert (await client.answer()).status == 200
        assert at.accepted == [id for id in ("m1", "m2", "long-3", "m4", "m5", "m6") for _ in range(3)]
        assert [call.query for call in seen] == [""] * 12 + ["a=b"] * 3 + [""] * 3
        assert all(call.body.endswith(b"id=" + id.encode()) for call, id in zip(seen, at.accepted, strict=True))


async def test_a_server_that_ended_leaves_the_collector_as_it_was(tmp_path: Path) -> None:
    """Whoever goes on in the process has its garbage found, what a server left included."""
    thresholds = gc.get_threshold()
    async with serve(tmp_path):
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == thresholds
