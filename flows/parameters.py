"""Parameters: the session parameters that an event brings, under the platform's names."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from models.address import AddressKind
from models.content import Buttons, Choice, Content, ListPicker, Location, Media, Template, Text
from models.customer import Customer
from models.event import Event
from models.keyword import bare, fold, split_first
from models.message import Message

RESERVED = frozenset(
    """ts servicekey key deliverychannel channels message destination appid notifyurl expiry payload senderid
    thread_id destinationType channelName identifier number country_code attachments template templateId
    contentType msisdn mid transid callbackdata evtid userid customerid otp srcreqorigintime""".split()  # noqa: SIM905
)
"""Names that the platform keeps for itself: a flow variable cannot be called so."""

PREDEFINED = frozenset(
    """facebook.psid wechat.wechat_user_id app.deviceId app.pushId twitter.twitterid msisdn email customerId
    app.imei app.os app.model app.telecom app.imsi app.location app.language facebook.birthday facebook.email
    facebook.first_name facebook.gender facebook.last_name facebook.location facebook.middle_name facebook.name
    facebook.timezone twitter.username app.rtmId name app.oldlocation app.mcc app.mnc message time app.message
    sms.message twitter.message facebook.message wechat.message app.thread_id abc.attachmentCount abc.message
    abc.requestIdentifier abc.interactive_type abc.hasattachment abc.abcUserId""".split()  # noqa: SIM905
)
"""The session parameters that every flow may refer to, whatever it was started by."""

COMMON = (
    "message.text", "message.payload", "message.channel", "message.event", "message.id", "message.type",
    "message.media", "message.location", "msisdn", "customerid", "customerId", "name", "transid", "time", "payload",
    "service.serviceKey", "receive.message", "receive.channel", "receive.payload", "receive.attachment",
    "nlp.*",
)  # fmt: skip
"""What every event brings."""

OUTPUTS: dict[str, tuple[str, ...]] = {
    "sms.mo": ("sms.keyword", "sms.serviceNumber", "sms.message", "sms.timestamp", "sms.transId", "sms.senderNumber"),
    "sms.linkclick": ("sms.linkStatus", "sms.timestamp", "sms.transId", "sms.senderNumber"),
    "inapp.message": tuple(
        f"{name}.{part}"
        for name in ("inappmessaging", "inapp")
        for part in ("message", "appid", "userId", "timestamp", "transId", "payload")
    ),
}
"""What single events bring, by name."""

_TAGS: dict[type, str] = {
    Text: "text", Buttons: "buttons", ListPicker: "list", Location: "location", Template: "template",
}  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999, which is all that a date can have."""

_MSISDN, _CUSTOMERID = AddressKind.MSISDN, AddressKind.CUSTOMERID  # a member is slow to look up
_CHANNEL_PARTS = ("message", "senderId", "serviceNumber", "timestamp", "transId", "payload", "attachment")


def event_parameters(
    event: Message | Event,
    *,
    keyword: str,
    transaction_id: str,
    service_key: str = "",
    offered: tuple[Choice, ...] = (),
) -> dict[str, Any]:
    """The session parameters of an event, nested: `$(sms.message)` is `["sms"]["message"]`.

    `keyword` is the first word, if a rule matched it: the message of an SMS is then the rest.
    `offered` are the quick replies that the message may answer in words.
    """
    if isinstance(event, Message):
        return _of_message(event, keyword, transaction_id, service_key, offered)
    return _of_event(event, transaction_id, service_key)


def add_customer(parameters: dict[str, Any], customer: Customer) -> None:
    """Add what is known of the customer beyond the address that she writes from now."""
    if "msisdn" not in parameters and (number := customer.msisdn):
        parameters["msisdn"] = number
    if customer.customerid and "customerid" not in parameters:
        parameters["customerid"] = parameters["customerId"] = customer.customerid
    if customer.name and not parameters.get("name"):
        parameters["name"] = customer.name


def known_parameters(event: str) -> frozenset[str]:
    """The names that can have a value after this event; one that ends in `.*` stands for all below it."""
    channel, _, what = event.partition(".")
    heads = ("inapp", "inappmessaging") if channel == "inapp" else (channel,)
    known = {*COMMON, *PREDEFINED, *OUTPUTS.get(event, ())}
    if what in ("message", "mo"):
        known.update(f"{head}.{part}" for head in heads for part in _CHANNEL_PARTS)
    elif event not in OUTPUTS:
        known.update((*(f"{head}.*" for head in heads), "event.*"))
    return frozenset(known)


