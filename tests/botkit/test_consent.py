"""Consent: a customer who opted out of a channel gets nothing on it, whatever a flow says (P6)."""

import asyncio
from pathlib import Path

import pytest

from botkit.consent import ConsentWords
from channels.errors import OptedOut
from flows.turn import Turn
from models.address import Address, AddressKind
from models.content import Text
from models.delivery import DeliveryState, Receipt, SendOutcome
from models.message import Message
from models.service import Consent, Service
from tests.botkit.bot import ANN, BOB, COUNTER, ECHO, Bot, asset, node, rule

STOPPED = "You are unsubscribed and will get no more messages. Text START to come back."
WELCOME = "Welcome back. Text STOP at any time to leave."
HELP = "Text STOP to leave, START to come back."

BOTH = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo, whatsapp.mo], next: {onBegin: 3}}
  3:
    kind: send
    text: "$(message.text)!"
    fallback: [{channel: sms}, {channel: whatsapp}]
    next: {onSuccess: end 101, onPolicyFail: end 209}
"""


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("STOP", "stop"), ("stop", "stop"), ("  Stop.  ", "stop"), ('"STOP"', "stop"), ("UNSUBSCRIBE!", "stop"),
        ("\u200bＳＴＯＰ", "stop"), ("end", "stop"), ("START", "start"), ("unstop", "start"),
        ("help", "help"), ("INFO", "help"),
        ("stop it", None), ("please stop", None), ("HELP me", None), ("", None), ("STOP" * 30, None),
    ],
)  # fmt: skip
def test_the_words_alone_count_in_any_case(text: str, wish: str | None) -> None:
    words = ConsentWords(Consent())
    message = Message("sms", "sms", "sms.mo", "1", Address("sms", ANN, AddressKind.MSISDN), "60606", Text(text))
    assert words.wish(message) == wish


async def test_memory_does_not_grow_with_those_who_opted_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.consent.CACHE_SIZE", 3)
    people = [f"+1555100{number:04d}" for number in range(10)]
    async with Bot(tmp_path, ECHO) as bot:
        for text in ("STOP", "hello"):
            for number, person in enumerate(people):
                await bot.say(text if number % 2 else "hello", person)
        assert [len(bot.line.texts(person)) for person in people] == [2, 1] * 5  # she who left: that she did
        known = bot.engine._opt_outs
        assert len(known._known) <= 3 and len(known._newest) <= 3


async def test_a_receipt_that_says_so_is_as_good_as_her_word(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        await bot.accept(Receipt("sms", DeliveryState.FAILED, "sms-1", outcome=SendOutcome.OPTED_OUT))
        await bot.say("b")
        await bot.restart()
        await bot.say("c")
        assert bot.texts == ["a"]


async def test_stop_is_for_the_channel_until_start(tmp_path: Path) -> None:
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("a")
        await bot.say("stop")
        assert bot.texts == ["a", STOPPED]
        await bot.say("b")  # the flow ends at its Send, which nobody wants to hear
        await bot.say("bob", BOB)
        assert bot.texts == ["a", STOPPED]
        assert bot.line.texts(BOB) == ["bob"]
        await bot.say("HELP")
        assert bot.texts[2:] == [HELP]
        await bot.restart()
        await bot.say("c")
        assert bot.texts[3:] == []
        await bot.say("START")
        await bot.say("d")
        assert bot.texts[3:] == [WELCOME, "d"]


async def test_a_second_stop_is_confirmed_too(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        await bot.say("STOP")
        await bot.say("STOP")
        assert bot.texts == [STOPPED, STOPPED]


async def test_other_channels_still_work_also_as_fallback(tmp_path: Path) -> None:
    rules = [rule("main"), rule("main", event="whatsapp.mo")]
    async with Bot(tmp_path, BOTH, rules=rules, assets=[asset("sms"), asset("wa", "whatsapp")]) as bot:
        await bot.say("a")
        await bot.say("STOP")
        await bot.say("b", to="wa")
        assert bot.line.ways == ["sms", "sms", "wa"]
        assert bot.texts == ["a!", STOPPED, "b!"]
        await bot.say("STOP", to="wa")
        await bot.say("c", to="wa")
        assert bot.line.ways == ["sms", "sms", "wa", "wa"]
        assert (await bot.outcomes())[-1] == 209


async def test_a_flow_learns_that_she_does_not_want_it(tmp_path: Path) -> None:
    flow = ECHO.replace("onSuccess: end 101", "onSuccess: end 101, onPolicyFail: end 209")
    async with Bot(tmp_path, flow) as bot:
        await bot.say("STOP")
        await bot.say("a")
        await bot.say("START")
        await bot.say("b")
        assert await bot.outcomes() == [209, 101]
        assert bot.texts == [STOPPED, WELCOME, "You said b"]


async def test_what_waits_to_be_sent_is_not_sent_after_a_stop(tmp_path: Path) -> None:
    """A delay was running when she left."""
    flow = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: delay, duration: 1h, next: {onTimeout: 4}}
  4: {kind: send, text: reminder, next: {onSuccess: end 101}}
"""
    async with Bot(tmp_path, flow) as bot:
        await bot.say("a")
        await bot.say("STOP")
        await bot.later(3_600)
        assert bot.texts == [STOPPED]


