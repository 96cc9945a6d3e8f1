"""Fake server: the pages and the wire protocol of the product, in memory, with a bot that echoes.

The bot answers `You said <text>`. `menu` brings quick replies, `slow` a typing sign before the answer,
`rich` a link and some markup, `picture` an image, `list` a menu, `refuse` an error frame.
"""

import asyncio
import itertools
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

STATIC = Path(__file__).parents[2] / "botkit" / "server" / "static"
APP = "web-demo"
MENU = [{"title": "Order status", "payload": "order_status"}, {"title": "A person", "payload": "person"}]
ASSETS = [
    {"id": "sms-demo", "channel": "sms", "number": "60606", "name": "Order desk"},
    {"id": "wa-demo", "channel": "whatsapp", "number": "+447700900900", "name": "Order desk"},
    {"id": APP, "channel": "inapp", "number": "", "name": "Web shop", "widget": True},
]
HINTS = ["ORDER 1234", "where is my parcel?", "I want to talk to a person", "HELP"]
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


def now() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Talk:
    """One customer's side of the in-app channel."""

    user: str
    sent: list[dict[str, Any]] = field(default_factory=list)
    """Both halves of the conversation as a new device gets it, by `seq` from 1."""
    taken: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[tuple[int, str]] = field(default_factory=list)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)

    async def tell(self, frame: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            if not socket.closed:
                await socket.send_json(frame)

    async def say(self, text: str, replies: list[dict[str, str]] | None = None, **content: Any) -> None:
        frame = {
            "type": "message", "seq": len(self.sent) + 1, "id": secrets.token_hex(8), "text": text,
            "content": {"type": "text", "text": text, **content}, "replies": replies or [], "at": now(),
        }  # fmt: skip
        self.sent.append(frame)
        await self.tell(frame)


class FakeServer:
    """The application and what it has seen."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.phone: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.port = 0
        self.looks: dict[str, str] = {}
        self.hellos = 0
        self.shut = False
        self.busy = 0
        self.ids = itertools.count(1)
        self.app = web.Application()
        self.app.router.add_get("/inapp/{app}", self.inapp)
        self.app.router.add_get("/sandbox/assets", self.assets)
        self.app.router.add_get("/sandbox/hints", self.hints)
        self.app.router.add_get("/sandbox/{asset}/messages", self.list_messages)
        self.app.router.add_post("/sandbox/{asset}/messages", self.post_message)
        self.app.router.add_get("/healthz", self.health)
        self.app.router.add_get("/readyz", self.health)
        self.app.router.add_get("/metrics", self.metrics)
        self.app.router.add_get("/strict", self.strict)
        for path, name in {"/": "index.html", "/sandbox": "sandbox.html", "/demo/{app}": "demo.html",
                           "/widget.js": "widget.js"}.items():  # fmt: skip
            self.app.router.add_get(path, self.file(name))
        self.app.router.add_static("/static", STATIC)
        self.app.on_shutdown.append(self.hang_up)

    @property
    def talk(self) -> Talk:
        """The one conversation of a test with one visitor."""
        (talk,) = self.talks.values()
        return talk

    def file(self, name: str) -> Any:
        async def serve(request: web.Request) -> web.FileResponse:
            policy = "default-src 'self'; connect-src 'self'; img-src 'self' data: https:; frame-ancestors 'self'"
            return web.FileResponse(STATIC / name, headers={"Content-Security-Policy": policy})

        return serve

    async def strict(self, request: web.Request) -> web.Response:
        body = (
            "<!doctype html><html lang=en><title>Strict</title><link rel=icon href='data:,'><h1>A strict page</h1>"
            f"<script src=/widget.js data-app={APP} data-title=Help defer></script></html>"
        )
        return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": STRICT})

    async def hang_up(self, app: web.Application) -> None:
        for talk in self.talks.values():
            for socket in list(talk.sockets):
                await socket.close()

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def metrics(self, request: web.Request) -> web.Response:
        return web.Response(text="# HELP up Whether the server is up\n")

    # In-app ---------------------------------------------------------------------------------------

    async def inapp(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive_json()
        self.hellos += 1
        if self.shut:
            await socket.close(code=4403, message=b"this app is shut")
            return socket
        visitor = hello["visitor"] if hello["visitor"] in self.talks else secrets.token_hex(12)
        user = hello["token"] or visitor
        talk = self.talks.setdefault(user, Talk(user))
        await socket.send_json({
            "type": "welcome", "user": user, "visitor": None if hello["token"] else visitor, "last": len(talk.sent),
            "name": "Anna", "title": "Order desk", "greeting": "Hello! Ask me about your order.",
            "replies": MENU, **self.looks,
        })  # fmt: skip
        talk.sockets.add(socket)
        for frame in talk.sent[hello["last"] :]:
            await socket.send_json(frame)
        try:
            async for raw in socket:
                if raw.type is WSMsgType.TEXT:
                    await self.frame(talk, socket, raw.json())
        except ConnectionError:
            pass
        finally:
            talk.sockets.discard(socket)
        return socket

    async def frame(self, talk: Talk, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "ping":
                await socket.send_json({"type": "pong"})
            case "receipt":
                talk.receipts.append((frame["seq"], frame["state"]))
            case "message":
                await self.take(talk, socket, frame)

    async def take(self, talk: Talk, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        if frame["text"] == "refuse":
            error = {"type": "error", "code": "invalid_value", "message": "text: not this one", "field": "text"}
            return await socket.send_json(error)
        if self.busy > 0:
            self.busy -= 1
            error = {"type": "error", "code": "busy", "message": "more is coming in than can be worked off"}
            return await socket.send_json({**error, "id": frame["id"]})
        new = all(old["id"] != frame["id"] for old in talk.taken)
        ack = {"type": "ack", "id": frame["id"]}
        if new:
            talk.taken.append(frame)
            ack["seq"] = len(talk.sent) + 1
            echo = {"type": "echo", "seq": ack["seq"], "id": frame["id"], "text": frame["text"], "at": now()}
            talk.sent.append(echo)
            for other in talk.sockets - {socket}:
                await other.send_json(echo)
        try:
            await socket.send_json(ack)
        finally:
            if new:
                await self.answer(talk, frame)

    async def answer(self, talk: Talk, frame: dict[str, Any]) -> None:
        text = frame["text"]
        match text:
            case "menu":
                await talk.say("What can I do for you?", MENU)
            case "slow":
                await talk.tell({"type": "typing"})
                await asyncio.sleep(0.4)
                await talk.say("You said slow")
            case "rich":
                await talk.say("See https://example.com/a?b=1. <img src=x onerror=alert(1)>")
            case "list":
                rows = [{"title": "Small", "payload": "s", "description": "250 g"}, {"title": "Large", "payload": "l"}]
                await talk.say("Which size?", type="list", button="Choose a size", choices=rows)
            case _:
                chosen = frame.get("payload")
                await talk.say(f"You chose {chosen}" if chosen else f"You said {text}")

    # Sandbox --------------------------------------------------------------------------------------

    async def assets(self, request: web.Request) -> web.Response:
        return web.json_response({"assets": ASSETS})

    async def hints(self, request: web.Request) -> web.Response:
        return web.json_response({"hints": HINTS})

    async def list_messages(self, request: web.Request) -> web.Response:
        messages = self.phone.get((request.match_info["asset"], request.query["address"]), [])
        for message in messages:
            age = now() - message["at"]
            if message["direction"] == "out":
                message["state"] = "submitted" if age < 300 else "delivered" if age < 900 else "read"
        return web.json_response({"messages": messages})

    async def post_message(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["text"] == "refuse":
            error = {"code": "invalid_value", "message": "not this one", "field": "text"}
            return web.json_response({"error": error}, status=422)
        log = self.phone.setdefault((request.match_info["asset"], body["from"]), [])
        number = f"{request.match_info['asset']}:{body.get('id') or next(self.ids)}"
        if any(message["id"] == number for message in log):
            return web.json_response({"id": number}, status=202)
        log.append({"id": number, "direction": "in", "text": body["text"], "state": "received", "at": now()})
        reply = {"id": f"m{next(self.ids)}", "direction": "out", "text": f"You said {body['text']}",
                 "state": "submitted", "at": now()}  # fmt: skip
        log.append(reply | ({"replies": MENU} if body["text"] == "menu" else {}))
        return web.json_response({"id": number}, status=202)


if __name__ == "__main__":
    web.run_app(FakeServer().app, host="127.0.0.1", port=8777)
