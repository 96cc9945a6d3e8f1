"""Chat: the in-app channel over a real WebSocket: no message lost, none twice, and no frame breaks it."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from botkit.inapp import MAX_REPLAY
from botkit.server.inapp import (
    GOING_AWAY,
    HEARTBEAT_SECONDS,
    HELLO_SECONDS,
    MAX_BAD_FRAMES,
    POLICY_VIOLATION,
    TRY_AGAIN,
)
from botkit.stores.base import StoreUnavailable
from channels.frames import (
    MAX_CLIENT_ID_LENGTH,
    MAX_FRAME_BYTES,
    MAX_FRAME_TEXT_LENGTH,
    MAX_PAYLOAD_LENGTH,
    Ack,
    BotMessage,
    BotTyping,
    Echo,
    ErrorFrame,
    Hello,
    Ping,
    Pong,
    UserMessage,
    UserReceipt,
    UserTyping,
    Welcome,
)
from models.delivery import DeliveryState
from tests.botkit.served import Served, serve, token

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "inapp.md").read_text("utf-8")
SHOWN_FLOW = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3:
    kind: send
    text: "Which size?"
    quick_replies: ["Small", {title: "Large", payload: "size-l"}]
    next: {onSuccess: end 101}
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path) as served:
        yield served
        await served.still_serves()


class Client:
    """A chat client: what it heard, by kind."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            message = await self.socket.receive()
        assert message.type is WSMsgType.TEXT, message
        frame: dict[str, Any] = json.loads(message.data)
        return frame

    async def hear_two(self) -> dict[str, dict[str, Any]]:
        """Two frames, by type: an acknowledgement and a reply may overtake each other."""
        frames = [await self.hear(), await self.hear()]
        return {frame["type"]: frame for frame in frames}

    async def hello(self, **more: Any) -> dict[str, Any]:
        await self.say(type="hello", **more)
        return await self.hear()

    async def nothing_more(self) -> None:
        await self.say(type="ping")
        assert (await self.hear())["type"] == "pong"

    async def closed(self) -> int | None:
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.receive()
                if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                    return self.socket.close_code


