"""Frames: what an in-app client and the server say to each other: JSON text over a WebSocket.

A client says `hello` first. `last` is the highest `seq` that it has: the server sends what came after.
"""

import re
from typing import Annotated, Literal

import msgspec

from channels.errors import BadRequest
from models.address import Address
from models.content import Buttons, Content, ListPicker, Text, plain_text
from models.message import Message

MAX_FRAME_BYTES = 32_768
MAX_FRAME_TEXT_LENGTH = 4_096
MAX_PAYLOAD_LENGTH = 1_024
MAX_CLIENT_ID_LENGTH = 64
CLIENT_ID = f"an id has 1 to {MAX_CLIENT_ID_LENGTH} visible ASCII characters without blanks"
NOTHING_SAID = "a message has a text or a payload"
MAX_TOKEN_LENGTH = 4_096
MAX_SEQ = 2**53 - 1  # the largest whole number that JavaScript keeps

_Token = Annotated[str, msgspec.Meta(max_length=MAX_TOKEN_LENGTH)]
_Seq = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]
_ClientId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CLIENT_ID_LENGTH, pattern=r"^[\x21-\x7e]+$")]


class Hello(msgspec.Struct, frozen=True, tag_field="type", tag="hello"):
    """Who the client is, and what it has seen."""

    token: _Token | None = None
    visitor: _Token | None = None
    last: _Seq = 0


class UserMessage(msgspec.Struct, frozen=True, tag_field="type", tag="message"):
    """What the user said, under an id of the client's: said again with the same id, it counts once.

    `payload` is that of a quick reply that was tapped; without a text it is the text as well.
    """

    id: _ClientId
    text: Annotated[str, msgspec.Meta(max_length=MAX_FRAME_TEXT_LENGTH)] = ""
    payload: Annotated[str, msgspec.Meta(max_length=MAX_PAYLOAD_LENGTH)] | None = None

    def __post_init__(self) -> None:
        if not self.text.strip() and not self.payload:
            raise ValueError(NOTHING_SAID)


class UserTyping(msgspec.Struct, frozen=True, tag_field="type", tag="typing"):
    """The user is writing."""


class UserReceipt(msgspec.Struct, frozen=True, tag_field="type", tag="receipt"):
    """The message with this number has come to the device, or has been read."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=MAX_SEQ)]
    state: Literal["delivered", "read"]


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    """Is the line alive?"""


Frame = Hello | UserMessage | UserTyping | UserReceipt | Ping
"""What a client can say."""


class Reply(msgspec.Struct, frozen=True):
    """A quick reply to offer: `payload` comes back when it is tapped."""

    title: str
    payload: str


class Welcome(msgspec.Struct, frozen=True, tag_field="type", tag="welcome"):
    """The answer to `hello`."""

    user: str
    visitor: str | None
    last: int
    name: str = ""
    title: str = ""
    greeting: str = ""
    replies: tuple[Reply, ...] = ()
    colour: str = ""
    colour_dark: str = ""


class BotMessage(msgspec.Struct, frozen=True, tag_field="type", tag="message"):
    """What the bot said. `text` and `replies` are the content's, for clients that know no other kinds."""

    seq: int
    id: str
    content: Content
    text: str
    replies: tuple[Reply, ...]
    at: int


class Ack(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="ack"):
    """The user's message is stored: it will not be lost from here on. `seq` is missing if it had been stored before."""

    id: str
    seq: int = 0


class BotTyping(msgspec.Struct, frozen=True, tag_field="type", tag="typing"):
    """The bot, or a person in its place, is writing."""


class Echo(msgspec.Struct, frozen=True, tag_field="type", tag="echo"):
    """What the user said, on this device once or on another."""

    seq: int
    id: str
    text: str
    at: int


class Pong(msgspec.Struct, frozen=True, tag_field="type", tag="pong"):
    """It is."""


class ErrorFrame(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="error"):
    """What was wrong with a frame."""

    code: str
    message: str
    field: str = ""
    id: str = ""


