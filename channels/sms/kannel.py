"""Kannel: SMS through Kannel's smsbox, the open-source gateway."""

import re
from functools import cached_property
from typing import ClassVar
from urllib.parse import quote, quote_plus

from pydantic import Field, SecretStr

from channels.answers import excerpt, exchange, outcome_of, refusal
from channels.base import Inbound, Outgoing, Sent, WebhookReply, WebhookRequest
from channels.errors import BadRequest, Rejected
from channels.sms.gateway import DELIVERY_FIELD, SmsGateway, checked_id, prepared_text
from channels.sms.segmentation import is_gsm
from models.address import AddressKind
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.http import Http, HttpRequest
from models.message import Message

CODING_UCS2 = "2"
ALL_RECEIPTS = 31

_STATUSES = {
    "1": (DeliveryState.DELIVERED, SendOutcome.DELIVERED),
    "2": (DeliveryState.FAILED, SendOutcome.UNREACHABLE),
    "4": (DeliveryState.SUBMITTED, SendOutcome.ACCEPTED),  # buffered on the way
    "8": (DeliveryState.SUBMITTED, SendOutcome.ACCEPTED),  # taken by the message centre
    "16": (DeliveryState.FAILED, SendOutcome.REJECTED),  # refused by the message centre
}

# SMPP 3.4 command_status, where the message centre said why it refused
_REFUSALS = {
    0x01: SendOutcome.REJECTED, 0x08: SendOutcome.TRANSIENT, 0x0A: SendOutcome.REJECTED,
    0x0B: SendOutcome.UNREACHABLE, 0x0D: SendOutcome.AUTH, 0x0E: SendOutcome.AUTH, 0x0F: SendOutcome.AUTH,
    0x14: SendOutcome.RATE_LIMITED, 0x43: SendOutcome.REJECTED, 0x45: SendOutcome.TRANSIENT,
    0x58: SendOutcome.RATE_LIMITED, 0x64: SendOutcome.TRANSIENT, 0x65: SendOutcome.UNREACHABLE,
    0x104: SendOutcome.REJECTED,
}  # fmt: skip
_NACK = re.compile(r"NACK/0x([0-9A-Fa-f]{1,8})(?:/|$)")
_STAT = re.compile(r"stat:([A-Z]{1,16})(?:\s+err:(\w{1,16}))?")


