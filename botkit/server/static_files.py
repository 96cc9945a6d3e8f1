"""Static files: the widget and the pages, read once, compressed once, and not sent again to who has them."""

import gzip
import hashlib
from collections.abc import Callable
from importlib import resources

from aiohttp import web

CACHE = "no-cache"  # ask each time; the ETag makes that cheap
SMALLEST_COMPRESSED = 512
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:;"
    " connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_PAGES = {"/": "index.html", "/sandbox": "sandbox.html", "/widget.js": "widget.js"}


class StaticFile:
    """One file with its headers, plain and compressed."""

    def __init__(self, name: str, body: bytes) -> None:
        suffix = name[name.rfind(".") :]
        self._body = body
        self._packed = gzip.compress(body, 9, mtime=0) if len(body) >= SMALLEST_COMPRESSED else b""
        self._etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        self._headers = {
            "Content-Type": f"{_TYPES[suffix]}; charset=utf-8",
            "Cache-Control": CACHE,
            "ETag": self._etag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if suffix == ".html":
            self._headers |= {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"}
        if name == "widget.js":  # pages of other origins load it
            self._headers |= {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

    async def serve(self, request: web.Request) -> web.Response:
        """The file, or the news that it has not changed."""
        if self._etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers={"ETag": self._etag, "Cache-Control": CACHE})
        if self._packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self._packed, headers={**self._headers, "Content-Encoding": "gzip"})
        return web.Response(body=self._body, headers=self._headers)


def add_static_files(front: web.Application, channel_of: Callable[[str], object]) -> None:
    """Serve the pages at their addresses, and every file below `/static/`.

    `channel_of` raises `UnknownAsset` for an app that there is not, whose page is not there either.
    """
    folder = resources.files("botkit.server").joinpath("static")
    files = {
        entry.name: StaticFile(entry.name, entry.read_bytes())
        for entry in folder.iterdir()
        if entry.is_file() and entry.name[entry.name.rfind(".") :] in _TYPES
    }
    for path, name in _PAGES.items():
        front.router.add_get(path, files[name].serve)

    async def demo(request: web.Request) -> web.Response:
        channel_of(request.match_info["app"])
        return await files["demo.html"].serve(request)

    front.router.add_get("/demo/{app}", demo)
    for name, file in files.items():
        front.router.add_get(f"/static/{name}", file.serve)
