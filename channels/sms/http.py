"""SmsHttp: any SMS gateway that speaks HTTP, described by the names of its fields."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from channels.answers import at_path, excerpt, not_taken, outcome_of, refusal, text_at
from channels.base import HASH, Inbound, Outgoing, Sent, WebhookReply, WebhookRequest
from channels.errors import BadItems, BadRequest, Rejected
from channels.secrets import basic
from channels.sms.blanks import Blanks, for_form, for_json, for_query, unknown_blank
from channels.sms.extraction import compiled, document_of, found
from channels.sms.gateway import DELIVERY_FIELD, MAX_ID_LENGTH, MEANINGS, Meaning, SmsGateway, checked_id, prepared_text
from models.address import AddressKind
from models.delivery import Receipt, SendOutcome
from models.http import Http, HttpFailed, HttpRequest, HttpResponse
from models.message import Message

MAX_PARTS = 255
MAX_ITEMS = 1000
MAX_CHECKED_LENGTH = 65_536

_CONTENT_TYPES = {"form": "application/x-www-form-urlencoded", "json": "application/json"}
Read = Callable[[str, str], str]
"""Gives the text of a field of a call, the second argument where it has none."""
Has = Callable[[str], bool]
"""Whether a call has a field, be it empty."""

_ESCAPES = {"form": for_form, "json": for_json, "query": for_query}


class SmsHttp(SmsGateway):
    """Text messages through any gateway that speaks HTTP.

    Say how the gateway calls its fields, and set its addresses for messages and receipts to the webhook
    address of this asset. A call that has the field of the receipt's status is a receipt, every other a
    message, and so is one with a sender, a text and a status that is not listed. Where the gateway gives no
    message id, a hash over sender, recipient, text and date stands in.
    """

    kind: ClassVar[str] = "sms_http"

    from_field: str = "from"
    """Where an incoming call tells the sender. In JSON a dotted path works: `sender.number`."""
    to_field: str = "to"
    """Where it tells the number that was written to."""
    text_field: str = "text"
    """Where it has the text."""
    id_field: str = "id"
    """Where it has the gateway's id of the message."""
    date_field: str = "date"
    """Where it has the date: seconds or milliseconds since 1970, or ISO 8601."""
    items_field: str = ""
    """In JSON, the path to a list of messages or receipts, if one call can bring several (`results`).

    Those that can be read are taken even where others cannot, if each has an id or a date by which it is known when it
    comes again. The answer then is an error that names the first fault.
    """
    reply_body: str = '{"ok":true}'
    """What the gateway wants to hear when its call has been stored."""
    reply_type: str = "application/json"
    """Content type of that answer."""

    receipt_status_field: str = "status"
    """Where a receipt tells the status."""
    receipt_id_field: str = "id"
    """Where a receipt tells the gateway's id of the message it is about."""
    receipt_code_field: str = "error"
    """Where a receipt tells the error code."""
    receipt_statuses: dict[str, Meaning] = Field(
        default={
            "accepted": "submitted",
            "sent": "submitted",
            "delivered": "delivered",
            "read": "read",
            "expired": "expired",
            "failed": "failed",
            "undelivered": "failed",
            "rejected": "rejected",
        }
    )
    """What each status means. Case does not matter; a status that is not listed is ignored."""

    send_url: str
    """Address that takes outgoing messages. `{to}` and the other blanks of the body work here too."""
    send_method: Literal["POST", "GET", "PUT"] = "POST"
    """HTTP method of that call."""
    send_type: Literal["form", "json", "query"] = "form"
    """How the body is written. `query` puts it behind the address instead."""
    send_body: str = "from={from}&to={to}&text={text}"
    """The body. Blanks: {to} {to_no_plus} {from} {from_no_plus} {text} {id} {callback_url} {parts} {secret}."""
    send_headers: dict[str, SecretStr] = Field(default={})
    """Headers to send, such as `Authorization`."""
    send_username: str = ""
    """Name for basic authentication, if the gateway wants it."""
    send_password: SecretStr = SecretStr("")
    """Password that goes with it."""
    send_secret: SecretStr = SecretStr("")
    """What stands for {secret}: a password or key that the gateway wants in the body or the address."""
    send_success: str = ""
    """Regular expression that must be found in the answer to a message that was taken. Empty: any 2xx."""
    send_id_path: str = ""
    """Where a JSON answer has the gateway's id of the message: `messages.0.id`."""
    send_id_pattern: str = ""
    """Regular expression that finds the id in the answer; its first group counts."""
    send_error_path: str = ""
    """Where a JSON answer has the error code."""
    send_error_pattern: str = ""
    """Regular expression that finds the error code in the answer; its first group counts."""
    errors: dict[str, SendOutcome] = Field(default={})
    """What each error code means: accepted, unreachable, opted_out, rate_limited, transient, rejected, auth."""
    smart_encoding: bool = False
    """Replace typographic quotes, dashes and spaces where that makes a text fit the GSM alphabet."""
    max_parts: int = Field(default=10, ge=1, le=MAX_PARTS)
    """Longest message, in parts of 153 (or 67) characters."""

    @field_validator("send_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        if "@" in url.split("/")[2]:
            raise ValueError("has a name in it: use send_username and send_password")
        return url

    @field_validator("send_success", "send_id_pattern", "send_error_pattern")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        if pattern:
            compiled(pattern)
        return pattern

    @model_validator(mode="after")
    def _blanks_are_known(self) -> "SmsHttp":
        for name in ("send_url", "send_body"):
            unknown = unknown_blank(getattr(self, name))
            if unknown:
                raise ValueError(f"{name} has {{{unknown}}}, which is none of the blanks")
        return self

    # incoming

    def parse(self, request: WebhookRequest) -> list[Inbound]:
        fields = request.first_fields()
        delivery_id = fields.get(DELIVERY_FIELD, "")
        if not (request.body and request.method != "GET" and request.is_json):
            says_nothing = self.from_field not in fields and self.receipt_status_field not in fields and not delivery_id
            if request.body and not request.is_form and says_nothing:
                said = request.headers.get("content-type", "")
                came = f"a body of the type {said[:100]!r}" if said else "a body without a content type"
                raise BadRequest(f"{came} is not read: send a form or JSON", field="content-type")
            return self.without_own(self._one(fields.get, fields.__contains__, delivery_id, request.received_at))
        inbound: list[Inbound] = []
        fault: BadRequest | None = None
        items = self._items(request.json())
        for number, item in enumerate(items, start=1):
            try:
                inbound += self._item(item, delivery_id, request.received_at)
            except BadRequest as error:
                if len(items) == 1:
                    raise
                fault = fault or BadRequest(f"message {number} of {len(items)}: {error.message}", field=error.field)
        inbound = self.without_own(inbound)
        if fault is None:
            return inbound
        if all(_is_known_again(value) for value in inbound):
            raise BadItems(f"{fault.message}; the others are taken", field=fault.field, taken=inbound)
        raise BadRequest(f"{fault.message}; none is taken", field=fault.field)

    def _items(self, body: Any) -> list[Any]:
        if self.items_field:
            for part in self.items_field.split("."):
                body = body.get(part) if isinstance(body, dict) else None
            if not isinstance(body, list):
                raise BadRequest("expected a list", field=self.items_field)
        items = body if isinstance(body, list) else [body]
        if len(items) > MAX_ITEMS:
            raise BadRequest(f"one call brings at most {MAX_ITEMS} messages", field=self.items_field)
        return items

    def _item(self, item: Any, delivery_id: str, received_at: int) -> list[Inbound]:
        if not isinstance(item, dict):
            raise BadRequest("expected an object with the fields of a message", field=self.items_field)
        return self._one(_reader(item), _looker(item), delivery_id, received_at)

    def _one(self, read: Read, has: Has, delivery_id: str, received_at: int) -> list[Inbound]:
        status_field, from_field, to_field, text_field, id_field, date_field = self._fields
        status = read(status_field, "")
        if delivery_id or (status and not self._is_message(read, status)):
            return list(self._receipt(read, status, delivery_id, received_at))
        sender = read(from_field, "")
        if not sender:
            raise BadRequest("the sender is missing", field=from_field)
        text = read(text_field, "")
        if not text and not has(text_field):  # an empty SMS is one, a call without the field is a wrong setting
            raise BadRequest("the text is missing", field=text_field)
        return [
            self.message(
                sender=sender,
                recipient=read(to_field, ""),
                text=text,
                id=read(id_field, ""),
                date=read(date_field, ""),
                received_at=received_at,
                from_field=from_field,
                text_field=text_field,
            )
        ]

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        """The fields of every message: settings take longer to look up one by one."""
        return (
            self.receipt_status_field, self.from_field, self.to_field, self.text_field, self.id_field, self.date_field,
        )  # fmt: skip

    def _is_message(self, read: Read, status: str) -> bool:
        """Whether a call with a status that is not listed is a message all the same: it has a sender and a text."""
        if status.lower() in self._statuses:
            return False
        return bool(read(self.from_field, "") and read(self.text_field, ""))

    def _receipt(self, read: Read, status: str, delivery_id: str, received_at: int) -> Iterator[Receipt]:
        meaning = self._statuses.get(status.lower())
        if meaning not in MEANINGS:
            return
        message_id = checked_id(read(self.receipt_id_field, ""))
        if not message_id and not delivery_id:
            raise BadRequest("the receipt does not say which message it is about", field=self.receipt_id_field)
        state, outcome = MEANINGS[meaning]
        code = read(self.receipt_code_field, "")
        yield Receipt(
            asset=self.asset,
            state=state,
            message_id=message_id,
            delivery_id=checked_id(delivery_id),
            outcome=self.errors.get(code, outcome) if outcome is SendOutcome.UNREACHABLE else outcome,
            code=code[:64],
            description=excerpt(status),
            received_at=received_at,
        )

    @cached_property
    def _statuses(self) -> dict[str, str]:
        return {status.lower(): meaning for status, meaning in self.receipt_statuses.items()}

    def reply(self, request: WebhookRequest) -> WebhookReply:
        return self._reply

    @cached_property
    def _reply(self) -> WebhookReply:
        return WebhookReply(body=self.reply_body.encode(), content_type=self.reply_type)

    # outgoing

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        request = self.request(outgoing)
        try:
            response = await http.request(request)
        except HttpFailed as error:
            raise not_taken(error) from None
        return Sent(provider_id=self._provider_id(response) or outgoing.id)

    def request(self, outgoing: Outgoing) -> HttpRequest:
        """The call that hands this message over; raises `Rejected` for one that cannot be an SMS."""
        to = outgoing.to
        if to.kind not in _NUMBERS:
            raise Rejected(f"an SMS goes to a number, not to an address of kind {to.kind.value}")
        call = self._call
        text, parts = prepared_text(outgoing, smart=call.smart, max_parts=call.max_parts)
        values = {"to": to.value, "text": text, "id": outgoing.id}
        if call.rare:
            values["to_no_plus"] = to.value.lstrip("+")
            values["parts"] = str(parts)
            values["callback_url"] = self.callback(outgoing) if "callback_url" in call.rare else ""
        url = call.url.fill(values)
        body = call.body.fill(values)
        if call.in_query:
            url = f"{url}{'&' if '?' in url else '?'}{body}" if body else url
            body = ""
        return HttpRequest(method=call.method, url=url, headers=call.headers, body=body.encode(), trusted=True)

    @cached_property
    def _call(self) -> "_Call":
        return _Call(self)

    def _provider_id(self, response: HttpResponse) -> str:
        """The gateway's id of a message that it took; raises the `SendError` that its answer means."""
        call = self._call
        if call.says_id_only and 200 <= response.status < 300:
            return text_at(document_of(response), call.id_path)[:MAX_ID_LENGTH] if call.id_path else ""
        answer = response.text[:MAX_CHECKED_LENGTH]
        document = document_of(response) if self.send_id_path or self.send_error_path else None
        code = found(answer, document, self.send_error_path, self.send_error_pattern)
        outcome = self.errors.get(code) or outcome_of(response.status)
        taken = not self.send_success or compiled(self.send_success).search(answer) is not None
        if outcome is SendOutcome.ACCEPTED and not taken:
            outcome = SendOutcome.REJECTED
        if outcome not in _TAKEN:
            raise refusal(outcome, response, said=answer, code=code, secrets=self._secrets)
        return found(answer, document, self.send_id_path, self.send_id_pattern)[:MAX_ID_LENGTH]

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        hidden = (self.secret, self.send_password, self.send_secret, self.webhook_password, *self.send_headers.values())
        return tuple(value.get_secret_value() for value in hidden)


_TAKEN = (SendOutcome.ACCEPTED, SendOutcome.DELIVERED, SendOutcome.READ)
_NUMBERS = (AddressKind.MSISDN, AddressKind.SHORTCODE)
_RARE = ("to_no_plus", "parts", "callback_url")


class _Call:
    """What is the same in every call to a gateway."""

    __slots__ = (
        "body", "headers", "id_path", "in_query", "max_parts", "method", "rare", "says_id_only", "smart", "url",
    )  # fmt: skip

    def __init__(self, asset: SmsHttp) -> None:
        known = {
            "from": asset.number,
            "from_no_plus": asset.number.lstrip("+"),
            "secret": asset.send_secret.get_secret_value(),
        }
        self.method = asset.send_method
        self.url = Blanks(asset.send_url, for_query, known)
        self.body = Blanks(asset.send_body, _ESCAPES[asset.send_type], known)
        self.rare = tuple(name for name in _RARE if name in self.url.names or name in self.body.names)
        self.in_query = asset.send_type == "query"
        self.headers = {name.lower(): value.get_secret_value() for name, value in asset.send_headers.items()}
        if asset.send_username:
            password = asset.send_password.get_secret_value()
            self.headers["authorization"] = basic(asset.send_username, password)
        if asset.send_type in _CONTENT_TYPES:
            self.headers.setdefault("content-type", _CONTENT_TYPES[asset.send_type])
        self.smart = asset.smart_encoding
        self.max_parts = asset.max_parts
        # Then a 2xx is a yes, and nothing but the id is looked for in the answer.
        asks_more = asset.send_success or asset.send_error_path or asset.send_error_pattern or "" in asset.errors
        self.says_id_only = not asks_more and not (asset.send_id_pattern and not asset.send_id_path)
        self.id_path = tuple(asset.send_id_path.split(".")) if asset.send_id_path else ()


def _reader(item: Any) -> Read:
    return lambda name, default: text_at(item, tuple(name.split("."))) or default


def _is_known_again(value: Inbound) -> bool:
    """Whether it does no harm that a call is repeated which brings this."""
    return not isinstance(value, Message) or bool(value.sent_at) or not value.provider_id.startswith(HASH)


def _looker(item: Any) -> Has:
    """For a field that gave no text: whether it is there; raises `BadRequest` where it is an object or a list."""

    def has(name: str) -> bool:
        *way, last = name.split(".")
        parent = at_path(item, tuple(way))
        if isinstance(at_path(parent, (last,)), dict | list):
            raise BadRequest("expected text", field=name)
        return last in parent if isinstance(parent, dict) else at_path(parent, (last,)) is not None

    return has
