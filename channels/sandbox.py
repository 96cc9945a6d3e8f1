"""Sandbox: a provider for any channel that reaches nobody, to try a bot without a contract."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from channels.base import Channel, Inbound, Outgoing, Sent, WebhookRequest, message_hash
from channels.errors import BadRequest, BadSignature, OptedOut, Unreachable
from channels.numbers import phone_address
from models.address import MAX_ADDRESS_LENGTH, Address, AddressKind
from models.content import MAX_TEXT_LENGTH, Text
from models.customer import MSISDN_CHANNELS
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.errors import InvalidValue
from models.http import Http
from models.message import Message

EVERYBODY = "*"
MAX_PAYLOAD_LENGTH = 1_024
MAX_ID_LENGTH = 256
EVENTS = {"inapp": "inapp.message"}
"""Event names of channels whose messages are not called `<channel>.mo`."""

_RECEIPTS: dict[str, tuple[tuple[DeliveryState, SendOutcome], ...]] = {
    "none": (),
    "submitted": ((DeliveryState.SUBMITTED, SendOutcome.ACCEPTED),),
    "delivered": ((DeliveryState.DELIVERED, SendOutcome.DELIVERED),),
    "read": ((DeliveryState.DELIVERED, SendOutcome.DELIVERED), (DeliveryState.READ, SendOutcome.READ)),
}

SITE_HEADER = "sec-fetch-site"
OWN_SITE = frozenset({"same-origin", "none"})
"""`none` is an address that the user typed; what is no browser does not send the header."""


class Sandbox(Channel):
    """Plays any channel without a provider: for trying flows, and for tests.

    Post `{"from": "+15550000001", "text": "Hello"}` to the asset's webhook address to play the customer;
    `id` and `payload` may be given too. What the bot answers is taken at once and goes nowhere.
    """

    kind: ClassVar[str] = "sandbox"
    channel: ClassVar[str] = "sandbox"

    channel_name: str = Field(default="sms", pattern=r"^[a-z][a-z0-9_]{0,31}$")
    """The channel to play: sms, inapp, whatsapp ..."""
    receipts: Literal["none", "submitted", "delivered", "read"] = "delivered"
    """How far every message comes."""
    unreachable: tuple[str, ...] = ()
    """Addresses that cannot be reached; `*` for all of them."""
    opted_out: tuple[str, ...] = ()
    """Addresses of people who do not want messages; `*` for all of them."""

    _unreachable: frozenset[str] = PrivateAttr()
    _opted_out: frozenset[str] = PrivateAttr()

    @field_validator("unreachable", "opted_out", mode="before")
    @classmethod
    def _one_is_a_list_too(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _addresses_are_as_senders_are(self) -> Self:
        self._unreachable = frozenset(self._known(self.unreachable, "unreachable"))
        self._opted_out = frozenset(self._known(self.opted_out, "opted_out"))
        return self

    def _known(self, written: Iterable[str], field: str) -> Iterable[str]:
        """Addresses in the form in which they are sent to, however they were written."""
        for address in written:
            try:
                yield address if address == EVERYBODY else self.address(address, field=field).value
            except BadRequest as error:
                raise ValueError(f"{field}: {error.message}") from None

    @property
    def believes_anybody(self) -> bool:
        return True

    def verify(self, request: WebhookRequest) -> None:
        """A browser tells for which site's page it calls: only our own page plays customers.

        Where the server is called without TLS, all that it tells is the page's origin.
        """
        site, origin = request.headers.get(SITE_HEADER), request.headers.get("origin")
        if site is not None:
            own, field = site in OWN_SITE, SITE_HEADER
        else:
            own, field = origin is None or _host(origin) in (request.headers.get("host"), _host(request.url)), "origin"
        if not own:
            raise BadSignature("a page of another site may not play customers here", field=field)

    def parse(self, request: WebhookRequest) -> list[Inbound]:
        body = request.json()
        if not isinstance(body, dict):
            raise BadRequest('expected {"from": ..., "text": ...}', field="body")
        sender = self.address(_text(body, "from", MAX_ADDRESS_LENGTH))
        text = _text(body, "text", MAX_TEXT_LENGTH)
        provider_id = _text(body, "id", MAX_ID_LENGTH, mandatory=False)
        payload = _text(body, "payload", MAX_PAYLOAD_LENGTH, mandatory=False)
        channel = self.channel_name
        return [
            Message(
                asset=self.asset,
                channel=channel,
                event=EVENTS.get(channel, f"{channel}.mo"),
                provider_id=provider_id or message_hash(sender.value, self.number, text, request.received_at),
                sender=sender,
                recipient=self.number,
                content=Text(text, payload=payload),
                received_at=request.received_at,
            )
        ]

    def address(self, written: str, *, field: str = "from") -> Address:
        """What a sender's address means on the channel that is played; raises `BadRequest` that names `field`."""
        channel = self.channel_name
        if channel in MSISDN_CHANNELS:
            return phone_address(written, channel=channel, field=field)
        try:
            if channel == "inapp":
                return Address(channel=channel, value=written, kind=AddressKind.CUSTOMERID)
            if channel == "email":
                return Address(channel=channel, value=written.lower(), kind=AddressKind.EMAIL)
            return Address(channel=channel, value=written, kind=AddressKind.OTHER, asset=self.asset)
        except InvalidValue as error:
            raise BadRequest(error.message, field=field) from None

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        to = outgoing.to.value
        if not self._opted_out.isdisjoint((to, EVERYBODY)):
            raise OptedOut(f"the sandbox counts {to} among those who opted out", provider_code="opted_out")
        if not self._unreachable.isdisjoint((to, EVERYBODY)):
            raise Unreachable(f"the sandbox counts {to} among the unreachable", provider_code="unreachable")
        provider_id = f"sandbox-{outgoing.id}"
        receipts = tuple(
            Receipt(
                asset=self.asset,
                state=state,
                message_id=provider_id,
                delivery_id=outgoing.id,
                outcome=outcome,
                received_at=outgoing.sent_at,
            )
            for state, outcome in _RECEIPTS[self.receipts]
        )
        return Sent(provider_id=provider_id, receipts=receipts)


def _host(url: str) -> str:
    """The host of an address, with its port where one is written."""
    return url.partition("://")[2].partition("/")[0]


def _text(body: dict[str, Any], field: str, limit: int, *, mandatory: bool = True) -> str:
    value = body.get(field)
    if value is None and not mandatory:
        return ""
    if not isinstance(value, str) or (mandatory and not value):
        raise BadRequest("expected a text" if value is not None else "is missing", field=field)
    if len(value) > limit:
        raise BadRequest(f"at most {limit} characters", field=field)
    return value
