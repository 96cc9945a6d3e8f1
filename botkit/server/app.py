"""Server: the HTTP front of botkit on aiohttp."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from importlib import resources

from aiohttp import web

from botkit.app import App
from botkit.server.errors import errors_as_json
from botkit.server.inapp import InAppSockets
from botkit.server.sandbox import Sandbox
from botkit.server.status import Status
from botkit.server.webhooks import Webhooks

BACKLOG = 1024
KEEP_ALIVE_SECONDS = 75.0
STOP_SECONDS = 10.0
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:;"
    " connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'"
)
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def static_file(name: str) -> web.Response:
    """A file of the server's own, as it was built in."""
    found = resources.files("botkit.server").joinpath("static", name)
    suffix = name[name.rfind(".") :]
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if suffix == ".html":
        headers["Content-Security-Policy"] = _PAGE_POLICY
        headers["Referrer-Policy"] = "no-referrer"
    return web.Response(body=found.read_bytes(), content_type=_TYPES[suffix], charset="utf-8", headers=headers)


class Server:
    """The front: routes, bounds and errors. One for each App."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._sockets = InAppSockets(app)
        front = web.Application(client_max_size=app.settings.max_body_bytes, middlewares=[errors_as_json])
        webhooks, status, sandbox = Webhooks(app), Status(app), Sandbox(app)
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
        _add_static(front)
        self.front = front

    @contextlib.asynccontextmanager
    async def listen(self, host: str, port: int) -> AsyncIterator[int]:
        """Serve while the block runs; gives the port. Raises `OSError` when the address cannot be had."""
        runner = web.AppRunner(
            self.front, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS, shutdown_timeout=STOP_SECONDS
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port, backlog=BACKLOG)
            await site.start()
            # What was made so far lives as long as the process: the collector need not walk it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 20)
            yield int(runner.addresses[0][1])
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._sockets.close()
            await runner.cleanup()


def _add_static(front: web.Application) -> None:
    files = {
        "/": "index.html", "/sandbox": "sandbox.html", "/widget.js": "widget.js", "/demo/{app}": "demo.html",
    }  # fmt: skip
    static = resources.files("botkit.server").joinpath("static")
    names = {entry.name for entry in static.iterdir() if entry.is_file()}
    files = {path: name for path, name in files.items() if name in names}
    files |= {f"/static/{name}": name for name in names}
    for path, name in files.items():
        front.router.add_get(path, _serving(name))


def _serving(name: str):  # type: ignore[no-untyped-def]
    async def serve(request: web.Request) -> web.Response:
        return static_file(name)

    return serve
