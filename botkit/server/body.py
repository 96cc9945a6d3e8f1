"""Body: what a request brings, within bounds of size and time."""

import asyncio

from aiohttp import web

RECEIVE_SECONDS = 30.0
"""A request that takes longer to come in is given up."""


async def read_body(request: web.Request) -> bytes:
    """The whole body; raises `HTTPRequestEntityTooLarge` or `HTTPRequestTimeout`."""
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(
            reason=f"the request did not come in whole within {int(RECEIVE_SECONDS)} seconds"
        ) from None
