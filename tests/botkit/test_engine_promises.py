"""Promises: what the engine promises, each broken on purpose (P1 to P6)."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from botkit.engine import Busy
from botkit.stores.base import Change, StoreFailed, StoreUnavailable
from flows.turn import Turn
from models.service import Rule, SendReply, Service
from tests.botkit.bot import ANN, BOB, COUNTER, ECHO, Bot, asset, node, rule


async def test_it_is_acknowledged_only_when_it_is_durable(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.store.hold = lambda change: bool(change.inbox)
        accepting = asyncio.create_task(bot.accept(bot.message("hello")))
        await bot.until(lambda: bot.store.held)
        await asyncio.sleep(0.05)
        assert not accepting.done()  # the disk is slow: the provider has to wait
        await bot.store.let_go()
        await accepting
        await bot.settle()
        assert bot.texts == ["You said hello"]


async def test_what_could_not_be_stored_is_refused_and_never_happened(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.store.refuse = lambda change: bool(change.inbox)
        with pytest.raises(StoreFailed):
            await bot.accept(bot.message("b", id="b"))
        await bot.settle()
        bot.store.refuse = None
        assert bot.texts == ["a"]
        await bot.say("b", id="b")  # the provider brings it again
        await bot.say("b", id="b")
        assert bot.texts == ["a", "ab"]


async def test_a_step_does_not_outlive_a_message_that_was_not_stored(tmp_path: Path) -> None:
    """The disk fails for the message while its step, and those of others, wait for the next write."""
    writing, ran = asyncio.Event(), asyncio.Event()

    async def note(turn: Turn) -> str:
        await writing.wait()  # so that the step is not a part of the same write
        ran.set()
        return "onSuccess"

    flow = COUNTER.replace("onBegin: 3", "onBegin: 9") + "  9: {kind: note, next: {onSuccess: 3}}\n"
    async with Bot(tmp_path, flow, nodes=[node("note", note)]) as bot:
        disk = FailingDisk(bot.store._writer)
        bot.store._writer = disk  # type: ignore[assignment]
        refused = asyncio.create_task(bot.accept(bot.message("a", id="a")))
        await bot.until(disk.reached.is_set)
        writing.set()
        others = [asyncio.create_task(bot.accept(bot.message("x", f"+1555100{n:04d}"))) for n in range(5)]
        await ran.wait()
        await asyncio.sleep(0.02)
        disk.go_on.set()
        with pytest.raises(StoreFailed):
            await refused
        await asyncio.gather(*others)
        await bot.settle()
        assert bot.texts == [] and len(bot.line.sent) == 5
        await bot.say("a", id="a")
        assert bot.texts == ["a"]


class FailingDisk:
    """A connection whose first commit takes its time and then fails."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real
        self.reached, self.go_on = threading.Event(), threading.Event()

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql == "COMMIT" and not self.go_on.is_set():
            self.reached.set()
            self.go_on.wait(10)
            raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


async def test_a_customers_messages_run_one_at_a_time_in_order(tmp_path: Path) -> None:
    """Ann's first message takes long; her others wait for it, Bob does not."""
    gate, running = asyncio.Event(), []

    async def slow(turn: Turn) -> str:
        text = turn.session.parameters["message"]["text"]
        running.append(text)
        if text == "1":
            await gate.wait()
        running.append(f"/{text}")
        return "onSuccess"

    flow = ECHO.replace("onBegin: 3", "onBegin: 9") + "  9: {kind: slow, next: {onSuccess: 3}}\n"
    async with Bot(tmp_path, flow, nodes=[node("slow", slow)]) as bot:
        await bot.accept(*(bot.message(str(n)) for n in range(1, 6)))
        await bot.accept(bot.message("bob", BOB))
        await bot.until(lambda: bot.line.texts(BOB))
        assert running[0] == "1" and "2" not in running
        gate.set()
        await bot.settle()
        assert bot.texts == [f"You said {n}" for n in range(1, 6)]
        mine = [entry for entry in running if "bob" not in entry]
        assert mine == [word for n in range(1, 6) for word in (str(n), f"/{n}")]