async def test_a_provider_that_knows_of_her_stop_is_believed(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", OptedOut("she told the telco", provider_code="21610"))
        await bot.say("a")
        await bot.say("b")
        assert bot.texts == ["You said a"]  # the second was not even tried
        await bot.say("START")
        await bot.say("c")
        assert bot.texts[1:] == [WELCOME, "You said c"]


@pytest.mark.parametrize("by", ["answer", "receipt"])
async def test_it_is_believed_also_by_who_asks_while_it_is_being_stored(tmp_path: Path, by: str) -> None:
    services = [Service(name, assets=("sms",), rules=(rule("main", name),)) for name in ("one", "two")]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        await bot.say("STOP", BOB)  # from now on the store is asked whether a customer wants silence
        bot.store.hold = lambda change: bool(change.opted_out)
        if by == "answer":
            bot.line.answer("sms", OptedOut("she told the telco"))
            await bot.accept(bot.message("one a"))
        else:
            await bot.say("one a")
            told = Receipt("sms", DeliveryState.FAILED, delivery_id=bot.line.ids[-1], outcome=SendOutcome.OPTED_OUT)
            telling = asyncio.create_task(bot.accept(told))
        await bot.until(lambda: bot.store.held)
        await bot.accept(bot.message("two b"))
        await bot.until(lambda: len(bot.texts) == 2)
        await bot.store.let_go()
        if by == "receipt":
            await telling
        await bot.settle()
        await bot.say("one c")
        await bot.say("two d")
        assert bot.texts == ["You said one a", "You said two b"]


async def test_a_service_has_its_own_words_and_channels(tmp_path: Path) -> None:
    consent = Consent(
        channels=frozenset({"sms"}), stop=("STOPP",), start=("LOS",), help=(), stop_reply="", start_reply="Ja"
    )
    services = [Service("s", assets=("sms",), rules=(rule("main"),), consent=consent)]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        for text in ("STOP", "stopp", "x", "HELP", "los", "y"):
            await bot.say(text)
        assert bot.texts == ["You said STOP", "Ja", "You said y"]


async def test_a_default_reply_and_a_rules_reply_are_kept_back_too(tmp_path: Path) -> None:
    services = [Service("s", assets=("sms",), default_reply="what?")]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        await bot.say("a")
        await bot.say("STOP")
        await bot.say("b")
        assert bot.texts == ["what?", STOPPED]


async def test_services_that_share_a_number_confirm_once(tmp_path: Path) -> None:
    services = (
        Service("one", assets=("sms",), rules=(rule("a", "main"),)),
        Service("two", assets=("sms",), rules=(rule("b", "main"),)),
    )
    async with Bot(tmp_path, COUNTER, services=services) as bot:
        await bot.say("STOP")
        assert bot.texts == [STOPPED]
        await bot.say("START")
        assert bot.texts == [STOPPED, WELCOME]


async def test_a_service_that_is_slow_does_not_bring_her_back(tmp_path: Path) -> None:
    """It hears START, and works at what came next, when she has long been told that she is unsubscribed."""
    doors = [asyncio.Event(), asyncio.Event()]

    async def wait(turn: Turn) -> str:
        assert turn.message is not None
        await doors[int(turn.message.text[-1])].wait()
        return "onSuccess"

    slow = """
flow: slow
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: pause, next: {onSuccess: 4}}
  4: {kind: send, text: "late $(message.text)", next: {onSuccess: end 101}}
"""
    services = (
        Service("one", assets=("sms",), rules=(rule("main", "one"),)),
        Service("two", assets=("sms",), rules=(rule("slow", "two"),)),
    )
    async with Bot(tmp_path, [ECHO, slow], services=services, nodes=[node("pause", wait)]) as bot:
        for text in ("STOP", "two 0", "START", "two 1", "STOP"):
            await bot.accept(bot.message(text))
        await bot.until(lambda: bot.texts == [STOPPED, WELCOME, STOPPED])
        doors[0].set()
        await bot.rest()
        await bot.accept(bot.message("one"))
        await bot.rest()
        doors[1].set()
        await bot.settle()
        assert bot.texts == [STOPPED, WELCOME, STOPPED]


TO_HER = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: send
    text: hi
    channel: sms
    to: $(message.text)
    wait_for: submitted
    on_leave: [log: "$(n3.send.deliveryStatusDescription)"]
    next: {onSubmit: end, onTimeout: end 103, onPolicyFail: end 209, onError: end 210}
outcomes: {209: She wants nothing, 210: Not sent}
"""


@pytest.mark.parametrize("written", ["+15550000002", "15550000002", "0015550000002", " +1 (555) 000-0002 "])
async def test_a_number_is_known_however_a_flow_writes_it(tmp_path: Path, written: str) -> None:
    async with Bot(tmp_path, TO_HER) as bot:
        await bot.say(written)
        assert bot.line.texts(BOB) == ["hi"]
        await bot.say("stop", sender=BOB)
        before = len(bot.line.sent)
        await bot.say(written)
        assert len(bot.line.sent) == before
        assert await bot.outcomes() == [101, 209]


@pytest.mark.parametrize("written", ["nobody", "0044 (0)7", "07"])
async def test_what_is_no_number_is_not_sent_to(tmp_path: Path, written: str) -> None:
    async with Bot(tmp_path, TO_HER) as bot:
        await bot.say(written)
        assert bot.line.sent == []
        (found,) = await bot.transactions()
        assert found.outcome == 210
        assert "is not a phone number" in found.steps[1].visits[0].log[-1].text
