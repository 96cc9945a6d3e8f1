"""Settings of SMS gateways that cannot work are refused when they are loaded."""

from typing import Any

import pytest

from channels.base import WebhookRequest
from channels.errors import BadSignature
from channels.sms.http import SmsHttp
from channels.sms.kannel import Kannel
from channels.sms.twilio import Twilio
from models.plugin import InvalidSettings


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "send_url: this setting is mandatory"),
        ({"send_url": "ftp://x"}, "send_url: begins with http:// or https://"),
        ({"send_url": "http://u:pw@x/"}, "send_url: has a name in it"),
        ({"send_url": "http://x", "send_body": "a={txt}"}, "send_body has {txt}"),
        ({"send_url": "http://x/{who}"}, "send_url has {who}"),
        ({"send_url": "http://x", "send_success": "("}, "send_success: is no regular expression"),
        ({"send_url": "http://x", "send_id_pattern": "(?=a)"}, "send_id_pattern: is no regular expression"),
        ({"send_url": "http://x", "errors": {"1": "odd"}}, "errors.1"),
        ({"send_url": "http://x", "max_parts": 0}, "max_parts"),
        ({"send_url": "http://x", "receipt_statuses": {"x": "odd"}}, "receipt_statuses.x"),
    ],
)
def test_sms_http(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        SmsHttp.load({"asset": "x", **settings})
    assert says in str(caught.value)


def test_twilio_needs_a_sender() -> None:
    with pytest.raises(InvalidSettings, match="number or messaging_service_sid"):
        Twilio.load({"asset": "x", "account_sid": "AC1", "auth_token": "t"})


def test_an_empty_twilio_token_would_let_everybody_in() -> None:
    with pytest.raises(InvalidSettings, match="auth_token"):
        Twilio.load({"asset": "x", "number": "+15550001111", "account_sid": "AC1", "auth_token": ""})


def test_kannel_takes_an_address_without_a_query() -> None:
    with pytest.raises(InvalidSettings, match="send_url"):
        Kannel.load({"asset": "x", "username": "u", "password": "p", "send_url": "http://x/?a=1"})


@pytest.mark.parametrize(
    ("settings", "query", "headers", "says"),
    [
        ({"secret": "s3"}, "", {}, "the field 'token' is missing"),
        ({"secret": "s3"}, "token=s4", {}, "the field 'token' is wrong"),
        ({"secret": "s3"}, "token=", {}, "the field 'token' is wrong"),
        ({"secret": "s3"}, "token=%FF%FE", {}, "the field 'token' is wrong"),
        ({"secret": "s3"}, "token=s3", {}, ""),
        ({"secret": "clé & s3"}, "token=cl%C3%A9+%26+s3", {}, ""),
        ({"secret": "s3", "secret_field": "k"}, "k=s3", {}, ""),
        ({"secret": "s3", "secret_header": "X-K"}, "token=s3", {}, "the header 'x-k' is missing"),
        ({"secret": "s3", "secret_header": "X-K"}, "", {"x-k": "s3"}, ""),
        ({"webhook_username": "u", "webhook_password": "p"}, "", {}, "the header 'authorization' is missing"),
        (
            {"webhook_username": "u", "webhook_password": "p"},
            "",
            {"authorization": "Basic dTpx"},
            "the header 'authorization' is wrong",
        ),
        ({"webhook_username": "u", "webhook_password": "p"}, "", {"authorization": "Basic dTpw"}, ""),
    ],
)
def test_calls_are_checked(settings: dict[str, Any], query: str, headers: dict[str, str], says: str) -> None:
    channel = SmsHttp.load({"asset": "x", "send_url": "http://x", **settings})
    request = WebhookRequest("GET", f"http://bot/x?{query}", query, headers, b"", 0)
    if not says:
        channel.verify(request)
        return
    with pytest.raises(BadSignature) as caught:
        channel.verify(request)
    assert says in str(caught.value)
    assert "s3" not in str(caught.value)
