"""Timers: what is due happens once, also when the server was down at the time."""

import asyncio
import logging
from pathlib import Path

import pytest

from botkit.stores.base import Change
from models.service import Service
from tests.botkit.bot import ANN, BOB, COUNTER, Bot, asset, rule

DAY = 24 * 3_600
REMIND = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: delay, duration: $(message.text), next: {onTimeout: 4, onError: end 102}}
  4: {kind: send, text: "after $(message.text)", next: {onSuccess: end 101}}
"""


async def test_a_delay_is_over_in_time(tmp_path: Path) -> None:
    async with Bot(tmp_path, REMIND) as bot:
        await bot.say("1h")
        await bot.later(3_590)
        assert bot.texts == []
        await bot.later(11)
        assert bot.texts == ["after 1h"]
        await bot.later(10_000)
        assert bot.texts == ["after 1h"]
        assert await bot.outcomes() == [101]


async def test_a_shorter_delay_that_begins_later_is_over_first(tmp_path: Path) -> None:
    async with Bot(tmp_path, REMIND) as bot:
        await bot.say("50s")
        await bot.say("5s", "+15550000002")
        await bot.later(6)
        assert [text for _, _, text in bot.line.sent] == ["after 5s"]
        await bot.later(50)
        assert [text for _, _, text in bot.line.sent] == ["after 5s", "after 50s"]


@pytest.mark.parametrize("how", ["restart", "crash"])
async def test_what_was_due_while_the_server_was_down_happens_at_the_start(tmp_path: Path, how: str) -> None:
    async with Bot(tmp_path, REMIND) as bot:
        await bot.say("1h")
        again = bot.restart if how == "restart" else bot.crash
        await again(seconds=7_200)
        await bot.until(lambda: bot.texts)
        await again(seconds=7_200)
        assert bot.texts == ["after 1h"]


async def test_a_receive_is_over_after_its_time_unless_she_writes(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        await bot.later(23 * 3_600)
        await bot.say("b")  # the time begins anew
        await bot.later(23 * 3_600)
        assert bot.texts == ["a", "ab"]
        await bot.later(2 * 3_600)
        assert bot.texts == ["a", "ab", "time is over"]
        assert await bot.outcomes() == [103]


async def test_a_timer_whose_step_is_not_stored_fires_again_and_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.005)
    failures = 2

    def refuse(change: Change) -> bool:
        nonlocal failures
        failures -= bool(change.ended)
        return bool(change.ended) and failures >= 0

    async with Bot(tmp_path, REMIND) as bot:
        await bot.say("1h")
        bot.store.refuse = refuse
        await bot.later(3_601)
        await bot.until(lambda: bot.texts)
        assert bot.texts == ["after 1h"]


async def test_many_are_due_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.timers.PAGE", 10)
    async with Bot(tmp_path, REMIND) as bot:
        await bot.accept(*(bot.message("1h", f"+1555100{n:04d}") for n in range(100)))
        await bot.settle()
        await bot.restart(seconds=7_200)
        await bot.until(lambda: len(bot.line.sent) == 100)
        await bot.settle()
        assert len({to for _, to, _ in bot.line.sent}) == len(bot.line.sent) == 100


async def test_sessions_of_a_service_that_is_switched_off_wait_quietly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They cannot go on: that is said once for all of them; when it is live again, they do."""
    async with Bot(tmp_path, REMIND) as bot:
        for sender in (ANN, BOB):
            await bot.say("1h", sender)
        services = bot._services
        bot._services = (Service("s", assets=("sms",), rules=(rule("main"),), live=False),)
        with caplog.at_level(logging.ERROR):
            await bot.restart(REMIND, seconds=7_200)
            await asyncio.sleep(0.4)
        assert caplog.text.count("which is not live") == 1
        bot._services = services
        await bot.restart(REMIND)
        await bot.until(lambda: bot.texts and bot.line.texts(BOB))
        assert bot.texts == ["after 1h"]


async def test_a_timer_that_always_fails_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.001)
    async with Bot(tmp_path, REMIND) as bot:
        await bot.say("1h")
        first = (await bot.store.due_sessions(1 << 62, 1))[0][1]
        await bot.say("1h", "+15550000002")
        bot.store.refuse = lambda change: first in change.ended
        await bot.later(3_601)
        await bot.until(lambda: bot.line.sent)
        await bot.say("5s", "+15550000003")
        await bot.later(6)
        await bot.until(lambda: len(bot.line.sent) == 2)
        asked = 0
        real = bot.store.due_sessions

        async def counted(now: int, limit: int) -> list[tuple[str, str]]:
            nonlocal asked
            asked += 1
            return await real(now, limit)

        bot.store.due_sessions = counted  # type: ignore[method-assign]
        await asyncio.sleep(0.5)
        assert asked <= 2, "it looks again and again for what cannot go on"
        await bot.restart()  # by now somebody has made room on the disk
        await bot.until(lambda: len(bot.line.sent) == 3)


async def test_a_session_that_could_not_go_on_is_woken_again_once_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.001)
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.store.refuse = lambda change: bool(change.ended)
        await bot.later(DAY + 1)
        await bot.until(lambda: "could not go on" in caplog.text)
        bot.store.refuse = None
        await bot.say("b")
        await bot.later(DAY + 1)
        await bot.until(lambda: bot.texts == ["a", "ab", "time is over"])


async def test_a_store_that_cannot_be_read_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line every second would help to fill the disk. What is due waits: delays, and the next channel of a message."""
    ways = "[{channel: sms, asset: sms, success: delivered, within: 1m}, {channel: sms, asset: second}]"
    flow = f"""
flow: main
nodes:
  2: {{kind: start, accepts: [sms.mo], next: {{onBegin: 3}}}}
  3: {{kind: send, text: hi, fallback: {ways}, next: {{onSuccess: 4}}}}
  4: {{kind: delay, duration: 1m, next: {{onTimeout: 5}}}}
  5: {{kind: send, text: "time is over", next: {{onSuccess: end 101}}}}
"""
    async with Bot(tmp_path, flow, assets=[asset("sms"), asset("second")]) as bot:
        await bot.say("a")
        bot.store.blind()
        for _ in range(8):
            bot.skip(61)
            await bot.rest()
        bot.store.blind(False)
        await bot.later(2)
        await bot.until(lambda: len(bot.line.sent) == 3)
    assert sorted(record.name for record in caplog.records) == ["botkit.outbox", "botkit.timers"]
