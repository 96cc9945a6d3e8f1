"""Frames: how the server and its NLP worker talk: a length, then MessagePack."""

import struct
from typing import Any

import msgspec

from models.utterance import Understanding

LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 4 * 1024 * 1024


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text to read, or to run a method of the NLP node on where `method` is set.

    `deadline` is when nobody waits for the answer any more, in seconds of the machine's monotonic clock
    (the same in all processes; 0: never). An `alone` text is not read together with others.
    """

    id: int
    text: str
    want: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    method: str = ""
    now: int = 0
    deadline: float = 0.0
    alone: bool = False


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a request; `id` 0 is the greeting of a worker that is ready, or says why it is not.

    `begun` is no answer yet: so many texts, from this one on, are now read together.
    """

    id: int
    understanding: Understanding | None = None
    outputs: dict[str, Any] | None = None
    error: str = ""
    code: str = ""
    begun: int = 0


class BadFrame(ValueError):
    """The other side does not keep to the protocol."""


_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_answers = msgspec.msgpack.Decoder(Answer)


def encode(value: Request | Answer) -> bytes:
    """A frame; raises `BadFrame` for what cannot be sent."""
    try:
        body = _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise BadFrame(f"a value cannot be sent: {error}") from None
    if len(body) > MAX_FRAME_BYTES:
        raise BadFrame(f"a frame has at most {MAX_FRAME_BYTES // 1024} kB")
    return LENGTH.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """The length that a header announces, within the bound."""
    if len(header) != LENGTH.size:
        raise BadFrame("a frame ends in the middle of its length")
    (length,) = LENGTH.unpack(header)
    if length > MAX_FRAME_BYTES:
        raise BadFrame(f"a frame of {length} bytes is announced: at most {MAX_FRAME_BYTES} are read")
    return int(length)


def decode_request(body: bytes) -> Request:
    request: Request = _decode(_requests, body)
    return request


def decode_answer(body: bytes) -> Answer:
    answer: Answer = _decode(_answers, body)
    return answer


def _decode(decoder: Any, body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadFrame(f"a frame cannot be read: {error}") from None
