"""Crashes under open chats: each message of a user runs once, and she gets each answer once, in order (P1 to P4)."""

import asyncio
import contextlib
import json
import random
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.botkit.kills import kill_at_random
from tests.botkit.process import ServerProcess, write_project

KILLS = 10
USERS = 8
MOST_MESSAGES = 150  # a session ends after 1,000 node visits, and each message is three
SHORTEST_LIFE, LONGEST_LIFE = 0.1, 0.8
SETTLE_SECONDS = 60.0
PAUSE_SECONDS = 0.05
"""How long a client waits before it connects again."""

COUNTER = """
flow: main
session_key: customerid
variables:
  said: {default: ""}
nodes:
  2: {kind: start, accepts: [inapp.message], next: {onBegin: 3}}
  3: {kind: set_variable, set: {said: "$(said)."}, next: {onSuccess: 4}}
  4: {kind: send, text: "$(said) $(message.text)", next: {onSuccess: 5}}
  5: {kind: receive, events: [inapp.message], max_timeout: 24h, next: {inapp.message: 3, onTimeout: end 103}}
"""
PROJECT = """
[project]
name = "Test"

[assets.app]
channel = "inapp"
provider = "inapp"

[services.test]
assets = ["app"]

[[services.test.rules]]
name = "Anything"
event = "inapp.message"
flow = "main"
"""


class User:
    """A client as the guide to the WebSocket asks for: it says things until they are acknowledged."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._visitor = ""
        self._last = 0
        self._acknowledged = asyncio.Event()
        self.said = 0
        self.known = 0
        """How many of her messages were acknowledged."""
        self.heard: list[str] = []
        self.connections = 0

    async def run(self, session: aiohttp.ClientSession, server: ServerProcess, stop: asyncio.Event) -> None:
        while not (stop.is_set() and len(self.heard) >= self.known):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                async with session.ws_connect(f"{server.url}/inapp/app") as socket:
                    await socket.send_json({"type": "hello", "visitor": self._visitor or None, "last": self._last})
                    talking = asyncio.create_task(self._talk(socket, stop))
                    try:
                        await self._listen(socket, stop)
                    finally:
                        talking.cancel()
                        await asyncio.gather(talking, return_exceptions=True)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse, stop: asyncio.Event) -> None:
        while self.said > self.known or (not stop.is_set() and self.said < MOST_MESSAGES):
            if self.said == self.known:
                self.said += 1
            self._acknowledged.clear()
            frame = {"type": "message", "id": f"m{self.said}", "text": f"m{self.said}"}
            for _ in range(self._chance.choice([1, 1, 1, 2])):
                await socket.send_json(frame)
            await self._acknowledged.wait()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, stop: asyncio.Event) -> None:
        self.connections += 1
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            self._hear(json.loads(message.data))
            if message.data and stop.is_set() and len(self.heard) >= self.known == self.said:
                return

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self._visitor = frame["visitor"]
            case "ack":
                if frame["id"] == f"m{self.said}":
                    self.known = self.said
                    self._acknowledged.set()
            case "message" if frame["seq"] > self._last:
                self._last = frame["seq"]
                self.heard.append(frame["text"])


@pytest.mark.crash
@pytest.mark.timeout(400)
async def test_a_chat_loses_and_doubles_nothing_under_kill_9(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", COUNTER)
    (project / "botkit.toml").write_text(PROJECT, "utf-8")
    stop = asyncio.Event()
    users = [User(seed) for seed in range(USERS)]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        server = ServerProcess(project)
        await server.start()
        chats = [asyncio.create_task(user.run(session, server, stop)) for user in users]
        await kill_at_random(server, KILLS, (SHORTEST_LIFE, LONGEST_LIFE), seed=20261127)
        stop.set()
        async with asyncio.timeout(SETTLE_SECONDS):
            await asyncio.gather(*chats)
        assert await server.stop() == 0

    for user in users:
        assert user.known == user.said
        assert user.heard == [f"{'.' * n} m{n}" for n in range(1, user.known + 1)]
        assert user.connections > KILLS / 2
    assert sum(user.known for user in users) > 5 * KILLS, "too few messages to prove anything"
