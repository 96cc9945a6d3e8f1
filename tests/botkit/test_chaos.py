"""Chaos: a provider, a store and a process that fail by chance, under journeys of many customers at once (P1 to P5)."""

import asyncio
import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from botkit.stores.base import Change, StoreFailed, StoreUnavailable
from channels.base import Outgoing, Sent
from channels.errors import Transient, Unreachable
from models.content import plain_text
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.message import Message
from tests.botkit.bot import Bot, Line, asset
from tests.botkit.journey import JOURNEY, PAUSE

CUSTOMERS = [f"+1555000{number:04d}" for number in range(8)]
MESSAGES_EACH = 3
REFUSED = 0.05
"""How much of what is stored the store refuses."""

MOST_ROUNDS = 1_500
NEWS = {
    "delivered": (DeliveryState.DELIVERED, SendOutcome.DELIVERED),
    "failed": (DeliveryState.FAILED, SendOutcome.UNREACHABLE),
    "failed for now": (DeliveryState.FAILED, SendOutcome.TRANSIENT),
}
FATES = ("delivered",) * 4 + ("failed", "failed", "failed for now", "silent", "silent")
"""What becomes of the text that is waited for, on the first asset; all others are delivered."""


class Carrier(Line):
    """A provider that is busy, loses answers, and tells by receipts, often twice, what became of a message."""

    def __init__(self, chance: random.Random, *, names_ours: bool) -> None:
        super().__init__()
        self.bot: Bot | None = None
        self._chance = chance
        self._names_ours = names_ours
        self._telling: set[asyncio.Task[None]] = set()

    async def take(self, asset: str, outgoing: Outgoing) -> Sent:
        chance = self._chance
        await asyncio.sleep(chance.choice([0, 0, 0.001, 0.003]))
        text = plain_text(outgoing.content)
        luck = chance.random()
        if luck < 0.1:
            raise Transient("busy")
        if luck < 0.13 and asset == "sms" and text.startswith("A"):
            raise Unreachable("not here")
        sent = await super().take(asset, outgoing)
        fate = chance.choice(FATES) if asset == "sms" and text.startswith("A") else "delivered"
        if fate != "silent":
            for _ in range(chance.choice([1, 1, 2])):
                task = asyncio.get_running_loop().create_task(self._tell(asset, sent.provider_id, outgoing.id, fate))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
        if chance.random() < 0.05:
            raise Transient("it was taken, but its answer was lost")
        return sent

    async def _tell(self, asset: str, provider_id: str, id: str, fate: str) -> None:
        assert self.bot is not None
        state, outcome = NEWS[fate]
        ours = id if self._names_ours else self._chance.choice(["", id])
        receipt = Receipt(asset, state, provider_id, ours, outcome)
        await asyncio.sleep(self._chance.choice([0, 0.001, 0.002, 0.005, 0.02]))
        await insist(self.bot, receipt)


@pytest.mark.parametrize("seed", range(8))
async def test_journeys_arrive_whatever_fails(tmp_path: Path, seed: int) -> None:
    """The store fails where the seed is even, the process where it is odd: news that comes before the provider's answer
    lives in memory only, while that answer cannot be stored."""
    chance = random.Random(seed)
    process_fails = bool(seed % 2)
    carrier = Carrier(chance, names_ours=process_fails)
    flows = [JOURNEY, PAUSE]
    async with Bot(tmp_path, flows, assets=(asset("sms"), asset("second")), line=carrier) as bot:
        carrier.bot = bot

        def refuse(change: Change) -> bool:
            bot.store.failure = chance.choice([StoreFailed, StoreUnavailable])
            return chance.random() < REFUSED

        bot.store.refuse = None if process_fails else refuse
        writing = [asyncio.create_task(write_all(bot, customer, chance)) for customer in CUSTOMERS]
        for number in range(MOST_ROUNDS):
            await asyncio.sleep(chance.choice([0.002, 0.01, 0.03]))  # the moment of whatever comes next
            bot.skip(chance.choice([0, 0.2, 0.5, 1.0, 1.1]))
            if number % 12 == 11:
                with contextlib.suppress(StoreFailed):  # then the old version stays
                    await bot.app.deploy(bot.of([JOURNEY.replace("Arrived", f"Arrived {number}"), PAUSE]))
            if number % 16 == 15 and process_fails:
                await chance.choice([bot.crash, bot.restart])(flows, seconds=chance.choice([0, 0.5, 2]))
            if all(f"C m{MESSAGES_EACH - 1}" in carrier.texts(customer) for customer in CUSTOMERS):
                break
        bot.store.refuse = None
        await asyncio.gather(*writing)
        await bot.later(10)
        for customer in CUSTOMERS:
            # Each message ran once and wholly, and the next one after it, whatever was sent twice.
            texts = list(dict.fromkeys(carrier.texts(customer)))
            assert texts == [f"{part} m{n}" for n in range(MESSAGES_EACH) for part in "ABC"]
        assert await bot.outcomes() == [201] * len(CUSTOMERS) * MESSAGES_EACH


BURST = range(1, 13)
BURSTS = "\n".join(
    [
        "flow: main",
        "session_key: msisdn",
        "nodes:",
        "  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}",
        *[f'  {n + 2}: {{kind: send, text: "$(message.text) {n}", next: {{onSuccess: {n + 3}}}}}' for n in BURST],
        f"  {BURST.stop + 2}: {{kind: receive, events: [sms.mo], max_timeout: 1h,"
        " next: {sms.mo: 3, onTimeout: end}}",
        "",
    ]
)


@pytest.mark.parametrize("seed", range(4))
async def test_bursts_keep_their_order_whatever_fails(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many messages of one step, of many customers, more than are read from the store at once."""
    for module in ("outbox", "engine", "timers"):
        monkeypatch.setattr(f"botkit.{module}.PAGE", 5)
    chance = random.Random(seed)
    carrier = Carrier(chance, names_ours=True)
    async with Bot(tmp_path, BURSTS, line=carrier) as bot:
        carrier.bot = bot
        writing = [asyncio.create_task(write_all(bot, customer, chance)) for customer in CUSTOMERS]
        for number in range(MOST_ROUNDS):
            await asyncio.sleep(chance.choice([0.002, 0.01, 0.03]))
            bot.skip(chance.choice([0, 0.2, 0.5, 1.0]))
            if number % 6 == 5:
                await chance.choice([bot.crash, bot.restart])(seconds=chance.choice([0, 0.5, 2]))
            if all(len(set(carrier.texts(customer))) == MESSAGES_EACH * len(BURST) for customer in CUSTOMERS):
                break
        await asyncio.gather(*writing)
        for customer in CUSTOMERS:
            texts = list(dict.fromkeys(carrier.texts(customer)))
            assert texts == [f"m{n} {part}" for n in range(MESSAGES_EACH) for part in BURST]


async def write_all(bot: Bot, customer: str, chance: random.Random) -> None:
    """All messages of a customer, each until it is acknowledged, some of them twice."""
    for number in range(MESSAGES_EACH):
        message = bot.message(f"m{number}", customer, id=f"{customer}-{number}")
        await insist(bot, message)
        if chance.random() < 0.3:
            await insist(bot, message)
        await asyncio.sleep(chance.choice([0, 0.01, 0.05]))


async def insist(bot: Bot, value: Message | Receipt) -> None:
    """Bring a value again and again, as providers do, until it is acknowledged."""
    while True:
        try:
            await bot.accept(value)
        except (StoreFailed, sqlite3.ProgrammingError):  # refused, or the process has just ended
            await asyncio.sleep(0.004)
        else:
            return