async def test_a_message_is_acknowledged_and_answered(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        welcome = await client.hello()
        assert (welcome["type"], welcome["last"], welcome["title"]) == ("welcome", 0, "Shop")
        assert (welcome["colour"], welcome["colour_dark"]) == ("#1c5fb8", "")
        assert welcome["greeting"] == "Hello!" and welcome["visitor"]
        await client.say(type="message", id="1", text="hi")
        heard = await client.hear_two()
        assert heard["ack"] == {"type": "ack", "id": "1", "seq": 1}
        reply = heard["message"]
        assert (reply["seq"], reply["text"]) == (2, "You said hi")
        assert reply["replies"] == [
            {"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "no-thanks"}
        ]  # fmt: skip


async def test_a_message_that_cannot_be_stored_is_not_acknowledged(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        server.bot.store.refuse = lambda change: bool(change.inbox)
        await client.say(type="message", id="1", text="hi")
        error = await client.hear()
        assert (error["type"], error["code"]) == ("error", "store_failed")
        server.bot.store.refuse = None
        await client.say(type="message", id="1", text="hi")
        assert (await client.hear_two()).keys() == {"ack", "message"}


async def test_a_lost_connection_loses_nothing_and_doubles_nothing(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        visitor = (await client.hello())["visitor"]
        for number in (1, 2, 3):
            await client.say(type="message", id=str(number), text=str(number))
            await client.hear_two()
        await client.say(type="message", id="4", text="4")  # and the line breaks before it is answered
    await server.bot.settle()
    async with server.chat() as socket:
        client = Client(socket)
        welcome = await client.hello(visitor=visitor, last=5)
        assert (welcome["last"], welcome["visitor"]) == (8, visitor)
        told = [await client.hear() for _ in range(3)]
        assert [(frame["seq"], frame["text"]) for frame in told] == [(6, "You said 3"), (7, "4"), (8, "You said 4")]
        assert (told[1]["type"], told[1]["id"]) == ("echo", "4")  # what she said herself is there too
        await client.say(type="message", id="4", text="4")  # it had no acknowledgement, so it is said again
        assert await client.hear() == {"type": "ack", "id": "4"}
        await client.nothing_more()


async def test_a_resumed_chat_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    async with serve(tmp_path) as first, first.chat() as socket:
        client = Client(socket)
        visitor = (await client.hello())["visitor"]
        await client.say(type="message", id="1", text="1")
        await client.hear_two()
    async with serve(tmp_path) as second, second.chat() as socket:
        client = Client(socket)
        welcome = await client.hello(visitor=visitor, last=0)
        assert welcome["visitor"] == visitor
        assert [(await client.hear())["text"] for _ in range(2)] == ["1", "You said 1"]
        await client.say(type="message", id="2", text="2")
        heard = await client.hear_two()
        assert (heard["ack"]["seq"], heard["message"]["seq"]) == (3, 4)


async def test_the_same_client_id_counts_once_also_on_two_devices_at_once(server: Served) -> None:
    async with server.chat() as one, server.chat() as two:
        first, second = Client(one), Client(two)
        for client in (first, second):
            await client.hello(token=token())
        await asyncio.gather(*(client.say(type="message", id="x", text="hi") for client in (first, second)))
        await asyncio.sleep(0.1)
        await server.bot.settle()
        for client in (first, second):
            kinds: list[str] = []
            await client.say(type="ping")
            while "pong" not in kinds:
                kinds.append((await client.hear())["type"])
            assert kinds.count("message") == 1 and kinds.count("ack") == 1


@pytest.mark.parametrize("taken", ["x:m1", "x%3Am1"])
async def test_no_user_can_take_the_id_of_anothers_message(server: Served, taken: str) -> None:
    async with server.chat() as one, server.chat() as two:
        ann, other = Client(one), Client(two)
        await ann.hello(token=token("ann"))
        await ann.say(type="message", id=taken, text="hers")
        assert (await ann.hear_two())["message"]["text"] == "You said hers"
        await other.hello(token=token("ann:x"))
        await other.say(type="message", id="m1", text="mine")
        heard = await other.hear_two()
        assert (heard["ack"]["seq"], heard["message"]["text"]) == (1, "You said mine")
    async with server.chat() as again:
        phone = Client(again)
        await phone.hello(token=token("ann"), last=0)
        assert (await phone.hear())["id"] == taken  # each client hears its id as it said it


async def test_a_reply_that_brings_only_its_payload_is_understood(server: Served) -> None:
    async with server.chat() as one, server.chat() as two:
        mine, phone = Client(one), Client(two)
        await mine.hello(token=token())
        await phone.hello(token=token())
        await mine.say(type="message", id="2", payload="Yes")
        assert (await mine.hear_two())["message"]["text"] == "You said Yes"
        assert (await phone.hear_two())["echo"]["text"] == "Yes"


async def test_other_devices_of_a_user_hear_what_she_said(server: Served) -> None:
    async with server.chat() as one, server.chat() as two, server.chat() as three:
        mine, phone, other = Client(one), Client(two), Client(three)
        await mine.hello(token=token())
        await phone.hello(token=token())
        await other.hello(token=token("bob"))
        await mine.say(type="message", id="1", text="hi")
        assert (await mine.hear_two()).keys() == {"ack", "message"}
        heard = await phone.hear_two()
        assert (heard["echo"]["seq"], heard["echo"]["id"], heard["echo"]["text"]) == (1, "1", "hi")
        assert heard["message"]["text"] == "You said hi"
        await other.nothing_more()
        await mine.say(type="message", id="1", text="hi")  # said again: the phone knows it already
        assert (await mine.hear())["type"] == "ack"
        await phone.nothing_more()


async def test_a_new_device_shows_both_halves_of_the_conversation(server: Served) -> None:
    async with server.chat() as one:
        mine = Client(one)
        await mine.hello(token=token())
        for id, text in (("1", "hi"), ("2", "how are you?")):
            await mine.say(type="message", id=id, text=text)
            await mine.hear_two()
    async with server.chat() as two, server.chat("members") as members:
        phone, other_app = Client(two), Client(members)
        await phone.hello(token=token(), last=0)
        told = [await phone.hear() for _ in range(4)]
        assert [(frame["type"], frame["text"]) for frame in told] == [
            ("echo", "hi"), ("message", "You said hi"), ("echo", "how are you?"), ("message", "You said how are you?")
        ]  # fmt: skip
        assert [frame["seq"] for frame in told] == [1, 2, 3, 4]
        await other_app.hello(token=token())
        await other_app.say(type="message", id="1", text="hi")  # the same id in another app is another message
        assert (await other_app.hear_two())["ack"]["seq"] == 1


async def test_her_own_words_are_kept_as_the_project_masks_them(server: Served) -> None:
    server.bot.app.privacy.set(["email"], "label")
    async with server.chat() as one, server.chat() as two:
        mine, phone = Client(one), Client(two)
        await mine.hello(token=token())
        await phone.hello(token=token())
        await mine.say(type="message", id="1", text="I am ann@example.com")
        assert (await phone.hear_two())["echo"]["text"] == "I am [email]"
        async with server.chat() as three:
            later = Client(three)
            await later.hello(token=token())
            assert (await later.hear())["text"] == "I am [email]"


async def test_what_is_refused_is_in_no_history(server: Served) -> None:
    async with server.chat() as one, server.chat() as two:
        mine, phone = Client(one), Client(two)
        await mine.hello(token=token())
        server.bot.store.refuse = lambda change: bool(change.inbox)
        await mine.say(type="message", id="1", text="hi")
        assert (await mine.hear())["type"] == "error"
        server.bot.store.refuse = None
        await phone.hello(token=token(), last=0)
        await phone.nothing_more()


async def test_receipts_reach_the_message(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        await client.say(type="message", id="1", text="hi")
        id = (await client.hear_two())["message"]["id"]
        for state in ("delivered", "read", "delivered"):
            await client.say(type="receipt", seq=2, state=state)
        await client.say(type="receipt", seq=1, state="read")  # that is what she said herself
        await client.say(type="receipt", seq=99, state="read")  # there is no such message
        await client.nothing_more()
        delivery = await server.bot.store.delivery(id)
        assert delivery is not None and delivery.state is DeliveryState.READ


async def test_a_signed_user_is_known_with_her_number(server: Served) -> None:
    async with server.chat("members") as socket:
        client = Client(socket)
        welcome = await client.hello(token=token("ann", name="Ann", msisdn="+15550000001"))
        assert (welcome["user"], welcome["name"], welcome["visitor"]) == ("ann", "Ann", None)
    await server.call("POST", "/sandbox/sms/messages", json={"from": "+15550000001", "text": "by SMS"})
    await server.bot.settle()
    assert {transaction.key for transaction in await server.bot.transactions()} == {"msisdn:+15550000001"}


WRONG_TOKENS = {
    "expired": lambda: token(seconds=-3_600),
    "endless": lambda: token(seconds=10**9),
    "of another secret": lambda: token()[:-6] + "AAAAAA",
    "nonsense": lambda: "not.a.token",
    "not text": lambda: "é" * 20,
}


@pytest.mark.parametrize("name", WRONG_TOKENS)
async def test_a_wrong_token_is_refused(server: Served, name: str) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        error = await client.hello(token=WRONG_TOKENS[name]())
        assert (error["type"], error["code"], error["field"]) == ("error", "bad_signature", "token")
        assert await client.closed() == 1008


async def test_a_visitor_is_refused_where_only_members_chat(server: Served) -> None:
    async with server.chat("members") as socket:
        assert (await Client(socket).hello())["code"] == "bad_signature"


async def test_a_foreign_visitor_token_gets_a_new_visitor(server: Served) -> None:
    async with server.chat() as socket:
        welcome = await Client(socket).hello(visitor="someone-else.AAAAAAAA")
        assert welcome["type"] == "welcome" and welcome["visitor"] != "someone-else.AAAAAAAA"


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("https://shop.example.evil.example", 403),
     ("https://shop.example", 101), ("HTTPS://SHOP.EXAMPLE", 101), (None, 101)],
)  # fmt: skip
async def test_only_known_pages_open_the_chat(server: Served, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"Origin": origin}
    if status == 101:
        async with server.chat(**headers) as socket:
            assert (await Client(socket).hello())["type"] == "welcome"
        return
    with pytest.raises(WSServerHandshakeError) as refused:
        async with server.chat(**headers):
            pass
    assert refused.value.status == status


async def test_a_device_too_many_is_told_to_come_back(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr("botkit.server.inapp.MAX_DEVICES", 0)
        status, body, headers = await server.call("GET", "/inapp/web", headers=upgrade)
    assert (status, body["error"]["code"], headers["Retry-After"]) == (503, "busy", "30")


async def test_a_chat_does_not_pack_its_frames(server: Served) -> None:
    """Every browser offers to; the memory for it would be several times that of the chat."""
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with server.chat(**offered) as socket:
        assert socket._response.headers.get("Sec-WebSocket-Extensions") is None
        assert (await Client(socket).hello())["type"] == "welcome"


async def test_chats_leave_room_for_all_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system allows few connections, the webhooks of gateways still find one."""
    monkeypatch.setattr("botkit.server.inapp.limit", lambda: 4)
    async with serve(tmp_path) as server, AsyncExitStack() as opened:
        for _ in range(3):
            await opened.enter_async_context(server.chat())
        with pytest.raises(WSServerHandshakeError) as refused:
            await opened.enter_async_context(server.chat())
        assert refused.value.status == 503
        await server.still_serves()


async def test_a_store_that_cannot_be_read_is_told_and_the_client_comes_back(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise StoreUnavailable("the store cannot be read: disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(server.bot.store, "mailbox_last", fail)
        async with server.chat() as socket:
            await socket.send_json({"type": "hello", "last": 0})
            assert (await socket.receive_json(timeout=5))["code"] == "store_failed"
            assert (await socket.receive(timeout=5)).data == TRY_AGAIN
    await server.still_serves()


BAD_FRAMES: dict[str, str] = {
    "no JSON": "hello",
    "half JSON": '{"type": "mess',
    "deep JSON": "[" * 10_000,
    "a list": "[1, 2]",
    "unknown type": '{"type": "dance"}',
    "no type": '{"text": "hi"}',
    "no id": '{"type": "message", "text": "hi"}',
    "an empty message": '{"type": "message", "id": "1", "text": "  "}',
    "a long message": json.dumps({"type": "message", "id": "1", "text": "x" * 5_000}),
    "a long id": json.dumps({"type": "message", "id": "x" * 65, "text": "hi"}),
    "half a character": '{"type": "message", "id": "1", "text": "\\ud83d"}',
    "a receipt for nothing": '{"type": "receipt", "seq": 0, "state": "read"}',
    "a huge number": '{"type": "receipt", "seq": 1e300, "state": "read"}',
    "a second hello": '{"type": "hello"}',
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_a_bad_frame_gets_an_error_and_the_chat_goes_on(server: Served, name: str) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        await socket.send_str(BAD_FRAMES[name])
        error = await client.hear()
        assert (error["type"], error["code"]) == ("error", "bad_request") and error["message"]
        assert error.get("id", "") == ("1" if name in ("an empty message", "a long message") else "")
        await client.say(type="message", id="1", text="hi")
        assert (await client.hear_two()).keys() == {"ack", "message"}


async def test_bytes_are_refused_and_the_chat_goes_on(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        await socket.send_bytes(b"\x00\x01")
        assert (await client.hear())["code"] == "bad_request"
        await client.nothing_more()


@pytest.mark.parametrize("text", [True, False], ids=["text", "bytes"])
async def test_too_many_bad_frames_end_it(server: Served, text: bool) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        for _ in range(30):
            await (socket.send_str("nonsense") if text else socket.send_bytes(b"nonsense"))
        assert await client.closed() == 1008


async def test_the_largest_frame_is_read(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        await socket.send_str('{"type": "ping"}'.ljust(MAX_FRAME_BYTES))
        assert (await client.hear())["type"] == "pong"


async def test_too_large_a_frame_ends_it(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await client.hello()
        await socket.send_str('{"type": "ping"}'.ljust(MAX_FRAME_BYTES + 1))
        assert await client.closed() == 1009
    assert failures(caplog) == []


UPGRADE = (
    b"GET /inapp/web HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
WRONG_FRAMES = {
    "a reserved bit": b"\xc1\x80\0\0\0\0",
    "an unknown kind": b"\x83\x80\0\0\0\0",
    "a continuation of nothing": b"\x80\x80\0\0\0\0",
    "no UTF-8": b"\x81\x81\0\0\0\0\xff",
    "one that is much too large": b"\x81\xff" + (1 << 40).to_bytes(8) + bytes(4),
    "half a code of a close": b"\x88\x81\0\0\0\0\x03",
}


@pytest.mark.parametrize("wrong", WRONG_FRAMES)
async def test_what_is_no_websocket_ends_it(server: Served, wrong: str, caplog: pytest.LogCaptureFixture) -> None:
    hello = b'{"type":"hello"}'
    greeting = b"\x81" + bytes([0x80 | len(hello)]) + bytes(4) + hello
    heard = await server.raw(UPGRADE + greeting + WRONG_FRAMES[wrong])
    assert heard.startswith(b"HTTP/1.1 101 ")
    assert heard[-4:-2] == b"\x88\x02" and int.from_bytes(heard[-2:]) in (1002, 1007, 1009)
    assert failures(caplog) == []


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("first", ['{"type": "ping"}', "nonsense", '{"type": "message", "id": "1", "text": "hi"}'])
async def test_who_does_not_say_hello_is_shown_out(server: Served, first: str) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await socket.send_str(first)
        assert (await client.hear())["type"] == "error"
        assert await client.closed() == 1008


async def test_who_says_hello_in_bytes_is_told_why_not(server: Served) -> None:
    async with server.chat() as socket:
        client = Client(socket)
        await socket.send_bytes(b'{"type": "hello"}')
        assert (await client.hear())["message"] == "frames are text, not bytes"
        assert await client.closed() == 1008


async def test_who_says_nothing_is_shown_out(server: Served) -> None:
    async with server.chat() as socket:
        await asyncio.sleep(0.02)
        server.bot._ahead += 11
        assert await Client(socket).closed() == 1008


async def test_a_store_that_fails_at_hello_asks_to_come_back(server: Served) -> None:
    server.bot.store.refuse = lambda change: bool(change.customers)
    async with server.chat() as socket:
        client = Client(socket)
        error = await client.hello(token=token("ann", name="Ann"))
        assert (error["type"], error["code"]) == ("error", "store_failed")
        assert await client.closed() == 1013
    server.bot.store.refuse = None


async def test_a_client_that_does_not_read_is_let_go_and_misses_nothing(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.server.inapp.MAX_QUEUED_FRAMES", 50)
    user, text = token(), "x" * 4_000
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(
        b"GET /inapp/web HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    hello = json.dumps({"type": "hello", "token": user}).encode()
    mask = b"\x00\x00\x00\x00"
    writer.write(b"\x81" + bytes([0x80 | 126]) + len(hello).to_bytes(2) + mask + hello)
    await writer.drain()
    mailboxes = server.bot.app.mailboxes
    await server.bot.until(lambda: mailboxes.connected)
    count = 0
    while mailboxes.connected and count < 3_000:  # it never reads: what the system takes is soon full
        await server.bot.accept(server.bot.message(text, "ann", to="web"))
        count += 1
        if count % 50 == 0:
            await server.bot.settle()
            server.bot._ahead += 15  # a close that is not answered is given up after a while
    assert not mailboxes.connected, "the slow client is still there"
    writer.transport.abort()
    await server.bot.settle()
    assert await server.bot.store.mailbox_last("web", "customerid:ann") == count  # it all waits for her


async def test_a_stopping_server_tells_its_clients(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        async with serve(tmp_path) as served:
            socket = await session.ws_connect(f"{served.url}/inapp/web")
            client = Client(socket)
            await client.hello()
            closing = asyncio.create_task(client.closed())
        assert await closing == 1001


def shown_turns() -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The exchange in the docs: what the client says, and what it hears upon it."""
    block = PAGE.partition("```text\n")[2].partition("```")[0]
    turns: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for line in block.splitlines():
        frame = json.loads(line[2:])
        if line.startswith("> "):
            turns.append((frame, []))
        else:
            turns[-1][1].append(frame)
    return turns


async def test_the_exchange_in_the_docs_happens(tmp_path: Path) -> None:
    async with serve(tmp_path, SHOWN_FLOW) as server, server.chat() as socket:
        client = Client(socket)
        for said, answers in shown_turns():
            await client.say(**said)
            heard = {frame["type"]: frame for frame in [await client.hear() for _ in answers]}
            for shown in answers:
                found = heard[shown["type"]]
                assert found.keys() == shown.keys()
                made = {name for name, value in shown.items() if value == "..." or name == "at"}
                assert {name: found[name] for name in found.keys() - made} == {
                    name: shown[name] for name in shown.keys() - made
                }
        await client.nothing_more()


def test_the_docs_know_every_frame_and_bound() -> None:
    said, _, heard = PAGE.partition("## What the client hears")
    for rows, frames in (
        (said, (Hello, UserMessage, UserReceipt, UserTyping, Ping)),
        (heard, (Welcome, Ack, BotMessage, Echo, BotTyping, Pong, ErrorFrame)),
    ):
        table = re.findall(r"^\| `(\w+)` \|(.*?)\|", rows, re.MULTILINE)
        listed = {kind: re.findall(r"`(\w+)`", fields) for kind, fields in table}
        assert listed == {str(frame.__struct_config__.tag): list(frame.__struct_fields__) for frame in frames}
    bounds = (HELLO_SECONDS, HEARTBEAT_SECONDS, MAX_BAD_FRAMES, MAX_REPLAY, MAX_FRAME_BYTES, MAX_FRAME_TEXT_LENGTH,
              MAX_PAYLOAD_LENGTH, MAX_CLIENT_ID_LENGTH)  # fmt: skip
    assert [bound for bound in bounds if not re.search(rf"\b{int(bound):,}\b", PAGE)] == []
    assert set(re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE)) == {
        str(code) for code in (GOING_AWAY, POLICY_VIOLATION, 1009, TRY_AGAIN)
    }
