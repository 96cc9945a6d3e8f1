"""Channel: the contract of an adapter between a provider and `Message`."""

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Protocol, cast
from urllib.parse import unquote_to_bytes

import msgspec

from channels.errors import BadRequest
from models.address import Address
from models.charset import charset_of
from models.content import Content
from models.delivery import Receipt
from models.event import Event
from models.http import Http
from models.message import Message
from models.plugin import Plugin

Inbound = Message | Event | Receipt
"""What a webhook call can bring."""

MAX_FORM_FIELDS = 500
MAX_JSON_DEPTH = 64
TOO_DEEP = f"the body is nested more than {MAX_JSON_DEPTH} levels deep"
_HALF = re.compile(rb"\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])", re.IGNORECASE)
HASH = "hash-"
"""How the id of a message begins that came without one."""

HALF_A_CHARACTER = "an escape such as \\ud83d needs its other half after it"


class WebhookRequest(msgspec.Struct, frozen=True, dict=True):
    """A call to an asset's webhook, as it came: signatures are over these bytes.

    `url` is the address that the provider called, with its query (the public one where the operator
    set it). Header names are in lower case. `received_at` is milliseconds since 1970.
    """

    method: str
    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: int

    def form(self, encoding: str = "utf-8") -> dict[str, list[str]]:
        """The fields of the query and of an urlencoded body, in order; raises `BadRequest`.

        They are read once a call, since a signature check and `parse` both want them. In `latin-1` each
        character is one byte: for providers that percent-encode other alphabets.
        """
        fields: dict[str, list[str]] | None = self.__dict__.get(encoding)
        if fields is None:
            fields = self.__dict__[encoding] = form_fields(self._form_text(), encoding)
        return fields

    def first_fields(self) -> dict[str, str]:
        """The first value of each field of `form()`, for less; raises `BadRequest`.

        They are in the encoding that the content type names, else in UTF-8.
        """
        return dict(reversed(_pairs(self._form_text(), self.charset())))

    @cached_property
    def _type(self) -> str:
        """The content type in small letters, which do not matter in it."""
        return self.headers.get("content-type", "").lower()

    def charset(self) -> str:
        """The encoding that the content type names; raises `BadRequest` for one that is not read."""
        try:
            return charset_of(self._type)
        except LookupError as error:
            raise BadRequest(f"the encoding {error.args[0]!r} is not read: use UTF-8", field="content-type") from None

    def _form_text(self) -> str:
        query, body = self.query, self.body_form()
        if query and body:
            return f"{query}&{body}"
        return query or body

    @property
    def is_form(self) -> bool:
        """Whether the body is an urlencoded form."""
        return "form-urlencoded" in self._type

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return "json" in self._type

    def body_form(self) -> str:
        """The body where it is an urlencoded form, else nothing; raises `BadRequest`."""
        if not self.is_form:
            return ""
        try:
            return self.body.decode("ascii")
        except UnicodeDecodeError:
            raise BadRequest("the form has bytes beyond ASCII: percent-encode them", field="body") from None

    def json(self) -> Any:
        """The body as JSON; raises `BadRequest`, also when it is nested more than 64 deep."""
        body = self.body
        if body.startswith(BOM_UTF8):  # RFC 8259, section 8.1, lets a reader pass over it
            body = body[len(BOM_UTF8) :]
        try:
            value = msgspec.json.decode(body)
        except RecursionError:
            raise BadRequest(TOO_DEEP, field="body") from None
        except UnicodeDecodeError:
            raise BadRequest("the body is not JSON: it is not valid UTF-8", field="body") from None
        except msgspec.DecodeError as error:
            # The decoder takes half of a surrogate pair for an early end.
            reason = HALF_A_CHARACTER if _HALF.search(self.body) else str(error)
            raise BadRequest(f"the body is not JSON: {reason}", field="body") from None
        # Fewer opening brackets than levels allowed cannot nest too deep: most bodies are not walked.
        if (
            self.body.count(b"{") + self.body.count(b"[") > MAX_JSON_DEPTH
            and isinstance(value, dict | list)
            and _too_deep(value)
        ):
            raise BadRequest(TOO_DEEP, field="body")
        return value


