"""Webhooks: `POST/GET /channels/{asset}`, where providers bring messages and receipts."""

import time

from aiohttp import web

from botkit import metrics
from botkit.app import App
from botkit.server.body import read_body
from botkit.server.headers import Headers
from channels.base import WebhookReply, WebhookRequest


class Webhooks:
    """The addresses that are given to providers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._engine = app.engine
        self._clock = app.clock
        self._observe = metrics.REQUESTS.observe

    async def answer(
        self, asset: str, method: str, target: str, headers: Headers, body: bytes, *, origin: str
    ) -> WebhookReply:
        """Verify, parse, store; only then the provider hears that all is well.

        `target` is the address without its `origin` (`http://host`), for which the public address stands
        where there is one.
        """
        started = time.perf_counter()
        channel = self._engine.deployment.asset(asset).channel
        call = WebhookRequest(
            method=method,
            url=(self._app.public_url or origin) + target,
            query=target.partition("?")[2],
            headers=headers,
            body=body,
            received_at=self._clock(),
        )
        challenge = channel.handshake(call)
        if challenge is not None:
            return challenge
        channel.verify(call)
        await self._engine.accept(asset, channel.parse(call))
        self._observe(time.perf_counter() - started)
        return channel.reply(call)

    async def handle(self, request: web.Request) -> web.Response:
        """The same for the calls that come by aiohttp: those that are not plain enough for the front."""
        reply = await self.answer(
            request.match_info["asset"],
            request.method,
            request.raw_path.partition("#")[0],
            Headers(request.raw_headers),
            await read_body(request) if request.can_read_body else b"",
            origin=f"{request.scheme}://{request.host}",
        )
        return web.Response(body=reply.body, status=reply.status, headers={"Content-Type": reply.content_type})