async def test_a_step_that_is_not_stored_runs_again_and_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.01)
    failures = 2

    def refuse(change: Change) -> bool:
        nonlocal failures
        failures -= bool(change.steps)
        return bool(change.steps) and failures >= 0

    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.store.refuse = refuse
        await bot.say("b")
        await bot.say("c")
        assert bot.texts == ["a", "ab", "abc"]
        whole = (await bot.transactions())[0]
        assert [step.text for step in whole.steps] == ["a", "b", "c"]


async def test_a_step_runs_again_after_a_crash_before_its_commit(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.store.hold = lambda change: bool(change.steps)
        accepting = asyncio.create_task(bot.accept(bot.message("b", id="b")))
        await bot.until(lambda: bot.store.held)
        assert not accepting.done()  # the message and its step are one change: neither is there yet
        await bot.crash()
        accepting.cancel()
        await bot.say("b", id="b")  # the provider may bring it once more all the same
        await bot.say("c")
        assert bot.texts == ["a", "ab", "abc"]


async def test_a_message_that_comes_again_is_answered_once_and_holds_up_nobody(tmp_path: Path) -> None:
    """Its step is walked before anybody knows that it is a double: nothing of that may remain."""
    async with Bot(tmp_path, COUNTER) as bot:
        for number in range(4):
            await bot.say("a", f"+1555100{number:04d}", id=f"a{number}")
        again = [bot.message("a", f"+1555100{number:04d}", id=f"a{number}") for number in range(4)]
        fresh = [bot.message("b", f"+1555100{number:04d}", id=f"b{number}") for number in range(4)]
        await asyncio.gather(*(bot.accept(message) for message in [*again, *fresh]))
        await bot.settle()
        for number in range(4):
            assert bot.line.texts(f"+1555100{number:04d}") == ["a", "ab"]


async def test_a_message_that_comes_twice_at_once_though_it_was_accepted_before_is_taken_without_effect(
    tmp_path: Path,
) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a", id="a")
        first, second = (bot.engine.accept("sms", [bot.message("a", id="a")]) for _ in range(2))
        assert await asyncio.gather(first, second) == [False, False]
        await bot.settle()
        assert bot.texts == ["a"]


async def test_of_a_message_that_comes_twice_at_once_one_is_new(tmp_path: Path) -> None:
    """So that it is shown once where its sender has several devices."""
    async with Bot(tmp_path, COUNTER) as bot:
        for id in ("a", "b"):  # she is not known yet, then she is
            both = [bot.engine.accept("sms", [bot.message(id, id=id)]) for _ in range(2)]
            assert sorted(await asyncio.gather(*both)) == [False, True]
            await bot.settle()
        assert bot.texts == ["a", "ab"]


async def test_what_was_accepted_is_worked_off_in_order_after_a_crash(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("0")
        bot.store.hold = lambda change: bool(change.steps)
        for n in range(1, 6):
            await bot.accept(bot.message(str(n)), bot.message(str(n), BOB))
        await bot.crash()
        assert bot.texts == ["012345"[:n] for n in range(1, 7)]
        assert bot.line.texts(BOB) == ["12345"[:n] for n in range(1, 6)]


async def test_a_session_finishes_on_the_version_it_began_with(tmp_path: Path) -> None:
    newer = COUNTER.replace('text: "$(said)"', 'text: "new $(said)"')
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        versions = await bot.app.deploy(bot.of(newer))
        assert [version.version for version in versions] == [2]
        await bot.say("b")
        await bot.say("x", BOB)
        assert bot.texts == ["a", "ab"]
        assert bot.line.texts(BOB) == ["new x"]
        await bot.restart(newer)
        assert [version.version for version in bot.app.versions] == [2]  # unchanged, so no third
        await bot.say("c")
        assert bot.texts == ["a", "ab", "abc"]
        assert [whole.version for whole in await bot.transactions()] == [1, 2]


async def test_a_flow_that_only_looks_different_stays_the_same_version(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        versions = await bot.app.deploy(bot.of(COUNTER + "layout: {2: [0, 0]}\n"))
        assert [version.version for version in versions] == [1]


@pytest.mark.parametrize("again", ["at once", "later", "after a restart"])
async def test_the_same_message_counts_once(tmp_path: Path, again: str) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        message = bot.message("a", id="same")
        if again == "at once":
            await asyncio.gather(*(bot.accept(message) for _ in range(5)))
        else:
            await bot.accept(message)
            await bot.settle()
            if again == "after a restart":
                await bot.restart()
            await bot.accept(message)
        await bot.settle()
        assert bot.texts == ["a"]


async def test_the_same_id_on_another_asset_is_another_message(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO, assets=[asset("sms"), asset("other")]) as bot:
        await bot.say("a", id="1")
        await bot.say("b", id="1", to="other")
        assert bot.texts == ["You said a", "You said b"]


async def test_a_failing_item_is_set_aside_and_blocks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.001)

    def refuse(change: Change) -> bool:
        return any(part.step.text == "poison" for part in change.steps)

    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.store.refuse = refuse
        await bot.say("poison")
        await bot.say("b")
        assert bot.texts == ["a", "ab"]
        await bot.restart()
        await bot.say("c")
        assert bot.texts == ["a", "ab", "abc"]


async def test_a_node_that_cancels_the_task_it_runs_in_takes_nobody_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.001)

    async def gives_up(turn: Turn) -> str:
        if turn.message is not None and turn.message.text == "poison":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)
        return "onSuccess"

    flow = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: gives_up, next: {onSuccess: 4}}
  4: {kind: send, text: "You said $(message.text)", next: {onSuccess: end}}