def _of_message(
    message: Message, keyword: str, transaction_id: str, service_key: str, offered: tuple[Choice, ...]
) -> dict[str, Any]:
    content = message.content
    text = content.text
    payload = attachment = ""
    media: dict[str, Any] = {}
    location: dict[str, Any] = {}
    if isinstance(content, Text):
        payload = content.payload
        if offered and not payload:
            payload = _chosen(text, offered)
    elif isinstance(content, Media):
        media, attachment = msgspec.to_builtins(content), content.url
    elif isinstance(content, Location):
        location = msgspec.to_builtins(content)
    moment = timestamp(message.sent_at or message.received_at)
    sender = message.sender
    rest, word = _without_keyword(text, keyword) if keyword else (text, "")
    own: dict[str, Any] = {
        "message": rest, "senderId": sender.value, "serviceNumber": message.recipient, "timestamp": moment,
        "transId": transaction_id, "payload": payload, "attachment": attachment,
    }  # fmt: skip
    channel = message.channel
    if channel == "sms":
        own["keyword"] = word
        own["senderNumber"] = sender.value
    parameters = _common(message, payload, transaction_id, service_key, moment)
    parameters["name"] = message.name
    parameters["message"] = {
        "text": text, "payload": payload, "channel": channel, "event": message.event,
        "id": message.provider_id, "type": _type(content), "media": media, "location": location,
    }  # fmt: skip
    parameters["receive"] = {
        "message": text, "channel": channel, "payload": payload, "attachment": attachment,
    }  # fmt: skip
    parameters[channel] = own
    if channel == "inapp":
        own["appid"] = message.recipient or message.asset
        own["userId"] = sender.value
        parameters["inappmessaging"] = dict(own)
    return parameters


def _of_event(event: Event, transaction_id: str, service_key: str) -> dict[str, Any]:
    moment = timestamp(event.sent_at or event.received_at)
    parameters = _common(event, event.payload, transaction_id, service_key, moment)
    head = event.event.partition(".")[0]
    parameters["message"] = {
        "text": "", "payload": event.payload, "channel": event.channel, "event": event.event,
        "id": event.provider_id, "type": "event", "media": {}, "location": {},
    }  # fmt: skip
    parameters["receive"] = {"message": "", "channel": event.channel, "payload": event.payload, "attachment": ""}
    parameters["event"] = dict(event.payload)
    parameters[head] = {**event.payload, "timestamp": moment, "transId": transaction_id}
    if head == "inapp":
        parameters["inappmessaging"] = dict(parameters[head])
    return parameters


def _common(event: Message | Event, payload: Any, transaction_id: str, service_key: str, moment: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {"transid": transaction_id, "payload": payload, "time": moment}
    if service_key:
        parameters["service"] = {"serviceKey": service_key}
    sender = event.sender
    if sender is not None:
        if sender.kind is _MSISDN:
            parameters["msisdn"] = sender.value
        elif sender.kind is _CUSTOMERID:
            parameters["customerid"] = parameters["customerId"] = sender.value
    return parameters


def _chosen(text: str, offered: tuple[Choice, ...]) -> str:
    """The payload of the choice that a text names by its title, or else by its number; nothing if it names none."""
    said = fold(text.strip())
    for words in (said, bare(said)):
        for choice in offered:
            title = fold(choice.title)
            if words in (title, bare(title)):
                return choice.payload or choice.title
        for number, choice in enumerate(offered, 1):
            if words == str(number):
                return choice.payload or choice.title
    return ""


def _without_keyword(text: str, keyword: str) -> tuple[str, str]:
    """The text after the keyword, and the keyword as the customer wrote it, without punctuation around it."""
    first, rest = split_first(text)
    for word in (first, bare(first)):
        if word and fold(word) == fold(keyword):
            return rest, word
    return text, ""


def _type(content: Content) -> str:
    return content.media if isinstance(content, Media) else _TAGS[type(content)]


def timestamp(milliseconds: int) -> str:
    """A time in milliseconds since 1970 as ISO 8601 in UTC; nothing for 0."""
    if not milliseconds:
        return ""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    """A whole second as ISO 8601; the same one is asked for again and again."""
    return (EPOCH + timedelta(seconds=min(max(seconds, FIRST_SECOND), LAST_SECOND))).isoformat()[:-6]
