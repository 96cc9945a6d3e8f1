"""Outbox: sent at least once, always under the same id, in order for each customer (P4)."""

import asyncio
import hashlib
import hmac
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from botkit.stores.base import Change, StoreUnavailable
from channels.base import Outgoing, Sent
from channels.errors import AuthFailed, RateLimited, Rejected, Transient
from models.address import Address, AddressKind
from models.delivery import DeliveryState
from models.http import HttpFailed
from models.service import Consent, InvokeFlow, NotifyUrl, Rule, SendReply, Service
from tests.botkit.bot import ANN, BOB, ECHO, Bot, asset, rule

DOWN = Transient("down", provider_code="503")


def sending(**settings: Any) -> str:
    return ECHO.replace(
        'text: "You said $(message.text)"', f"text: hi, {', '.join(f'{k}: {v}' for k, v in settings.items())}"
    )


async def test_a_provider_that_is_down_is_tried_again_under_the_same_id(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", DOWN, HttpFailed("no answer", "timeout"), RuntimeError("a bug of the adapter"))
        await bot.say("x")
        assert len(bot.line.ids) == 1
        for tries in (2, 3, 4):
            await bot.later(10)
            assert len(bot.line.ids) == tries
        await bot.later(600)
        assert len(bot.line.ids) == 4
        assert set(bot.texts) == {"You said x"} and len(set(bot.line.ids)) == 1


async def test_pauses_grow(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", *[DOWN] * 3)
        await bot.say("x")
        await bot.later(0.4)
        assert len(bot.line.ids) == 1
        await bot.later(0.7)
        assert len(bot.line.ids) == 2
        await bot.later(0.9)
        assert len(bot.line.ids) == 2
        await bot.later(1.2)
        assert len(bot.line.ids) == 3


async def test_a_provider_says_when_to_come_back(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", RateLimited("slow down", retry_after=90))
        await bot.say("x")
        await bot.later(85)
        assert len(bot.line.ids) == 1
        await bot.restart()  # this is not forgotten
        assert len(bot.line.ids) == 1
        await bot.later(10)
        assert len(bot.line.ids) == 2


async def test_it_gives_up_in_the_end_and_others_are_sent(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", *[DOWN] * 8)
        await bot.say("x")
        await bot.say("y")
        for _ in range(10):
            await bot.later(300)
        assert len(bot.line.ids) == 9
        assert bot.texts[-1] == "You said y"
        delivery = await bot.store.delivery(bot.line.ids[0])
        assert delivery is not None and delivery.state is DeliveryState.FAILED
        assert delivery.code == "503"
        await bot.restart()
        assert len(bot.line.ids) == 9


async def test_order_is_kept_behind_a_message_that_is_tried_again(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", DOWN)
        await bot.say("1")
        await bot.say("2")
        await bot.say("bob", BOB)
        assert bot.texts == ["You said 1"] and bot.line.texts(BOB)
        await bot.restart()
        assert bot.texts == ["You said 1"]
        await bot.later(5)
        assert bot.texts == ["You said 1", "You said 1", "You said 2"]


@pytest.mark.parametrize(("days", "restart"), [(-3, False), (-0.01, False), (3, False), (-3, True), (3, True)])
async def test_a_clock_that_is_set_holds_up_nothing(tmp_path: Path, days: float, restart: bool) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", DOWN)
        await bot.say("1")
        bot.set_clock(days * 86_400)
        if restart:
            await bot.restart()
        await bot.later(1)
        await bot.say("2")
        assert bot.texts == ["You said 1", "You said 1", "You said 2"]


@pytest.mark.parametrize("how", ["", "restart", "crash"])
async def test_many_messages_of_one_step_keep_their_order(tmp_path: Path, how: str) -> None:
    parts = 12
    nodes = [f'  {n}: {{kind: send, text: "part {n - 2}", next: {{onSuccess: {n + 1}}}}}' for n in range(3, 3 + parts)]
    flow = "\n".join(
        ["flow: main", "nodes:", "  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}", *nodes,
         f"  {3 + parts}: {{kind: end, outcome: 101}}", ""]
    )  # fmt: skip
    async with Bot(tmp_path, flow) as bot:
        bot.line.answer("sms", DOWN)
        await bot.say("x")
        if how:
            await (bot.restart() if how == "restart" else bot.crash())
        await bot.later(5)
        assert bot.texts == ["part 1", *(f"part {n}" for n in range(1, parts + 1))]


async def test_a_message_that_is_tried_again_stays_first_among_more_than_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is due later than those behind it, which are read from the store before it, or together with others."""
    monkeypatch.setattr("botkit.outbox.PAGE", 2)
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", *[DOWN] * 3)
        for text in ("1", "2", "3", "4", "5"):
            await bot.say(text)
        await bot.crash()
        for _ in range(3):
            await bot.later(30)
        assert sorted(bot.texts) == bot.texts and bot.texts[-1] == "You said 5"


async def test_a_rejected_message_is_not_tried_again(tmp_path: Path) -> None:
    async with Bot(tmp_path, sending(wait_for="submitted").replace("onSuccess: end 101", "onError: end 204")) as bot:
        bot.line.answer("sms", Rejected("too long", provider_code="21617"))
        await bot.say("x")
        await bot.later(600)
        assert len(bot.line.ids) == 1
        assert await bot.outcomes() == [204]
        delivery = await bot.store.delivery(bot.line.ids[0])
        assert delivery is not None and (delivery.code, delivery.description) == ("21617", "too long")


async def test_wrong_credentials_are_told_to_the_operator(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", AuthFailed("wrong token"))
        with caplog.at_level(logging.ERROR):
            await bot.say("x")
        assert "asset sms: the provider refuses our credentials: wrong token" in caplog.text
        await bot.later(50)
        assert len(bot.line.ids) == 1
        await bot.later(20)
        assert len(bot.line.ids) == 2  # the operator has mended it


async def test_a_crash_between_the_send_and_its_mark_sends_again_under_the_same_id(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.store.hold = lambda change: bool(change.deliveries) and not change.steps
        await bot.accept(bot.message("x"))
        await bot.until(lambda: bot.store.held)
        assert len(bot.line.ids) == 1
        await bot.crash()
        assert bot.texts == ["You said x"] * 2
        assert len(set(bot.line.ids)) == 1
        await bot.restart()
        assert len(bot.line.ids) == 2


async def test_a_crash_before_the_send_sends_once(tmp_path: Path) -> None:
    stuck = asyncio.Event()

    async with Bot(tmp_path, ECHO) as bot:

        async def hangs(asset: str, outgoing: Outgoing) -> None:
            bot.line.sent.pop()
            bot.line.ids.pop()
            stuck.set()
            await asyncio.sleep(60)

        bot.line.before = hangs
        await bot.accept(*(bot.message(str(n)) for n in range(3)))
        await stuck.wait()
        await bot.until(lambda: not bot.engine.queued)
        bot.line.before = None
        await bot.crash()
        assert bot.texts == [f"You said {n}" for n in range(3)]


async def test_a_mark_that_cannot_be_stored_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.store.refuse = lambda change: bool(change.deliveries) and not change.steps
        await bot.accept(bot.message("x"))
        await bot.until(lambda: bot.line.ids)
        await asyncio.sleep(0.02)
        bot.store.refuse = None
        await bot.later(2)
        await bot.say("y")
        assert bot.texts[-1] == "You said y"
        first = await bot.store.delivery(bot.line.ids[0])
        assert first is not None and first.state is DeliveryState.SUBMITTED


async def test_the_outbox_goes_on_when_the_store_can_be_read_again(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO, services=[Service("s", assets=("sms",), rules=(rule("main"),))]) as bot:
        await bot.say("STOP", BOB)  # from now on the store is asked whether a customer wants silence
        bot.line.sent.clear()
        bot.engine._opt_outs._known.clear()
        bot.store.hold = lambda change: bool(change.deliveries)
        saying = asyncio.create_task(bot.accept(bot.message("1")))
        await bot.until(lambda: bot.store.held)
        bot.engine._opt_outs._known.clear()
        bot.store.blind()
        await bot.store.let_go()
        await saying
        for _ in range(5):
            bot.skip(5)
            await bot.rest()
        assert bot.texts == []
        bot.store.blind(False)
        await bot.later(10)
        await bot.say("2")
        assert bot.texts == ["You said 1", "You said 2"]


@pytest.mark.parametrize("how", ["full", "unreadable"])
async def test_a_message_for_the_app_waits_until_the_store_is_there_again(tmp_path: Path, how: str) -> None:
    flow = ECHO.replace("sms.mo", "inapp.message")
    rules = [rule("main", event="inapp.message")]
    async with Bot(tmp_path, flow, rules=rules, assets=[asset("web", "inapp", "inapp")]) as bot:
        bot.store.hold = lambda change: bool(change.deliveries)
        saying = asyncio.create_task(bot.accept(bot.message("hi", "ann", to="web")))
        await bot.until(lambda: bot.store.held)
        if how == "full":
            bot.store.failure = StoreUnavailable
            bot.store.refuse = lambda change: True
        else:
            bot.store.blind()
        await bot.store.let_go()
        await saying
        for _ in range(20):
            bot.skip(60)
            await bot.rest()
        bot.store.refuse = None
        bot.store.blind(False)
        await bot.later(60)
        assert len(await bot.store.mailbox("web", "customerid:ann", 0, 10)) == 1


async def test_a_message_that_breaks_the_outbox_holds_up_no_more_than_its_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        with monkeypatch.context() as patched:
            patched.setattr("botkit.outbox.after_send", lambda *_, **__: 1 / 0)
            await bot.say("1")
            await bot.say("2")
            assert bot.texts == ["You said 1"] and "could not be sent" in caplog.text
        await bot.later(10)
        assert bot.texts == ["You said 1", "You said 1", "You said 2"]
        assert len(set(bot.line.ids)) == 2


async def test_a_message_that_is_not_worth_sending_any_more_is_not_sent(tmp_path: Path) -> None:
    flow = sending(expires_in="60s", wait_for="submitted").replace("onSuccess: end 101", "onPolicyFail: end 209")
    async with Bot(tmp_path, flow) as bot:
        bot.line.answer("sms", RateLimited("later", retry_after=120))
        await bot.say("x")
        await bot.later(55)
        assert await bot.outcomes() == [0]
        await bot.later(6)  # the flow hears of it when it has expired, not when the next try would have been
        assert len(bot.line.ids) == 1
        assert await bot.outcomes() == [209]


async def test_a_message_that_expired_while_the_server_was_down(tmp_path: Path) -> None:
    async with Bot(tmp_path, sending(expires_in="60s")) as bot:
        bot.line.answer("sms", DOWN)
        await bot.say("x")
        await bot.restart(seconds=600)
        assert len(bot.line.ids) == 1


@pytest.mark.parametrize("how", ["restart", "crash"])
async def test_news_that_was_stored_but_not_told_is_told_after_a_restart(tmp_path: Path, how: str) -> None:
    """The provider has taken it, and the process ends before the flow hears of it."""
    flow = sending(wait_for="submitted").replace("onSuccess: end 101", "onSubmit: end 201, onTimeout: end 202")
    async with Bot(tmp_path, flow) as bot:
        bot.engine.outbox.on_news = lambda delivery, receipt: None
        await bot.say("x")
        assert await bot.outcomes() == [0]
        await (bot.restart() if how == "restart" else bot.crash())
        assert await bot.outcomes() == [201]
        assert len(bot.line.ids) == 1


async def test_many_customers_are_sent_to_at_once(tmp_path: Path) -> None:
    together, most = 0, 0

    async def slow(asset: str, outgoing: Outgoing) -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await asyncio.sleep(0.02)
        together -= 1

    async with Bot(tmp_path, ECHO) as bot:
        bot.line.before = slow
        await bot.accept(*(bot.message("x", f"+1555100{n:04d}") for n in range(50)))
        await bot.settle()
        assert len(bot.line.ids) == 50 and most > 10


async def test_what_is_kept_in_memory_goes_when_all_is_sent(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", DOWN, "same-1")
        await bot.accept(*(bot.message("x", f"+1555100{n % 10:04d}") for n in range(20)))
        await bot.settle()
        await bot.later(10)
        outbox = bot.engine.outbox
        assert not (outbox._active or outbox._by_provider or outbox._queues or outbox._parked or outbox._sending)


ENDS: dict[str, tuple[str, Any, str]] = {
    "taken, with nothing to wait for": ("[{channel: sms}]", "id-1", ""),
    "taken, and no news in time": ("[{channel: sms, success: delivered, within: 60s}, {channel: sms}]", "id-1", ""),
    "delivered": ("[{channel: sms, success: delivered, within: 60s}, {channel: sms}]", "id-1", "delivered"),
    "reported as failed": ("[{channel: sms}]", "id-1", "rejected"),
    "refused": ("[{channel: sms}]", Rejected("too long"), ""),
    "expired": ("[{channel: sms}]", RateLimited("later", retry_after=3_000), ""),
    "for nobody": ("[{channel: whatsapp}]", "id-1", ""),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_message_that_has_come_to_its_end_is_not_looked_at_again(tmp_path: Path, end: str) -> None:
    """Else each start would read all that ever ended so, and none of it could be purged."""
    fallback, answer, news = ENDS[end]
    async with Bot(tmp_path, sending(fallback=fallback, expires_in="30m")) as bot:
        bot.line.answer("sms", answer)
        await bot.say("x")
        if news:
            await bot.receipt("sms", news, "id-1")
        await bot.later(3_600)
        assert await bot.store.pending_deliveries(0, 10) == []
        await bot.store.purge(bot.now())
        assert bot.store._all("SELECT count(*) FROM delivery") == [(0,)]


async def test_an_asset_that_is_gone_fails_with_words(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", DOWN)
        await bot.say("x")
        bot.assets = {"other": asset("other")}
        bot._services = (Service("s", assets=("other",), rules=(rule("main"),)),)
        await bot.restart(ECHO, seconds=10)
        delivery = await bot.store.delivery(bot.line.ids[0])
        assert delivery is not None and delivery.state is DeliveryState.FAILED
        assert delivery.description == "asset 'sms' is not configured"


# what rules do without a flow


class Listener:
    """A notify URL."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[dict[str, str], bytes]] = []

    async def __aenter__(self) -> "Listener":
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.calls.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.mark.parametrize(
    ("answers", "calls"), [((200,), 1), ((500, 503, 200), 3), ((404,), 1), ((429, 200), 2)]
)  # fmt: skip
async def test_a_rule_notifies_another_system(tmp_path: Path, answers: tuple[int, ...], calls: int) -> None:
    async with Listener(*answers) as listener:
        actions = (SendReply("Thanks, $(message.text)"), NotifyUrl(listener.url), InvokeFlow("main"))
        services = [Service("s", assets=("sms",), rules=(Rule("all", "sms.mo", actions),))]
        async with Bot(tmp_path, ECHO, services=services, hub_secret="the hub's secret") as bot:
            await bot.say("x", id="m-1")
            await bot.until(lambda: listener.calls)
            for _ in range(4):
                await bot.later(20)
            assert bot.texts == ["Thanks, x", "You said x"]
            assert len(listener.calls) == calls
            headers, body = listener.calls[0]
            assert len({call[0]["webhook-id"] for call in listener.calls}) == 1
            assert headers["x-hub-signature"] == hmac.new(b"the hub's secret", body, hashlib.sha256).hexdigest()
            told = json.loads(body)
            assert told["type"] == "sms.mo"
            assert told["data"]["sender"]["value"] == ANN and told["data"]["provider_id"] == "m-1"


async def test_a_notify_url_that_points_inwards_is_not_called(tmp_path: Path) -> None:
    async with Listener() as listener:
        services = [Service("s", assets=("sms",), rules=(Rule("all", "sms.mo", (NotifyUrl(listener.url),)),))]
        bot = Bot(tmp_path, ECHO, services=services)
        bot._settings = bot._settings.model_copy(update={"allow_private_addresses": False})
        async with bot:
            await bot.say("x")
            await bot.later(20)
            assert listener.calls == []


async def test_a_keyword_rule_replies_with_the_rest_of_the_message(tmp_path: Path) -> None:
    rules = [Rule("r", "sms.mo", (SendReply("$(sms.message) of $(msisdn)$(nothing)"),), keyword="ECHO")]
    services = [Service("s", assets=("sms",), rules=tuple(rules))]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        await bot.say("echo all this")
        assert bot.texts == [f"all this of {ANN}"]


async def test_replies_without_a_flow_have_references(tmp_path: Path) -> None:
    consent = Consent(help_reply="$(msisdn) is known as $(name)$(nothing). Send $$(word).")
    rules = [Rule("r", "sms.mo", (SendReply("$(name) of $(service.serviceKey)"),), keyword="WHO")]
    services = [Service("s", assets=("sms",), rules=tuple(rules), default_reply="$(message)?", consent=consent)]
    async with Bot(tmp_path, ECHO, services=services) as bot:
        address = Address("sms", ANN, AddressKind.MSISDN)
        await bot.app.engine.identities.link(address, name="Ann")
        for text in ("hello", "help", "who"):
            await bot.say(text)
        assert bot.texts == ["hello?", f"{ANN} is known as Ann. Send $(word).", "Ann of s"]


async def test_sent_values_reach_the_conversation_of_the_sandbox(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO, assets=[asset("sms", provider="sandbox")]) as bot:
        await bot.say("x")
        lines = [(entry.direction, entry.text, entry.state) for entry in await bot.history("sms")]
        assert lines == [("in", "x", "received"), ("out", "You said x", "delivered")]
        assert isinstance(Sent("x"), Sent)


async def test_a_store_that_takes_nothing_is_told_once_of_each_customer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A line every second for each of them would help to keep the disk full."""
    tries = 0

    def refuse(change: Change) -> bool:
        nonlocal tries
        taken = bool(change.deliveries) and not change.steps
        tries += taken
        return taken

    async with Bot(tmp_path, ECHO) as bot:
        bot.store.failure, bot.store.refuse = StoreUnavailable, refuse
        with caplog.at_level(logging.INFO, "botkit.outbox"):
            for sender in (ANN, BOB):
                await bot.accept(bot.message("x", sender))
            while tries < 8:
                bot.skip(1)
                await bot.until(lambda seen=tries: tries > seen)
        bot.store.refuse = None
        await bot.later(2)
        assert (bot.line.texts(ANN), bot.line.texts(BOB)) == (["You said x"], ["You said x"])
    assert len(caplog.records) == 2
