"""Crashes: a real server is killed at random moments, and nothing is lost, doubled or reordered (P1 to P4)."""

import asyncio
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.botkit.kills import check_doubles, kill_at_random
from tests.botkit.process import Provider, ServerProcess, post, write_project

KILLS = 30
SENDERS = 4
CUSTOMERS_EACH = 5
MOST_MESSAGES = 200  # a session ends after 1,000 node visits, and each message is four
SHORTEST_LIFE, LONGEST_LIFE = 0.02, 0.6
SETTLE_SECONDS = 60.0

COUNTER = """
flow: main
session_key: msisdn
variables:
  count: {default: 0}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: evaluate
    script: count = Number(count) + 1; "counted"
    branches: [counted]
    outputs: [count]
    timeout_ms: 1000
    next: {counted: 4}
  4: {kind: send, text: "$(count) $(message.text)", next: {onSuccess: 5}}
  5: {kind: receive, events: [sms.mo], max_timeout: 24h, next: {sms.mo: 3, onTimeout: end 103}}
"""


class Sender:
    """Writes numbered messages for a few customers, each again until it is acknowledged."""

    def __init__(self, name: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._name = name
        self._customers = [self._number(number) for number in range(CUSTOMERS_EACH)]
        self._met = CUSTOMERS_EACH
        self.acknowledged: dict[str, int] = defaultdict(int)
        self.repeated = 0

    def _number(self, number: int) -> str:
        return f"+1555{self._name:03d}{number:04d}"

    async def run(self, server: ServerProcess, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        while not stop.is_set():
            customer = self._random.choice(self._customers)
            number = self.acknowledged[customer] + 1
            id = f"{customer}-{number}"
            while True:
                try:
                    if await post(session, server.url, customer, f"m{number}", id) == 200:
                        break
                except (aiohttp.ClientError, TimeoutError, ConnectionError):
                    await asyncio.sleep(0.01)  # the server is down: providers come back, too
                self.repeated += 1
            self.acknowledged[customer] = number
            if number == MOST_MESSAGES:
                self._customers.remove(customer)
                self._customers.append(self._number(self._met))
                self._met += 1
            if self._random.random() < 0.2:  # a provider that missed our answer brings it twice
                try:
                    await post(session, server.url, customer, f"m{number}", id)
                except (aiohttp.ClientError, TimeoutError, ConnectionError):
                    pass


@pytest.mark.crash
@pytest.mark.timeout(400)
async def test_nothing_is_lost_doubled_or_reordered_under_kill_9(tmp_path: Path) -> None:
    stop = asyncio.Event()
    timeout = aiohttp.ClientTimeout(total=10)
    async with Provider() as provider, aiohttp.ClientSession(timeout=timeout) as session:
        server = ServerProcess(write_project(tmp_path / "project", COUNTER, provider=provider.url))
        await server.start()
        senders = [Sender(name, seed=name) for name in range(SENDERS)]
        tasks = [asyncio.create_task(sender.run(server, session, stop)) for sender in senders]
        kills = await kill_at_random(server, KILLS, (SHORTEST_LIFE, LONGEST_LIFE), seed=20261122)
        stop.set()
        await asyncio.gather(*tasks)
        acknowledged = {customer: n for sender in senders for customer, n in sender.acknowledged.items()}
        await until_replied(provider, acknowledged)
        assert await server.stop() == 0

    assert len(acknowledged) >= SENDERS * CUSTOMERS_EACH
    assert sum(acknowledged.values()) > 5 * KILLS, "too few messages to prove anything"
    by_customer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for reply in provider.taken:
        by_customer[reply["to"]].append(reply)
    doubled = 0
    for customer, count in acknowledged.items():
        replies = by_customer[customer]
        first_time = list(dict.fromkeys(reply["text"] for reply in replies))
        # Each message ran once, in order: the session's own counter says so.
        assert first_time == [f"{n} m{n}" for n in range(1, count + 1)]
        doubled += check_doubles(replies, kills)
    print(f"{sum(acknowledged.values())} messages, {KILLS} kills, {doubled} replies doubled in flight")


async def until_replied(provider: Provider, acknowledged: dict[str, int]) -> None:
    """Wait until every acknowledged message has its reply."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            texts = {(reply["to"], reply["text"]) for reply in provider.taken}
            if all((customer, f"{n} m{n}") in texts for customer, n in acknowledged.items()):
                return
            await asyncio.sleep(0.05)
