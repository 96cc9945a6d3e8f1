"""Serving: `botkit serve` from the open store to the graceful end."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from botkit.app import App
from botkit.config import ServerSettings
from botkit.project import Project
from botkit.server.addresses import bind
from botkit.server.app import Server
from botkit.server.exposure import warn_of_exposure
from botkit.server.open_files import raise_limit
from botkit.server.upkeep import upkeep
from models.flow import FlowVersion

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Announce = Callable[[App, str, Sequence[FlowVersion]], None]


async def serve(project: Project, settings: ServerSettings, announce: Announce) -> None:
    """Run until SIGINT or SIGTERM; a second one ends at once. `announce` is told the address when it is ready.

    SIGHUP has the `nlp` folder read again, which a change of its files does by itself.

    Raises `StoreFailed` when the store cannot be had, `OSError` when the address cannot.
    """
    raise_limit()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask_to_stop() -> None:
        stop.set()
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, ask_to_stop)
    async with contextlib.AsyncExitStack() as opened:
        sockets = await bind(settings.host, settings.port)  # first: what is in the store is sent at once
        for sock in sockets:
            opened.callback(sock.close)
        port = sockets[0].getsockname()[1]
        app = App(project, settings)
        app.public_url = app.public_url or _own_address(settings.host, port)
        if not await _done_before(stop, opened.enter_async_context(app)):
            return
        await opened.enter_async_context(Server(app).listen(settings.host, port, sockets))
        if hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGHUP, app.nlp_watch.ask)
        warn_of_exposure(app.engine.deployment.assets, settings.host, app.public_url)
        announce(app, _address(settings.host, port), app.versions)
        upkeeping = loop.create_task(upkeep(app))
        try:
            await stop.wait()
        finally:
            app.ready = False
            upkeeping.cancel()
            await asyncio.gather(upkeeping, return_exceptions=True)
            if hasattr(signal, "SIGHUP"):  # removed, it would end the server before all is put away
                loop.add_signal_handler(signal.SIGHUP, lambda: None)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address(host: str, port: int) -> str:
    """Where the server is reached from its own machine."""
    return _address("127.0.0.1" if host in ("0.0.0.0", "::") else host, port)  # noqa: S104


async def _done_before(stop: asyncio.Event, start: Coroutine[Any, Any, object]) -> bool:
    """Whether the start was done when the server was told to stop; else it is given up, however long it would take."""
    loop = asyncio.get_running_loop()
    starting, told = loop.create_task(start), loop.create_task(stop.wait())
    await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if stop.is_set():
        starting.cancel()
    try:
        await starting
    except asyncio.CancelledError:
        return False
    return True


def run(project: Project, settings: ServerSettings, announce: Announce) -> None:
    """`serve` on uvloop where it exists."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(project, settings, announce))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(project, settings, announce))
