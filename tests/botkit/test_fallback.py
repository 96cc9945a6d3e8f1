"""Fallback: the table of what follows, and the way of a message through its channels."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from botkit.fallback import (
    MAX_DELAY_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    after_receipt,
    after_send,
    after_silence,
    backoff,
)
from botkit.outbox import PARK_SECONDS
from botkit.stores.base import Change
from channels.base import Outgoing, Sent
from channels.errors import Unreachable
from models.content import Text
from models.delivery import Delivery, DeliveryState, FallbackStep, Receipt, SendOutcome
from tests.botkit.bot import ANN, Bot, Line, asset, rule

CASES = YAML(typ="safe").load(Path(__file__).with_suffix(".yaml"))
WAYS = [asset("wa", "whatsapp"), asset("sms"), asset("rcs", "rcs")]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_what_follows(case: dict[str, Any]) -> None:
    steps = []
    for row in case["steps"]:
        success, _, within = row.partition(" ")
        steps.append(FallbackStep("sms", success=success, within_seconds=float(within or 0)))
    state = DeliveryState(case.get("state", "submitted" if "send" in case else "queued"))
    delivery = Delivery(
        "d", "s", "l", Text("hi"), tuple(steps), step=case.get("step", 0), state=state, attempts=case.get("attempts", 0)
    )
    if "send" in case:
        verdict = after_send(delivery, SendOutcome(case["send"]), retry_after=case.get("retry_after", 0))
    elif "receipt" in case:
        outcome = SendOutcome(case.get("outcome", "unreachable"))
        found = after_receipt(delivery, DeliveryState(case["receipt"]), outcome)
        if case["do"] == "nothing":
            assert found is None
            return
        assert found is not None
        verdict = found
    else:
        verdict = after_silence(delivery)
    assert verdict.do == case["do"]
    if "least" in case:
        assert case["least"] <= verdict.seconds <= case["most"]
    elif "receipt" not in case and "silence" not in case:
        assert verdict.seconds == case.get("seconds", 0)


@given(st.integers(0, 1_000), st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_bounded_and_never_shorter_than_asked_for(attempts: int, retry_after: float, chance: float) -> None:
    seconds = backoff(attempts, retry_after, chance)
    assert 0.5 <= seconds <= max(MAX_DELAY_SECONDS, MAX_RETRY_AFTER_SECONDS)
    assert seconds >= min(retry_after, MAX_RETRY_AFTER_SECONDS)


def test_pauses_grow_and_are_not_all_the_same() -> None:
    assert [backoff(n, 0, chance=1) for n in range(1, 11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert backoff(5, 0, chance=0) == 8


def flow(fallback: str, wait_for: str = "none") -> str:
    ways = {
        "none": "onSuccess: end 201",
        "submitted": "onSubmit: end 201, onTimeout: end 202",
        "delivered": "onDeliveryReportSuccess: end 201, onTimeout: end 202, onDeliveryReportFail: end 203",
    }
    return f"""
flow: main
nodes:
  2: {{kind: start, accepts: [sms.mo], next: {{onBegin: 3}}}}
  3:
    kind: send
    text: hi
    wait_for: {wait_for}
    fallback: {fallback}
    next: {{{ways[wait_for]}, onError: end 204, onPolicyFail: end 209}}
