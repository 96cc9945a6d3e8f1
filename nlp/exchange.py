"""Exchange: one JSON request to an engine outside, bounded in time and size, to a public address.

The address that a name leads to is checked, and the connection goes to that very address. Redirects are not
followed, proxies of the environment are not used.
"""

import contextlib
import json
import os
import socket
import threading
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from models.egress import Egress
from nlp.errors import EngineFailed, InvalidPipeline, NotTaken, OutOfTime

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

MAX_URL_LENGTH = 2_000
MAX_ANSWER_BYTES = 1024 * 1024
MAX_RETRY_AFTER_SECONDS = 3_600.0
CHUNK_BYTES = 65_536
UNKNOWN_PLACE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
"""The address may be wrong, so that errors have to name it; without its query, where a secret may be."""
ALLOW_PRIVATE = "BOTKIT_ALLOW_PRIVATE_ADDRESSES"
"""The operator's word on private addresses, for the engines as for flows: `true` or `false`."""


class Throttled(NotTaken):
    """The engine asks for a pause, of so many seconds."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Exchange:
    """Requests to one address. `name` is what errors call the engine.

    Raises `InvalidPipeline` for an address that cannot be one.
    """

    def __init__(
        self, name: str, url: str, headers: dict[str, str], *, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        import ssl  # a few megabytes, for those who ask an engine only

        self.name = name
        self._headers = {**headers, "Content-Type": "application/json", "Accept": "application/json",
                         "User-Agent": "botkit", "Connection": "close"}  # fmt: skip
        self._max_answer_bytes = max_answer_bytes
        self._egress = Egress(os.environ.get(ALLOW_PRIVATE, "").lower() in ("true", "1", "yes", "on"))
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidPipeline(f"{name}: {url[:200]!r} is no address: {error}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(url) > MAX_URL_LENGTH:
            raise InvalidPipeline(f"{name}: the address begins with https:// and a host, and holds no password")
        if not url.isascii() or any(character.isspace() for character in url):
            raise InvalidPipeline(f"{name}: the address has spaces or letters beyond ASCII: percent-encode them")
        for header, value in headers.items():
            if not value.isascii() or not value.isprintable():
                raise InvalidPipeline(f"{name}: the secret for the header {header} has characters that cannot be sent")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname
        self._port = port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def post(self, body: Any, *, seconds: float, target: str = "") -> Any:
        """The answer to a JSON value, as a JSON value. `target` stands for the path and query of the address.

        Raises `OutOfTime` when it takes longer than `seconds`, `Throttled` when the engine asks for a pause,
        `EngineFailed` for anything but a whole JSON answer with status 200.
        """
        from http.client import HTTPConnection, HTTPException

        deadline = time.monotonic() + seconds
        if seconds <= 0:
            raise OutOfTime(f"{self.name} was not asked, as the time was over")
        data = json.dumps(body, ensure_ascii=True).encode()
        try:
            sock = self._connect(deadline)
        except TimeoutError:
            raise OutOfTime(f"{self.name} could not be reached within {seconds:.1f} s") from None
        except (OSError, UnicodeError) as error:
            raise NotTaken(f"{self.name} could not be reached: {_reason(error)}") from None
        connection = HTTPConnection(self._host, self._port)
        connection.sock = sock
        overdue = threading.Timer(deadline - time.monotonic(), _break_off, (sock,))
        overdue.daemon = True
        overdue.start()  # a socket's own time limit starts anew with every byte
        try:
            return self._converse(connection, data, target or self._target)
        except (OSError, HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                raise OutOfTime(f"{self.name} did not answer within {seconds:.1f} s") from None
            raise EngineFailed(f"{self.name} broke off: {_reason(error)}") from None
        finally:
            overdue.cancel()
            connection.close()
            sock.close()

    def _connect(self, deadline: float) -> socket.socket:
        refused = ""
        failed: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            if not self._egress.allows(self._host, str(address[0])):
                refused = f"{self._host} leads to {address[0]}, a private address, which the operator has not allowed"
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            raw = socket.socket(family, kind, protocol)
            try:
                raw.settimeout(left)
                raw.connect(address)
                return self._tls.wrap_socket(raw, server_hostname=self._host) if self._tls else raw
            except OSError as error:
                raw.close()
                failed = error
        raise failed or OSError(refused or "its name leads nowhere")

    def _converse(self, connection: "HTTPConnection", data: bytes, target: str) -> Any:
        connection.request("POST", target, body=data, headers=self._headers)
        with contextlib.closing(connection.getresponse()) as response:
            answer = self._whole(response)
        if response.status != 200:
            self._refuse(response, answer, target)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise EngineFailed(f"{self.name} answered with what is no JSON: {answer[:80]!r}") from None

    def _whole(self, response: "HTTPResponse") -> bytes:
        parts, size = [], 0
        while chunk := response.read1(CHUNK_BYTES):
            size += len(chunk)
            if size > self._max_answer_bytes:
                raise EngineFailed(f"{self.name} answered with more than {self._max_answer_bytes} bytes")
            parts.append(chunk)
        if response.length:
            raise ConnectionError(f"{response.length} bytes of its answer are missing")
        return b"".join(parts)

    def _refuse(self, response: "HTTPResponse", answer: bytes, target: str) -> None:
        place = f" to POST {target.partition('?')[0][:200]}" if response.status in UNKNOWN_PLACE else ""
        said = f"{self.name} answered with status {response.status}{place}{_said(answer)}"
        if 300 <= response.status < 400:
            raise NotTaken(f"{said}: it redirects, which is not followed; write the final address")
        if response.status in (429, 503):
            raise Throttled(said, retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC)))
        if 400 <= response.status < 500 and response.status != HTTPStatus.REQUEST_TIMEOUT:
            raise NotTaken(said)
        raise EngineFailed(said)  # such as a gateway's 504: what stands behind it may have done its work


def retry_after(value: str, now: datetime) -> float:
    """The pause that a `Retry-After` header asks for, in seconds, an hour at most; 1 where it says nothing clear."""
    from email.utils import parsedate_to_datetime

    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER_SECONDS)
    try:
        seconds = (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 1.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def _said(answer: bytes) -> str:
    """The engine's own words on an error: `{"error": {"message": ...}}`, FastAPI's `{"detail": ...}` and their like."""
    try:
        found = json.loads(answer)
        found = (found.get("error") or found.get("detail") or found) if isinstance(found, dict) else {}
        if isinstance(found, list) and found and isinstance(found[0], dict):
            found = found[0].get("msg")
        text = found.get("message") or found.get("reason") if isinstance(found, dict) else found
    except (ValueError, RecursionError):
        return ""
    return f": {' '.join(text.split())[:300]}" if isinstance(text, str) and text.strip() else ""


def _reason(error: BaseException) -> str:
    return (getattr(error, "strerror", "") or str(error) or type(error).__name__)[:300]


def _break_off(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
