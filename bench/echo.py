"""Echo: the bare aiohttp server that botkit is compared with: it reads a body and gives a small JSON answer."""

import asyncio

import uvloop
from aiohttp import web


async def echo(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=b'{"ok":true}', content_type="application/json")


async def main() -> None:
    app = web.Application()
    app.router.add_post("/channels/{asset}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"port {runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main())
