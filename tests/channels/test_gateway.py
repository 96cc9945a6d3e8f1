"""SMS gateways: what they have in common: the check of a call, and messages that must not come in."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from channels.base import WebhookRequest
from channels.errors import BadSignature
from channels.sms.http import SmsHttp
from channels.sms.kannel import Kannel
from channels.sms.twilio import Twilio
from models.message import Message

NOW = 1_800_000_000_000


def gateway(**settings: Any) -> SmsHttp:
    channel = SmsHttp.load({"asset": "sms-any", "send_url": "http://gw.local/send", **settings})
    assert isinstance(channel, SmsHttp)
    return channel


def call(query: str = "", body: str = "", **headers: str) -> WebhookRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", f"https://bot.example/channels/x?{query}", query, names, body.encode(), NOW)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"secret": "s"}, "token"),
        ({"secret": "s", "secret_field": "key"}, "key"),
        ({"secret": "s", "secret_header": "X-Hook"}, "x-hook"),
        ({"webhook_username": "gw", "webhook_password": "p"}, "authorization"),
    ],
)
def test_a_call_without_the_secret_is_told_which_field_it_lacks(settings: dict[str, str], name: str) -> None:
    channel = gateway(**settings)
    with pytest.raises(BadSignature, match="is missing") as missing:
        channel.verify(call())
    with pytest.raises(BadSignature, match="is wrong") as wrong:
        channel.verify(call(f"{name}=x", **{name.replace("-", "_"): "x"}))
    assert (missing.value.field, wrong.value.field) == (name, name)


def test_a_get_is_read_from_its_query_whatever_type_it_claims() -> None:
    query = "from=%2B447911123456&text=Hi&id=1"
    request = WebhookRequest("GET", f"/channels/x?{query}", query, {"content-type": "application/json"}, b"{}", NOW)
    (message,) = gateway().parse(request)
    assert isinstance(message, Message)
    assert message.text == "Hi"


@pytest.mark.parametrize(
    ("number", "sender"), [("+447911123456", "07911 123456"), ("447911123456", "+447911123456"), ("60606", "60606")]
)
def test_a_message_from_the_own_number_is_dropped(number: str, sender: str, caplog: pytest.LogCaptureFixture) -> None:
    channel = gateway(number=number, region="GB")
    items = [{"from": who, "text": "Hi", "id": "1"} for who in (sender, "+447911999999", sender)]
    (message,) = channel.parse(call(body=json.dumps(items), content_type="application/json"))
    assert isinstance(message, Message)
    assert message.sender.value == "+447911999999"
    assert [record.getMessage() for record in caplog.records] == [
        "asset sms-any: messages from its own number were dropped (2): does the gateway send back what it gets?"
    ]
    assert channel.parse(call(f"from={quote(sender)}&text=Hi")) == []


def test_kannel_and_twilio_drop_them_too() -> None:
    kannel = Kannel.load({"asset": "k", "number": "60606", "username": "u", "password": "p"})
    assert kannel.parse(call("from=60606&to=60606&text=Hi")) == []
    twilio = Twilio.load({"asset": "t", "number": "+15550001111", "account_sid": "AC" + "0" * 32, "auth_token": "t"})
    assert twilio.parse(call("From=%2B15550001111&To=%2B15550001111&Body=Hi&MessageSid=SM1")) == []
