"""Process: a real `botkit serve` that is told to stop, and a second one beside it."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

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