def form_fields(text: str, encoding: str = "utf-8") -> dict[str, list[str]]:
    """The fields of an urlencoded text, in order; raises `BadRequest`.

    The standard library's reader does the same ten times as slowly, and this is on every message's way.
    """
    fields: dict[str, list[str]] = {}
    for name, value in _pairs(text, encoding):
        fields.setdefault(name, []).append(value)
    return fields


def _pairs(text: str, encoding: str) -> list[tuple[str, str]]:
    if text.count("&") >= MAX_FORM_FIELDS:
        raise BadRequest(f"the form has more than {MAX_FORM_FIELDS} fields", field="body")
    pairs: list[tuple[str, str]] = []
    beyond = not text.isascii()
    try:
        for pair in text.split("&"):
            if not pair:
                continue
            name, _, value = pair.partition("=")
            if "+" in pair or "%" in pair or beyond:
                if not name.isalnum() or beyond:
                    name = _decoded(name, encoding)
                value = _decoded(value, encoding)
            pairs.append((name, value))
    except UnicodeDecodeError:
        raise BadRequest(f"the form is not valid {encoding.upper()}", field="body") from None
    return pairs


_ASCII = {f"{code:02{case}}": chr(code) for code in range(128) for case in "xX"}
"""What the escapes of plain characters stand for, as they are mostly written."""


def _decoded(text: str, encoding: str) -> str:
    text = text.replace("+", " ")
    if not text.isascii():
        return unquote_to_bytes(text).decode(encoding)
    before, mark, after = text.partition("%")
    if not mark:
        return text
    plain = _ASCII.get(after[:2])
    if plain is None or "%" in after:
        return unquote_to_bytes(text).decode(encoding)
    return f"{before}{plain}{after[2:]}"


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        children = [child for parent in level for child in (parent.values() if isinstance(parent, dict) else parent)]
        level = [child for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def message_hash(sender: str, recipient: str, text: str, date: str | int) -> str:
    """An id for a message that came without one: the same sender, recipient, text and date give the same.

    `date` is the provider's, as it was written. Where that is missing too, give the time of arrival: a
    message that the provider repeats then counts as new, which is better than losing a repeated "yes".
    """
    parts = "\x1f".join((sender, recipient, text, str(date)))
    return HASH + hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class WebhookReply(msgspec.Struct, frozen=True):
    """What the provider wants to hear once everything is stored."""

    body: bytes = b'{"ok":true}'
    content_type: str = "application/json"
    status: int = 200


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A message to hand to a provider. `id` is the idempotency key; `callback_url` is for its receipts."""

    id: str
    to: Address
    content: Content
    callback_url: str = ""
    sent_at: int = 0


class Sent(msgspec.Struct, frozen=True, gc=False):
    """The provider took it: `provider_id` is its id of the message; `receipts` are known at once, if any."""

    provider_id: str
    receipts: tuple[Receipt, ...] = ()


class Clock(Protocol):
    """The time of day in milliseconds since 1970."""

    def __call__(self) -> int: ...


class Channel(Plugin):
    """An adapter for one provider of one channel. Its fields are the asset's settings.

    `parse` and `verify` are pure; `send` talks to the provider and raises a `SendError` (see
    `channels.errors`) that says what the answer means. Made once per asset: `asset` and `number`
    are filled in from the configuration.
    """

    channel: ClassVar[str]
    """The channel it serves: `sms`, `inapp`."""

    asset: str
    """The asset's id."""
    number: str = ""
    """The number or app that customers write to."""

    @property
    def believes_anybody(self) -> bool:
        """Whether nothing in a call shows that it is the provider's: whoever reaches the address speaks for all."""
        return False

    def verify(self, request: WebhookRequest) -> None:
        """Check the provider's signature on the raw bytes in constant time; raises `BadSignature`."""

    def parse(self, request: WebhookRequest) -> list[Inbound]:
        """The provider's words as ours, in order; raises `BadRequest` that names the field."""
        raise BadRequest(f"asset {self.asset!r} takes no webhook calls", field="asset")

    def reply(self, request: WebhookRequest) -> WebhookReply:
        """The answer to the provider once all is stored."""
        return WebhookReply()

    def handshake(self, request: WebhookRequest) -> WebhookReply | None:
        """The answer to a provider that checks the address (a GET with a challenge), None if this is none."""
        return None

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        """Hand a message to the provider; raises a `SendError`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to send: define send()")

    @classmethod
    def load(cls, settings: dict[str, object]) -> "Channel":
        return cast("Channel", super().load(settings))
