"""In-app: `GET /inapp/{app}`, the WebSocket of the chat widget."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from types import MappingProxyType

from aiohttp import WSMessage, WSMsgType, web

from botkit.app import App
from botkit.deployment import UnknownAsset
from botkit.server.errors import Problem
from botkit.server.open_files import limit
from botkit.stores.base import StoreFailed
from channels.errors import BadRequest, BadSignature
from channels.frames import (
    MAX_FRAME_BYTES,
    Hello,
    Ping,
    UserMessage,
    UserReceipt,
    UserTyping,
    decode_frame,
    encode_ack,
    encode_error,
    encode_pong,
    encode_typing,
    encode_welcome,
    message_id,
    to_message,
)
from channels.inapp import Identity, InApp
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.errors import BotkitError
from models.event import Event

HELLO_SECONDS = 10.0
TYPING_AFTER_SECONDS = 0.3
TYPING = "inapp.typing"
HEARTBEAT_SECONDS = 30.0
MAX_QUEUED_FRAMES = 2_000
MAX_BAD_FRAMES = 20
MAX_DEVICES = 20_000
GOING_AWAY = 1001
POLICY_VIOLATION = 1008
TRY_AGAIN = 1013

FULL = Problem(
    503, "busy", "more chats are open than this server holds", headers=MappingProxyType({"Retry-After": "30"})
)
"""The answer to one device too many."""


class InAppSockets:
    """All connections of chat clients."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._sockets: set[web.WebSocketResponse] = set()
        self._room = limit() * 3 // 4
        """What is left is for gateways, webhooks and files: chats must not keep those out."""

    def channel_of(self, id: str) -> InApp:
        """The in-app channel of an asset; raises `UnknownAsset` where it has none."""
        channel = self._app.engine.deployment.asset(id).channel
        if not isinstance(channel, InApp):
            raise UnknownAsset(f"asset {id!r} is no in-app channel")
        return channel

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One client, from its hello to its end."""
        channel = self.channel_of(request.match_info["app"])
        if not channel.admits(request.headers.get("Origin"), request.host):
            raise BadSignature(
                f"pages of {request.headers.get('Origin')} may not open this chat: add them to `origins`",
                field="origin",
            )
        # aiohttp refuses a frame of this size already; packing short frames saves nothing, and costs each chat 100 KiB
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_FRAME_BYTES + 1, compress=False)
        if not socket.can_prepare(request):
            raise BadRequest(
                "this address speaks WebSocket: connect with the widget or a WebSocket client", field="upgrade"
            )
        if len(self._sockets) >= min(MAX_DEVICES, self._room):
            return FULL.response()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await self._serve(socket, channel)
        finally:
            self._sockets.discard(socket)
        return socket

    async def close(self) -> None:
        """Tell every client to come back later."""
        await asyncio.gather(
            *(socket.close(code=GOING_AWAY, message=b"restarting") for socket in list(self._sockets)),
            return_exceptions=True,
        )

    async def _serve(self, socket: web.WebSocketResponse, channel: InApp) -> None:
        device = _Device(socket)
        writer = asyncio.get_running_loop().create_task(device.write())
        identity: Identity | None = None
        try:
            identity = await self._hello(socket, channel, device)
            if identity is not None:
                await self._talk(socket, channel, device, identity)
        finally:
            if identity is not None:
                self._app.mailboxes.disconnect(channel.asset, identity.address, device)
            device.expect_nothing()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _hello(self, socket: web.WebSocketResponse, channel: InApp, device: "_Device") -> Identity | None:
        """The client says who it is; it gets its welcome and what it has missed."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                message = await socket.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return None
            frame = decode_frame(_text(message))
            if not isinstance(frame, Hello):
                raise BadRequest("say hello first", field="type")
            identity = channel.identify(
                frame,
                now=self._app.clock(),
                server_secret=self._app.secret,
                new_visitor_id=secrets.token_urlsafe(18),
            )
        except TimeoutError:
            await socket.close(code=POLICY_VIOLATION, message=b"no hello")
            return None
        except BadRequest as error:
            wrong = encode_error(error.code, error.message, error.field, message_id(message.data))
            await socket.send_str(wrong.decode())
            await socket.close(code=POLICY_VIOLATION, message=error.code.encode())
            return None
        try:
            await self._greet(channel, device, identity, frame.last)
        except StoreFailed as error:
            await socket.send_str(encode_error(error.code, error.message).decode())
            await socket.close(code=TRY_AGAIN, message=error.code.encode())
            return None
        return identity

    async def _greet(self, channel: InApp, device: "_Device", identity: Identity, last: int) -> None:
        """Welcome the client, and give it what came after the message `last`. Raises `StoreFailed`."""
        if identity.msisdn or identity.email or identity.name:
            await self._app.engine.identities.link(
                identity.address, msisdn=identity.msisdn, email=identity.email, name=identity.name
            )
        newest = await self._app.store.mailbox_last(channel.asset, identity.address.key)
        welcome = encode_welcome(
            identity.address.value, identity.visitor, newest, identity.name,
            title=channel.title, greeting=channel.greeting, replies=channel.quick_replies,
            colour=channel.colour, colour_dark=channel.colour_dark,
        )  # fmt: skip
        device.push(welcome)
        await self._app.mailboxes.connect(channel.asset, identity.address, device, last)

    async def _talk(self, socket: web.WebSocketResponse, channel: InApp, device: "_Device", identity: Identity) -> None:
        bad = 0
        async for message in socket:
            if message.type is WSMsgType.ERROR:  # no WebSocket, or a frame too large: aiohttp has told it, and closed
                return
            try:
                await self._frame(_text(message), channel, device, identity)
            except BotkitError as error:
                device.push(encode_error(error.code, error.message, error.field, message_id(message.data)))
                bad += isinstance(error, BadRequest)
                if bad > MAX_BAD_FRAMES:
                    await socket.close(code=POLICY_VIOLATION, message=b"too many bad frames")
                    return

    async def _frame(self, data: str, channel: InApp, device: "_Device", identity: Identity) -> None:
        app = self._app
        frame = decode_frame(data)
        match frame:
            case UserMessage():
                now = app.clock()
                received = to_message(
                    frame, identity.address, asset=channel.asset, recipient=channel.number or channel.asset,
                    received_at=now, name=identity.name,
                )  # fmt: skip
                try:
                    own = await app.mailboxes.own(
                        channel.asset, identity.address, frame.id, app.privacy.mask(received.text), now
                    )
                    fresh = await app.engine.accept(channel.asset, [received], keep=own.keep)
                except BotkitError as error:
                    device.push(encode_error(error.code, error.message, error.field, frame.id))
                    return
                device.push(encode_ack(frame.id, own.seq if fresh else 0))
                device.expect_answer(lambda: app.engine.works_for(channel.asset, identity.address))
                if fresh:
                    for other in app.mailboxes.others(channel.asset, identity.address, device):
                        other.push(own.frame())
            case UserReceipt():
                delivery = await app.mailboxes.delivery_at(channel.asset, identity.address, frame.seq)
                if delivery:
                    await app.engine.accept(channel.asset, [_receipt(frame, channel.asset, delivery, app.clock())])
            case Ping():
                device.push(encode_pong())
            case UserTyping() if app.engine.listens(channel.asset, TYPING):
                at = app.clock()
                typing = Event(
                    channel.asset, TYPING, f"{identity.address.value}:typing {at}", "inapp", identity.address
                )
                await app.engine.accept(channel.asset, [typing])
            case UserTyping():
                pass
            case Hello():
                raise BadRequest("hello was said already", field="type")