class Kannel(SmsGateway):
    """Text messages through Kannel.

    In Kannel's `sms-service` group set, on one line and with this asset's webhook address in front,
    `get-url = "...?from=%p&to=%P&text=%a&id=%I&coding=%c&ts=%T"`, with `&token=SECRET` where a shared
    secret is set, and `max-messages = 0`. Receipts need no configuration there.
    """

    kind: ClassVar[str] = "kannel"

    send_url: str = Field(default="http://127.0.0.1:13013/cgi-bin/sendsms", pattern=r"^https?://[^?#]+$")
    """Address of smsbox's sendsms service, without a query."""
    username: str
    """Name of the `sendsms-user`."""
    password: SecretStr
    """Password of the `sendsms-user`."""
    smsc: str = ""
    """Name of the message centre to send through (`smsc-id`). Empty: Kannel chooses."""
    smart_encoding: bool = False
    """Replace typographic quotes, dashes and spaces where that makes a text fit the GSM alphabet."""
    max_parts: int = Field(default=10, ge=1, le=255)
    """Longest message, in parts of 153 (or 67) characters. Kannel's own `max-messages` must allow it."""

    def parse(self, request: WebhookRequest) -> list[Inbound]:
        # UCS-2 texts come as percent-encoded UTF-16, so bytes are what to read.
        fields = {
            name: values[0] if name == "text" else _words(values[0].encode("latin-1"))
            for name, values in request.form("latin-1").items()
        }
        if DELIVERY_FIELD in fields:
            return self._receipt(fields, request.received_at)
        return self.without_own([self._message(fields, request.received_at)])

    def reply(self, request: WebhookRequest) -> WebhookReply:
        # Kannel sends a text answer to the customer as a message: there must be none.
        return WebhookReply(body=b"", content_type="text/plain")

    def _message(self, fields: dict[str, str], received_at: int) -> Message:
        sender = fields.get("from", "")
        if not sender:
            raise BadRequest("the sender is missing: does the get-url have from=%p?", field="from")
        return self.message(
            sender=sender,
            recipient=fields.get("to", ""),
            text=_text(fields),
            id=fields.get("id", ""),
            date=fields.get("ts", ""),
            received_at=received_at,
        )

    def _receipt(self, fields: dict[str, str], received_at: int) -> list[Inbound]:
        meaning = _STATUSES.get(fields.get("status", ""))
        if meaning is None:
            raise BadRequest("the status of a receipt is 1, 2, 4, 8 or 16", field="status")
        if not fields.get("id") and not fields[DELIVERY_FIELD]:
            raise BadRequest("the receipt does not say which message it is about", field=DELIVERY_FIELD)
        state, outcome = meaning
        said = fields.get("reply", "")
        code = ""
        nack, stat = _NACK.search(said), _STAT.search(said)
        if nack:
            code = f"0x{int(nack[1], 16):02x}"
            outcome = _REFUSALS.get(int(nack[1], 16), outcome)
        elif stat:
            code = stat[2] or ""
            if stat[1] == "EXPIRED" and state is DeliveryState.FAILED:
                state = DeliveryState.EXPIRED
        return [
            Receipt(
                asset=self.asset,
                state=state,
                message_id=checked_id(fields.get("id", "")),
                delivery_id=checked_id(fields[DELIVERY_FIELD]),
                outcome=outcome,
                code=code,
                description=excerpt(said),
                received_at=received_at,
            )
        ]

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        response = await exchange(http, self.request(outgoing))
        outcome = outcome_of(response.status)
        if outcome is not SendOutcome.ACCEPTED:
            secrets = (self.password.get_secret_value(), self.secret.get_secret_value())
            raise refusal(outcome, response, said=response.text, secrets=secrets)
        return Sent(provider_id=outgoing.id)  # Kannel tells no id: receipts name ours

    def request(self, outgoing: Outgoing) -> HttpRequest:
        """The call that hands this message over; raises `Rejected` for one that cannot be an SMS."""
        if outgoing.to.kind not in (AddressKind.MSISDN, AddressKind.SHORTCODE):
            raise Rejected(f"an SMS goes to a number, not to an address of kind {outgoing.to.kind.value}")
        text, _ = prepared_text(outgoing, smart=self.smart_encoding, max_parts=self.max_parts)
        coding = "0" if is_gsm(text) else CODING_UCS2
        url = f"{self._prefix}&to={quote_plus(outgoing.to.value)}&coding={coding}&text={quote_plus(text)}"
        if outgoing.callback_url:
            # Kannel fills in %d, %A and %F itself, so that a percent sign of ours has to be doubled.
            callback = f"{self.callback(outgoing).replace('%', '%%')}&status=%d&reply=%A&id=%F"
            url = f"{url}&dlr-mask={ALL_RECEIPTS}&dlr-url={quote(callback, safe='')}"
        return HttpRequest(method="GET", url=url, trusted=True)

    @cached_property
    def _prefix(self) -> str:
        """The part of the address that is the same for every message."""
        fields = {"username": self.username, "password": self.password.get_secret_value(), "charset": "UTF-8"}
        if self.number:
            fields["from"] = self.number
        if self.smsc:
            fields["smsc"] = self.smsc
        return f"{self.send_url}?" + "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())


def _text(fields: dict[str, str]) -> str:
    """The text of a message, whose characters are bytes until here."""
    raw = fields.get("text", "").encode("latin-1")
    if fields.get("coding") == CODING_UCS2:
        if len(raw) % 2:
            raise BadRequest("with coding=2 the text is UTF-16, high byte first", field="text")
        return raw.decode("utf-16-be", "replace")  # a part may begin or end with half an emoji, its other half lost
    return _words(raw)


def _words(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
