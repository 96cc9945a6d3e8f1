"""Session parameters: what events bring, and what the checker knows of it."""

from typing import Any

import pytest

from flows.parameters import PREDEFINED, RESERVED, event_parameters, known_parameters, timestamp
from models.address import Address, AddressKind
from models.content import Buttons, Choice, Location, Text
from models.event import Event
from models.message import Message
from tests.flows.world import incoming


def flat(values: dict[str, Any], above: str = "") -> set[str]:
    names = set()
    for name, value in values.items():
        names |= flat(value, f"{above}{name}.") if isinstance(value, dict) and value else {above + name}
    return names


def known(name: str, names: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(
        name == other or other == ".".join(parts[:length]) or other == ".".join(parts[:length]) + ".*"
        for other in names
        for length in range(1, len(parts) + 1)
    )


@pytest.mark.parametrize(
    "written",
    [
        {"text": "ORDER 12"},
        {"event": "inapp.message", "text": "hi", "payload": "X"},
        {"event": "whatsapp.message", "text": "hi"},
        {"event": "sms.mo", "media": {"url": "https://example.com/a.png", "media": "image"}},
        {"event": "webhook.paid", "payload": {"amount": {"total": 1}}},
        {"event": "custom.signup", "payload": {"plan": "gold"}},
        {"event": "inapp.postback", "payload": {"id": "1"}},
    ],
)
def test_every_parameter_is_known_to_the_checker(written: dict[str, Any]) -> None:
    event = incoming(written)
    assert isinstance(event, Message | Event)
    parameters = event_parameters(event, keyword="order", transaction_id="t1", service_key="k")
    names = known_parameters(event.event)
    unknown = {name for name in flat(parameters) if not known(name, names)}
    assert not unknown


@pytest.mark.parametrize(
    ("text", "keyword", "word", "rest"),
    [
        ("stop this message", "STOP", "stop", "this message"),
        ("ORDER", "order", "ORDER", ""),
        ("  Order \n 12  34", "order", "Order", "12  34"),
        ("orders 12", "order", "", "orders 12"),
        ("Order: 12", "order", "Order", "12"),
        ("order! now", "order!", "order!", "now"),
        ("«JÄ», bitte", "jä", "JÄ", "bitte"),
        ("!", "order", "", "!"),
        ("hello", "", "", "hello"),
        ("", "order", "", ""),
    ],
)
def test_the_message_is_the_rest_after_the_keyword(text: str, keyword: str, word: str, rest: str) -> None:
    event = incoming({"text": text})
    assert isinstance(event, Message)
    sms = event_parameters(event, keyword=keyword, transaction_id="t1")["sms"]
    assert (sms["keyword"], sms["message"]) == (word, rest)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("Yes", "y"),
        (" YES! ", "y"),
        ("1.", "y"),
        ("2)", "No!"),
        ("no", "No!"),
        ("No!", "No!"),
        ("3", ""),
        ("yes, 2", ""),
    ],
)
def test_a_choice_that_is_typed_brings_its_payload(text: str, payload: str) -> None:
    event = incoming({"text": text})
    offered = (Choice("Yes", "y"), Choice("No!"))
    assert isinstance(event, Message)
    found = event_parameters(event, keyword="", transaction_id="t1", offered=offered)
    assert found["message"]["payload"] == payload


def test_a_known_customer_and_a_place() -> None:
    sender = Address(channel="inapp", value="c-7", kind=AddressKind.CUSTOMERID)
    message = Message(
        asset="web", channel="inapp", event="inapp.message", provider_id="1", sender=sender, recipient="",
        content=Location(1.5, 2.5, name="Here"), name="Ann",
    )  # fmt: skip
    parameters = event_parameters(message, keyword="", transaction_id="t1")
    assert parameters["customerid"] == "c-7" and parameters["name"] == "Ann"
    assert parameters["message"]["location"]["latitude"] == 1.5
    assert parameters["inapp"]["appid"] == "web"


def test_contents_have_a_type() -> None:
    sender = Address(channel="sms", value="+44", kind=AddressKind.MSISDN)
    for content, kind in ((Text("a"), "text"), (Buttons("a", (Choice("b"),)), "buttons")):
        message = Message("a", "sms", "sms.mo", "1", sender, "6", content)
        assert event_parameters(message, keyword="", transaction_id="t")["message"]["type"] == kind


def test_the_platforms_lists_are_whole() -> None:
    assert (len(RESERVED), len(PREDEFINED)) == (31, 44)


def test_a_time_that_is_not_known_is_empty() -> None:
    assert timestamp(0) == "" and timestamp(1) == "1970-01-01T00:00:00.001Z"
