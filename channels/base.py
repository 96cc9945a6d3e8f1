"""Channel: the contract of an adapter between a provider and `Message`."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, cast
from urllib.parse import parse_qsl

import msgspec

from channels.errors import BadRequest
from models.address import Address
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


class WebhookRequest(msgspec.Struct, frozen=True):
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

    def form(self) -> dict[str, list[str]]:
        """The fields of the query and of an urlencoded body, in order; raises `BadRequest`."""
        fields: dict[str, list[str]] = {}
        text = self.query
        if "form-urlencoded" in self.headers.get("content-type", ""):
            try:
                text = f"{text}&{self.body.decode('ascii')}" if text else self.body.decode("ascii")
            except UnicodeDecodeError:
                raise BadRequest("the form has bytes beyond ASCII: percent-encode them") from None
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS, errors="strict")
        except UnicodeDecodeError:
            raise BadRequest("the form is not valid UTF-8") from None
        except ValueError:
            raise BadRequest(f"the form has more than {MAX_FORM_FIELDS} fields") from None
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return fields


class WebhookReply(msgspec.Struct, frozen=True):
    """What the provider wants to hear once everything is stored."""

    body: bytes = b'{"ok":true}'
    content_type: str = "application/json"
    status: int = 200


class Outgoing(msgspec.Struct, frozen=True):
    """A message to hand to a provider. `id` is the idempotency key; `callback_url` is for its receipts."""

    id: str
    to: Address
    content: Content
    callback_url: str = ""
    sent_at: int = 0


class Sent(msgspec.Struct, frozen=True):
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

    def verify(self, request: WebhookRequest) -> None:
        """Check the provider's signature on the raw bytes in constant time; raises `BadSignature`."""

    def parse(self, request: WebhookRequest) -> list[Inbound]:
        """The provider's words as ours, in order; raises `BadRequest` that names the field."""
        raise BadRequest(f"asset {self.asset!r} takes no webhook calls")

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
