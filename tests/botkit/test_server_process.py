"""Process: a real `botkit serve` that is told to stop, and a second one beside it."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.botkit.process import Provider, ServerProcess, post, write_project

ECHO = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: send, text: "You said $(message.text)", next: {onSuccess: end 101}}
"""
MESSAGES = 40


@pytest.mark.timeout(120)
async def test_sigterm_ends_it_well_and_loses_nothing(tmp_path: Path) -> None:
    async with Provider() as provider, aiohttp.ClientSession() as session:
        project = write_project(tmp_path / "project", ECHO, provider=provider.url)
        async with ServerProcess(project) as server:
            second = ServerProcess(project)
            with pytest.raises(RuntimeError, match="is in use by another botkit"):
                await second.start()
            posts = [post(session, server.url, f"+1555000{n:04d}", f"m{n}", f"id{n}") for n in range(MESSAGES)]
            results = asyncio.gather(*posts, return_exceptions=True)
            while not provider.taken:
                await asyncio.sleep(0.005)
            assert await server.stop() == 0
            acknowledged = {f"You said m{n}" for n, status in enumerate(await results) if status == 200}
            assert acknowledged
        async with ServerProcess(project) as server:
            async with asyncio.timeout(20):
                while not acknowledged <= {message["text"] for message in provider.taken}:
                    await asyncio.sleep(0.01)
            assert await server.stop() == 0
    texts = [message["text"] for message in provider.taken]
    assert len(texts) == len(set(texts)), "nothing was in flight at a kill, so nothing comes twice"


class Silent(Provider):
    """A gateway that takes its first message and never says so."""

    def __init__(self) -> None:
        super().__init__()
        self.called = asyncio.Event()

    async def _send(self, request: web.Request) -> web.Response:
        if not self.called.is_set():
            self.called.set()
            await asyncio.Event().wait()
        return await super()._send(request)


async def test_what_is_sent_at_the_start_has_an_address_for_its_receipts(tmp_path: Path) -> None:
    async with Silent() as provider, aiohttp.ClientSession() as session:
        project = write_project(tmp_path / "project", ECHO, provider=provider.url)
        settings = project / "botkit.toml"
        text = settings.read_text("utf-8").replace('"{id}", ', '"{id}", "dlr": "{callback_url}", ')
        settings.write_text(text, "utf-8")
        async with ServerProcess(project) as server, asyncio.timeout(60):
            assert await post(session, server.url, "+15550000001", "hi", "1") == 200
            await provider.called.wait()
            await server.kill()
            await server.start()
            while not provider.taken:
                await asyncio.sleep(0.01)
            assert provider.taken[0]["dlr"].startswith(f"{server.url}/channels/sms?")
