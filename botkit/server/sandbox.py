"""Sandbox: a page that looks like a phone, and the two calls behind it."""

import json

import msgspec
from aiohttp import web

from botkit.app import App
from botkit.deployment import LiveAsset, UnknownAsset
from botkit.server.body import read_body
from botkit.server.headers import Headers
from botkit.stores.base import HistoryEntry
from channels.base import WebhookRequest
from channels.errors import BadRequest
from channels.inapp import InApp
from channels.sandbox import Sandbox as SandboxChannel
from models.content import Buttons, ListPicker
from models.message import Message

MAX_MESSAGES = 200


class Sandbox:
    """Everything below `/sandbox`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def _asset(self, request: web.Request) -> tuple[LiveAsset, SandboxChannel]:
        id = request.match_info["asset"]
        live = self._app.engine.deployment.asset(id)
        if not isinstance(live.channel, SandboxChannel):
            raise UnknownAsset(f"asset {id!r} has a real provider: only assets with provider 'sandbox' can be played")
        return live, live.channel

    async def assets(self, request: web.Request) -> web.Response:
        """The assets that can be played, and the apps in which the widget can be tried."""
        rows: list[dict[str, object]] = [
            {
                "id": id, "channel": live.asset.channel, "number": live.asset.number,
                "name": live.services[0].service.name if live.services else "",
            }
            for id, live in self._app.engine.deployment.assets.items()
            if isinstance(live.channel, SandboxChannel)
        ]  # fmt: skip
        rows += [
            {"id": id, "channel": "inapp", "number": live.asset.number, "name": live.channel.title, "widget": True}
            for id, live in self._app.engine.deployment.assets.items()
            if isinstance(live.channel, InApp)
        ]
        return web.json_response({"assets": rows})

    async def hints(self, request: web.Request) -> web.Response:
        """What to try, as the project says."""
        return web.json_response({"hints": list(self._app.project.hints)})

    async def say(self, request: web.Request) -> web.Response:
        """Play the customer: `{"from", "text"}`."""
        live, channel = self._asset(request)
        call = WebhookRequest(
            method="POST",
            url=f"{self._app.public_url}{request.raw_path}" if self._app.public_url else str(request.url),
            query="",
            headers=Headers(request.raw_headers),
            body=await read_body(request),
            received_at=self._app.clock(),
        )
        channel.verify(call)
        values = channel.parse(call)
        await self._app.engine.accept(live.asset.id, values)
        first = values[0]
        assert isinstance(first, Message)
        return web.json_response({"id": f"{first.asset}:{first.provider_id}"}, status=202)

    async def heard(self, request: web.Request) -> web.Response:
        """The conversation of one address, oldest first."""
        live, channel = self._asset(request)
        written = request.query.get("address", "")
        if not written:
            raise BadRequest("say whose conversation: ?address=+15550001111", field="address")
        if written.startswith(" "):  # a plus sign that was not percent-encoded
            written = "+" + written[1:]
        address = channel.address(written, field="address")
        entries = await self._app.store.history(live.asset.id, address.value, MAX_MESSAGES)
        return web.json_response({"messages": [_line(entry) for entry in entries]}, dumps=_dumps)


def _line(entry: HistoryEntry) -> dict[str, object]:
    line: dict[str, object] = {
        "id": entry.id, "direction": entry.direction, "text": entry.text, "state": entry.state, "at": entry.at,
    }  # fmt: skip
    if entry.reason:
        line["reason"] = entry.reason
    content = entry.content
    if isinstance(content, dict) and content.get("type") in ("buttons", "list"):
        line["text"] = content.get("text", entry.text)
        line["replies"] = [
            {"title": choice["title"], "payload": choice.get("payload") or choice["title"]}
            for choice in content.get("choices", ())
        ]
    elif isinstance(content, Buttons | ListPicker):
        line["replies"] = [
            {"title": choice.title, "payload": choice.payload or choice.title} for choice in content.choices
        ]
    return line


def _dumps(value: object) -> str:
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
