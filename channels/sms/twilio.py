"""Twilio: SMS and MMS through Twilio's Programmable Messaging."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, Literal
from urllib.parse import quote, urlencode

from pydantic import Field, SecretStr, model_validator

from channels.answers import at_path, exchange, outcome_of, refusal, text_at
from channels.base import Inbound, Outgoing, Sent, WebhookReply, WebhookRequest, form_fields
from channels.errors import BadRequest, BadSignature, Rejected
from channels.secrets import basic, same
from channels.sms.extraction import document_of
from channels.sms.gateway import DELIVERY_FIELD, SmsGateway, checked_id
from channels.sms.twilio_codes import outcome_of_code
from models.address import AddressKind
from models.content import Content, Media, Template, Text, plain_text
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.http import Http, HttpRequest

MAX_BODY_LENGTH = 1600
MAX_MEDIA = 10
CONTENT_SID_PREFIX = "HX"
DEFAULT_PORTS = {"https": 443, "http": 80}

_STATUSES = {
    "accepted": DeliveryState.SUBMITTED,
    "scheduled": DeliveryState.SUBMITTED,
    "queued": DeliveryState.SUBMITTED,
    "sending": DeliveryState.SUBMITTED,
    "sent": DeliveryState.SUBMITTED,
    "delivered": DeliveryState.DELIVERED,
    "partially_delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
_OUTCOMES = {
    DeliveryState.SUBMITTED: SendOutcome.ACCEPTED,
    DeliveryState.DELIVERED: SendOutcome.DELIVERED,
    DeliveryState.READ: SendOutcome.READ,
}
_MEDIA: dict[str, Literal["image", "video", "audio"]] = {"image": "image", "video": "video", "audio": "audio"}
SIGNATURE_HEADER = "x-twilio-signature"


class Twilio(SmsGateway):
    """Text messages through Twilio.

    Set the number's "A message comes in" webhook to this asset's webhook address, with HTTP POST. Twilio
    signs its calls with the auth token over that very address, so the server must know its public one.
    """

    kind: ClassVar[str] = "twilio"

    account_sid: str = Field(pattern=r"^AC[0-9A-Za-z]{1,64}$")
    """Account SID, from Twilio's console."""
    auth_token: SecretStr = Field(min_length=1)
    """Auth token, from Twilio's console."""
    messaging_service_sid: str = ""
    """Messaging service to send through instead of the number."""
    api_url: str = Field(default="https://api.twilio.com", pattern=r"^https?://[^?#]+$")
    """Address of Twilio's API; another one for a region or a test."""

    @model_validator(mode="after")
    def _has_a_sender(self) -> "Twilio":
        if not self.number and not self.messaging_service_sid:
            raise ValueError("number or messaging_service_sid is needed to send")
        return self

    # incoming

    @property
    def believes_anybody(self) -> bool:
        return False  # every call is signed

    def verify(self, request: WebhookRequest) -> None:
        super().verify(request)
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not given:
            raise BadSignature(
                f"the header {SIGNATURE_HEADER!r} is missing: is this call from Twilio?", field=SIGNATURE_HEADER
            )
        body = request.body_form()
        if body:
            fields = form_fields(body) if request.query else request.form()
        else:
            fields = {}
            digest = form_fields(request.url.partition("?")[2]).get("bodySHA256")
            if digest and not same(hashlib.sha256(request.body).hexdigest(), digest[0].lower()):
                raise BadSignature("the body is not the one that Twilio signed (bodySHA256)", field="body")
        token = self.auth_token.get_secret_value()
        # Twilio is known to sign with and without the port; no early way out, so that time tells nothing.
        matches = [same(given, signature(token, url, fields)) for url in spellings(request.url)]
        if not any(matches):
            raise BadSignature(
                "the signature is wrong: check the auth token, and that the server's public address is the one "
                "that Twilio calls",
                field=SIGNATURE_HEADER,
            )

    def parse(self, request: WebhookRequest) -> list[Inbound]:
        fields = {name: values[0] for name, values in request.form().items()}
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        if not sid:
            raise BadRequest("the message's id is missing", field="MessageSid")
        status = fields.get("MessageStatus", "")
        if status and "Body" not in fields:
            return self._receipt(fields, sid, status, request.received_at)
        sender = fields.get("From", "")
        if not sender:
            raise BadRequest("the sender is missing", field="From")
        extra = {"opt_out_type": fields["OptOutType"]} if fields.get("OptOutType") else {}
        content, more = _content(fields)
        if more:
            extra["media_urls"] = json.dumps(more)
        message = self.message(
            sender=sender,
            recipient=fields.get("To", ""),
            text=fields.get("Body", ""),
            id=sid,
            date="",
            received_at=request.received_at,
            from_field="From",
            text_field="Body",
            content=content,
            extra=extra,
        )
        return self.without_own([message])

    def reply(self, request: WebhookRequest) -> WebhookReply:
        return _EMPTY_TWIML

    def _receipt(self, fields: dict[str, str], sid: str, status: str, received_at: int) -> list[Inbound]:
        state = _STATUSES.get(status)
        if state is None:
            return []
        code = fields.get("ErrorCode", "")[:64]
        outcome = _OUTCOMES.get(state) or outcome_of_code(code) or SendOutcome.UNREACHABLE
        return [
            Receipt(
                asset=self.asset,
                state=state,
                message_id=checked_id(sid),
                delivery_id=checked_id(fields.get(DELIVERY_FIELD, "")),
                outcome=outcome,
                code=code,
                description=status,
                received_at=received_at,
            )
        ]

    # outgoing

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        response = await exchange(http, self.request(outgoing))
        answer = document_of(response)
        outcome = outcome_of(response.status)
        if outcome is SendOutcome.ACCEPTED:
            return Sent(provider_id=text_at(answer, ("sid",)) or outgoing.id)
        code = text_at(answer, ("code",))
        said = at_path(answer, ("message",))
        raise refusal(
            outcome_of_code(code) or outcome,
            response,
            said=said if isinstance(said, str) else response.text,
            code=code,
            secrets=(self.auth_token.get_secret_value(),),
        )

    def request(self, outgoing: Outgoing) -> HttpRequest:
        """The call that hands this message over; raises `Rejected` for one that Twilio would not take."""
        if outgoing.to.kind not in (AddressKind.MSISDN, AddressKind.SHORTCODE):
            raise Rejected(f"an SMS goes to a number, not to an address of kind {outgoing.to.kind.value}")
        fields = [("To", outgoing.to.value), *self._sender, *_words(outgoing.content)]
        callback = self.callback(outgoing)
        if callback:
            fields.append(("StatusCallback", callback))
        url, headers = self._call
        return HttpRequest(method="POST", url=url, headers=headers, body=urlencode(fields).encode(), trusted=True)

    @cached_property
    def _sender(self) -> tuple[tuple[str, str], ...]:
        if self.messaging_service_sid:
            return (("MessagingServiceSid", self.messaging_service_sid),)
        return (("From", self.number),)

    @cached_property
    def _call(self) -> tuple[str, dict[str, str]]:
        url = f"{self.api_url.rstrip('/')}/2010-04-01/Accounts/{quote(self.account_sid)}/Messages.json"
        headers = {
            "authorization": basic(self.account_sid, self.auth_token.get_secret_value()),
            "content-type": "application/x-www-form-urlencoded",
        }
        return url, headers


