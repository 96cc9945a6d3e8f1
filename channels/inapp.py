"""InApp: chat inside a web page or an app, over a WebSocket of our own server."""

from typing import ClassVar, Protocol
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, PrivateAttr, SecretStr, field_validator

from channels.base import Channel, Outgoing, Sent
from channels.errors import BadRequest, BadSignature, Transient, Unreachable
from channels.frames import (
    Frame,
    Hello,
    UserMessage,
    UserReceipt,
    content_frame,
    decode_frame,
    encode_ack,
    encode_echo,
    encode_error,
    encode_pong,
    encode_typing,
    encode_welcome,
    own_id,
    to_message,
)
from channels.numbers import msisdn
from channels.tokens import sign_visitor, verify_user, verify_visitor
from models.address import Address, AddressKind
from models.http import Http

__all__ = [
    "Frame", "Hello", "Identity", "InApp", "Mailbox", "UserMessage", "UserReceipt", "content_frame",
    "decode_frame", "encode_ack", "encode_echo", "encode_error", "encode_pong", "encode_typing",
    "encode_welcome", "own_id", "to_message",
]  # fmt: skip

MAX_ORIGINS = 100
MAX_QUICK_REPLIES = 13
SHORTEST_SECRET = 16
_COLOUR = r"^(#[0-9A-Fa-f]{6})?$"
_PORTS = {"http": 80, "https": 443}


class Mailbox(Protocol):
    """Where messages wait for a user's devices, in order."""

    async def put(self, asset: str, outgoing: Outgoing) -> int:
        """Store a message and wake the devices; the same `outgoing.id` gives the same number again."""
        ...


class Identity(msgspec.Struct, frozen=True):
    """Who a client turned out to be; `visitor` is the token by which a visitor is known again."""

    address: Address
    visitor: str | None = None
    name: str = ""
    msisdn: str = ""
    email: str = ""


class InApp(Channel):
    """Chat in your own web page or app.

    Put the widget's script tag into the page. Users that your app knows are told by a JWT (HS256) that
    your server signs with the secret below; its claims are `customerid` and `exp`, and if you like `name`,
    `msisdn` and `email`. Never put the secret into a page.
    """

    kind: ClassVar[str] = "inapp"
    channel: ClassVar[str] = "inapp"

    secret: SecretStr = SecretStr("")
    """Secret that your server signs users with, 16 characters or more. Empty: there are only visitors."""
    anonymous: bool = True
    """Whether visitors may chat without being signed in."""
    origins: tuple[str, ...] = Field(default=(), max_length=MAX_ORIGINS)
    """Pages that may open the chat (`https://shop.example`), `*` for all. Empty: only this server's own."""
    title: str = Field(default="Chat", max_length=80)
    """Heading of the chat window."""
    greeting: str = Field(default="", max_length=500)
    """What stands there before anybody has said a word."""
    quick_replies: tuple[str, ...] = Field(default=(), max_length=MAX_QUICK_REPLIES)
    """Quick replies to begin with."""
    colour: str = Field(default="", pattern=_COLOUR)
    """Colour of the heading and of the user's own messages (`#1c5fb8`), where the page names none. Empty: green."""
    colour_dark: str = Field(default="", pattern=_COLOUR)
    """The same in dark pages. Empty: as in light ones."""

    _mailbox: Mailbox | None = PrivateAttr(default=None)

    @field_validator("secret")
    @classmethod
    def _is_long(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"has at least {SHORTEST_SECRET} characters, or is empty")
        return secret

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin if origin == "*" else _origin(origin) for origin in origins)

    def attach(self, mailbox: Mailbox) -> None:
        """Give it the server's mailbox, before the first message is sent."""
        self._mailbox = mailbox

    def admits(self, origin: str | None, host: str) -> bool:
        """Whether a page of this origin may open the chat; `host` is the `Host` header of its call.

        Without an origin the caller is no browser, and a browser's page is what this protects.
        """
        if origin is None or "*" in self.origins:
            return True
        try:
            normal = _origin(origin)
            return normal in self.origins or normal in {_origin(f"{scheme}://{host}") for scheme in _PORTS}
        except ValueError:
            return False

    def identify(self, hello: Hello, *, now: int, server_secret: bytes, new_visitor_id: str) -> Identity:
        """Who says hello; raises `BadSignature`.

        `now` is milliseconds since 1970, `server_secret` signs visitor tokens, and `new_visitor_id` is the
        random id to give to a visitor who has none yet. A visitor's token that does not hold is replaced.
        """
        if hello.token is not None:
            claims = verify_user(hello.token, self.secret.get_secret_value(), now=now, audience=self.asset)
            return Identity(
                address=Address(channel="inapp", value=claims.customerid, kind=AddressKind.CUSTOMERID),
                name=claims.name,
                msisdn=_number(claims.msisdn),
                email=claims.email,
            )
        if not self.anonymous:
            raise BadSignature("sign in first: this chat needs a token", field="token")
        visitor_id, token = new_visitor_id, ""
        if hello.visitor:
            try:
                visitor_id, token = verify_visitor(hello.visitor, server_secret, self.asset), hello.visitor
            except BadSignature:
                pass
        return Identity(
            address=Address(channel="inapp", value=visitor_id, kind=AddressKind.VISITOR, asset=self.asset),
            visitor=token or sign_visitor(server_secret, self.asset, visitor_id),
        )

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        to = outgoing.to
        if to.kind is AddressKind.VISITOR and to.asset != self.asset:
            raise Unreachable(f"this visitor belongs to the app {to.asset!r}, not to {self.asset!r}")
        if to.kind not in (AddressKind.VISITOR, AddressKind.CUSTOMERID):
            raise Unreachable(f"an address of kind {to.kind.value} has no chat window")
        if self._mailbox is None:
            raise Transient("the chat server is not running yet")
        await self._mailbox.put(self.asset, outgoing)
        return Sent(provider_id=outgoing.id)


def _number(written: str) -> str:
    if not written:
        return ""
    try:
        return msisdn(written, channel="inapp", field="token")
    except BadRequest as error:
        raise BadSignature(f"the claim 'msisdn': {error.message}", field="token") from None


def _origin(text: str) -> str:
    """An origin in its one spelling: scheme, host in lower case, port only where it is not the usual one."""
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError(f"{text!r} is no origin: write https://shop.example")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _PORTS[parts.scheme] else "")
