"""The sandbox plays any channel."""

import pytest

from channels.base import Outgoing, WebhookRequest
from channels.errors import OptedOut, Unreachable
from channels.sandbox import Sandbox
from models.content import Text
from models.http import Http
from models.message import Message
from models.plugin import InvalidSettings

NO_HTTP: Http = None  # type: ignore[assignment]


def said(channel: Sandbox, sender: str, at: int = 5) -> Message:
    body = f'{{"from":"{sender}","text":"Hello"}}'.encode()
    (message,) = channel.parse(WebhookRequest("POST", "http://bot/x", "", {}, body, at))
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize(
    ("channel", "sender", "event", "kind", "value", "asset"),
    [
        ("sms", "15550000001", "sms.mo", "msisdn", "+15550000001", ""),
        ("whatsapp", "+15550000001", "whatsapp.mo", "msisdn", "+15550000001", ""),
        ("inapp", "anna", "inapp.message", "customerid", "anna", ""),
        ("email", "Anna@Example.com", "email.mo", "email", "anna@example.com", ""),
        ("telegram", "42", "telegram.mo", "other", "42", "demo"),
    ],
)
def test_channels(channel: str, sender: str, event: str, kind: str, value: str, asset: str) -> None:
    sandbox = Sandbox(asset="demo", channel_name=channel)
    message = said(sandbox, sender)
    assert message.channel == message.sender.channel == channel
    assert message.event == event
    assert (message.sender.kind.value, message.sender.value, message.sender.asset) == (kind, value, asset)


def test_without_an_id_every_call_is_a_message_of_its_own() -> None:
    sandbox = Sandbox(asset="demo")
    assert said(sandbox, "15550000001", 5).provider_id != said(sandbox, "15550000001", 6).provider_id


@pytest.mark.parametrize(
    ("receipts", "states"),
    [("none", []), ("submitted", ["submitted"]), ("delivered", ["delivered"]), ("read", ["delivered", "read"])],
)
async def test_receipts(receipts: str, states: list[str]) -> None:
    sandbox = Sandbox(asset="demo", receipts=receipts)  # type: ignore[arg-type]
    to = sandbox.address("+15550000001")
    sent = await sandbox.send(Outgoing(id="d-1", to=to, content=Text("Hi"), sent_at=7), NO_HTTP)
    assert [receipt.state.value for receipt in sent.receipts] == states
    assert {(receipt.delivery_id, receipt.received_at) for receipt in sent.receipts} <= {("d-1", 7)}


async def test_nobody_can_be_reached() -> None:
    sandbox = Sandbox.load({"asset": "demo", "unreachable": "*"})
    outgoing = Outgoing(id="d-1", to=Sandbox(asset="demo").address("+15550000001"), content=Text("Hi"))
    with pytest.raises(Unreachable):
        await sandbox.send(outgoing, NO_HTTP)
    with pytest.raises(OptedOut):
        await Sandbox.load({"asset": "demo", "opted_out": ["*"]}).send(outgoing, NO_HTTP)


@pytest.mark.parametrize("written", ["+15550000001", "15550000001", "+1 555 000 0001"])
async def test_who_is_listed_is_known_however_the_number_is_written(written: str) -> None:
    outgoing = Outgoing(id="d-1", to=Sandbox(asset="demo").address("+15550000001"), content=Text("Hi"))
    with pytest.raises(Unreachable):
        await Sandbox.load({"asset": "demo", "unreachable": [written]}).send(outgoing, NO_HTTP)
    with pytest.raises(OptedOut):
        await Sandbox.load({"asset": "demo", "opted_out": [written]}).send(outgoing, NO_HTTP)


def test_what_cannot_be_an_address_is_not_listed() -> None:
    with pytest.raises(InvalidSettings, match=r"unreachable: '07' is not a phone number"):
        Sandbox.load({"asset": "demo", "unreachable": ["07"]})
    Sandbox.load({"asset": "demo", "channel_name": "inapp", "unreachable": ["07"]})


def test_a_channel_has_a_plain_name() -> None:
    with pytest.raises(InvalidSettings, match="channel_name"):
        Sandbox.load({"asset": "demo", "channel_name": "S M S"})
