"""Status: is the server alive, is it ready, and what does it count."""

from aiohttp import web
from prometheus_client import generate_latest

from botkit import metrics
from botkit.app import App
from botkit.server.errors import RETRY, Problem

NOT_READY = Problem(503, "not_ready", "the server starts or stops, and takes no messages", headers=RETRY)
STORE_REFUSES = Problem(503, "store_failed", "the store takes no changes now: the log says why", headers=RETRY)
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Status:
    """`/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def healthz(self, request: web.Request) -> web.Response:
        """The process is alive."""
        return web.json_response({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """The process takes messages; 503 while it starts or stops, or its store takes nothing."""
        if not self._app.ready:
            return NOT_READY.response()
        if self._app.store.refuses():
            return STORE_REFUSES.response()
        return web.json_response({"status": "ready"})

    async def metrics(self, request: web.Request) -> web.Response:
        """The figures, for Prometheus."""
        for what, count in (await self._app.store.counts()).items():
            metrics.WAITING.labels(what).set(count)
        metrics.WAITING.labels("devices").set(self._app.mailboxes.connected)
        store = self._app.store
        metrics.COMMITS.set(getattr(store, "batches", 0))
        metrics.CHANGES.set(getattr(store, "committed", 0))
        return web.Response(body=generate_latest(metrics.REGISTRY), headers={"Content-Type": _METRICS_TYPE})
