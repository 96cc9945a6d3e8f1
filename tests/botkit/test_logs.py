"""Logs: a line says whose transaction it is about, so that `botkit trace show` can be asked."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from botkit.logs import set_up_logs
from channels.errors import AuthFailed
from models.delivery import DeliveryState, Receipt
from models.service import Service
from tests.botkit.bot import ECHO, Bot, rule

Lines = Callable[[], list[str]]
WAIT = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: delay, duration: 10s, next: {onTimeout: end}}
"""


@pytest.fixture(name="logged")
def log_to_memory() -> Iterator[Callable[[Literal["text", "json"]], Lines]]:
    """Has the log written into memory in a form; gives what reads it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def begin(form: Literal["text", "json"]) -> Lines:
        stream = io.StringIO()
        set_up_logs("info", form, stream)
        return lambda: stream.getvalue().splitlines()

    yield begin
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("botkit").setLevel(logging.NOTSET)


async def refuse(bot: Bot) -> None:
    """The provider takes no message of ours."""
    bot.line.answer("sms", AuthFailed("wrong token"))
    await bot.say("x")


@pytest.mark.parametrize("form", ["text", "json"])
async def test_who_calls_a_webhook_writes_no_lines_of_his_own(
    tmp_path: Path, logged: Callable[[Literal["text", "json"]], Lines], form: Literal["text", "json"]
) -> None:
    lines = logged(form)
    id = "7\n12:00:00 error   the store is lost\r\x1b]0;title\x07\x9b2J\x85"
    async with Bot(tmp_path, ECHO) as bot:
        await bot.app.engine.accept("sms", [Receipt("sms", DeliveryState.DELIVERED, message_id=id)])
        await bot.settle()
    written = "\n".join(lines())
    assert "the store is lost" in written
    assert not [char for char in written if ord(char) in {*range(32), *range(127, 160)} - {ord("\n")}]
    assert [line for line in lines() if not line.startswith("    ")] == lines()[:1]


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_told_with_its_trace(
    logged: Callable[[Literal["text", "json"]], Lines], form: Literal["text", "json"]
) -> None:
    lines = logged(form)
    try:
        raise ValueError("\x1b[31m\n12:00:00 error   forged")
    except ValueError as error:
        logging.getLogger("botkit").error("it failed", exc_info=error)
    first, *more = lines()
    text = json.loads(first)["error"] if form == "json" else "\n".join(more)
    assert "Traceback" in text and "ValueError: " in text and "forged" in text
    assert "\x1b" not in "".join(lines())
    assert all(line.startswith("    ") for line in more)


async def test_what_failed_to_be_sent_names_its_transaction(
    tmp_path: Path, logged: Callable[[Literal["text", "json"]], Lines]
) -> None:
    lines = logged("json")
    async with Bot(tmp_path, ECHO) as bot:
        await refuse(bot)
        (transaction,) = await bot.transactions()
    (line,) = [json.loads(line) for line in lines()]
    known: dict[str, Any] = {name: line.get(name) for name in ("level", "transaction_id", "asset", "service")}
    assert known == {"level": "error", "transaction_id": transaction.id, "asset": "sms", "service": "s"}


async def test_the_same_for_people(tmp_path: Path, logged: Callable[[Literal["text", "json"]], Lines]) -> None:
    lines = logged("text")
    async with Bot(tmp_path, ECHO) as bot:
        await refuse(bot)
        (transaction,) = await bot.transactions()
    assert lines()[0].endswith(f"wrong token  (transaction_id={transaction.id} asset=sms service=s)")


async def test_a_session_that_cannot_go_on_names_its_transaction(
    tmp_path: Path, logged: Callable[[Literal["text", "json"]], Lines]
) -> None:
    async with Bot(tmp_path, WAIT) as bot:
        await bot.say("x")
        (transaction,) = await bot.transactions()
    lines = logged("json")
    services = [Service("renamed", assets=("sms",), rules=(rule("main"),))]
    async with Bot(tmp_path, WAIT, services=services) as bot:
        await bot.later(30)
        await bot.until(lambda: len(lines()) == 2)
    left_behind, line = [json.loads(line) for line in lines()]
    assert left_behind["service"] == "s"
    assert (line["transaction_id"], line["flow"], line["service"]) == (transaction.id, "main", "s")
    assert "which is not live" in line["message"]
