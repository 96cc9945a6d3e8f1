"""Front: botkit's own HTTP front with nothing behind it: what it takes is parsed, and then forgotten."""

import asyncio
import sys
from pathlib import Path

import uvloop

from botkit.app import App
from botkit.project import load_project
from botkit.server.app import Server


async def main(folder: Path) -> None:
    project = load_project(folder, environ={}, given={})
    async with App(project, project.settings) as app:
        app.engine.accept_first = _nothing  # type: ignore[method-assign]
        async with Server(app).listen("127.0.0.1", 0) as port:
            print(f"port {port}", flush=True)
            await asyncio.Event().wait()


async def _nothing(asset: str, values: object) -> bool:
    return True


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1])))
