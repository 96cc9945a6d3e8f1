"""What a node hands to its turn can be read from the store again, or is refused while the node can be named."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from flows.turn import Turn
from models.content import Buttons, Choice, Content, Text
from models.delivery import Delivery, FallbackStep
from models.errors import BotkitError
from models.session import Session
from models.transaction import NodeVisit
from tests.flows.world import NOW, World

WORD: Any = "sms"
WORDS: Any = ("Yes", "No")
NUMBER: Any = 5
"""What no type checker would let pass."""
WRONG: dict[str, Callable[[Turn], Any]] = {
    "words for choices": lambda turn: turn.send(Buttons("Sure?", WORDS)),
    "a number for a title": lambda turn: turn.send(Buttons("Sure?", (Choice(NUMBER),))),
    "a number for a text": lambda turn: turn.send(Buttons(NUMBER, (Choice("1"),))),
    "half a character": lambda turn: turn.send(Text("so \ud83d")),
    "names for ways": lambda turn: turn.send(Text("hi"), WORDS),
    "a time beyond all times": lambda turn: turn.send(Text("hi"), expires_in_seconds=1e30),
    "words offered": lambda turn: turn.offer(WORDS),
    "an event that is no tuple": lambda turn: turn.wait(events=WORD, seconds=60),
    "a keyword that is no tuple": lambda turn: turn.wait(events=("sms.mo",), keywords=WORD),
    "a wait that nothing ends": lambda turn: turn.wait(),
    "a number for a variable's name": lambda turn: turn.set(NUMBER, "five"),
    "a number for an output's name": lambda turn: turn.output({NUMBER: "five"}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_could_not_be_read_again_is_refused(wrong: str) -> None:
    turn = World({}).turn()
    with pytest.raises(BotkitError, match=r"cannot be kept as it is: |nothing ends this wait: |names are text"):
        WRONG[wrong](turn)
    assert turn.deliveries == []
    assert turn.session.offered == ()
    assert turn.visit.outputs == turn.frame.variables == {}


SENT: list[tuple[Content, dict[str, Any]]] = [
    (Text("Grüße 🎉"), {}),
    (Text("hi", payload="p"), {"expires_in_seconds": 0.5}),
    (Buttons("Sure?", (Choice("Yes", "y"), Choice("No"))), {}),
    (Text("hi"), {"steps": (FallbackStep("whatsapp", success="read", within_seconds=60), FallbackStep("sms"))}),
]


@pytest.mark.parametrize(("content", "more"), SENT)
def test_what_is_sent_can_be_read_again(content: Content, more: dict[str, Any]) -> None:
    turn = World({}).turn()
    turn.send(content, **more)
    (delivery,) = turn.deliveries
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(delivery), type=Delivery) == delivery


def test_a_moment_with_a_fraction_is_waited_for_also_after_a_restart() -> None:
    turn = World({}).turn()
    until: Any = NOW + 1.5
    turn.session.wait = turn.wait(events=("sms.mo",), until=until)
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(turn.session), type=Session)
    assert stored.wait is not None and stored.wait.until == NOW + 1


@pytest.mark.parametrize("write", ["log", "warn", "fail"])
def test_an_error_is_logged_in_its_words(write: str) -> None:
    turn = World({}).turn()
    caught: Any = ValueError("no parcel weighs \ud83d")
    getattr(turn, write)(caught)
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(turn.visit), type=NodeVisit)
    assert [entry.text for entry in stored.log] == ["no parcel weighs ?"]
