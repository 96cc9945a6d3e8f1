"""Bad input: every wrong call gets a clear error, and the server goes on serving."""

import asyncio
import functools
import gzip
import json
import logging
import time
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botkit.stores.base import StoreFailed
from channels.sms.twilio import signature
from tests.botkit.served import TOKEN, Served, serve
from tests.botkit.wire import wire

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path, max_body_bytes=10_000) as served:
        yield served
        await served.still_serves()


CASES: dict[str, tuple[str, str, dict[str, Any], int, str, str]] = {
    "unknown asset": ("POST", "/channels/nobody", {"data": b""}, 404, "unknown_asset", "asset"),
    "unknown asset, GET": ("GET", "/channels/nobody?a=1", {}, 404, "unknown_asset", "asset"),
    "unknown address": ("GET", "/nothing/here", {}, 404, "not_found", "path"),
    "no asset": ("POST", "/channels/", {"data": b""}, 404, "not_found", "path"),
    "dots": ("POST", "/channels/%2e%2e", {"data": b""}, 404, "unknown_asset", "asset"),
    "slashes": ("POST", "/channels/..%2f..%2fetc%2fpasswd", {"data": b""}, 404, "unknown_asset", "asset"),
    "nothing": ("POST", "/channels/%00", {"data": b""}, 404, "unknown_asset", "asset"),
    "half a character": ("POST", "/channels/%ff", {"data": b""}, 404, "unknown_asset", "asset"),
    "PUT": ("PUT", "/channels/sms", {"data": b"{}"}, 405, "method_not_allowed", "method"),
    "DELETE": ("DELETE", "/channels/sms", {}, 405, "method_not_allowed", "method"),
    "PATCH": ("PATCH", "/sandbox/sms/messages", {"data": b"{}"}, 405, "method_not_allowed", "method"),
    "POST to a page": ("POST", "/healthz", {"data": b"{}"}, 405, "method_not_allowed", "method"),
    "too large": ("POST", "/channels/sms", {"data": b" " * 10_001, "headers": JSON}, 413, "too_large", "body"),
    "too large for the sandbox": ("POST", "/sandbox/sms/messages", {"data": b" " * 10_001}, 413, "too_large", "body"),
    "no body": ("POST", "/channels/sms", {"data": b"", "headers": JSON}, 400, "bad_request", "body"),
    "half JSON": ("POST", "/channels/sms", {"data": b'{"from": "+1', "headers": JSON}, 400, "bad_request", "body"),
    "no JSON": ("POST", "/channels/sms", {"data": b"hello", "headers": JSON}, 400, "bad_request", "body"),
    "a list": ("POST", "/channels/sms", {"data": b"[1]", "headers": JSON}, 400, "bad_request", "body"),
    "deep JSON": (
        "POST", "/channels/sms", {"data": b"[" * 5_000 + b"]" * 5_000, "headers": JSON}, 400, "bad_request", "body"
    ),
    "deep JSON, not too deep to read": (
        "POST", "/channels/sms", {"data": b'{"a":' * 100 + b"1" + b"}" * 100, "headers": JSON},
        400, "bad_request", "body"
    ),
    "invalid UTF-8": (
        "POST", "/channels/sms", {"data": b'{"from": "\xff\xfe"}', "headers": JSON}, 400, "bad_request", "body"
    ),
    "half a surrogate": (
        "POST", "/channels/sms", {"data": b'{"from":"+15550000001","text":"\\ud83d"}', "headers": JSON},
        400, "bad_request", "body"
    ),
    "no sender": ("POST", "/channels/sms", {"json": {"text": "hi"}}, 400, "bad_request", "from"),
    "no number": ("POST", "/channels/sms", {"json": {"from": "+1", "text": "hi"}}, 400, "bad_request", "from"),
    "a sender that is none": (
        "POST", "/channels/sms", {"json": {"from": [], "text": "hi"}}, 400, "bad_request", "from"
    ),
    "a number as text": (
        "POST", "/channels/sms", {"json": {"from": "+15550000001", "text": 5}}, 400, "bad_request", "text"
    ),
    "no text": ("POST", "/sandbox/sms/messages", {"json": {"from": "+15550000001"}}, 400, "bad_request", "text"),
    "sandbox of a real asset": (
        "POST", "/sandbox/form/messages", {"json": {"from": "+15550000001", "text": "x"}}, 404, "unknown_asset", "asset"
    ),
    "nobody's conversation": ("GET", "/sandbox/sms/messages", {}, 400, "bad_request", "address"),
    "no address": ("GET", "/sandbox/sms/messages?address=%2B1", {}, 400, "bad_request", "address"),
    "half an address": ("GET", "/sandbox/sms/messages?address=zzzzz%00", {}, 400, "bad_request", "address"),
    "a multipart form": (
        "POST", "/channels/form", {"data": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        400, "bad_request", "content-type"
    ),
    "an unknown charset": (
        "POST", "/channels/form", {"data": b"from=1", "headers": {"Content-Type": "text/json; charset=x"}},
        400, "bad_request", "content-type"
    ),
    "malformed form": (
        "POST", "/channels/form", {"data": b"from=%ff&text=%zz", "headers": FORM}, 400, "bad_request", "body"
    ),
    "form beyond ASCII": (
        "POST", "/channels/form", {"data": b"from=\xff", "headers": FORM}, 400, "bad_request", "body"
    ),
    "endless form": ("POST", "/channels/form", {"data": b"a=1&" * 600, "headers": FORM}, 400, "bad_request", "body"),
    "empty form": ("POST", "/channels/form", {"data": b"", "headers": FORM}, 400, "bad_request", "from"),
    "no signature": (
        "POST", "/channels/tw", {"data": b"Body=hi", "headers": FORM}, 403, "bad_signature", "x-twilio-signature"
    ),
    "bad signature": (
        "POST", "/channels/tw", {"data": b"Body=hi", "headers": {**FORM, "X-Twilio-Signature": "AAAA"}},
        403, "bad_signature", "x-twilio-signature"
    ),
    "a signature beyond ASCII": (
        "POST", "/channels/tw", {"data": b"Body=hi", "headers": {**FORM, "X-Twilio-Signature": "é"}},
        403, "bad_signature", "x-twilio-signature"
    ),
    "a webhook call to an app": ("POST", "/channels/web", {"json": {}}, 400, "bad_request", "asset"),
    "a browser at the chat's address": ("GET", "/inapp/web", {}, 400, "bad_request", "upgrade"),
    "no such app": ("GET", "/inapp/nobody", {}, 404, "unknown_asset", "asset"),
    "an SMS asset as an app": ("GET", "/inapp/sms", {}, 404, "unknown_asset", "asset"),
    "not gzip": (
        "POST", "/channels/sms", {"data": b"hello", "headers": {**JSON, "Content-Encoding": "gzip"}},
        400, "bad_request", "body"
    ),
    "packed as nobody reads it": (
        "POST", "/channels/sms", {"data": b"hello", "headers": {**JSON, "Content-Encoding": "br"}},
        415, "unsupported", "content-encoding"
    ),
    "a gzip bomb": (
        "POST", "/channels/sms",
        {"data": gzip.compress(b" " * 5_000_000), "headers": {**JSON, "Content-Encoding": "gzip"}},
        413, "too_large", "body"
    ),
}  # fmt: skip


async def test_every_error_is_json_with_a_code_a_message_and_a_field(server: Served) -> None:
    wrong = {}
    for name, (method, path, more, status, code, field) in CASES.items():
        got_status, error = await server.error(method, path, **more)
        found = (got_status, error["code"], error.get("field", ""))
        if found != (status, code, field):
            wrong[name] = (found, error["message"])
    assert not wrong


async def test_what_can_be_read_of_a_call_is_taken_once(server: Served) -> None:
    good, bad = {"id": "a", "from": "+15550000001", "text": "hi"}, {"id": "b", "text": "hi"}
    for _ in range(2):  # who is told of a fault sends all of it again
        status, error = await server.error("POST", "/channels/form", json=[bad, good])
        assert (status, error["field"]) == (400, "from")
        assert error["message"] == "message 1 of 2: the sender is missing; the others are taken"
        await server.bot.settle()
    assert len(await server.bot.store.transactions(10)) == 1


async def test_a_wrong_method_says_which_are_right(server: Served) -> None:
    _, body, headers = await server.call("PUT", "/channels/sms")
    assert headers["Allow"] == "GET, POST"
    assert body["error"]["message"] == "this address takes GET, POST"


@pytest.mark.parametrize("path", ["/channels/sms", "/nothing"])
async def test_what_a_call_cannot_expect_is_told_as_json(server: Served, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nExpect: the-moon\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    answer = await server.raw(head.encode() + b"{}")
    assert answer.startswith(b"HTTP/1.1 417 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == {
        "code": "unsupported", "message": "a request can expect 100-continue, and nothing else", "field": "expect",
    }  # fmt: skip


async def test_a_chunked_body_is_bounded_too(server: Served) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 1_000

    status, error = await server.error("POST", "/channels/sms", data=parts(), headers=JSON)
    assert (status, error["code"]) == (413, "too_large")


@functools.cache
def packed_zeros() -> bytes:
    """A fifth of a megabyte that unpacks to 200."""
    return gzip.compress(bytes(200_000_000))


@pytest.mark.parametrize("path", ["/channels/sms", "/sandbox/sms/messages", "/nothing", "/healthz"])
async def test_what_is_packed_is_not_unpacked_beyond_the_bound(server: Served, path: str) -> None:
    bomb = packed_zeros()
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb) + 1}\r\n\r\n"
    began = time.process_time()
    said = await server.raw(head.encode() + bomb, seconds=1)
    assert said.startswith(b"HTTP/1.1 4")
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    ("packing", "pack"), [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)]
)
@pytest.mark.parametrize("address", ["/channels/sms", "/sandbox/sms/messages"])
async def test_a_packed_body_is_read(
    server: Served, address: str, packing: str, pack: Callable[[bytes], bytes]
) -> None:
    body = pack(json.dumps({"from": "+15550000001", "text": "hi"}).encode())
    status, _, _ = await server.call("POST", address, data=body, headers={**JSON, "Content-Encoding": packing})
    assert status in (200, 202)
    await server.bot.settle()
    assert next(entry.text for entry in await server.bot.history("sms")) == "hi"


