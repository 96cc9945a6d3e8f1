"""Content: what is left of it on a channel that has nothing but words."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from ruamel.yaml import YAML

from models.content import Buttons, Content, ListPicker, Location, Media, Text, decode_content, plain_text
from models.message import Message
from tests.models.values import contents, messages

CASES = YAML(typ="safe", pure=True).load((Path(__file__).parent / "plain_text.yaml").read_text("utf-8"))


@pytest.mark.parametrize(("content", "words"), CASES)
def test_plain_text(content: dict[str, Any], words: str) -> None:
    assert plain_text(decode_content(content)) == words


@given(contents)
def test_nothing_that_can_be_said_is_lost(content: Content) -> None:
    said = plain_text(content)
    match content:
        case Buttons() | ListPicker():
            assert all(choice.title in said for choice in content.choices)
        case Media():
            assert content.url.strip() in said
        case Location():
            assert f"{content.latitude:.6f},{content.longitude:.6f}" in said
        case _:
            assert said == content.text


@given(messages)
def test_a_message_says_what_its_content_says(message: Message) -> None:
    assert isinstance(message.text, str)
    assert message.text == message.content.text


def test_a_tapped_reply_keeps_its_payload() -> None:
    assert (Text("No", payload="no-thanks").text, Text("No", payload="no-thanks").payload) == ("No", "no-thanks")
