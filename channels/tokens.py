"""Tokens: who an in-app user is: a JWT that her app signed, or a visitor token that we signed.

The JWT check is our own because it can be small: one algorithm, fixed, so that no header can talk the
server into another one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any

import msgspec

from channels.errors import BadSignature

MAX_TOKEN_LENGTH = 4_096
MAX_CLAIM_LENGTH = 256
MAX_LIFETIME_SECONDS = 7 * 24 * 3600
CLOCK_SKEW_SECONDS = 60

_VISITOR_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Claims(msgspec.Struct, frozen=True):
    """What the app says of its user."""

    customerid: str
    exp: float
    iat: float = 0
    nbf: float = 0
    name: str = ""
    msisdn: str = ""
    email: str = ""
    aud: str | list[str] = ""


class _Header(msgspec.Struct):
    alg: str
    crit: Any = None


def sign_user(secret: str, claims: dict[str, Any]) -> str:
    """A JWT as an app makes it, for tests and examples."""
    header = _encode(b'{"alg":"HS256","typ":"JWT"}')
    head = f"{header}.{_encode(msgspec.json.encode(claims))}"
    return f"{head}.{_encode(hmac.digest(secret.encode(), head.encode(), 'sha256'))}"


def verify_user(token: str, secret: str, *, now: int, audience: str = "") -> Claims:
    """The claims of a JWT signed with HS256; raises `BadSignature`. `now` is milliseconds since 1970.

    `exp` has to be there, ahead, and not further than a week: a token that never ends cannot be taken back.
    A token that says by `aud` for whom it is has to name `audience` (RFC 7519, section 4.1.3).
    """
    if not secret:
        raise BadSignature("this app takes no signed users: it has no secret", field="token")
    if len(token) > MAX_TOKEN_LENGTH:
        raise BadSignature(f"a token has at most {MAX_TOKEN_LENGTH} characters", field="token")
    head, _, mark = token.rpartition(".")
    header_text, dot, claims_text = head.partition(".")
    if not dot or "." in claims_text:
        raise BadSignature("a token is header.claims.signature", field="token")
    try:
        expected = hmac.digest(secret.encode(), head.encode("ascii"), "sha256")
        genuine = hmac.compare_digest(expected, _decode(mark))
        header = msgspec.json.decode(_decode(header_text), type=_Header)
        if header.alg != "HS256" or header.crit is not None:
            raise BadSignature("sign the token with HS256, without extensions", field="token")
        if not genuine:
            raise BadSignature("the token's signature is wrong: is it signed with this app's secret?", field="token")
        claims = msgspec.json.decode(_decode(claims_text), type=Claims)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, msgspec.ValidationError) else "it is not a JWT"
        raise BadSignature(f"the token cannot be read: {reason}", field="token") from None
    _check(claims, now / 1000)
    meant_for = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if claims.aud and audience and audience not in meant_for:
        raise BadSignature(
            f"the token is not for the app {audience!r}: name it in the claim 'aud', or leave that out", field="token"
        )
    return claims


def _check(claims: Claims, now: float) -> None:
    if not claims.exp - now + CLOCK_SKEW_SECONDS > 0:
        raise BadSignature("the token has expired: let the app ask its server for a new one", field="token")
    if claims.exp - now > MAX_LIFETIME_SECONDS + CLOCK_SKEW_SECONDS:
        raise BadSignature(f"'exp' is more than {MAX_LIFETIME_SECONDS // 86400} days ahead", field="token")
    if max(claims.nbf, claims.iat) > now + CLOCK_SKEW_SECONDS:
        raise BadSignature("the token is not valid yet: are the clocks right?", field="token")
    if not claims.customerid:
        raise BadSignature("the claim 'customerid' is empty", field="token")
    for name in ("customerid", "name", "msisdn", "email"):
        if len(getattr(claims, name)) > MAX_CLAIM_LENGTH:
            raise BadSignature(f"the claim {name!r} has more than {MAX_CLAIM_LENGTH} characters", field="token")


def sign_visitor(server_secret: bytes, asset: str, visitor_id: str) -> str:
    """A token by which an anonymous visitor is known again; `visitor_id` is 8 to 64 letters, digits, - or _."""
    if not _VISITOR_ID.fullmatch(visitor_id):
        raise ValueError("a visitor id is 8 to 64 letters, digits, '-' or '_'")
    return f"{visitor_id}.{_encode(_visitor_mark(server_secret, asset, visitor_id))}"


def verify_visitor(token: str, server_secret: bytes, asset: str) -> str:
    """The visitor id of a token that this server signed for this app; raises `BadSignature`."""
    visitor_id, _, mark = token.partition(".")
    wrong = BadSignature("the visitor token is not one of this app's: leave it out to get a new one", field="visitor")
    if len(token) > MAX_TOKEN_LENGTH or not _VISITOR_ID.fullmatch(visitor_id):
        raise wrong
    try:
        given = _decode(mark)
    except ValueError:
        raise wrong from None
    if not hmac.compare_digest(_visitor_mark(server_secret, asset, visitor_id), given):
        raise wrong
    return visitor_id


def _visitor_mark(server_secret: bytes, asset: str, visitor_id: str) -> bytes:
    if not server_secret:
        raise ValueError("the server has no secret to sign visitor tokens with")
    return hmac.digest(server_secret, f"visitor\x1f{asset}\x1f{visitor_id}".encode(), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    """Strict base64url without padding; ValueError otherwise (one token has one spelling)."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
    if _encode(data) != text:
        raise ValueError("not base64url")
    return data
