"""Mailboxes: an in-app user's messages, numbered, none lost and none twice."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from botkit.inapp import Mailboxes
from botkit.stores.base import StoreFailed
from channels.base import Outgoing
from models.address import Address, AddressKind
from models.content import Text
from tests.botkit.bot import BASE, FragileStore

ANN = Address("inapp", "ann", AddressKind.CUSTOMERID)


class Phone:
    """A device that keeps what is pushed to it."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def push(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))

    @property
    def got(self) -> list[tuple[int, str]]:
        return [(frame["seq"], frame["text"]) for frame in self.frames]


@pytest.fixture
async def store(tmp_path: Path) -> Any:
    made = FragileStore(tmp_path / "store.db")
    await made.open()
    yield made
    await made.close()


def message(number: int, to: Address = ANN) -> Outgoing:
    return Outgoing(f"d{to.value}{number}", to, Text(f"m{number}"))


async def test_messages_are_numbered_for_each_user(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    bob = Address("inapp", "bob", AddressKind.CUSTOMERID)
    assert [await boxes.put("web", message(n)) for n in (1, 2, 3)] == [1, 2, 3]
    assert await boxes.put("web", message(1, bob)) == 1
    assert await boxes.put("other", Outgoing("dx", ANN, Text("x"))) == 1
    again = Mailboxes(store, lambda: BASE)  # after a restart
    assert await again.put("web", message(2)) == 2
    assert await again.put("web", message(4)) == 4


async def test_the_same_message_is_stored_once(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    phone = Phone()
    await boxes.connect("web", ANN, phone, 0)
    assert await asyncio.gather(*(boxes.put("web", message(1)) for _ in range(5))) == [1] * 5
    assert phone.got == [(1, "m1")]


async def test_a_device_gets_what_it_missed_and_then_what_comes(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    for n in range(1, 251):  # more than a page
        await boxes.put("web", message(n))
    phone = Phone()
    await boxes.connect("web", ANN, phone, 40)
    await boxes.put("web", message(251))
    assert [seq for seq, _ in phone.got] == list(range(41, 252))
    boxes.disconnect("web", ANN, phone)
    await boxes.put("web", message(252))
    assert len(phone.got) == 211 and boxes.connected == 0


async def test_every_device_of_hers_gets_what_comes(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    phone, tablet = Phone(), Phone()
    await boxes.connect("web", ANN, phone, 0)
    await boxes.connect("web", ANN, tablet, 0)
    await boxes.put("web", message(1))
    boxes.disconnect("web", ANN, phone)
    await boxes.put("web", message(2))
    assert (phone.got, tablet.got) == ([(1, "m1")], [(1, "m1"), (2, "m2")])
    boxes.disconnect("web", ANN, tablet)
    assert not boxes._devices


async def test_a_device_that_was_away_for_long_gets_the_newest(
    store: FragileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.inapp.MAX_REPLAY", 20)
    boxes = Mailboxes(store, lambda: BASE)
    for n in range(1, 51):
        await boxes.put("web", message(n))
    phone, ahead = Phone(), Phone()
    await boxes.connect("web", ANN, phone, 0)
    await boxes.connect("web", ANN, ahead, 9_999)  # it remembers another server's numbers
    assert [seq for seq, _ in phone.got] == list(range(31, 51))
    assert ahead.got == []


async def test_a_message_that_is_being_stored_while_a_device_connects_comes_once(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    store.hold = lambda change: bool(change.mailbox)
    putting = asyncio.create_task(boxes.put("web", message(1)))
    await asyncio.sleep(0.01)
    held, store.held = store.held, []
    store.hold = None
    await store.commit(held[0][0])  # on the disk, but nobody has been told yet
    phone = Phone()
    await boxes.connect("web", ANN, phone, 0)
    held[0][1].set_result(None)
    await putting
    assert phone.got == [(1, "m1")]


async def test_a_message_that_could_not_be_stored_costs_no_other(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    phone = Phone()
    await boxes.connect("web", ANN, phone, 0)
    store.hold = lambda change: change.mailbox[0].delivery_id != "dann9"
    store.refuse = lambda change: change.mailbox[0].delivery_id == "dann2"
    first = asyncio.create_task(boxes.put("web", message(1)))
    await asyncio.sleep(0.01)
    with pytest.raises(StoreFailed):
        await boxes.put("web", message(2))
    third = asyncio.create_task(boxes.put("web", message(3)))
    await asyncio.sleep(0.01)
    store.refuse = None
    await store.let_go()
    numbers = [await first, await third, await boxes.put("web", message(2))]
    assert len(set(numbers)) == 3
    stored = [row.delivery_id for row in await store.mailbox("web", ANN.key, 0, 10)]
    assert sorted(stored) == ["dann1", "dann2", "dann3"]
    assert sorted(text for _, text in phone.got) == ["m1", "m2", "m3"]


async def test_memory_does_not_grow_with_users(store: FragileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.inapp.MAX_CACHED_NUMBERS", 3)
    boxes = Mailboxes(store, lambda: BASE)
    for round in (1, 2):
        for n in range(10):
            user = Address("inapp", f"u{n}", AddressKind.CUSTOMERID)
            assert await boxes.put("web", message(round, user)) == round
    assert len(boxes._last) <= 3


async def test_a_number_leads_to_its_message(store: FragileStore) -> None:
    boxes = Mailboxes(store, lambda: BASE)
    await boxes.put("web", message(1))
    assert await boxes.delivery_at("web", ANN, 1) == "dann1"
    assert await boxes.delivery_at("web", ANN, 2) == ""
    assert await boxes.delivery_at("other", ANN, 1) == ""