_EMPTY_TWIML = WebhookReply(
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>', content_type="application/xml"
)


def signature(token: str, url: str, fields: dict[str, list[str]]) -> str:
    """Twilio's signature of a call: over the address and the form's fields, sorted, each value once."""
    text = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode("ascii")


def spellings(url: str) -> list[str]:
    """An address as it is, without its port, and with the usual one where it has none."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    name, colon, port = host.rpartition(":")
    other = name if colon and port.isdecimal() else f"{host}:{DEFAULT_PORTS.get(scheme, 443)}"
    return [url, f"{scheme}{mark}{other}{slash}{path}"]


def _content(fields: dict[str, str]) -> tuple[Content, list[str]]:
    """What a message says, and the addresses of all its media if it has more than one."""
    text = fields.get("Body", "")
    count = fields.get("NumMedia", "0")
    total = min(int(count), MAX_MEDIA) if count.isdecimal() and len(count) < 4 else 0
    urls = [url for number in range(total) if (url := fields.get(f"MediaUrl{number}", ""))]
    if not urls:
        return Text(text), []
    if not all(url.startswith(("https://", "http://")) for url in urls):
        raise BadRequest("media lies at an http or https address", field="MediaUrl0")
    mime_type = fields.get("MediaContentType0", "")
    media = Media(url=urls[0], media=_MEDIA.get(mime_type.partition("/")[0], "file"), caption=text, mime_type=mime_type)
    return media, urls if len(urls) > 1 else []


def _words(content: Content) -> Iterable[tuple[str, str]]:
    """The fields that carry what a message says."""
    if isinstance(content, Template) and content.name.startswith(CONTENT_SID_PREFIX):
        return [("ContentSid", content.name), ("ContentVariables", json.dumps(content.parameters))]
    if isinstance(content, Media):
        text, media = content.caption, [("MediaUrl", content.url)]
    else:
        text, media = plain_text(content), []
    if not text and not media:
        raise Rejected("there is no text to send: an SMS has nothing but words")
    if len(text) > MAX_BODY_LENGTH:
        raise Rejected(f"Twilio takes at most {MAX_BODY_LENGTH} characters, this text has {len(text)}: shorten it")
    return [("Body", text), *media] if text else media