async def test_a_declared_size_is_refused_before_it_has_come(server: Served) -> None:
    head = b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    answer = await server.raw(head + b"{", seconds=3)
    assert b" 413 " in answer.split(b"\r\n")[0] and b"too_large" in answer


async def test_the_right_signature_is_let_in(server: Served) -> None:
    fields = {"MessageSid": "SM1", "From": "+15550000001", "To": "60606", "Body": "hi"}
    url = f"{server.url}/channels/tw"
    mark = signature(TOKEN, url, {name: [value] for name, value in fields.items()})
    status, body, headers = await server.call("POST", "/channels/tw", data=fields, headers={"X-Twilio-Signature": mark})
    assert status == 200 and "<Response>" in body and headers["Content-Type"].startswith("application/xml")
    fields["Body"] = "another"
    status, _ = await server.error("POST", "/channels/tw", data=fields, headers={"X-Twilio-Signature": mark})
    assert status == 403


GARBAGE = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "nonsense": b"hello there, are you a server?\r\n\r\n",
    "a header without a colon": b"GET /healthz HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
    "a header with a space": b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
    "a long header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "a long address": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
    "length and chunks": (
        b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "a negative length": b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
    "a broken chunk": (
        b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"
    ),
    "a null in a header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_what_is_no_http_is_refused(server: Served, name: str) -> None:
    answer = await server.raw(GARBAGE[name], seconds=2, end=True)
    first = answer.split(b"\r\n")[0]
    assert not answer or first.split()[1:2] in ([b"400"], [b"414"], [b"431"], [b"413"]), answer[:300]


async def test_too_many_headers_are_refused(server: Served) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 50) for number in range(20_000))
    answer = await server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n", seconds=3)
    assert b" 200 " not in answer.split(b"\r\n")[0]


