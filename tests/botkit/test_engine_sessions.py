"""Sessions: messages that come while a keyed session cannot take them wait behind it, in order."""

from pathlib import Path

import pytest

from models.service import Condition, InvokeFlow, Rule, SendReply, Service
from tests.botkit.bot import BOB, COUNTER, Bot, asset, rule

BUSY = """
flow: main
session_key: msisdn
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: send, text: "begin $(message.text)", next: {onSuccess: 4}}
  4: {kind: delay, duration: 1h, next: {onTimeout: 5}}
  5: {kind: send, text: ready, next: {onSuccess: 6}}
  6: {kind: receive, events: [sms.mo], max_timeout: 24h, next: {sms.mo: 7, onTimeout: end 103}}
  7: {kind: send, text: "got $(message.text)", next: {onSuccess: 8}}
  8:
    kind: branch
    branches: [{name: bye, conditions: [{variable: $(message.text), operator: equals, value: bye}]}]
    next: {bye: end 101, none_of_the_above: 6}
"""


@pytest.mark.parametrize("how", ["", "restart", "crash"])
async def test_held_messages_come_when_the_session_waits_for_them(tmp_path: Path, how: str) -> None:
    async with Bot(tmp_path, BUSY) as bot:
        await bot.say("1")
        for text in ("2", "3", "4"):
            await bot.say(text)
        await bot.say("b", BOB)
        assert bot.texts == ["begin 1"]
        assert bot.line.texts(BOB) == ["begin b"]
        if how:
            await (bot.restart() if how == "restart" else bot.crash())
            assert bot.texts == ["begin 1"]
        await bot.later(3_601)
        await bot.until(lambda: "got 4" in bot.texts)
        await bot.say("5")
        assert bot.texts == ["begin 1", "ready", "got 2", "got 3", "got 4", "got 5"]


async def test_held_messages_begin_anew_when_the_session_ends(tmp_path: Path) -> None:
    async with Bot(tmp_path, BUSY) as bot:
        for text in ("1", "bye", "3", "4"):
            await bot.say(text)
        await bot.later(3_601)
        await bot.until(lambda: "begin 3" in bot.texts)
        assert bot.texts == ["begin 1", "ready", "got bye", "begin 3"]
        await bot.later(3_601)
        await bot.until(lambda: "got 4" in bot.texts)


@pytest.mark.parametrize("two_rules", [False, True])
async def test_a_message_that_does_something_else_besides_waits_whole(tmp_path: Path, two_rules: bool) -> None:
    """One rule starts the flow and answers, or a second rule answers: nothing of it is lost, and nothing done twice."""
    rules = [rule("main", keyword="ORDER")]
    if two_rules:
        rules.append(Rule("word", "sms.mo", actions=(SendReply("on it"),), keyword="ORDER"))
    else:
        rules = [Rule("both", "sms.mo", actions=(*rules[0].actions, SendReply("on it")), keyword="ORDER")]
    async with Bot(tmp_path, BUSY, rules=rules) as bot:
        await bot.say("ORDER 1")
        assert bot.texts == ["begin ORDER 1", "on it"]
        await bot.say("ORDER 2")
        await bot.restart()
        await bot.later(3_601)
        await bot.until(lambda: "got ORDER 2" in bot.texts)
        assert bot.texts == ["begin ORDER 1", "on it", "ready", "got ORDER 2", "on it"]


async def test_a_message_that_comes_at_the_same_time_stays_behind_those_that_waited(tmp_path: Path) -> None:
    async with Bot(tmp_path, BUSY) as bot:
        await bot.say("1")
        await bot.say("2")
        bot.store.hold = lambda change: bool(change.released)
        bot._ahead += 3_601
        await bot.until(lambda: bot.store.held)
        await bot.accept(bot.message("3"))
        await bot.store.let_go()
        await bot.settle()
        assert bot.texts == ["begin 1", "ready", "got 2", "got 3"]


