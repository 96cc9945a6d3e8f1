"""Webhooks: `POST/GET /channels/{asset}`, where providers bring messages and receipts."""

import asyncio
import time
from collections.abc import Sequence

import msgspec
from aiohttp import web

from botkit import metrics
from botkit.app import App
from botkit.deployment import LiveAsset
from botkit.server.body import read_body
from botkit.server.headers import Headers
from channels.base import Inbound, WebhookReply, WebhookRequest
from channels.errors import BadItems
from models.delivery import Receipt
from models.event import Event
from models.message import Message

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Message | Event | Receipt]).decode


class Call:
    """A webhook call that was read: what it brings to an asset, and what the provider hears when it is stored.

    `fault` is what it hears instead where some of it could not be read.
    """

    __slots__ = ("fault", "live", "reply", "values")

    def __init__(
        self, live: LiveAsset, values: Sequence[Inbound], reply: WebhookReply, fault: BadItems | None = None
    ) -> None:
        self.live = live
        self.values = values
        self.reply = reply
        self.fault = fault


class Webhooks:
    """The addresses that are given to providers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._engine = app.engine
        self._clock = app.clock

    def read(self, asset: str, method: str, target: str, headers: Headers, body: bytes, *, origin: str) -> Call:
        """A call verified and parsed, and not yet stored.

        `target` is the address without its `origin` (`http://host`), for which the public address stands
        where there is one. Raises what the provider is to be told.
        """
        live = self._engine.deployment.asset(asset)
        channel = live.channel
        request = WebhookRequest(
            method, (self._app.public_url or origin) + target, target.partition("?")[2], headers, body, self._clock()
        )
        reply = None
        try:
            challenge = channel.handshake(request)
            if challenge is not None:
                return Call(live, (), challenge)
            channel.verify(request)
            reply = channel.reply(request)
            values = channel.parse(request)
            if live.foreign:
                _check_types(channel.kind, values)
            return Call(live, values, reply)
        except BadItems as fault:
            if reply is None:  # raised before it was verified: nothing of it is taken
                raise
            return Call(live, fault.taken, reply, fault)
        except Exception:
            raise
        except BaseException as error:  # sys.exit() in an adapter may take no more than the call
            raise RuntimeError(f"channel {channel.kind!r} raised {type(error).__name__}: {error}") from error

    def accept_now(self, call: Call) -> "asyncio.Future[None] | None":
        """The same as `accept`, where that can be begun without waiting; else None, with nothing done."""
        return None if call.fault else self._engine.accept_now(call.live, call.values)

    async def accept(self, call: Call) -> None:
        """Store what a call brought; only then the provider hears that all is well, or what could not be read."""
        if call.values:
            await self._engine.accept_first(call.live, call.values)
        if call.fault is not None:
            raise call.fault

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a call that comes by aiohttp: one that is not plain enough for the front."""
        started = time.perf_counter()
        call = self.read(
            request.match_info["asset"],
            request.method,
            request.raw_path.partition("#")[0],
            Headers(request.raw_headers),
            await read_body(request) if request.can_read_body else b"",
            origin=f"{request.scheme}://{request.host}",
        )
        await self.accept(call)
        metrics.REQUESTS.observe(time.perf_counter() - started)
        reply = call.reply
        return web.Response(body=reply.body, status=reply.status, headers={"Content-Type": reply.content_type})


def _check_types(kind: str, values: Sequence[Inbound]) -> None:
    """Refuse what could be stored and acknowledged, but not be read again at the next start."""
    try:
        _decode(_encode(values))
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"channel {kind!r}: what parse() gave cannot be kept: {error}") from None
