"""Pages: the sandbox, the files of the widget, and what operators look at."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.botkit.served import Served, serve

ANN = "+15550000001"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path) as served:
        yield served


async def test_a_conversation_in_the_sandbox(server: Served) -> None:
    status, said, _ = await server.call("POST", "/sandbox/sms/messages", json={"from": ANN, "text": "hi"})
    assert status == 202 and said["id"]
    await server.bot.settle()
    status, body, _ = await server.call("GET", "/sandbox/sms/messages?address=%2B15550000001")
    assert status == 200
    mine, reply = body["messages"]
    assert (mine["id"], mine["direction"], mine["text"], mine["state"]) == (said["id"], "in", "hi", "received")
    assert (reply["direction"], reply["text"], reply["state"]) == ("out", "You said hi", "delivered")
    assert [choice["title"] for choice in reply["replies"]] == ["Yes", "No"]
    assert mine["at"] <= reply["at"]
    for spelling in ("+15550000001", "15550000001"):  # a plus that was not encoded
        _, again, _ = await server.call("GET", f"/sandbox/sms/messages?address={spelling}")
        assert again == body


async def test_the_sandbox_knows_a_message_by_its_id(server: Served) -> None:
    for _ in range(3):
        await server.call("POST", "/sandbox/sms/messages", json={"from": ANN, "text": "hi", "id": "1"})
    await server.bot.settle()
    assert len(await server.bot.history("sms")) == 2


@pytest.mark.parametrize("address", ["/sandbox/sms/messages", "/channels/sms"])
async def test_only_our_own_page_plays_customers(server: Served, address: str) -> None:
    message = json.dumps({"from": ANN, "text": "hi"})
    for site, expected in {"cross-site": 403, "same-site": 403, "same-origin": 2, "none": 2}.items():
        # what a page of any other site may send without asking
        headers = {"Content-Type": "text/plain", "Origin": "https://evil.example", "Sec-Fetch-Site": site}
        status, body, _ = await server.call("POST", address, data=message, headers=headers)
        assert expected in (status, status // 100)
        assert expected == 2 or body["error"]["field"] == "sec-fetch-site"


@pytest.mark.parametrize("address", ["/sandbox/sms/messages", "/channels/sms"])
async def test_only_our_own_page_plays_customers_without_tls(server: Served, address: str) -> None:
    message = json.dumps({"from": ANN, "text": "hi"})
    origins = {
        "http://bots.example:8080": 2, "https://chat.example": 2, "null": 403, "http://evil.example": 403,
        "http://bots.example": 403, "http://bots.example:8080.evil.example": 403, "http://bots.example:80801": 403,
    }  # fmt: skip
    server.bot.app.public_url = "https://chat.example"  # a proxy may call by another name than the browser does
    for origin, expected in origins.items():
        headers = {"Content-Type": "text/plain", "Host": "bots.example:8080", "Origin": origin}
        status, body, _ = await server.call("POST", address, data=message, headers=headers)
        assert expected in (status, status // 100), (origin, body)
        assert expected == 2 or body["error"]["field"] == "origin"


async def test_the_sandbox_lists_what_can_be_played(server: Served) -> None:
    _, body, _ = await server.call("GET", "/sandbox/assets")
    assert {row["id"]: row["channel"] for row in body["assets"]} == {"sms": "sms", "web": "inapp", "members": "inapp"}


async def test_it_is_alive_and_ready(server: Served) -> None:
    assert (await server.call("GET", "/healthz"))[0] == 200
    assert (await server.call("GET", "/readyz"))[:2] == (200, {"status": "ready"})
    server.bot.app.ready = False
    status, error = await server.error("GET", "/readyz")
    assert (status, error["code"]) == (503, "not_ready")
    assert (await server.call("GET", "/readyz"))[2]["Retry-After"] == "5"
    assert (await server.call("HEAD", "/healthz"))[0] == 200


async def test_it_is_not_ready_while_its_store_takes_nothing(server: Served) -> None:
    async def say() -> int:
        return (await server.call("POST", "/sandbox/sms/messages", json={"from": ANN, "text": "hi"}))[0]

    path = server.bot.store.path
    path.rename(path.with_suffix(".away"))
    assert await say() == 503
    status, error = await server.error("GET", "/readyz")
    assert (status, error["code"]) == (503, "store_failed")
    path.with_suffix(".away").rename(path)
    assert await say() == 202
    assert (await server.call("GET", "/readyz"))[0] == 200


async def test_it_counts(server: Served) -> None:
    await server.call("POST", "/sandbox/sms/messages", json={"from": ANN, "text": "hi"})
    await server.bot.settle()
    status, text, headers = await server.call("GET", "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain")
    for name in ("botkit_received_total", "botkit_sends_total", "botkit_waiting", "botkit_sessions_ended_total"):
        assert f"\n{name}" in text


@pytest.mark.parametrize(
    ("path", "type"), [("/sandbox", "text/html"), ("/widget.js", "text/javascript"), ("/", "text/html")]
)
async def test_pages_and_scripts_are_served(server: Served, path: str, type: str) -> None:
    status, text, headers = await server.call("GET", path)
    assert status == 200 and text
    assert headers["Content-Type"].startswith(type) and headers["X-Content-Type-Options"] == "nosniff"
    if type == "text/html":
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, _, _ = await server.call("GET", path, headers={"If-None-Match": headers["ETag"]})
    assert status == 304


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/", "/static/x"]
)
async def test_nothing_else_is_served(server: Served, path: str) -> None:
    status, error = await server.error("GET", path)
    assert (status, error["code"]) == (404, "not_found")


@pytest.mark.parametrize("app", ["none", "sms"])
async def test_an_app_that_is_not_there_has_no_page(server: Served, app: str) -> None:
    status, error = await server.error("GET", f"/demo/{app}")
    assert (status, error["code"]) == (404, "unknown_asset")


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/sandbox", "/widget.js", "/channels/none", "/inapp/none"])
async def test_no_answer_says_what_software_it_comes_from(server: Served, path: str) -> None:
    _, _, headers = await server.call("GET", path)
    assert not [name for name, value in headers.items() if name == "Server" or "aiohttp" in value.lower()]


@pytest.mark.parametrize("line", [b"GET / HTTP/9.9", b"\x16\x03\x01", b"GET / HTTP/1.1\r\nContent-Length: x"])
async def test_nor_does_the_answer_to_what_cannot_be_read(server: Served, line: bytes) -> None:
    said = (await server.raw(line + b"\r\n\r\n")).lower()
    assert said.startswith(b"http/1.") and b"this is not http" in said
    assert b"aiohttp/" not in said and b"python/" not in said