"""


WA_THEN_SMS = "[{channel: whatsapp, success: delivered, within: 60s}, {channel: sms}]"


async def test_an_unreachable_channel_gives_way_at_once(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: whatsapp}, {channel: rcs}, {channel: sms}]"), assets=WAYS) as bot:
        bot.line.answer("wa", Unreachable("no WhatsApp"))
        bot.line.answer("rcs", Unreachable("no RCS"))
        await bot.say("x")
        assert bot.line.sent == [("wa", ANN, "hi"), ("rcs", ANN, "hi"), ("sms", ANN, "hi")]
        assert len(set(bot.line.ids)) == 1


async def test_no_news_in_time_leads_to_the_next(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow(WA_THEN_SMS), assets=WAYS) as bot:
        await bot.say("x")
        await bot.later(59)
        assert bot.line.ways == ["wa"]
        await bot.later(2)
        assert bot.line.ways == ["wa", "sms"]
        await bot.later(600)
        assert bot.line.ways == ["wa", "sms"]


@pytest.mark.parametrize("restart", [False, True])
async def test_messages_of_one_moment_go_to_the_next_channel_in_their_order(tmp_path: Path, restart: bool) -> None:
    parts = range(1, 13)
    sends = [
        f"  {n + 2}: {{kind: send, text: part {n}, fallback: {WA_THEN_SMS}, next: {{onSuccess: {n + 3}}}}}"
        for n in parts
    ]
    start, end = "  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}", f"  {parts.stop + 2}: {{kind: end}}"
    async with Bot(tmp_path, "\n".join(["flow: main", "nodes:", start, *sends, end, ""]), assets=WAYS) as bot:
        moment = bot.now()
        bot.engine.outbox._clock = lambda: moment
        await bot.say("x")
        bot.engine.outbox._clock = bot.now
        if restart:
            await bot.restart()
        await bot.later(61)
        heard = [text for asset, _, text in bot.line.sent if asset == "sms"]
        assert heard == [f"part {n}" for n in parts]


async def test_a_full_disk_when_the_time_is_over_only_delays_the_next(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow(WA_THEN_SMS), assets=WAYS) as bot:
        await bot.say("x")
        bot.store.refuse = lambda change: bool(change.deliveries)
        await bot.later(61)
        assert bot.line.ways == ["wa"]
        bot.store.refuse = None
        await bot.later(2)
        assert bot.line.ways == ["wa", "sms"]


async def test_news_in_time_keeps_it_where_it_is(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow(WA_THEN_SMS), assets=WAYS) as bot:
        await bot.say("x")
        await bot.later(30)
        await bot.receipt("wa", "delivered", "wa-1")
        await bot.later(600)
        assert bot.line.ways == ["wa"]


async def test_a_first_piece_of_news_does_not_stretch_the_time(tmp_path: Path) -> None:
    """It is to be read within a minute: that it was delivered after half a minute is no new minute."""
    ways = "[{channel: whatsapp, success: read, within: 60s}, {channel: sms}]"
    async with Bot(tmp_path, flow(ways), assets=WAYS) as bot:
        await bot.say("x")
        await bot.later(30)
        await bot.receipt("wa", "delivered", "wa-1")
        await bot.later(31)
        assert bot.line.ways == ["wa", "sms"]


async def test_the_time_runs_on_while_the_server_is_down(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow(WA_THEN_SMS), assets=WAYS) as bot:
        await bot.say("x")
        await bot.restart(seconds=120)
        assert bot.line.ways == ["wa", "sms"]
        await bot.restart(seconds=120)
        assert bot.line.ways == ["wa", "sms"]


async def test_bad_news_leads_to_the_next_also_after_a_restart(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: whatsapp}, {channel: sms}]", "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        await bot.restart()
        await bot.receipt("wa", "failed", "wa-1")
        assert bot.line.ways == ["wa", "sms"]
        assert await bot.outcomes() == [0]  # there is hope
        await bot.receipt("sms", "delivered", "sms-2")
        assert await bot.outcomes() == [201]


async def test_late_news_of_a_channel_that_was_given_up_changes_nothing(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow(WA_THEN_SMS, "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        await bot.later(61)
        assert bot.line.ways == ["wa", "sms"]
        for state in ("delivered", "failed", "read"):
            await bot.receipt("wa", state, "wa-1")
            await bot.receipt("wa", state, delivery_id=bot.line.ids[0])
        assert await bot.outcomes() == [0]
        assert bot.line.ways == ["wa", "sms"]
        await bot.receipt("sms", "delivered", delivery_id=bot.line.ids[0])
        assert await bot.outcomes() == [201]


async def test_news_of_a_passing_failure_means_another_try(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        await bot.accept(Receipt("sms", DeliveryState.FAILED, "sms-1", outcome=SendOutcome.TRANSIENT))
        await bot.restart()
        await bot.later(2)
        assert bot.line.ways == ["sms", "sms"]
        assert len(set(bot.line.ids)) == 1
        await bot.receipt("sms", "delivered", "sms-2")
        assert await bot.outcomes() == [201]


async def test_a_receipt_that_comes_twice_fails_one_try_only(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        failed = Receipt("sms", DeliveryState.FAILED, "sms-1", bot.line.ids[0], outcome=SendOutcome.TRANSIENT)
        await bot.accept(failed)
        await bot.accept(failed)
        await bot.restart()
        await bot.later(2)
        await bot.accept(failed)
        await bot.later(10)
        assert bot.line.ways == ["sms", "sms"]
        await bot.receipt("sms", "delivered", "sms-1", delivery_id=bot.line.ids[0])  # after all
        assert await bot.outcomes() == [201]


@pytest.mark.parametrize("first", ["silence", "news"])
async def test_bad_news_just_when_the_time_is_over_leads_to_the_next_once(tmp_path: Path, first: str) -> None:
    """What is decided first is not stored yet when the other comes."""
    async with Bot(tmp_path, flow(WA_THEN_SMS, "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        bot.store.hold = lambda change: bool(change.deliveries)
        if first == "silence":
            bot.skip(61)
            await bot.until(lambda: bot.store.held)
            told = bot.hand_over("wa", "failed", "wa-1")
        else:
            told = bot.hand_over("wa", "failed", "wa-1")
            await bot.until(lambda: bot.store.held)
            bot.skip(61)
        await bot.rest()
        await bot.store.let_go()
        await told
        await bot.settle()
        assert bot.line.ways == ["wa", "sms"]
        await bot.receipt("sms", "delivered", "sms-2")
        assert await bot.outcomes() == [201]


async def test_time_that_is_over_while_the_answer_is_stored_leads_to_the_next(tmp_path: Path) -> None:
    """A slow disk, and one that refuses what silence decides meanwhile: nothing is left lying."""
    async with Bot(tmp_path, flow(WA_THEN_SMS, "delivered"), assets=WAYS) as bot:
        bot.store.hold = lambda change: bool(change.deliveries) and not change.steps
        await bot.accept(bot.message("x"))
        await bot.until(lambda: bot.store.held)
        bot.store.refuse = lambda change: bool(change.deliveries)
        bot.skip(61)
        await bot.rest()
        bot.store.refuse = None
        bot.skip(2)
        await bot.rest()
        await bot.store.let_go()
        await bot.later(2)
        assert bot.line.ways == ["wa", "sms"]
        await bot.receipt("sms", "delivered", "sms-2")
        assert await bot.outcomes() == [201]


async def test_a_receipt_that_comes_twice_at_once_leads_to_the_next_once(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow(WA_THEN_SMS, "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        bot.store.hold = lambda change: bool(change.deliveries)
        told = [bot.hand_over("wa", "failed", "wa-1") for _ in range(2)]
        await bot.until(lambda: bot.store.held)
        await bot.rest()
        await bot.store.let_go()
        await asyncio.gather(*told)
        await bot.settle()
        assert bot.line.ways == ["wa", "sms"]


async def test_late_bad_news_of_a_way_does_not_fail_the_next_one_on_the_same_asset(tmp_path: Path) -> None:
    ways = "[{channel: sms, success: delivered, within: 60s}, {channel: sms}]"
    async with Bot(tmp_path, flow(ways, "delivered"), assets=WAYS) as bot:
        await bot.say("x")
        await bot.later(61)
        assert bot.line.ways == ["sms", "sms"]
        await bot.receipt("sms", "failed", "sms-1", delivery_id=bot.line.ids[0])
        assert await bot.outcomes() == [0]
        await bot.receipt("sms", "delivered", "sms-2", delivery_id=bot.line.ids[0])
        assert await bot.outcomes() == [201]


@pytest.mark.parametrize("refused", [1, 2, 3])
async def test_news_that_comes_with_the_answer_outlives_a_full_disk(tmp_path: Path, refused: int) -> None:
    """What is refused is the mark that the message was sent, or the first or the second piece of its news."""
    ways = "[{channel: sms, success: read, within: 60s}, {channel: rcs}]"
    async with Bot(tmp_path, flow(ways, "delivered"), assets=WAYS) as bot:
        news = [
            Receipt("sms", DeliveryState(state), "p1", outcome=SendOutcome(state)) for state in ("delivered", "read")
        ]
        bot.line.answer("sms", Sent("p1", tuple(news)))
        marks = 0

        def refuse(change: Change) -> bool:
            nonlocal marks
            own = bool(change.deliveries) and not change.steps
            marks += own
            return own and marks == refused

        bot.store.refuse = refuse
        await bot.say("x")
        await bot.later(2)
        assert marks > refused
        assert await bot.outcomes() == [201]
        await bot.later(100)
        assert bot.line.ways == ["sms"]


async def test_all_channels_failed(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: whatsapp}, {channel: sms}]", "delivered"), assets=WAYS) as bot:
        bot.line.answer("wa", Unreachable("no"))
        await bot.say("x")
        await bot.receipt("sms", "failed", "sms-2")
        assert await bot.outcomes() == [203]


async def test_no_channel_leads_to_her(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: telegram}, {channel: inapp}]", "submitted"), assets=WAYS) as bot:
        await bot.say("x")
        assert bot.line.sent == []
        assert await bot.outcomes() == [204]


async def test_news_that_comes_before_the_providers_answer_counts(tmp_path: Path) -> None:
    """Providers report a delivery before they have answered our call."""
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:

        async def early(outgoing: Outgoing) -> Sent:
            await bot.accept(Receipt("sms", DeliveryState.DELIVERED, message_id="p1", outcome=SendOutcome.DELIVERED))
            return Sent("p1")

        bot.line.answer("sms", early)
        await bot.say("x")
        assert await bot.outcomes() == [201]


@pytest.mark.parametrize("state", ["delivered", "failed"])
async def test_news_by_our_own_id_that_comes_before_the_answer_counts(tmp_path: Path, state: str) -> None:
    async with Bot(tmp_path, flow("[{channel: whatsapp}, {channel: sms}]", "delivered"), assets=WAYS) as bot:
        told = []

        async def early(outgoing: Outgoing) -> Sent:
            told.append(bot.hand_over("wa", state, delivery_id=outgoing.id))
            await asyncio.sleep(0.02)
            return Sent("p1")

        bot.line.answer("wa", early)
        await bot.say("x")
        for task in told:
            await task
        await bot.settle()
        if state == "delivered":
            assert bot.line.ways == ["wa"]
            assert await bot.outcomes() == [201]
        else:
            assert bot.line.ways == ["wa", "sms"]
            await bot.receipt("sms", "delivered", "sms-2")
            assert await bot.outcomes() == [201]


async def test_a_provider_that_answers_only_when_it_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.outbox.PARK_SECONDS", 0.01)
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:

        async def stubborn(outgoing: Outgoing) -> Sent:
            await bot.hand_over("sms", "delivered", delivery_id=outgoing.id)
            return Sent("p1")

        bot.line.answer("sms", stubborn)
        await bot.say("x")
        assert await bot.outcomes() == [201]


async def test_news_that_has_waited_long_enough_just_when_the_answer_is_there(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:
        bot.store.hold = lambda change: bool(change.deliveries) and not change.steps
        await bot.accept(bot.message("x"))
        await bot.until(lambda: bot.store.held)
        told = bot.hand_over("sms", "delivered", delivery_id=bot.line.ids[0])
        await bot.rest()
        await bot.store.let_go()
        bot.skip(PARK_SECONDS)  # both in one round of the loop
        await told
        await bot.settle()
        assert await bot.outcomes() == [201]


async def test_early_news_that_overtakes_itself(tmp_path: Path) -> None:
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:

        async def early(outgoing: Outgoing) -> Sent:
            for state in (DeliveryState.READ, DeliveryState.DELIVERED, DeliveryState.SUBMITTED):
                await bot.accept(Receipt("sms", state, message_id="p1", outcome=SendOutcome(
                    "accepted" if state is DeliveryState.SUBMITTED else state.value
                )))  # fmt: skip
            return Sent("p1")

        bot.line.answer("sms", early)
        await bot.say("x")
        assert await bot.outcomes() == [201]
        delivery = await bot.store.delivery(bot.line.ids[0])
        assert delivery is not None and delivery.state is DeliveryState.READ


async def test_strangers_receipts_do_not_push_out_early_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.outbox.MAX_EARLY_RECEIPTS", 10)
    async with Bot(tmp_path, flow("[{channel: sms}]", "delivered"), assets=WAYS) as bot:
        for number in range(50):
            await bot.receipt("sms", "delivered", f"of another system {number}")
        assert len(bot.engine.outbox._early) <= 10

        async def early(outgoing: Outgoing) -> Sent:
            await bot.accept(Receipt("sms", DeliveryState.DELIVERED, message_id="p1", outcome=SendOutcome.DELIVERED))
            return Sent("p1")

        bot.line.answer("sms", early)
        await bot.say("x")
        assert await bot.outcomes() == [201]


async def test_two_customers_way_is_their_own(tmp_path: Path) -> None:
    line = Line()
    async with Bot(tmp_path, flow(WA_THEN_SMS), rules=[rule("main")], assets=WAYS, line=line) as bot:
        line.answer("wa", Unreachable("no WhatsApp"))
        await bot.say("x")
        await bot.say("x", "+15550000002")
        assert line.sent == [("wa", ANN, "hi"), ("sms", ANN, "hi"), ("wa", "+15550000002", "hi")]


async def test_many_of_which_no_news_came_share_commits_and_keep_their_order(tmp_path: Path) -> None:
    customers = [f"+1555{number:07d}" for number in range(150)]
    sends = flow(WA_THEN_SMS).replace("text: hi", 'text: "$(message.text)"')
    async with Bot(tmp_path, sends, assets=WAYS) as bot:
        for text in "ab":
            for customer in customers:
                await bot.accept(bot.message(text, customer))
        await bot.settle()
        await bot.restart(seconds=100)  # the store counts from here
        await bot.until(lambda: len(bot.line.sent) == 4 * len(customers))
        await bot.settle()
        assert bot.store.batches < len(customers) / 2
        for customer in customers:
            assert bot.line.texts(customer) == ["a", "b", "a", "b"]