"""
    async with Bot(tmp_path, flow, nodes=[node("gives_up", gives_up)]) as bot:
        await bot.say("poison")
        await bot.say("a")
        await bot.say("b", BOB)
        assert bot.texts == ["You said a"]
        assert bot.line.texts(BOB) == ["You said b"]


async def test_what_was_acknowledged_waits_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes, and in its order: it is no fault of the messages."""
    monkeypatch.setattr("botkit.stores.sqlite.PAGE_BYTES", 4_096)  # too little room for one more of them
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.store.hold = lambda change: bool(change.steps)
        for n in range(2):
            await bot.accept(bot.message(str(n) * 1_900), bot.message("x", BOB))  # two at once are stored first
        bot.store.fill()
        letting_go = asyncio.create_task(bot.store.let_go())
        for _ in range(20):
            bot.skip(10)
            await bot.rest()
        assert bot.texts == ["a"]
        with pytest.raises(StoreUnavailable):
            await bot.accept(bot.message("2" * 1_900))
        bot.store.fill(False)
        await letting_go
        await bot.later(10)
        assert bot.texts == ["a", "a" + "0" * 1_900, "a" + "0" * 1_900 + "1" * 1_900]


async def test_what_was_acknowledged_waits_while_the_store_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        bot.engine._lanes._idle.clear()
        seen = bot.store.seen

        async def seen_at_last(*once: str) -> bool:
            found = await seen(*once)
            bot.store.blind()
            return found

        monkeypatch.setattr(bot.store, "seen", seen_at_last)
        await bot.accept(bot.message("b"))
        for _ in range(20):
            bot.skip(10)
            await bot.rest()
        assert bot.texts == ["a"]
        with pytest.raises(StoreUnavailable, match="cannot be read"):
            await bot.accept(bot.message("never"))
        bot.store.blind(False)
        await bot.later(10)
        assert bot.texts == ["a", "ab"]


