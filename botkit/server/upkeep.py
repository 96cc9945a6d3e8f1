"""Upkeep: what is older than the retention is forgotten, as long as the server runs."""

import asyncio
import logging

from botkit.app import App

EVERY_SECONDS = 3600.0
DAY_MS = 86_400_000

log = logging.getLogger("botkit.server")


async def upkeep(app: App, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Forget what is old now, and again every hour; runs until it is cancelled.

    A disk that is full for a while is no reason to stop for good: then more than ever there has to be room again.
    """
    while True:
        try:
            await app.store.purge(app.clock() - app.settings.retention_days * DAY_MS)
        except Exception as error:
            log.error("what is older than retention_days could not be removed, it is tried again later: %s", error)
        await asyncio.sleep(every_seconds)
