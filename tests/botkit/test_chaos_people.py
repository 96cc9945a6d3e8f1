"""Chaos among people: an app and a phone, two devices, services that share a number, STOP and START, a clock that is
set (P1 to P6)."""

import asyncio
import contextlib
import json
import random
import sqlite3
from pathlib import Path

import pytest

from botkit.stores.base import Change, StoreFailed, StoreUnavailable
from channels.base import Outgoing, Sent
from channels.errors import Transient, Unreachable
from channels.inapp import InApp
from flows.turn import Turn
from models.address import Address, AddressKind
from models.content import plain_text
from models.service import InvokeFlow, Rule, SendReply, Service
from tests.botkit.bot import Bot, asset, node, rule
from tests.botkit.test_chaos import MOST_ROUNDS, REFUSED, Carrier, insist

PEOPLE = [f"+1555000{number:04d}" for number in range(6)]
ONLY_PHONE, ONLY_APP = PEOPLE[:2], PEOPLE[2:3]
LEAVER = "+15559999999"
MESSAGES_EACH = 4
LATER = 30 * 24 * 3_600

TALK = """
flow: talk
session_key: msisdn
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3:
    kind: send
    text: "A $(message.text)"
    wait_for: delivered
    timeout: 5s
    next: {onDeliveryReportSuccess: 4, onDeliveryReportFail: 4, onTimeout: 4, onError: 4}
  4: {kind: call_flow, flow: work, next: {onSuccess: 5, onError: 5}}
  5: {kind: send, text: "B $(message.text)", next: {onSuccess: 6}}
  6: {kind: receive, events: [sms.mo, inapp.message], max_timeout: 4s,
      next: {sms.mo: 3, inapp.message: 3, onTimeout: end 101}}
"""
WORK = """
flow: work
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: fickle, next: {onSuccess: 4, onError: 4}}
  4: {kind: delay, duration: 500ms, next: {onTimeout: 5}}
  5: {kind: fickle, next: {onSuccess: end 101, onError: end 102}}
"""
ASIDE = """
flow: aside
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: fickle, next: {onSuccess: 4, onError: 4}}
  4: {kind: send, text: "S $(message.text)", next: {onSuccess: end 101}}
"""
FLOWS = [TALK, WORK, ASIDE]
SERVICES = (
    Service("one", assets=("sms", "web"), rules=(rule("talk"), rule("talk", event="inapp.message"))),
    Service(
        "two",
        assets=("sms",),
        rules=(Rule("both", "sms.mo", (InvokeFlow("aside"), SendReply("R $(message.text)"))),),
    ),
)


class Phones(Carrier):
    """A carrier that sees whether a text goes to somebody who is known to want none."""

    unwanted: tuple[str, ...] = ()

    async def take(self, asset: str, outgoing: Outgoing) -> Sent:
        try:
            return await super().take(asset, outgoing)
        except Unreachable:
            raise Transient("not here just now") from None
        finally:
            assert self.bot is not None
            to, text, store = outgoing.to.value, plain_text(outgoing.content), self.bot.store
            believed = self.bot.engine._opt_outs._known.get(("sms", to))
            stored = await store.opted_out("sms", to)
            quiet = not store._busy and not store._pending  # else it is being stored just now
            if quiet and text[1] == " " and stored and believed is False:
                self.unwanted = (*self.unwanted, text)


