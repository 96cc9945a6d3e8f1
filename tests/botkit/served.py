"""Served: the real server on a port of its own, in front of a bot."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from botkit.server.app import Server
from channels.tokens import sign_user
from models.service import Service
from tests.botkit.bot import BASE, Bot, asset, rule

SECRET = "a secret of the shop's server"
TOKEN = "twilio's auth token"
OWN = "http://127.0.0.1"

FLOW = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3:
    kind: send
    text: "You said $(message.text)"
    quick_replies: ["Yes", {title: "No", payload: "no-thanks"}]
    next: {onSuccess: end 101}
"""
ASSETS = (
    asset("sms", provider="sandbox"),
    asset("form", provider="sms_http", send_url="http://127.0.0.1:9/send"),
    asset("json", provider="sms_http", send_url="http://127.0.0.1:9/send"),
    asset("tw", provider="twilio", account_sid="AC1", auth_token=TOKEN),
    asset(
        "web",
        "inapp",
        "inapp",
        secret=SECRET,
        origins=["https://shop.example"],
        title="Shop",
        greeting="Hello!",
        colour="#1c5fb8",
    ),
    asset("members", "inapp", "inapp", secret=SECRET, anonymous=False),
)


class Served:
    """The server's address, and a client for it."""

    def __init__(self, bot: Bot, port: int, client: aiohttp.ClientSession) -> None:
        self.bot = bot
        self.port = port
        self.client = client
        self.url = f"http://127.0.0.1:{port}"

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any, Any]:
        """Status, body as JSON (or text), and headers of an answer."""
        async with self.client.request(method, URL(self.url + path, encoded=True), **more) as answer:
            text = await answer.text()
            is_json = answer.content_type == "application/json"
            return answer.status, json.loads(text) if is_json and text else text, answer.headers

    async def error(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, str]]:
        """Status and error of an answer that has to be one in our shape."""
        status, body, headers = await self.call(method, path, **more)
        assert headers["Content-Type"].startswith("application/json"), body
        assert set(body) == {"error"} and {"code", "message"} <= set(body["error"]) <= {"code", "message", "field"}
        assert all(body["error"].values())
        return status, body["error"]

    async def raw(self, data: bytes, *, seconds: float = 5, end: bool = False) -> bytes:
        """What comes back for these bytes until the server closes or nothing comes any more."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        got = b""
        try:
            writer.write(data)
            await writer.drain()
            if end:
                writer.write_eof()
            async with asyncio.timeout(seconds):
                while part := await reader.read(65_536):
                    got += part
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        return got

    async def still_serves(self) -> None:
        """The server answers, and a customer gets her reply."""
        status, body, _ = await self.call("GET", "/healthz")
        assert (status, body) == (200, {"status": "ok"})
        before = len(await self.bot.history("sms", "+15559990000"))
        status, _, _ = await self.call("POST", "/sandbox/sms/messages", json={"from": "+15559990000", "text": "ping"})
        assert status == 202
        await self.bot.settle()
        assert len(await self.bot.history("sms", "+15559990000")) == before + 2

    def chat(self, app: str = "web", **headers: str) -> Any:
        return self.client.ws_connect(f"{self.url}/inapp/{app}", headers=headers, max_msg_size=0)


def token(customerid: str = "ann", seconds: float = 3_600, **claims: Any) -> str:
    return sign_user(SECRET, {"customerid": customerid, "exp": BASE / 1000 + seconds, **claims})


@contextlib.asynccontextmanager
async def serve(folder: Path, flow: str = FLOW, **settings: Any) -> AsyncIterator[Served]:
    rules = (rule("main"), rule("main", event="inapp.message"))
    services = [Service("s", "Shop", assets=tuple(item.id for item in ASSETS), rules=rules)]
    async with (
        Bot(folder, flow, services=services, assets=ASSETS, **settings) as bot,
        Server(bot.app).listen("127.0.0.1", 0) as port,
        aiohttp.ClientSession(auto_decompress=True) as client,
    ):
        yield Served(bot, port, client)
