"""An adapter that is not our own may give values of the wrong type: that stops nothing that comes after it."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from botkit.server.webhooks import Webhooks
from botkit.stores.base import Change, InboxItem
from channels.base import Outgoing, Sent
from channels.errors import BadItems, RateLimited, Rejected
from models.delivery import Delivery, DeliveryState
from tests.botkit.bot import ANN, ECHO, Bot
from tests.botkit.served import serve


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"provider_id": 4}, "Expected `str`, got `int` - at `$[0].provider_id`"),
        ({"name": None}, "Expected `str`, got `None` - at `$[0].name`"),
        ({"recipient": "\ud83d"}, "surrogates not allowed"),
    ],
)
async def test_a_value_of_the_wrong_type_is_refused_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], told: str
) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        given = [msgspec.structs.replace(bot.message("hello"), **wrong)]
        adapter = type(bot.engine.deployment.asset("sms").channel)
        monkeypatch.setattr(adapter, "parse", lambda self, request: given)
        with pytest.raises(TypeError) as caught:
            Webhooks(bot.app).read("sms", "POST", "/channels/sms", {}, b"", origin="http://test.example")  # type: ignore[arg-type]
    assert str(caught.value).startswith("channel 'gateway': what parse() gave cannot be kept: ")
    assert told in str(caught.value)


async def test_an_item_that_cannot_be_read_does_not_keep_the_bot_from_starting(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        payload = msgspec.msgpack.encode(msgspec.structs.replace(bot.message("first"), provider_id=4))
        await bot.store.commit(Change(inbox=(InboxItem(77, "sms", "4", "s", "s|ann", payload, bot.now()),)))
        await bot.restart()
        await bot.say("second")
        assert bot.texts == ["You said second"]
        assert await bot.store.pending_inbox(0, 10) == []


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_a_parse_that_wants_to_end_more_than_its_call_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def leaves(self: Any, request: Any) -> Any:
        raise error

    async with serve(tmp_path) as server:
        adapter = type(server.bot.engine.deployment.asset("form").channel)
        with monkeypatch.context() as patch:
            patch.setattr(adapter, "parse", leaves)
            assert (await server.error("POST", "/channels/form", data={"from": ANN, "text": "a"}))[0] == 500
        status, _, _ = await server.call("POST", "/channels/form", data={"from": ANN, "text": "b"})
        assert status == 200


async def test_of_a_call_that_was_not_verified_nothing_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve(tmp_path) as server:

        def confused(self: Any, request: Any) -> None:
            raise BadItems("one of them is wrong", field="body", taken=[server.bot.message("forged")])

        adapter = type(server.bot.engine.deployment.asset("form").channel)
        monkeypatch.setattr(adapter, "verify", confused)
        status, error = await server.error("POST", "/channels/form", data={"from": ANN, "text": "a"})
        assert (status, error["message"]) == (400, "one of them is wrong")
        await server.bot.settle()
        assert server.bot.texts == []


NUMBER: Any = 7


async def exits(outgoing: Outgoing) -> Any:
    sys.exit(3)


async def is_cancelled(outgoing: Outgoing) -> Any:
    raise asyncio.CancelledError


async def interrupts(outgoing: Outgoing) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("answer", [exits, is_cancelled, interrupts])
async def test_a_send_that_wants_to_end_more_than_itself_is_tried_again(tmp_path: Path, answer: Any) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", answer)
        await bot.say("first")
        await bot.say("second")
        await bot.later(2)
        assert bot.texts == ["You said first", "You said first", "You said second"]


async def gives_words(outgoing: Outgoing) -> Any:
    return "p1"


async def gives_nothing(outgoing: Outgoing) -> Any:
    return None


@pytest.mark.parametrize(
    ("answer", "state", "provider_id", "code", "told"),
    [
        (gives_words, DeliveryState.FAILED, "", "", "the adapter's send() returned str, not Sent(...)"),
        (gives_nothing, DeliveryState.FAILED, "", "", "the adapter's send() returned NoneType, not Sent(...)"),
        (Sent(NUMBER), DeliveryState.SUBMITTED, "7", "", ""),
        (Rejected("no", provider_code=NUMBER), DeliveryState.FAILED, "", "7", "no"),
        (RateLimited("slow", retry_after="90"), DeliveryState.QUEUED, "", "", "slow"),
    ],
)
async def test_what_send_gives_can_be_stored_and_the_next_message_goes_out(
    tmp_path: Path, answer: Any, state: DeliveryState, provider_id: str, code: str, told: str
) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        bot.line.answer("sms", answer)
        await bot.say("first")
        stored = await bot.store.delivery(bot.line.ids[0])
        assert isinstance(stored, Delivery)
        assert (stored.state, stored.provider_id, stored.code, stored.description) == (state, provider_id, code, told)
        await bot.say("second")
        await bot.later(95)
        expected = ["You said first", "You said second"]
        assert bot.texts == ([expected[0]] if state is DeliveryState.QUEUED else []) + expected
