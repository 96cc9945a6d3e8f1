"""Kills: a server that is killed at random moments, and what may come twice because of it."""

import asyncio
import random
import time
from typing import Any

from tests.botkit.process import ServerProcess

IN_THE_SOCKET_SECONDS = 0.25
"""How long after a kill the provider may still read what the dead process had written; a new one starts slower."""

Kills = list[tuple[float, float]]
"""When the server was killed, and when the last of it had been read."""


async def kill_at_random(server: ServerProcess, kills: int, life: tuple[float, float], *, seed: int) -> Kills:
    """Kill a server again and again, each time when it has lived as many seconds as chance has it, and start it."""
    chance = random.Random(seed)
    done: Kills = []
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(*life))  # the moment of the kill
        killed_at = time.monotonic()
        await server.kill()
        done.append((killed_at, time.monotonic() + IN_THE_SOCKET_SECONDS))
        await server.start()
    return done


def check_doubles(replies: list[dict[str, Any]], kills: Kills) -> int:
    """A reply may come twice only when a kill met it in flight: after it, before any other of this customer."""
    doubled = 0
    for index, reply in enumerate(replies):
        earlier = [other for other in replies[:index] if other["id"] == reply["id"]]
        if not earlier:
            continue
        doubled += 1
        first = earlier[-1]
        gone = next((gone for killed, gone in kills if first["at"] < gone and killed < reply["at"]), None)
        assert gone is not None, f"{reply} came twice without a kill since {first}"
        between = [other for other in replies if first["at"] < other["at"] < gone]
        assert not between, f"{reply} came again although {between} had followed it"
        assert first["text"] == reply["text"]
    return doubled
