"""Upkeep: old rows are removed as long as the server runs, whatever happened to the store meanwhile."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from botkit.server.upkeep import DAY_MS, upkeep
from botkit.stores.base import StoreFailed
from tests.botkit.bot import ECHO, Bot


@pytest.mark.parametrize("error", [StoreFailed("the disk is full"), sqlite3.OperationalError("disk I/O error")])
async def test_it_goes_on_after_a_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    async with Bot(tmp_path, ECHO, retention_days=1) as bot:
        await bot.say("x")
        bot.skip(2 * DAY_MS / 1000)
        purge, tries = bot.store.purge, 0

        async def purge_at_the_second_try(before: int) -> int:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise error
            return await purge(before)

        bot.store.purge = purge_at_the_second_try  # type: ignore[method-assign]
        assert await bot.transactions()
        with caplog.at_level(logging.ERROR, "botkit.server"):
            task = asyncio.create_task(upkeep(bot.app, every_seconds=0.01))
            async with asyncio.timeout(10):
                while await bot.transactions():
                    assert not task.done()
                    await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [record.getMessage() for record in caplog.records] == [
        f"what is older than retention_days could not be removed, it is tried again later: {error}"
    ]
