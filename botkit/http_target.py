"""HttpTarget: where a request goes, checked, and the head of the request as it is written."""

import re
from urllib.parse import quote, urlsplit

from models.http import HttpFailed

MAX_URL_LENGTH = 8_192
MAX_HEADERS = 100
MAX_HEADER_VALUE_LENGTH = 16_384
IDENTITY = b"accept-encoding: identity\r\n"
COMPRESSED = b"accept-encoding: gzip, deflate\r\n"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"[!$&-;=?-Z_a-z~%\[\]]*")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_METHOD = re.compile(r"[A-Z]{1,20}")
_PORTS = {"http": 80, "https": 443}

# What a connection does is the client's own business: a caller's words on it are left out.
_OWN = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip


class Target:
    """An address without its query: checked once, and good for many requests."""

    __slots__ = (
        "_block", "_headers", "_line", "_method", "_trusted", "host", "host_line", "origin", "path", "port", "tls",
    )  # fmt: skip

    def __init__(self, tls: bool, host: str, port: int, path: str) -> None:
        self.tls = tls
        self.host = host
        self.port = port
        self.path = path
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if tls else "http"
        authority = shown if port == _PORTS[scheme] else f"{shown}:{port}"
        self.origin = f"{scheme}://{authority}"
        self.host_line = f" HTTP/1.1\r\nhost: {authority}\r\n"
        self._headers: dict[str, str] | None = None
        self._trusted = False
        self._block = b""
        self._method = ""  # of the last request without a query, whose first lines are kept
        self._line = b""

    def head(self, method: str, query: str, headers: dict[str, str], trusted: bool, size: int) -> bytes:
        """The head of a request with a body of `size` bytes; raises `HttpFailed` for what must not be written."""
        if headers != self._headers or trusted is not self._trusted:
            block = header_block(headers, trusted)
            # a copy, so that a caller who changes its dict afterwards is noticed
            self._headers, self._trusted, self._block = dict(headers), trusted, block
        if query or method != self._method:
            if not _METHOD.fullmatch(method):
                raise HttpFailed(f"{method[:20]!r} is no method: use capital letters, as in GET", "invalid_url")
            line = f"{method} {self.path}{query}{self.host_line}".encode("ascii")
            if not query:
                self._method, self._line = method, line
        else:
            line = self._line
        if size or method not in ("GET", "HEAD", "DELETE", "OPTIONS"):
            return b"%scontent-length: %d\r\n%s" % (line, size, self._block)
        return line + self._block


def split_url(url: str) -> tuple[str, str]:
    """An address as what comes before the query, and the query with its mark; raises `HttpFailed`."""
    if len(url) > MAX_URL_LENGTH:
        raise HttpFailed(f"the address is longer than {MAX_URL_LENGTH} characters", "invalid_url")
    if _CONTROL.search(url):
        raise HttpFailed("the address has a line break or another control character in it", "invalid_url")
    base, mark, query = url.partition("?")
    if "#" in query:
        query = query.partition("#")[0]
    return base, mark + (query if _PLAIN.fullmatch(query) else _escaped(query))


def target_of(base: str) -> Target:
    """The target of an address without query; raises `HttpFailed` that says what is wrong with it."""
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError as error:
        raise HttpFailed(f"the address is not valid: {error}", "invalid_url") from None
    if parts.scheme not in _PORTS:
        raise HttpFailed("an address begins with http:// or https://", "invalid_url")
    if "@" in parts.netloc:
        raise HttpFailed("the address has a name or password in it: use the header 'authorization'", "invalid_url")
    path = parts.path or "/"
    return Target(
        tls=parts.scheme == "https",
        host=_ascii_host(parts.hostname or ""),
        port=_PORTS[parts.scheme] if port is None else port,
        path=path if _PLAIN.fullmatch(path) else _escaped(path),
    )


def header_block(headers: dict[str, str], trusted: bool) -> bytes:
    """The caller's headers as written, and the empty line; raises `HttpFailed` for one that smuggles."""
    if len(headers) > MAX_HEADERS:
        raise HttpFailed(f"a request has at most {MAX_HEADERS} headers", "invalid_url")
    lines = []
    names = set()
    for name, written in headers.items():
        lower = name.lower()
        if lower in _OWN or lower == "host":
            continue
        if not _TOKEN.fullmatch(name):
            raise HttpFailed(f"{name[:60]!r} is no header name", "invalid_url")
        value = written.strip(" \t")
        if not _VALUE.fullmatch(value):
            raise HttpFailed(f"the header {name!r} has a line break or a character beyond Latin-1 in it", "invalid_url")
        if len(value) > MAX_HEADER_VALUE_LENGTH:
            raise HttpFailed(f"the header {name!r} is longer than {MAX_HEADER_VALUE_LENGTH} characters", "invalid_url")
        names.add(lower)
        lines.append(f"{lower}: {value}\r\n".encode("latin-1"))
    if "user-agent" not in names:
        lines.append(b"user-agent: botkit\r\n")
    if "accept-encoding" not in names:
        lines.append(IDENTITY if trusted else COMPRESSED)
    lines.append(b"\r\n")
    return b"".join(lines)


def _ascii_host(host: str) -> str:
    if not host.isascii():
        import idna  # only for names beyond ASCII

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise HttpFailed(f"{host[:80]!r} is no host name: {error}", "invalid_url") from None
    if ":" not in host and not _HOST.fullmatch(host):
        raise HttpFailed(f"{host[:80]!r} is no host name", "invalid_url")
    return host.rstrip(".")


def _escaped(text: str) -> str:
    """A path or query with what may not stand there percent-encoded; escapes that are there stay."""
    return quote(text, safe="!$%&'()*+,-./:;=?@_~[]", errors="replace")
