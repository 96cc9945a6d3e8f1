"""Invariants: no noun can be made, or read from a store, with a value that it does not allow."""

from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from ruamel.yaml import YAML

from models.address import MAX_ADDRESS_LENGTH, Address, AddressKind
from models.content import MAX_CHOICES, MAX_TEXT_LENGTH, Buttons, Choice, Text, decode_content
from models.delivery import MAX_FALLBACK_STEPS, MAX_WITHIN_SECONDS, Delivery, FallbackStep
from models.errors import BotkitError, InvalidValue
from models.flow import MAX_NODES, Flow, Node
from tests.models.values import EVERY

TABLE = YAML(typ="safe", pure=True).load((Path(__file__).parent / "invariants.yaml").read_text("utf-8"))
KINDS = {kind.__name__: kind for kind in EVERY}
CASES = [
    pytest.param(KINDS[noun], given, field, message, id=f"{noun}-{field}-{number}")
    for noun, rows in TABLE.items()
    for number, (given, field, message) in enumerate(rows)
]
LONG: dict[str, Any] = {
    "257 characters": "x" * (MAX_ADDRESS_LENGTH + 1),
    "65537 characters": "x" * (MAX_TEXT_LENGTH + 1),
    "14 choices": [{"title": "A"}] * (MAX_CHOICES + 1),
    "9 steps": [{"channel": "sms"}] * (MAX_FALLBACK_STEPS + 1),
    "2001 nodes": {number: {"id": number, "kind": "end"} for number in range(1, MAX_NODES + 2)},
}
"""What would be too long to write out in the table."""


def filled(given: dict[str, Any]) -> dict[str, Any]:
    return {name: LONG.get(value, value) if isinstance(value, str) else value for name, value in given.items()}


@pytest.mark.parametrize(("kind", "given", "field", "message"), CASES)
def test_cannot_be_made(kind: type, given: dict[str, Any], field: str, message: str) -> None:
    hints = get_type_hints(kind)
    values = {name: msgspec.convert(value, hints[name]) for name, value in filled(given).items()}
    with pytest.raises(InvalidValue) as caught:
        kind(**values)
    assert (caught.value.field, caught.value.message) == (field, message)
    assert str(caught.value) == f"{field}: {message}"
    assert isinstance(caught.value, BotkitError)


@pytest.mark.parametrize(("kind", "given", "field", "message"), CASES)
def test_cannot_be_read(kind: type[msgspec.Struct], given: dict[str, Any], field: str, message: str) -> None:
    config = kind.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field else {}
    value = {**tag, **filled(given)}
    for encoding in (msgspec.json, msgspec.msgpack):
        with pytest.raises(msgspec.ValidationError) as caught:
            encoding.decode(encoding.encode(value), type=kind)
        assert str(caught.value).startswith(f"{field}: {message}")


def test_the_bounds_are_inside() -> None:
    Address("sms", "x" * MAX_ADDRESS_LENGTH, AddressKind.SENDER_ID)
    Text("x" * MAX_TEXT_LENGTH)
    Buttons("Well?", (Choice("A"),) * MAX_CHOICES)
    step = FallbackStep("sms", within_seconds=MAX_WITHIN_SECONDS)
    Delivery("d", "s", "l", Text(""), (step,) * MAX_FALLBACK_STEPS)
    Flow("f" * 64, {number: Node(number, "end") for number in range(1, MAX_NODES + 1)})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"type": "text"}, "content: Object missing required field `text`"),
        ({"type": "text", "text": 1}, "content: Expected `str`, got `int` - at `$.text`"),
        ({"type": "song"}, "content: Invalid value 'song' - at `$.type`"),
        ({"text": "Hi"}, "content: Object missing required field `type`"),
        ({"type": "media", "url": "x"}, "content: url: media lies at an http or https address"),
        (
            {"type": "buttons", "text": "Well?", "choices": [{"title": "A"}, {"title": ""}]},
            "content: title: a choice needs a title - at `$.choices[1]`",
        ),
    ],
)
def test_content_that_is_wrong_says_where(data: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        decode_content(data)
    assert str(caught.value) == words
    assert caught.value.field == "content"


def test_content_from_plain_data() -> None:
    assert decode_content({"type": "text", "text": "Hi"}) == Text("Hi")
