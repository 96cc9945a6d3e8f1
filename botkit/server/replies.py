"""Replies: answers as bytes, each kind of head made once a second."""

import time
from email.utils import formatdate
from http import HTTPStatus

from botkit.server.errors import JSON_TYPE, Problem
from channels.base import WebhookReply

KEEP = b""
KEEP_OLD = b"Connection: keep-alive\r\n"
"""HTTP/1.0 has to be told that the connection stays open."""
CLOSE = b"Connection: close\r\n"

_WITHOUT_BODY = frozenset({204, 304})


class Replies:
    """Makes the bytes of replies. `new_second` brings the date up to date."""

    def __init__(self) -> None:
        self._heads: dict[tuple[int, str, int, bytes], bytes] = {}
        self.new_second()

    def new_second(self) -> None:
        """Forget the heads: the date in them is over."""
        self._heads.clear()
        self._date = f"Date: {formatdate(time.time(), usegmt=True)}\r\n"

    def reply(self, reply: WebhookReply, connection: bytes) -> bytes:
        """What the provider gets; raises `ValueError` for a content type that cannot stand in a header."""
        body = reply.body
        key = (reply.status, reply.content_type, len(body), connection)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = self._head(*key)
        return head if reply.status in _WITHOUT_BODY else head + body

    def problem(self, problem: Problem, connection: bytes) -> bytes:
        """An error with its headers."""
        body = problem.body()
        more = "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
        return self._head(problem.status, JSON_TYPE, len(body), more.encode("latin-1") + connection) + body

    def _head(self, status: int, content_type: str, length: int, more: bytes) -> bytes:
        if "\r" in content_type or "\n" in content_type:
            raise ValueError(f"the content type {content_type!r} has more than one line")
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
        kind = "" if status in _WITHOUT_BODY else f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n"
        return f"HTTP/1.1 {status} {phrase}\r\n{kind}{self._date}".encode("latin-1") + more + b"\r\n"
