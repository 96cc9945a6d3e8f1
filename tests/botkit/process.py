"""A real `botkit serve` process, and a provider on loopback that writes down what it is given."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web

Handler = Callable[[web.Request], Awaitable[web.Response]]
READY = re.compile(r"running at (http://\S+)")
START_SECONDS = 60.0


class ServerProcess:
    """`botkit serve DIRECTORY` in a process of its own, on a port of its own."""

    def __init__(self, directory: Path, *, port: int = 0, **environ: str) -> None:
        self._directory = directory
        self._port = port
        self._environ = {**os.environ, "PYTHONUNBUFFERED": "1", "BOTKIT_LOG_FORMAT": "text", **environ}
        self.url = ""
        self.log: list[str] = []

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "botkit", "serve", str(self._directory), "--port", str(self._port),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=self._environ,
            start_new_session=True,
        )  # fmt: skip
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(ready))
        async with asyncio.timeout(START_SECONDS):
            self.url = await ready
        self._port = int(self.url.rpartition(":")[2])

    async def _read(self, ready: "asyncio.Future[str]") -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode().rstrip()
            self.log.append(text)
            found = READY.search(text)
            if found and not ready.done():
                ready.set_result(found.group(1))
        if not ready.done():
            ready.set_exception(RuntimeError("the server ended:\n" + "\n".join(self.log[-30:])))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def kill(self) -> None:
        """SIGKILL, to it and to all its children."""
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reader

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self._process.terminate()
        code = await self._process.wait()
        await self._reader
        return code

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            await self.kill()


class Provider:
    """An SMS gateway as far as our side of it goes: it takes messages over HTTP and says yes."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        for path, handler in self.routes().items():
            app.router.add_post(path, handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/send"
        return self

    def routes(self) -> dict[str, Handler]:
        """What it answers by path; a test of more than one asset adds to it."""
        return {"/send": self._send}

    async def _send(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        self.taken.append({**body, "at": time.monotonic()})
        return web.json_response({"id": f"p-{len(self.taken)}"})

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()


def write_project(directory: Path, flow: str, *, provider: str = "http://127.0.0.1:9/send", extra: str = "") -> Path:
    """A project with one flow behind every SMS to the asset `sms`, whose gateway is at `provider`."""
    (directory / "flows").mkdir(parents=True)
    (directory / "flows" / "main.flow.yaml").write_text(flow, "utf-8")
    (directory / "botkit.toml").write_text(
        f"""
[project]
name = "Test"

[assets.sms]
channel = "sms"
provider = "sms_http"
number = "60606"
send_url = "{provider}"
send_type = "json"
send_body = '{{"id": "{{id}}", "to": "{{to}}", "text": "{{text}}"}}'
send_id_path = "id"

[services.test]
assets = ["sms"]

[[services.test.rules]]
name = "Anything"
event = "sms.mo"
flow = "main"
{extra}
""",
        "utf-8",
    )
    return directory


async def post(session: ClientSession, url: str, sender: str, text: str, id: str) -> int:
    """Bring a message to the asset's webhook as the gateway would; returns the status."""
    form = {"from": sender, "to": "60606", "text": text, "id": id, "date": "1700000000"}
    async with session.post(f"{url}/channels/sms", data=form) as answer:
        await answer.read()
        return answer.status
