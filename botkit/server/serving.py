"""Serving: `botkit serve` from the open store to the graceful end."""

import asyncio
import signal
from collections.abc import Callable, Sequence

from botkit.app import App
from botkit.config import ServerSettings
from botkit.project import Project
from botkit.server.app import Server
from botkit.server.upkeep import upkeep
from models.flow import FlowVersion

Announce = Callable[[App, str, Sequence[FlowVersion]], None]


async def serve(project: Project, settings: ServerSettings, announce: Announce) -> None:
    """Run until SIGINT or SIGTERM; a second one ends at once. `announce` is told the address when it is ready.

    SIGHUP has the `nlp` folder read again, which a change of its files does by itself.

    Raises `StoreFailed` when the store cannot be had, `OSError` when the address cannot.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with App(project, settings) as app, Server(app).listen(settings.host, settings.port) as port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        if not app.public_url:
            app.public_url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"  # noqa: S104
        if hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGHUP, app.nlp_watch.ask)
        announce(app, f"http://{host}:{port}", app.versions)
        upkeeping = loop.create_task(upkeep(app))
        try:
            await stop.wait()
        finally:
            app.ready = False
            upkeeping.cancel()
            await asyncio.gather(upkeeping, return_exceptions=True)
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                if hasattr(signal, name):
                    loop.remove_signal_handler(getattr(signal, name))


def run(project: Project, settings: ServerSettings, announce: Announce) -> None:
    """`serve` on uvloop where it exists."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(project, settings, announce))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(project, settings, announce))
