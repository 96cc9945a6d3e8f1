"""Typing: the customer sees that an answer is coming, and a bot can be told that she writes."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from botkit.app import App
from botkit.project import load_project
from botkit.server.app import Server

PROJECT = """
[project]
name = "Chat"

[assets.web]
channel = "inapp"
origins = ["*"]

[services.chat]
assets = ["web"]

[[services.chat.rules]]
name = "Anything"
event = "inapp.message"
flow = "slow"

[[services.chat.rules]]
name = "She writes"
event = "inapp.typing"
send = "Take your time."
"""
SLOW = """
flow: slow
on_error: 4
nodes:
  2: {kind: start, accepts: [inapp.message], next: {onBegin: 3}}
  3: {kind: http_request, url: "SLOW", timeout_ms: 5000, next: {onSuccess: 4, onTimeout: 4}}
  4: {kind: send, text: Here I am., next: {onSuccess: end 101}}
"""


async def slow_peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: asyncio.Event) -> None:
    """An HTTP peer that answers when it is told to."""
    await reader.readuntil(b"\r\n\r\n")
    await answer.wait()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()


async def frames(socket: aiohttp.ClientWebSocketResponse, until: str) -> list[dict[str, Any]]:
    """What the server says, up to the first frame of a type."""
    said: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while not said or said[-1]["type"] != until:
            said.append(await socket.receive_json())
    return said


async def test_typing_goes_both_ways(tmp_path: Path) -> None:
    answer = asyncio.Event()
    peer = await asyncio.start_server(lambda r, w: slow_peer(r, w, answer), "127.0.0.1", 0)
    (tmp_path / "flows").mkdir()
    (tmp_path / "botkit.toml").write_text(PROJECT)
    url = f"http://127.0.0.1:{peer.sockets[0].getsockname()[1]}/"
    (tmp_path / "flows" / "slow.flow.yaml").write_text(SLOW.replace("SLOW", url))
    project = load_project(tmp_path, environ={}, given={"allow_private_addresses": True})
    async with (
        App(project, project.settings) as app,
        Server(app).listen("127.0.0.1", 0) as port,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{port}/inapp/web") as socket,
    ):
        await socket.send_json({"type": "hello", "last": 0})
        await frames(socket, "welcome")
        await socket.send_json({"type": "message", "id": "1", "text": "hello"})
        said = await frames(socket, "typing")  # while the peer has not answered
        assert [frame["type"] for frame in said] == ["ack", "typing"]
        answer.set()
        assert (await frames(socket, "message"))[-1]["text"] == "Here I am."

        await socket.send_json({"type": "typing"})
        assert (await frames(socket, "message"))[-1]["text"] == "Take your time."
    peer.close()
    await peer.wait_closed()