async def test_requests_in_one_go_are_answered_in_order(server: Served) -> None:
    def request(text: str) -> bytes:
        body = json.dumps({"from": "+15550000001", "text": text, "id": text}).encode()
        head = (
            f"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        return head.encode() + b"\r\n\r\n" + body

    wrong = b"PUT /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await server.raw(request("a") + request("b") + wrong + request("c") + last)
    statuses = [line.split()[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    statuses += [part.split()[1] for part in answer.split(b"}")[1:] if part.startswith(b"HTTP/1.1 ")]
    assert sorted(statuses) == [b"200", b"200", b"200", b"200", b"405"], answer
    await server.bot.settle()
    heard = [line.text for line in await server.bot.history("sms") if line.direction == "in"]
    assert heard == ["a", "b", "c"]


@pytest.mark.parametrize(
    "half",
    [
        b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
        b"POST /channels/form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfrom=\r\n",
        b"POST /channels/sms HTTP/1.1\r\nHost: x\r\n",
        b"GET /hea",
        b"",
    ],
    ids=["body", "chunk", "headers", "line", "nothing"],
)
async def test_a_request_that_never_ends_is_given_up(server: Served, half: bytes) -> None:
    """Time passes in one leap; the connection has to be closed by it."""
    reading = asyncio.create_task(server.raw(half, seconds=30))
    await asyncio.sleep(0.05)
    for _ in range(4):
        server.bot._ahead += 6
        await asyncio.sleep(0.02)
        server.bot._ahead += 25
        await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        answer = await reading
    assert not answer or b" 408 " in answer.split(b"\r\n")[0] or b" 400 " in answer.split(b"\r\n")[0], answer


async def test_a_connection_that_breaks_off_changes_nothing(server: Served) -> None:
    body = b'{"from":"+15550000001","text":"half'
    head = b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n"
    await server.raw(head + body, seconds=1, end=True)
    await server.bot.settle()
    assert await server.bot.history("sms") == []


GONE = {
    "amid a body of a page": b"POST /sandbox/sms/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n{",
    "amid chunks": b"POST /channels/sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    "as a chat begins": (
        b"GET /inapp/web HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ),
}


@pytest.mark.parametrize("when", GONE)
async def test_a_client_that_hangs_up_is_no_failure_of_ours(
    server: Served, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    for pause in (0, 0.02):
        async with wire(server.port) as client:
            await client.send(GONE[when])
            await asyncio.sleep(pause)
            client.reset()
    await asyncio.sleep(0.1)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    await server.still_serves()


async def test_a_store_that_fails_is_a_503_to_try_again(server: Served) -> None:
    server.bot.store.refuse = lambda change: bool(change.inbox)
    message = {"from": "+15550000001", "text": "x", "id": "1"}
    status, body, headers = await server.call("POST", "/channels/sms", json=message)
    assert (status, body["error"]["code"]) == (503, StoreFailed.code)
    assert int(headers["Retry-After"]) > 0
    server.bot.store.refuse = None
    status, _, _ = await server.call("POST", "/channels/sms", json=message)
    assert status == 200
    await server.bot.settle()
    assert len(await server.bot.history("sms")) == 2


async def test_a_busy_server_is_a_503_to_try_again(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.engine.MAX_QUEUED", 0)
    status, error = await server.error("POST", "/channels/sms", json={"from": "+15550000001", "text": "x"})
    assert (status, error["code"]) == (503, "busy")
    monkeypatch.undo()


async def test_a_bug_of_ours_is_a_500_without_secrets(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*args: Any) -> None:
        raise KeyError("a secret of ours")

    with monkeypatch.context() as patched:
        patched.setattr(server.bot.engine, "accept_now", lambda live, values: None)
        patched.setattr(server.bot.engine, "accept_first", breaks)
        status, error = await server.error("POST", "/channels/sms", json={"from": "+15550000001", "text": "x"})
    assert status == 500 and error["code"] == "internal" and "secret" not in error["message"]


@settings(max_examples=60)
@given(
    st.binary(max_size=200), st.sampled_from(["sms", "form", "json", "tw", "web"]), st.sampled_from([FORM, JSON, {}])
)
def test_no_body_breaks_an_adapter(body: bytes, asset: str, headers: dict[str, str]) -> None:
    """Whatever comes, an adapter reads it or says what is wrong with it."""
    from botkit.catalog import load_catalog
    from channels.base import WebhookRequest
    from models.errors import BotkitError
    from tests.botkit.served import ASSETS

    made = next(item for item in ASSETS if item.id == asset)
    lower = {name.lower(): value for name, value in headers.items()}
    call = WebhookRequest("POST", "http://x/channels/a", "", lower, body, 1)
    channel = load_catalog().channel_for(made)
    try:
        channel.verify(call)
        channel.parse(call)
    except BotkitError as error:
        assert error.message
