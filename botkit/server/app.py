"""Server: one port, webhooks by the front, all else by aiohttp."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from botkit.app import App
from botkit.server.addresses import bind
from botkit.server.errors import Connection, errors_as_json
from botkit.server.front import KEEP_ALIVE_SECONDS, Front
from botkit.server.gate import Gate
from botkit.server.inapp import InAppSockets
from botkit.server.sandbox import Sandbox
from botkit.server.static_files import add_static_files
from botkit.server.status import Status
from botkit.server.webhooks import Webhooks

BACKLOG = 1024
STOP_SECONDS = 10.0


class Server:
    """The front: routes, bounds and errors. One for each App."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._sockets = InAppSockets(app)
        front = web.Application(client_max_size=app.settings.max_body_bytes, middlewares=[errors_as_json])
        self._webhooks = webhooks = Webhooks(app)
        status, sandbox = Status(app), Sandbox(app)
        front.router.add_route("POST", "/channels/{asset}", webhooks.handle)
        front.router.add_route("GET", "/channels/{asset}", webhooks.handle)
        front.router.add_get("/inapp/{app}", self._sockets.handle)
        front.router.add_get("/sandbox/assets", sandbox.assets)
        front.router.add_get("/sandbox/hints", sandbox.hints)
        front.router.add_post("/sandbox/{asset}/messages", sandbox.say)
        front.router.add_get("/sandbox/{asset}/messages", sandbox.heard)
        front.router.add_get("/healthz", status.healthz)
        front.router.add_get("/readyz", status.readyz)
        front.router.add_get("/metrics", status.metrics)
        add_static_files(front, self._sockets.channel_of)
        front.on_response_prepare.append(_unnamed)
        self.front = front

    @contextlib.asynccontextmanager
    async def listen(self, host: str, port: int, sockets: Sequence[socket.socket] | None = None) -> AsyncIterator[int]:
        """Serve while the block runs, on the sockets where they were bound before; gives the port.

        Raises `OSError` when the address cannot be had.
        """
        runner = web.AppRunner(self.front, access_log=None, shutdown_timeout=STOP_SECONDS)
        await runner.setup()
        gate: Gate | None = None
        listeners: list[asyncio.Server] = []
        try:
            gate = self._gate(runner)
            for sock in sockets or await bind(host, port):
                listeners.append(await gate.loop.create_server(lambda: Front(gate), sock=sock, backlog=BACKLOG))
            # What was made so far lives as long as the process: the collector need not walk it again.
            thresholds = gc.get_threshold()
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 20)
            try:
                yield int(listeners[0].sockets[0].getsockname()[1])
            finally:
                gc.unfreeze()
                gc.set_threshold(*thresholds)
                for listener in listeners:
                    listener.close()
                await asyncio.sleep(0)  # what has come in by now is begun
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._sockets.close()
            if gate is not None:
                await gate.close(STOP_SECONDS)
            await runner.cleanup()

    def _gate(self, runner: web.AppRunner) -> Gate:
        loop = asyncio.get_running_loop()
        server = runner.server
        assert server is not None

        def aiohttp() -> Connection:
            return Connection(
                server, loop=loop, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS, auto_decompress=False,  # type: ignore[arg-type]
            )  # fmt: skip

        return Gate(self._webhooks, max_body_bytes=self._app.settings.max_body_bytes, aiohttp=aiohttp)


async def _unnamed(request: web.Request, response: web.StreamResponse) -> None:
    """Which Python and which aiohttp answers is nobody's business: versions tell what to attack."""
    response.headers.popall("Server", None)
