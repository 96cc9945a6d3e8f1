"""Webhooks: `POST/GET /channels/{asset}`, where providers bring messages and receipts."""

import time

from aiohttp import web

from botkit import metrics
from botkit.app import App
from channels.base import WebhookReply, WebhookRequest


class Webhooks:
    """The addresses that are given to providers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._engine = app.engine
        self._clock = app.clock
        self._observe = metrics.REQUESTS.observe

    async def handle(self, request: web.Request) -> web.Response:
        """Verify, parse, store; only then the provider hears that all is well."""
        started = time.perf_counter()
        asset = request.match_info["asset"]
        channel = self._engine.deployment.asset(asset).channel
        call = WebhookRequest(
            method=request.method,
            url=self._url(request),
            query=request.rel_url.raw_query_string,
            headers=Headers(request),
            body=await request.read() if request.can_read_body else b"",
            received_at=self._clock(),
        )
        challenge = channel.handshake(call)
        if challenge is not None:
            return _response(challenge)
        channel.verify(call)
        values = channel.parse(call)
        await self._engine.accept(asset, values)
        self._observe(time.perf_counter() - started)
        return _response(channel.reply(call))

    def _url(self, request: web.Request) -> str:
        public = self._app.public_url
        return f"{public}{request.raw_path}" if public else f"{request.scheme}://{request.host}{request.raw_path}"


class Headers(dict[str, str]):
    """The headers of a call by their names in lower case, looked up only when asked for."""

    def __init__(self, request: web.Request) -> None:
        super().__init__()
        self._headers = request.headers

    def __missing__(self, name: str) -> str:
        return self._headers[name]

    def __contains__(self, name: object) -> bool:
        return name in self._headers

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return self._headers.get(name, default)


def _response(reply: WebhookReply) -> web.Response:
    return web.Response(body=reply.body, status=reply.status, headers={"Content-Type": reply.content_type})
