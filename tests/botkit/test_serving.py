"""Serving: what it asks of the system, and that it stops at any moment."""

import asyncio
import os
import resource
import signal
from pathlib import Path

import pytest

from botkit.config import ServerSettings
from botkit.deployment import LiveAsset
from botkit.nlp_pool import NlpPool
from botkit.project import load_project
from botkit.server.exposure import warn_of_exposure
from botkit.server.open_files import limit
from botkit.server.serving import serve
from botkit.stores.sqlite import SqliteStore
from channels.base import Channel
from channels.inapp import InApp
from channels.sandbox import Sandbox
from channels.sms.kannel import Kannel
from channels.sms.twilio import Twilio
from models.service import Asset
from tests.botkit.process import write_project
from tests.botkit.served import serve as serve_sandbox

ECHO = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: send, text: hello, next: {onSuccess: end}}
"""
FILTER = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: profanity_filter, next: {clean: end, profane: end, onTimeout: end, onError: end}}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_stops_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Understanding may be trained for minutes before a server is ready: nobody waits for that to stop it."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def train_for_ever(pool: NlpPool) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(NlpPool, "start", train_for_ever)
    project = load_project(write_project(tmp_path / "project", FILTER), environ={})
    announced: list[str] = []
    serving = asyncio.create_task(
        serve(project, ServerSettings(port=0), lambda app, url, versions: announced.append(url))
    )
    async with asyncio.timeout(20):
        await began.wait()
        os.kill(os.getpid(), number)
        await serving
    assert ended.is_set()
    assert not announced
    store = SqliteStore(project.directory / ".botkit" / "botkit.db")
    await store.open()  # the next server can have it
    await store.close()


@pytest.mark.parametrize(
    ("host", "public_url", "warned"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080", True),
        ("bots.lan", "http://bots.lan:8080", True),
        ("127.0.0.1", "https://chat.example.com", True),
        ("127.0.0.1", "http://127.0.0.1:8080", False),
        ("localhost", "http://localhost:8080", False),
        ("::1", "http://[::1]:8080", False),
    ],
)
def test_it_warns_of_assets_where_anybody_speaks_for_customers(
    caplog: pytest.LogCaptureFixture, host: str, public_url: str, warned: bool
) -> None:
    kannel: dict[str, object] = {"asset": "kannel", "username": "u", "password": "p"}
    twilio = Twilio.load({"asset": "tw", "number": "1", "account_sid": "AC1", "auth_token": "t"})
    channels: list[Channel] = [
        Sandbox.load({"asset": "played"}), InApp.load({"asset": "web"}), twilio, Kannel.load(kannel),
        Kannel.load({**kannel, "asset": "safe", "secret": "s"}),
        Kannel.load({**kannel, "asset": "basic", "webhook_username": "u", "webhook_password": "p"}),
    ]  # fmt: skip
    assets = {one.asset: LiveAsset(Asset(one.asset, one.channel, one.kind), one, ()) for one in channels}
    warn_of_exposure(assets, host, public_url)
    told = [record.getMessage().partition(";")[0] for record in caplog.records]
    expected = [f"asset {id} believes whoever calls {public_url}/channels/{id}" for id in ("played", "kannel")]
    assert told == (expected if warned else [])


async def test_it_takes_more_connections_than_a_shell_allows(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    project = load_project(write_project(tmp_path / "project", ECHO), environ={})
    allowed: list[int] = []

    def stop(*_: object) -> None:
        allowed.append(limit())
        os.kill(os.getpid(), signal.SIGTERM)

    resource.setrlimit(resource.RLIMIT_NOFILE, (soft // 2, hard))
    try:
        async with asyncio.timeout(20):
            await serve(project, ServerSettings(port=0), stop)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert allowed[0] > soft // 2


async def test_the_log_tells_once_that_no_more_connections_can_be_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botkit.server.gate.LOOK_SECONDS", 0.02)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with serve_sandbox(tmp_path) as server:
        await asyncio.sleep(0.1)
        assert not caplog.messages
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            await asyncio.sleep(0.1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await server.still_serves()
    (told,) = caplog.messages
    assert told.startswith("no more files can be opened, and new connections are turned away") and "may have 3 " in told