def _text(message: WSMessage) -> str:
    if message.type is not WSMsgType.TEXT:
        raise BadRequest("frames are text, not bytes")
    text: str = message.data
    return text


def _receipt(frame: UserReceipt, asset: str, delivery: str, now: int) -> Receipt:
    read = frame.state == "read"
    return Receipt(
        asset=asset,
        state=DeliveryState.READ if read else DeliveryState.DELIVERED,
        delivery_id=delivery,
        outcome=SendOutcome.READ if read else SendOutcome.DELIVERED,
        received_at=now,
    )


class _Device:
    """A connection with a bounded queue of frames: slow ones are closed and come back for the rest."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(MAX_QUEUED_FRAMES)
        self._closing: asyncio.Task[bool] | None = None
        self._typing: asyncio.Task[None] | None = None

    def push(self, frame: bytes) -> None:
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            if self._closing is None:
                close = self._socket.close(code=TRY_AGAIN, message=b"too slow")
                self._closing = asyncio.get_running_loop().create_task(close)

    def expect_answer(self, works: Callable[[], Awaitable[bool]]) -> None:
        """Show that an answer is being written, if it takes a moment."""
        self.expect_nothing()
        self._typing = asyncio.get_running_loop().create_task(self._show_typing(works))

    def expect_nothing(self) -> None:
        if self._typing is not None:
            self._typing.cancel()

    async def _show_typing(self, works: Callable[[], Awaitable[bool]]) -> None:
        await asyncio.sleep(TYPING_AFTER_SECONDS)
        if await works():
            self.push(encode_typing())

    async def write(self) -> None:
        while True:
            frame = await self._frames.get()
            try:
                await self._socket.send_str(frame.decode())
            except (ConnectionError, RuntimeError):
                return  # the reading side sees the end and cleans up
