"""Secrets: comparing them in constant time, and the basic authentication that carries them."""

import base64
import hmac

from channels.errors import BadSignature


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(_bytes(given), _bytes(expected))


def basic(username: str, password: str) -> str:
    """The value of an `Authorization` header for a name and a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def require(given: str | bytes | None, expected: str, *, what: str, name: str) -> None:
    """Raise `BadSignature` unless the right secret was given; it belongs into the `what` (header, field) `name`."""
    if given is None:
        raise BadSignature(f"the {what} {name!r} is missing", field=name)
    if not same(given, expected):
        raise BadSignature(f"the {what} {name!r} is wrong", field=name)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
