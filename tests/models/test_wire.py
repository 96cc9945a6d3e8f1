"""On the wire: every noun comes back from JSON and MessagePack as it went in."""

import importlib
import inspect
import pkgutil

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models.content import Content
from models.event import Event
from models.message import Message
from tests.models.values import EVERY, contents, events, messages

EXAMPLES = 25


def structs() -> set[type]:
    """Every struct that the floor defines."""
    found: set[type] = set()
    for module in pkgutil.iter_modules(models.__path__):
        members = inspect.getmembers(importlib.import_module(f"models.{module.name}"), inspect.isclass)
        found |= {kind for _, kind in members if issubclass(kind, msgspec.Struct)}
    return found


def test_every_noun_is_tested() -> None:
    assert set(EVERY) == structs()


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_comes_back_as_it_went(kind: type) -> None:
    @settings(max_examples=EXAMPLES)
    @given(EVERY[kind])
    def check(value: object) -> None:
        assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=kind) == value

    check()


@settings(max_examples=EXAMPLES * 2)
@given(contents, st.one_of(messages, events))
def test_a_union_knows_its_own(content: Content, arrived: Message | Event) -> None:
    assert msgspec.json.decode(msgspec.json.encode(content), type=Content) == content
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(arrived), type=Message | Event) == arrived
