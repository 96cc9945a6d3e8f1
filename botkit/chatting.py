"""Chatting: a conversation with a project's bot on the real engine, without a server or a provider."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from botkit.app import App
from botkit.project import Project
from botkit.stores.base import HistoryEntry
from botkit.stores.sqlite import SqliteStore
from channels.sandbox import EVENTS, Sandbox
from models.address import Address, AddressKind
from models.content import Text
from models.errors import BotkitError
from models.message import Message
from models.service import Asset
from models.transaction import NodeVisit

SANDBOX = "sandbox"
TICK_SECONDS = 0.01
SETTLE_TICKS = 3
DEFAULT_ADDRESSES = {"inapp": "customer-1", "email": "customer@example.com"}
DEFAULT_NUMBER = "+15550000001"
MAX_TRANSACTIONS = 50
"""How many of the newest are looked through for what went wrong."""


class NobodyThere(BotkitError):
    """The project has no asset on the channel."""

    code = "no_asset"


class NoAddress(BotkitError):
    """Nobody can write from this address on the channel."""

    code = "no_address"


class Chat:
    """One customer's chat. Every asset is played by the sandbox; `store` is a file that is made if missing."""

    def __init__(self, project: Project, store: Path, *, channel: str = "", address: str = "") -> None:
        played = {id: _played(asset) for id, asset in project.assets.items()}
        self._project = msgspec.structs.replace(project, assets=played)
        self.asset = _choose(played, project, channel)
        self._written = address or DEFAULT_ADDRESSES.get(self.asset.channel, DEFAULT_NUMBER)
        self._app = App(self._project, project.settings, store=SqliteStore(store))
        self._seen: set[str] = set()
        self._looked_at: dict[str, int] = {}
        self._over: set[str] = set()
        self._said = 0

    async def __aenter__(self) -> Self:
        await self._app.__aenter__()
        adapter = self._app.engine.deployment.asset(self.asset.id).channel
        assert isinstance(adapter, Sandbox)
        try:
            self.address: Address = adapter.address(self._written)
        except BotkitError as error:
            await self._app.__aexit__(None, None, None)
            raise NoAddress(error.message) from None
        self._event = _event(self.asset.channel, self._project)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._app.__aexit__(kind, error, trace)

    async def say(self, text: str) -> None:
        """Say something; returns when it is stored."""
        self._said += 1
        at = self._app.clock()
        message = Message(
            self.asset.id, self.asset.channel, self._event, f"chat-{at}-{self._said}", self.address,
            self.asset.number, Text(text), received_at=at,
        )  # fmt: skip
        await self._app.engine.accept(self.asset.id, [message])

    async def settle(self) -> None:
        """Wait until everything that was said has been answered, as far as it is answered at once."""
        quiet = 0
        while quiet < SETTLE_TICKS:
            await asyncio.sleep(TICK_SECONDS)
            engine = self._app.engine
            quiet = 0 if engine.queued or engine.outbox.active else quiet + 1

    async def heard(self) -> list[HistoryEntry]:
        """What the bot has said since this was asked last, on whatever channel reached the customer."""
        fresh: list[HistoryEntry] = []
        for id, asset in self._project.assets.items():
            address = self.address.value
            if asset.channel == "inapp" and self.address.kind is not AddressKind.CUSTOMERID:
                continue
            for entry in await self._app.store.history(id, address, 200):
                if entry.direction == "out" and entry.state != "failed" and entry.id not in self._seen:
                    fresh.append(entry)
        self._seen.update(entry.id for entry in fresh)
        return sorted(fresh, key=lambda entry: entry.at)  # those of one asset are in order already

    async def went_wrong(self) -> list[tuple[NodeVisit, str]]:
        """The errors of nodes since this was asked last: nothing is kept of a chat that would show them later."""
        found: list[tuple[NodeVisit, str]] = []
        for newest in reversed(await self._app.store.transactions(MAX_TRANSACTIONS)):
            if newest.id in self._over:
                continue
            transaction = await self._app.store.transaction(newest.id) or newest
            for step in transaction.steps[self._looked_at.get(newest.id, 0) :]:
                for visit in step.visits:
                    found += [(visit, entry.text) for entry in visit.log if entry.level == "error"]
            self._looked_at[newest.id] = len(transaction.steps)
            if transaction.ended_at:
                self._over.add(newest.id)
        return found


def _played(asset: Asset) -> Asset:
    """The asset with the sandbox in its provider's place."""
    if asset.provider == SANDBOX:
        return asset
    return Asset(asset.id, asset.channel, SANDBOX, asset.number)


def _event(channel: str, project: Project) -> str:
    """What a message on the channel is called: as the sandbox calls it, unless the rules know but the other name."""
    usual, other = EVENTS.get(channel, f"{channel}.mo"), f"{channel}.message"
    named = {rule.event for service in project.services for rule in service.rules}
    return other if other in named and usual not in named else usual


def _choose(assets: dict[str, Asset], project: Project, channel: str) -> Asset:
    """The asset to write to: the first that a service uses, on the channel if one is named."""
    for service in project.services:
        for id in service.assets:
            if assets[id].channel == channel or not channel:
                return assets[id]
    there = ", ".join(sorted({asset.channel for asset in assets.values()}))
    where = f"on the channel {channel!r}" if channel else "to write to"
    raise NobodyThere(f"no service has an asset {where}" + (f"; there is: {there}" if there and channel else ""))