class _MessageId(msgspec.Struct, tag_field="type", tag="message"):
    id: _ClientId


_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_id_decoder = msgspec.json.Decoder(_MessageId)
_MISSING = re.compile(r"missing required field `(\w+)`")


def decode_frame(data: bytes | str) -> Frame:
    """What a client said; raises `BadRequest` that names the field."""
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > MAX_FRAME_BYTES:
        raise BadRequest(f"a frame has at most {MAX_FRAME_BYTES} bytes, this one has {size}")
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _wrong(error) from None
    except RecursionError:
        raise BadRequest("the frame is nested too deep") from None
    except UnicodeError:
        raise BadRequest("a frame is a JSON object, and this is not valid UTF-8") from None
    except (msgspec.DecodeError, ValueError):
        raise BadRequest('a frame is a JSON object with a "type"') from None


def _wrong(error: msgspec.ValidationError) -> BadRequest:
    """The reader's words as ours, with the field that they are about."""
    reason, _, path = str(error).partition(" - at `$.")
    if missing := _MISSING.search(reason):
        return BadRequest(f"{missing[1]!r} is missing", field=missing[1])
    field = "text" if reason == NOTHING_SAID else path.rstrip("`")
    return BadRequest(CLIENT_ID if field == "id" else reason, field=field)


def message_id(data: bytes | str) -> str:
    """The id of a user's message of which something else is wrong; nothing where there is none to be had."""
    try:
        return _id_decoder.decode(data).id
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""


def to_message(
    frame: UserMessage, address: Address, *, asset: str, recipient: str = "", received_at: int = 0, name: str = ""
) -> Message:
    """The message that a client's frame stands for; `asset` is the app that it came by."""
    payload = frame.payload or ""
    return Message(
        asset=asset,
        channel="inapp",
        event="inapp.message",
        provider_id=f"{address.value}:{own_id(frame.id)}",
        sender=address,
        recipient=recipient or asset,
        content=Text(frame.text if frame.text.strip() else payload, payload=payload),
        received_at=received_at,
        name=name,
    )


def own_id(id: str) -> str:
    """A client's id without a colon, so that what stands before the last one is whose it is: nobody makes another's."""
    return id.replace("%", "%25").replace(":", "%3A") if ":" in id or "%" in id else id


def content_frame(seq: int, delivery_id: str, content: Content, at: int) -> bytes:
    """The frame that brings a content to the client; `at` is milliseconds since 1970."""
    replies: tuple[Reply, ...] = ()
    if isinstance(content, Buttons | ListPicker):
        text = content.text
        replies = tuple(Reply(choice.title, choice.payload or choice.title) for choice in content.choices)
    else:
        text = plain_text(content)
    return _encode(BotMessage(seq, delivery_id, content, text, replies, at))


def encode_welcome(
    user: str,
    visitor: str | None,
    last: int,
    name: str = "",
    *,
    title: str = "",
    greeting: str = "",
    replies: tuple[str, ...] = (),
    colour: str = "",
    colour_dark: str = "",
) -> bytes:
    """The answer to `hello`; `title`, `greeting`, `replies` and the colours are how an empty chat looks."""
    offered = tuple(Reply(reply, reply) for reply in replies)
    return _encode(Welcome(user, visitor, last, name, title, greeting, offered, colour, colour_dark))


def encode_ack(id: str, seq: int = 0) -> bytes:
    """A user's message is stored, as number `seq`; 0 if it was stored before."""
    return _encode(Ack(id, seq))


def encode_typing() -> bytes:
    """The bot is writing."""
    return _encode(BotTyping())


def encode_echo(seq: int, id: str, text: str, at: int) -> bytes:
    """A user's own message, for devices that do not have it."""
    return _encode(Echo(seq, id, text, at))


def encode_pong() -> bytes:
    """The answer to `ping`."""
    return _encode(Pong())


def encode_error(code: str, message: str, field: str = "", id: str = "") -> bytes:
    """What was wrong with a frame; `id` is that of the user's message, if it was one."""
    return _encode(ErrorFrame(code, message, field, id))
