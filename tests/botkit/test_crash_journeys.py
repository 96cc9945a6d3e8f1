"""Crashes on long journeys: receipts, fallback, timers, a called flow and messages that wait survive kill -9."""

import asyncio
import json
import time
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from botkit.stores.sqlite import SqliteStore
from tests.botkit.journey import DELAY_SECONDS, JOURNEY, PAUSE
from tests.botkit.kills import check_doubles, kill_at_random
from tests.botkit.process import Handler, Provider, ServerProcess, post, write_project

KILLS = 10
SHORTEST_LIFE, LONGEST_LIFE = 0.3, 1.5
CUSTOMERS = [f"+1555000{number:04d}" for number in range(15)]
MESSAGES_EACH = 3
RECEIPT_SECONDS = 0.2
SETTLE_SECONDS = 120.0

FATES = ("delivered", "failed", "silent", "busy first", "delivered twice")
"""What becomes of the first text of a journey on the first asset; all others are delivered."""


class Carrier(Provider):
    """A provider of two assets that tells, by receipts, what became of each message."""

    def __init__(self) -> None:
        super().__init__()
        self.server_url = ""
        self.delivered: dict[tuple[str, str], float] = {}
        """By customer and text: when it was first told that it was delivered."""
        self._busy: set[str] = set()
        self._telling: set[asyncio.Task[None]] = set()

    def routes(self) -> dict[str, Handler]:
        return {"/send": self._first, "/second": self._second}

    async def _first(self, request: web.Request) -> web.Response:
        return await self._take("sms", json.loads(await request.read()))

    async def _second(self, request: web.Request) -> web.Response:
        return await self._take("second", json.loads(await request.read()))

    async def _take(self, asset: str, body: dict[str, Any]) -> web.Response:
        fate = fate_of(body) if asset == "sms" else "delivered"
        if fate == "busy first" and body["id"] not in self._busy:
            self._busy.add(body["id"])
            return web.Response(status=503)
        id = f"p-{len(self.taken)}"
        self.taken.append({**body, "asset": asset, "at": time.monotonic()})
        if fate != "silent":
            for _ in range(2 if fate == "delivered twice" else 1):
                task = asyncio.create_task(self._tell(asset, id, "failed" if fate == "failed" else "delivered", body))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
        return web.json_response({"id": id})

    async def _tell(self, asset: str, id: str, status: str, body: dict[str, Any]) -> None:
        await asyncio.sleep(RECEIPT_SECONDS)
        if status == "delivered":
            self.delivered.setdefault((body["to"], body["text"]), time.monotonic())
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    receipt = {"id": id, "status": status}
                    async with session.post(f"{self.server_url}/channels/{asset}", data=receipt) as answer:
                        if answer.status == 200:
                            return
                except (aiohttp.ClientError, TimeoutError, ConnectionError):
                    pass
                await asyncio.sleep(0.05)  # the server is down: providers come back


def fate_of(body: dict[str, Any]) -> str:
    """The same at each try, whatever is killed meanwhile."""
    if not body["text"].startswith("A "):
        return "delivered"
    return FATES[zlib.crc32(f"{body['to']} {body['text']}".encode()) % len(FATES)]


@pytest.mark.crash
@pytest.mark.timeout(400)
async def test_journeys_go_on_where_they_were_after_kill_9(tmp_path: Path) -> None:
    async with Carrier() as carrier, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        server = ServerProcess(write_journey(tmp_path / "project", carrier))
        await server.start()
        carrier.server_url = server.url
        sending = [asyncio.create_task(write_all(session, server, customer)) for customer in CUSTOMERS]
        kills = await kill_at_random(server, KILLS, (SHORTEST_LIFE, LONGEST_LIFE), seed=20261127)
        await asyncio.gather(*sending)
        await until_arrived(carrier)
        assert await server.stop() == 0

    by_customer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for reply in carrier.taken:
        by_customer[reply["to"]].append(reply)
    assert sorted(by_customer) == CUSTOMERS
    for customer, replies in by_customer.items():
        # A message that came during a journey began its own when that was over.
        texts = list(dict.fromkeys(reply["text"] for reply in replies))
        assert texts == [f"{part} m{n}" for n in range(MESSAGES_EACH) for part in "ABC"]
        for asset in ("sms", "second"):
            check_doubles([reply for reply in replies if reply["asset"] == asset], kills)
        check_ways(customer, replies, carrier)
    assert await outcomes(tmp_path / "project") == [201] * len(CUSTOMERS) * MESSAGES_EACH


def write_journey(directory: Path, carrier: Carrier) -> Path:
    second = f"""
[assets.second]
channel = "sms"
provider = "sms_http"
number = "60607"
send_url = "{carrier.url.replace("/send", "/second")}"
send_type = "json"
send_body = '{{"id": "{{id}}", "to": "{{to}}", "text": "{{text}}"}}'
send_id_path = "id"
"""
    write_project(directory, JOURNEY, provider=carrier.url, extra=second)
    (directory / "flows" / "pause.flow.yaml").write_text(PAUSE, "utf-8")
    settings = directory / "botkit.toml"
    settings.write_text(settings.read_text("utf-8").replace('assets = ["sms"]', 'assets = ["sms", "second"]'), "utf-8")
    return directory


async def write_all(session: aiohttp.ClientSession, server: ServerProcess, customer: str) -> None:
    """All messages of a customer, one upon the other, each again until it is acknowledged."""
    for number in range(MESSAGES_EACH):
        while True:
            try:
                if await post(session, server.url, customer, f"m{number}", f"{customer}-{number}") == 200:
                    break
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                await asyncio.sleep(0.02)


async def until_arrived(carrier: Carrier) -> None:
    wanted = {(customer, f"C m{number}") for customer in CUSTOMERS for number in range(MESSAGES_EACH)}
    async with asyncio.timeout(SETTLE_SECONDS):
        while not wanted <= {(reply["to"], reply["text"]) for reply in carrier.taken}:
            await asyncio.sleep(0.05)


def check_ways(customer: str, replies: list[dict[str, Any]], carrier: Carrier) -> None:
    """The second asset came in where the first failed, and the pause was never cut short."""
    for number in range(MESSAGES_EACH):
        first = [reply for reply in replies if reply["text"] == f"A m{number}"]
        assets = {reply["asset"] for reply in first}
        assert "sms" in assets
        if fate_of(first[0]) in ("failed", "silent"):
            assert "second" in assets
        then = next(reply["at"] for reply in replies if reply["text"] == f"B m{number}")
        assert then - carrier.delivered[customer, f"A m{number}"] >= DELAY_SECONDS


async def outcomes(directory: Path) -> list[int]:
    """How each journey ended, as the store has it."""
    store = SqliteStore(directory / ".botkit" / "botkit.db")
    await store.open()
    try:
        return [transaction.outcome for transaction in await store.transactions(limit=1_000)]
    finally:
        await store.close()
