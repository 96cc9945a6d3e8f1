"""Metrics: what is counted happened, and happened once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from botkit import metrics
from botkit.stores.base import Change, StoreUnavailable
from models.service import Consent, Service
from tests.botkit.bot import ANN, ECHO, Bot, rule

TALLIES = {
    "received": metrics.RECEIVED, "duplicates": metrics.DUPLICATES, "ended": metrics.ENDED,
    "unmatched": metrics.UNMATCHED, "consent": metrics.CONSENT,
}  # fmt: skip


@pytest.fixture(name="counted")
def count_from_here() -> Callable[[], dict[str, int]]:
    """What was counted since the test began, without zeros."""

    def counts() -> dict[str, int]:
        return {name: sum(tally.counts.values()) for name, tally in TALLIES.items()}

    before = counts()
    return lambda: {name: count - before[name] for name, count in counts().items() if count != before[name]}


async def test_a_message_that_comes_again_counts_as_a_duplicate_only(
    tmp_path: Path, counted: Callable[[], dict[str, int]]
) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        for _ in range(3):
            await bot.say("x", id="1")
        assert counted() == {"received": 1, "duplicates": 2, "ended": 1}


@pytest.mark.parametrize(("text", "what"), [("GO", "ended"), ("what?", "unmatched"), ("STOP", "consent")])
async def test_what_the_store_did_not_take_is_not_counted(
    tmp_path: Path, counted: Callable[[], dict[str, int]], text: str, what: str
) -> None:
    consent = Consent(channels=("sms",), stop=("STOP",))
    services = [Service("s", assets=("sms",), rules=(rule("main", "GO"),), consent=consent)]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        tries = 0

        def refuse(change: Change) -> bool:
            nonlocal tries
            tries += bool(change.done)
            return not change.inbox or bool(change.steps)

        bot.store.failure = StoreUnavailable
        bot.store.refuse = refuse
        await bot.accept(bot.message(text, ANN))
        while tries < 3:
            bot.skip(10)
            await bot.until(lambda seen=tries: tries > seen)
        assert counted() == {"received": 1}
        bot.store.refuse = None
        await bot.later(10)
        assert counted() == {"received": 1, what: 1}