async def test_what_was_accepted_waits_for_a_service_that_is_renamed_by_mistake(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        right = bot._services
        bot.store.hold = lambda change: bool(change.steps)
        await bot.accept(bot.message("1"), bot.message("2", BOB))  # two at once are stored before they are answered
        bot._services = (Service("renamed", assets=("sms",), rules=(rule("main"),)),)
        await bot.crash(ECHO)
        await bot.say("3")
        assert bot.texts == ["You said 3"] and bot.line.texts(BOB) == []
        assert caplog.text.count("'s', which is not live: it waits in the store") == 1
        bot._services = right
        await bot.restart(ECHO)
        assert bot.texts == ["You said 3", "You said 1"] and bot.line.texts(BOB) == ["You said 2"]
        await bot.restart(ECHO)
        assert len(bot.line.ids) == 3


async def test_a_server_that_cannot_follow_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.engine.MAX_QUEUED", 3)
    async with Bot(tmp_path, ECHO) as bot:
        bot.store.hold = lambda change: bool(change.steps)
        for n in range(3):
            await bot.accept(bot.message(str(n)))
        refused = bot.message("3")
        with pytest.raises(Busy):
            await bot.accept(refused)
        await bot.store.let_go()
        await bot.settle()
        await bot.accept(refused)
        await bot.settle()
        assert bot.texts == [f"You said {n}" for n in range(4)]


async def test_a_stop_lets_the_step_under_way_finish(tmp_path: Path) -> None:
    gate, began = asyncio.Event(), asyncio.Event()

    async def slow(turn: Turn) -> str:
        began.set()
        await gate.wait()
        return "onSuccess"

    flow = ECHO.replace("onBegin: 3", "onBegin: 9") + "  9: {kind: slow, next: {onSuccess: 3}}\n"
    async with Bot(tmp_path, flow, nodes=[node("slow", slow)]) as bot:
        await bot.accept(bot.message("1"), bot.message("2"))
        await began.wait()
        stopping = asyncio.create_task(bot.restart())
        await asyncio.sleep(0.02)
        assert not stopping.done()
        gate.set()
        await stopping
        assert bot.texts == ["You said 1", "You said 2"]
        assert [len(whole.steps) for whole in await bot.transactions()] == [1, 1]


async def test_every_service_of_an_asset_gets_the_message(tmp_path: Path) -> None:
    other = ECHO.replace("flow: main", "flow: other").replace("You said", "Noted")
    services = [
        Service("one", assets=("sms",), rules=(rule("main"),)),
        Service("two", assets=("sms",), rules=(rule("other"),)),
        Service("off", assets=("sms",), rules=(rule("main"),), live=False),
    ]
    async with Bot(tmp_path, [ECHO, other], services=services) as bot:
        await bot.say("x")
        assert sorted(bot.texts) == ["Noted x", "You said x"]


async def test_a_message_that_nobody_wants_gets_the_default_reply(tmp_path: Path) -> None:
    services = [Service("s", assets=("sms",), rules=(rule("main", "ORDER"),), default_reply="Text ORDER.")]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        await bot.say("what?")
        assert bot.texts == ["Text ORDER."]
        unmatched = await bot.app.store.unmatched(10)
        assert [(row.service, row.address, row.text) for row in unmatched] == [("s", ANN, "what?")]
        await bot.say("order 12")
        assert bot.texts[1:] == ["You said order 12"]


async def test_steps_and_sends_have_the_time_of_a_stop_together(tmp_path: Path) -> None:
    begun: list[str] = []

    async def hang(*_: Any) -> Any:
        begun.append("one more")
        await asyncio.Event().wait()

    flow = ECHO.replace("onBegin: 3", "onBegin: 9") + "  9: {kind: ask, next: {onSuccess: 3}}\n"
    rules = [rule("main", "SLOW"), Rule("say", "sms.mo", (SendReply("hello"),))]
    async with Bot(tmp_path, flow, rules=rules, nodes=[node("ask", hang)]) as bot:
        bot.line.answer("sms", hang)
        await bot.accept(bot.message("SLOW", ANN))
        await bot.accept(bot.message("x", BOB))
        await bot.until(lambda: len(begun) == 2)
        stopping = asyncio.create_task(bot.engine.stop())
        await asyncio.sleep(0.05)
        bot.skip(20)
        await asyncio.sleep(0.05)
        bot.skip(2)
        async with asyncio.timeout(5):
            await stopping
        assert {item.provider_id for item in await bot.store.pending_inbox(0, 9)} == {"m1"}
        assert len(await bot.store.pending_deliveries(0, 9)) == 1


async def test_conversations_of_a_service_under_another_name_are_told_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("1")
        await bot.accept(bot.message("2", BOB))
        await bot.settle()
        await bot.restart(COUNTER)
        assert not caplog.text
        bot._services = (Service("renamed", assets=("sms",), rules=(rule("main"),)),)
        await bot.restart(COUNTER)
        assert "in conversations of service 's', which is not live: 2; they stay in the store" in caplog.text
