"""Gateway: what all SMS gateways share: the check of their calls, messages in our words, the words to send."""

import logging
from datetime import UTC, datetime
from functools import cached_property
from typing import ClassVar, Literal
from urllib.parse import quote

from pydantic import SecretStr

from channels.base import Channel, Inbound, Outgoing, WebhookRequest, message_hash
from channels.errors import BadRequest, Rejected
from channels.numbers import phone_address
from channels.secrets import basic, require
from channels.sms.segmentation import count_parts, substitute
from models.content import MAX_TEXT_LENGTH, Content, Text, plain_text
from models.delivery import DeliveryState, SendOutcome
from models.message import Message

log = logging.getLogger("botkit.channels")

DELIVERY_FIELD = "delivery_id"
"""The query field by which a receipt's address carries our own id of the message."""

MAX_ID_LENGTH = 256
MAX_SECONDS_DIGITS = 11
MOST_MILLISECONDS = 100_000_000_000_000
"""A date with more digits is in milliseconds."""

Meaning = Literal["submitted", "delivered", "read", "failed", "expired", "opted_out", "rejected", "ignore"]
"""What a provider's status can mean."""

MEANINGS: dict[str, tuple[DeliveryState, SendOutcome]] = {
    "submitted": (DeliveryState.SUBMITTED, SendOutcome.ACCEPTED),
    "delivered": (DeliveryState.DELIVERED, SendOutcome.DELIVERED),
    "read": (DeliveryState.READ, SendOutcome.READ),
    "failed": (DeliveryState.FAILED, SendOutcome.UNREACHABLE),
    "expired": (DeliveryState.EXPIRED, SendOutcome.UNREACHABLE),
    "opted_out": (DeliveryState.FAILED, SendOutcome.OPTED_OUT),
    "rejected": (DeliveryState.FAILED, SendOutcome.REJECTED),
}