async def test_only_so_many_messages_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.steps.MAX_HELD", 3)
    async with Bot(tmp_path, BUSY) as bot:
        for text in "12345678":
            await bot.say(text)
        await bot.later(3_601)
        await bot.until(lambda: "got 4" in bot.texts)
        await bot.say("9")
        assert bot.texts == ["begin 1", "ready", "got 2", "got 3", "got 4", "got 9"]


async def test_a_held_message_is_still_a_duplicate_when_it_comes_again(tmp_path: Path) -> None:
    async with Bot(tmp_path, BUSY) as bot:
        await bot.say("1")
        for _ in range(3):
            await bot.say("2", id="two")
        await bot.later(3_601)
        await bot.until(lambda: "got 2" in bot.texts)
        assert bot.texts == ["begin 1", "ready", "got 2"]


async def test_a_session_of_its_key_is_one_over_all_assets(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER, assets=[asset("sms"), asset("other")]) as bot:
        await bot.say("a")
        await bot.say("b", to="other")
        assert bot.line.ways == ["sms", "other"]  # the answer goes where she wrote to last
        assert bot.texts == ["a", "ab"]


async def test_a_keyword_starts_a_second_flow_while_the_first_waits(tmp_path: Path) -> None:
    order = """
flow: order
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: send, text: "order $(sms.message)", next: {onSuccess: end 101}}
"""
    services = [Service("s", assets=("sms",), rules=(rule("order", "ORDER"), rule("main", "*")))]
    async with Bot(tmp_path, [COUNTER, order], services=services) as bot:
        await bot.say("a")
        await bot.say("Order 12")
        await bot.say("b")
        assert bot.texts == ["a", "order 12", "ab"]


async def test_two_rules_that_hold_for_a_message_begin_a_keyed_flow_once(tmp_path: Path) -> None:
    """One by its keyword, the other by its conditions, which see the message as a flow does."""
    about = Rule("about", "sms.mo", (InvokeFlow("main"),), conditions=(Condition("sms.message", "contains", "shoes"),))
    async with Bot(tmp_path, COUNTER, rules=[rule("main", "ORDER"), about]) as bot:
        for number, text in enumerate(("order shoes", "two shoes, please", "order hats", "a hat, please")):
            await bot.say(text, f"+1555100{number:04d}")
        assert [bot.line.texts(f"+1555100{number:04d}") for number in range(4)] == [
            ["order shoes"], ["two shoes, please"], ["order hats"], [],
        ]  # fmt: skip
        assert len(await bot.transactions()) == 3


async def test_a_rule_begins_two_keyed_flows(tmp_path: Path) -> None:
    both = Rule("both", "sms.mo", (InvokeFlow("main"), InvokeFlow("other")))
    async with Bot(tmp_path, [COUNTER, COUNTER.replace("flow: main", "flow: other")], rules=[both]) as bot:
        await bot.say("a")
        await bot.say("b")
        assert bot.texts == ["a", "a", "ab", "ab"]
        assert [transaction.flow for transaction in await bot.transactions()] == ["main", "other"]


async def test_memory_does_not_grow_with_customers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.lanes.MAX_IDLE_LANES", 5)
    monkeypatch.setattr("botkit.identity.CACHE_SIZE", 5)
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.accept(*(bot.message("a", f"+1555100{n:04d}") for n in range(30)))
        await bot.settle()
        assert len(bot.engine._lanes._idle) == 5 and not bot.engine._lanes._busy
        assert len(bot.engine.identities._cache) <= 5
        await bot.accept(*(bot.message("b", f"+1555100{n:04d}") for n in range(30)))
        await bot.settle()
        assert all(bot.line.texts(f"+1555100{n:04d}") == ["a", "ab"] for n in range(30))


async def test_what_an_old_conversation_has_just_sent_outlives_it(tmp_path: Path) -> None:
    """News of a message may come for as long as any message is kept, however long ago its conversation began."""
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("one")
        began = bot.now()
        await bot.later(3_600)
        await bot.say("two")
        await bot.store.purge(began + 1_000)
        assert [await bot.store.delivery(id) is not None for id in bot.line.ids] == [False, True]
