"""Body: what a request brings, within bounds of size and time.

aiohttp hands it over as it came: it would unpack all of a packed body that nobody reads, too, and a megabyte
on the wire can stand for a thousand.
"""

import asyncio
import zlib

from aiohttp import web

from botkit.http_connection import decompressed
from channels.errors import BadRequest

RECEIVE_SECONDS = 30.0
"""A request that takes longer to come in is given up."""
PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})


class UnknownPacking(Exception):
    """A body is packed in a way that is not read."""


async def read_body(request: web.Request) -> bytes:
    """The whole body, unpacked.

    Raises `BadRequest`, `UnknownPacking`, `HTTPRequestEntityTooLarge` or `HTTPRequestTimeout`.
    """
    packing = ",".join(request.headers.getall("Content-Encoding", ())).strip().lower()
    if packing and packing != "identity" and packing not in PACKINGS:
        raise UnknownPacking(packing)
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(
            reason=f"the request did not come in whole within {int(RECEIVE_SECONDS)} seconds"
        ) from None
    except web.RequestPayloadError as error:
        request.content.feed_eof()  # nothing more is to be read, or aiohttp would log the same again
        raise BadRequest(f"the body cannot be read: {' '.join(str(error).split())}", field="body") from None
    return _unpacked(body, packing, request.client_max_size) if packing in PACKINGS and body else body


def _unpacked(body: bytes, packing: str, limit: int) -> bytes:
    try:
        plain = decompressed(body, limit)
    except zlib.error:
        raise BadRequest(f"the body cannot be read: it is not {packing}", field="body") from None
    if plain is None:
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=limit + 1)
    return plain
