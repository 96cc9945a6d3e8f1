"""Body: what a request brings, within bounds of size and time."""

import asyncio

from aiohttp import web

from channels.errors import BadRequest

RECEIVE_SECONDS = 30.0
"""A request that takes longer to come in is given up."""


async def read_body(request: web.Request) -> bytes:
    """The whole body, unpacked; raises `BadRequest`, `HTTPRequestEntityTooLarge` or `HTTPRequestTimeout`."""
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(
            reason=f"the request did not come in whole within {int(RECEIVE_SECONDS)} seconds"
        ) from None
    except web.RequestPayloadError as error:
        request.content.feed_eof()  # nothing more is to be read, or aiohttp would log the same again
        raise BadRequest(f"the body cannot be read: {' '.join(str(error).split())}", field="body") from None
