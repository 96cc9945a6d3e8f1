"""Deployment: assets, services and flow versions as they are live."""

from pathlib import Path

import pytest

from botkit.catalog import load_catalog
from botkit.deployment import Deployment, Library, UnknownAsset, flow_digest
from botkit.stores.base import StoreUnavailable
from botkit.stores.sqlite import SqliteStore
from channels.base import Channel
from channels.sandbox import Sandbox
from flows.compiler import CannotCompile
from flows.turn import Turn
from models.errors import BotkitError
from models.flow import Flow, FlowVersion, Node
from models.service import Asset, Service
from models.session import Wait
from tests.botkit.bot import COUNTER, Bot, node

START = Node(2, "start", settings={"accepts": ["sms.mo"]})


def sandbox(asset: Asset) -> Channel:
    return Sandbox(asset=asset.id, channel_name=asset.channel)


def test_assets_know_who_uses_them() -> None:
    assets = {id: Asset(id, channel, "sandbox") for id, channel in (("a", "sms"), ("b", "sms"), ("w", "whatsapp"))}
    services = [
        Service("one", assets=("a", "b", "w")),
        Service("two", assets=("b",)),
        Service("off", ("a"), live=False),
    ]
    live = Deployment(assets, services, sandbox)
    assert [service.service.id for service in live.asset("b").services] == ["one", "two"]
    assert [service.service.id for service in live.asset("a").services] == ["one"]
    assert live.services["one"].asset_for == {"sms": "a", "whatsapp": "w"}
    assert live.asset("a").history
    with pytest.raises(UnknownAsset, match="there is no asset 'x'"):
        live.asset("x")


def test_looks_do_not_make_a_version() -> None:
    flow = Flow("f", {2: START})
    assert flow_digest(flow) == flow_digest(Flow("f", {2: START}, layout={2: (1.0, 2.0)}))
    assert flow_digest(flow) != flow_digest(Flow("f", {2: START}, name="F"))


async def test_a_flow_that_cannot_run_does_not_become_live(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    library = Library(store, load_catalog().nodes)
    with pytest.raises(CannotCompile):
        await library.make_live(Flow("f", {}), digest="1", source="", at=0)
    assert library.live("f") is None and await store.latest_version("f") is None
    with pytest.raises(BotkitError, match="not in the store"):
        await library.load("f", 3)
    await store.close()


async def test_there_can_be_more_flows_than_are_kept_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.deployment.MAX_PROGRAMS", 3)
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    for _ in range(2):  # the second time they come from the store, as after a restart
        library = Library(store, load_catalog().nodes)
        for number in range(8):
            await library.make_live(Flow(f"f{number}", {2: START}), digest="1", source="", at=0)
        assert all(library.live(f"f{number}") is not None for number in range(8))
    await store.close()


async def test_a_session_finds_its_old_version_however_many_there_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old versions leave memory when there are many; a session at hand must not notice."""
    monkeypatch.setattr("botkit.deployment.MAX_PROGRAMS", 2)
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("0", "+15551000000")
        for number in range(1, 6):
            await bot.app.deploy(bot.of(COUNTER.replace('text: "$(said)"', f'text: "v{number} $(said)"')))
            await bot.say("0", f"+1555100000{number}")
        await bot.restart(COUNTER.replace('text: "$(said)"', 'text: "v5 $(said)"'))
        for text in "12":
            for number in range(6):
                await bot.say(text, f"+1555100000{number}")
        heard = [bot.line.texts(f"+1555100000{number}") for number in range(6)]
        assert heard == [["0", "01", "012"]] + [[f"v{n} 0", f"v{n} 01", f"v{n} 012"] for n in range(1, 6)]


async def test_a_session_is_not_ended_because_its_version_cannot_be_read_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.lanes.RETRY_SECONDS", 0.001)
    async with Bot(tmp_path, COUNTER) as bot:
        await bot.say("0")
        await bot.restart(COUNTER.replace('text: "$(said)"', 'text: "new $(said)"'))
        real, times = bot.store.flow_version, 0

        async def fails_twice(flow: str, version: int) -> FlowVersion | None:
            nonlocal times
            times += 1
            if times <= 2:
                raise StoreUnavailable("disk I/O error")
            return await real(flow, version)

        monkeypatch.setattr(bot.store, "flow_version", fails_twice)
        await bot.say("1")
        assert bot.texts == ["0", "01"]


async def test_a_session_whose_node_is_gone_says_so_in_its_transaction(tmp_path: Path) -> None:
    async def asks(turn: Turn) -> Wait:
        return turn.wait(events=("sms.mo",), seconds=60)

    flow = "flow: main\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n"
    asking = flow + "  3: {kind: asks, next: {onSuccess: end}}\n"
    async with Bot(tmp_path, asking, nodes=[node("asks", asks)]) as bot:
        await bot.say("hello")
        bot.node_kinds.clear()
        await bot.restart(flow + "  3: {kind: end}\n")
        await bot.say("yes")
        old = (await bot.transactions())[0]
        assert old.outcome == 102
        assert [entry.text for visit in old.steps[-1].visits for entry in visit.log] == [
            "version 1 of flow 'main' cannot be run: flow 'main', node 3: there is no node of kind 'asks'"
        ]