class Device:
    """One of a customer's devices, which comes and goes."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.address = app_address(number)
        self.got: dict[int, str] = {}

    def push(self, frame: bytes) -> None:
        read = json.loads(frame)
        assert read["seq"] > max(self.got, default=0), "it comes twice, or in the wrong order"
        self.got[read["seq"]] = read["text"]

    async def come(self, bot: Bot) -> None:
        boxes = bot.app.mailboxes
        boxes.disconnect("web", self.address, self)
        await boxes.connect("web", self.address, self, max(self.got, default=0))

    def go(self, bot: Bot) -> None:
        bot.app.mailboxes.disconnect("web", self.address, self)


def app_address(number: str) -> Address:
    return Address("inapp", f"u{number[1:]}", AddressKind.CUSTOMERID)


@pytest.mark.parametrize("seed", range(4))
async def test_people_are_answered_once_whatever_fails(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store fails where the seed is even, the process where it is odd."""
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.05)
    monkeypatch.setattr("botkit.lanes.MAX_IDLE_LANES", 2 if seed % 3 else 500)
    chance = random.Random(seed)
    process_fails = bool(seed % 2)
    line = Phones(chance, names_ours=seed % 4 < 2)
    devices = [Device(number) for number in PEOPLE for _ in range(2)]

    async def fickle(turn: Turn) -> str:
        luck = chance.random()
        if luck < 0.3:
            await asyncio.sleep(chance.choice([0, 0.005, 0.03, 0.2]))
        if luck > 0.8:
            raise TimeoutError("nobody answers")
        return "onSuccess"

    assets = (asset("sms"), asset("web", "inapp", InApp.kind))
    nodes = [node("fickle", fickle)]
    async with Bot(tmp_path, FLOWS, assets=assets, services=SERVICES, line=line, nodes=nodes) as bot:
        line.bot = bot

        def refuse(change: Change) -> bool:
            bot.store.failure = chance.choice([StoreFailed, StoreUnavailable])
            return chance.random() < REFUSED

        bot.store.refuse = None if process_fails else refuse
        writing = [asyncio.create_task(write(bot, number, chance)) for number in PEOPLE]
        leaving = asyncio.create_task(leave_and_return(bot, chance))
        for number in range(MOST_ROUNDS):
            await asyncio.sleep(chance.choice([0.002, 0.01, 0.03]))
            bot.skip(chance.choice([0, 0.2, 0.5, 1.0, 1.1]))
            await come_and_go(bot, chance.choice(devices), chance)
            if number % 10 == 9:
                bot.set_clock(chance.choice([-86_400, -60, 60, 86_400]))
            if number % 12 == 11:
                with contextlib.suppress(StoreFailed):  # then the old version stays
                    await bot.app.deploy(bot.of([TALK, WORK.replace("500ms", f"{500 + number}ms"), ASIDE]))
            if number % 16 == 15 and process_fails:
                await chance.choice([bot.crash, bot.restart])(FLOWS, seconds=chance.choice([0, 0.5, 2]))
            if number > 100 and all(task.done() for task in (*writing, leaving)):
                break
        bot.store.refuse = None
        await asyncio.gather(*writing, leaving)
        for seconds in [LATER, *[10] * 40]:  # by which all is over that was begun with a clock ahead of its time
            bot.set_clock(seconds)
            await bot.later(seconds=10)

        for device in devices:
            await device.come(bot)
        for first, second in zip(devices[::2], devices[1::2], strict=True):
            assert first.got == second.got
            in_app, by_text = list(first.got.values()), list(dict.fromkeys(line.texts(first.number)))
            said = [f"{part} m{n}" for n in range(MESSAGES_EACH) for part in "AB"]
            assert sorted(in_app + [text for text in by_text if text[0] in "AB"]) == sorted(said)
            if first.number in (*ONLY_PHONE, *ONLY_APP):
                assert (in_app or [text for text in by_text if text[0] in "AB"]) == said
            if first.number in ONLY_PHONE:
                assert [text for text in by_text if text[0] == "R"] == [f"R m{n}" for n in range(MESSAGES_EACH)]
                assert sorted(text for text in by_text if text[0] == "S") == [f"S m{n}" for n in range(MESSAGES_EACH)]
        for address, text in {(to, text) for _, to, text in line.sent if text[1] == " "}:
            ids = {id for sent, id in zip(line.sent, line.ids, strict=True) if sent[1:] == (address, text)}
            assert len(ids) == 1, f"{text} ran twice"
        assert not line.unwanted
        assert await bot.store.opted_out("sms", LEAVER)
        assert await bot.store.counts() == {"inbox": 0, "sessions": 0, "outbox": 0}


async def write(bot: Bot, number: str, chance: random.Random) -> None:
    """All messages of a customer, by phone or in the app, each until it is acknowledged, some of them twice."""
    for n in range(MESSAGES_EACH):
        to = "sms" if number in ONLY_PHONE else "web" if number in ONLY_APP else chance.choice(["sms", "web"])
        sender = number if to == "sms" else app_address(number).value
        message = bot.message(f"m{n}", sender, to=to, id=f"{number}-{n}")
        for _ in range(chance.choice([1, 1, 2])):
            await insist(bot, message)
        await asyncio.sleep(chance.choice([0, 0.01, 0.05, 0.3]))


async def leave_and_return(bot: Bot, chance: random.Random) -> None:
    """Somebody who does not know what she wants, until she does: the last word is STOP."""
    words = [word for _ in range(12) for word in chance.choice([["x", "STOP", "y"], ["START", "z"], ["START", "STOP"]])]
    for n, word in enumerate([*words, "STOP"]):
        await insist(bot, bot.message(word if word.isupper() else f"{word}{n}", LEAVER, id=f"l{n}"))
        await asyncio.sleep(chance.choice([0, 0, 0.01, 0.05]))


async def come_and_go(bot: Bot, device: Device, chance: random.Random) -> None:
    """A device is switched off, or says hello: signed in with the phone number, if it is of one who has both."""
    with contextlib.suppress(StoreFailed, sqlite3.ProgrammingError):
        if chance.random() < 0.3:
            device.go(bot)
            return
        if device.number not in ONLY_PHONE and chance.random() < 0.5:
            await bot.engine.identities.link(device.address, msisdn=device.number)
        await device.come(bot)
