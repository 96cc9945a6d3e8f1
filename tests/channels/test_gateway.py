"""SMS gateways: what they have in common: the check of a call, and messages that must not come in."""

from typing import Any

import pytest

from channels.base import WebhookRequest
from channels.errors import BadSignature
from channels.sms.http import SmsHttp
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