class SmsGateway(Channel):
    """What every SMS gateway's asset has; not to be used by itself.

    A message from the asset's own number is dropped with a warning: answered, it would come back for ever.
    """

    channel: ClassVar[str] = "sms"

    secret: SecretStr = SecretStr("")
    """Shared secret that the gateway sends with every call. Empty: calls are not checked."""
    secret_field: str = "token"  # noqa: S105
    """Query or form field in which the gateway sends the shared secret."""
    secret_header: str = ""
    """Header in which the gateway sends the shared secret instead, such as `x-webhook-secret`."""
    webhook_username: str = ""
    """Name that the gateway authenticates with (basic authentication). Empty: it does not."""
    webhook_password: SecretStr = SecretStr("")
    """Password that goes with it."""
    region: str = ""
    """Country of numbers in national form, as two letters (`GB`). Empty: numbers are international."""

    @property
    def believes_anybody(self) -> bool:
        return not self._checks

    def verify(self, request: WebhookRequest) -> None:
        if not self._checks:
            return
        secret = self.secret.get_secret_value()
        if secret and self.secret_header:
            header = self.secret_header.lower()
            require(request.headers.get(header), secret, what="header", name=header)
        elif secret:
            given = request.form("latin-1").get(self.secret_field)
            sent = given[0].encode("latin-1") if given else None
            require(sent, secret, what="field", name=self.secret_field)
        if self.webhook_username:
            require(request.headers.get("authorization"), self._basic, what="header", name="authorization")

    @cached_property
    def _checks(self) -> bool:
        """Whether there is anything to check in a call."""
        return bool(self.secret.get_secret_value() or self.webhook_username)

    @cached_property
    def _basic(self) -> str:
        return basic(self.webhook_username, self.webhook_password.get_secret_value())

    def callback(self, outgoing: Outgoing) -> str:
        """The address for the receipts of one message: it names the message, and carries the secret."""
        if not outgoing.callback_url:
            return ""
        mark = "&" if "?" in outgoing.callback_url else "?"
        return f"{outgoing.callback_url}{mark}{DELIVERY_FIELD}={quote(outgoing.id, safe='')}{self._callback_secret}"

    @cached_property
    def _callback_secret(self) -> str:
        secret = self.secret.get_secret_value()
        if not secret or self.secret_header:
            return ""
        return f"&{quote(self.secret_field, safe='')}={quote(secret, safe='')}"

    def message(
        self,
        *,
        sender: str,
        recipient: str,
        text: str,
        id: str,
        date: str,
        received_at: int,
        from_field: str = "from",
        text_field: str = "text",
        content: Content | None = None,
        extra: dict[str, str] | None = None,
    ) -> Message:
        """One incoming message from the gateway's fields; raises `BadRequest` that names the wrong one."""
        if len(text) > MAX_TEXT_LENGTH:
            raise BadRequest(f"a text has at most {MAX_TEXT_LENGTH} characters", field=text_field)
        asset, channel, event, region, number = self._own
        address = phone_address(sender, channel=channel, field=from_field, region=region)
        return Message(
            asset=asset,
            channel=channel,
            event=event,
            provider_id=checked_id(id) or message_hash(address.value, recipient, text, date or received_at),
            sender=address,
            recipient=_recipient(recipient, channel, region) if recipient else number,
            content=content or Text(text),
            received_at=received_at,
            sent_at=milliseconds(date),
            extra=extra or {},
        )

    def without_own(self, inbound: list[Inbound]) -> list[Inbound]:
        """What a call brought, save messages from the asset's own number."""
        own = self._own_number
        kept = [one for one in inbound if not (isinstance(one, Message) and one.sender.value == own)]
        if len(kept) < len(inbound):
            log.warning(
                "asset %s: messages from its own number were dropped (%d): does the gateway send back what it gets?",
                self.asset, len(inbound) - len(kept),
            )  # fmt: skip
        return kept

    @cached_property
    def _own_number(self) -> str:
        return _recipient(self.number, self.channel, self.region)

    @cached_property
    def _own(self) -> tuple[str, str, str, str, str]:
        """What all messages of this asset share: settings take longer to look up one by one."""
        return self.asset, self.channel, f"{self.channel}.mo", self.region, self.number


def _recipient(written: str, channel: str, region: str) -> str:
    """The number that a message was sent to, as we write it; as it came where it is no number."""
    try:
        return phone_address(written, channel=channel, region=region).value
    except BadRequest:
        return written[:MAX_ID_LENGTH]


def checked_id(id: str) -> str:
    """The id, if it has a length that we keep; raises `BadRequest`."""
    if len(id) > MAX_ID_LENGTH:
        raise BadRequest(f"an id has at most {MAX_ID_LENGTH} characters", field="id")
    return id


def milliseconds(date: str) -> int:
    """A provider's date (seconds or milliseconds since 1970, or ISO 8601) as ours; 0 where it is unclear."""
    if len(date) <= MAX_SECONDS_DIGITS and date.isascii() and date.isdigit():
        return int(date) * 1000
    date = date.strip()
    try:
        if date.isascii() and date.replace(".", "", 1).isdigit():
            number = float(date)
            return int(number if number >= 1e11 else number * 1000) if number < 1e14 else 0
        moment = datetime.fromisoformat(date)
        found = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
    return found if 0 < found < MOST_MILLISECONDS else 0  # the years 1 and 9999 stand for no date at all


def prepared_text(outgoing: Outgoing, *, smart: bool, max_parts: int) -> tuple[str, int]:
    """The words of a message and the number of SMS that they take; raises `Rejected`."""
    text = plain_text(outgoing.content)
    if smart:
        text = substitute(text)
    if not text:
        raise Rejected("there is no text to send: an SMS has nothing but words")
    parts = count_parts(text)
    if parts > max_parts:
        raise Rejected(f"the text takes {parts} SMS, and this asset sends at most {max_parts}: shorten it")
    return text, parts
