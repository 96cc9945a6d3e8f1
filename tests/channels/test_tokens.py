"""Tokens: only what was signed, for as long as it was meant, is believed."""

import base64
import hmac
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.errors import BadSignature
from channels.tokens import (
    CLOCK_SKEW_SECONDS,
    MAX_CLAIM_LENGTH,
    MAX_LIFETIME_SECONDS,
    MAX_TOKEN_LENGTH,
    sign_user,
    sign_visitor,
    verify_user,
    verify_visitor,
)

SECRET = "a secret of sixteen"
NOW = 1_800_000_000
CLAIMS = {"customerid": "anna", "exp": NOW + 3600}


def verified(token: str, secret: str = SECRET) -> Any:
    return verify_user(token, secret, now=NOW * 1000)


def token_with(header: object, claims: object = CLAIMS) -> str:
    """A rightly signed token with any header."""

    def part(value: object) -> str:
        data = value if isinstance(value, bytes) else msgspec.json.encode(value)
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = f"{part(header)}.{part(claims)}"
    mark = hmac.digest(SECRET.encode(), head.encode(), "sha256")
    return f"{head}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def test_a_signed_user() -> None:
    claims = verified(sign_user(SECRET, CLAIMS | {"name": "Anna", "msisdn": "+447911123456", "role": "unknown claim"}))
    assert (claims.customerid, claims.name, claims.msisdn, claims.email) == ("anna", "Anna", "+447911123456", "")


def test_other_libraries_make_the_same_tokens() -> None:
    jwt = pytest.importorskip("jwt", reason="PyJWT is not installed")
    token = jwt.encode(CLAIMS, SECRET.ljust(32, "x"), algorithm="HS256")
    assert verified(token, SECRET.ljust(32, "x")).customerid == "anna"
    read = jwt.decode(
        sign_user(SECRET.ljust(32, "x"), CLAIMS),
        SECRET.ljust(32, "x"),
        algorithms=["HS256"],
        options={"verify_exp": False},
    )
    assert read == CLAIMS


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"exp": NOW + 3600}, "customerid"),
        ({"customerid": "", "exp": NOW + 3600}, "customerid"),
        ({"customerid": 5, "exp": NOW + 3600}, "customerid"),
        ({"customerid": "x" * (MAX_CLAIM_LENGTH + 1), "exp": NOW + 3600}, "more than 256"),
        ({"customerid": "anna"}, "exp"),
        ({"customerid": "anna", "exp": "tomorrow"}, "exp"),
        ({"customerid": "anna", "exp": None}, "exp"),
        ({"customerid": "anna", "exp": NOW - CLOCK_SKEW_SECONDS - 1}, "has expired"),
        ({"customerid": "anna", "exp": NOW + MAX_LIFETIME_SECONDS + CLOCK_SKEW_SECONDS + 10}, "7 days ahead"),
        ({"customerid": "anna", "exp": 1e300}, "7 days ahead"),
        (CLAIMS | {"nbf": NOW + CLOCK_SKEW_SECONDS + 10}, "not valid yet"),
        (CLAIMS | {"iat": NOW + CLOCK_SKEW_SECONDS + 10}, "not valid yet"),
    ],
)
def test_claims_that_are_refused(claims: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSignature, match=says):
        verified(sign_user(SECRET, claims))


@pytest.mark.parametrize(
    ("aud", "taken"),
    [
        (None, True),
        ("", True),
        ([], True),
        ("help", True),
        (["shop", "help"], True),
        ("shop", False),
        (["shop"], False),
    ],
)
def test_a_token_for_another_app_is_refused(aud: Any, taken: bool) -> None:
    token = sign_user(SECRET, CLAIMS if aud is None else CLAIMS | {"aud": aud})
    if taken:
        assert verify_user(token, SECRET, now=NOW * 1000, audience="help").customerid == "anna"
        return
    with pytest.raises(BadSignature, match="not for the app 'help'"):
        verify_user(token, SECRET, now=NOW * 1000, audience="help")


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS512"}, {"alg": "hs256"}, {}, [], 5, b"\xff", {"alg": "HS256", "crit": ["x"]}],
)
def test_the_algorithm_is_fixed(header: object) -> None:
    with pytest.raises(BadSignature):
        verified(token_with(header))


def test_a_right_header_is_taken() -> None:
    assert verified(token_with({"alg": "HS256", "typ": "JWT", "kid": "1"})).customerid == "anna"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b.c.d",
        "\u2603.\u2603.\u2603",
        "e30.e30.",
        "x" * (MAX_TOKEN_LENGTH + 1),
        "[" * 4000,
    ],
)
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(BadSignature):
        verified(token)


def test_deep_claims_are_refused() -> None:
    with pytest.raises(BadSignature):
        verified(token_with({"alg": "HS256"}, b"[" * 2500))


def test_an_app_without_a_secret_has_no_signed_users() -> None:
    with pytest.raises(BadSignature, match="no secret"):
        verified(sign_user("", CLAIMS), "")


def test_the_error_shows_no_secret() -> None:
    with pytest.raises(BadSignature) as caught:
        verified(sign_user("another secret", CLAIMS))
    assert SECRET not in str(caught.value)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_any_change_is_noticed(at: int, character: int) -> None:
    token = sign_user(SECRET, CLAIMS)
    at %= len(token)
    changed = token[:at] + chr(character) + token[at + 1 :]
    if changed != token:
        with pytest.raises(BadSignature):
            verified(changed)


def test_visitors() -> None:
    token = sign_visitor(b"server", "web-demo", "visitor-1")
    assert verify_visitor(token, b"server", "web-demo") == "visitor-1"
    for wrong in (
        token[:-1],
        token + "=",
        token.replace("visitor-1", "visitor-2"),
        "",
        ".",
        "visitor-1",
        "x." + "y" * 9000,
    ):
        with pytest.raises(BadSignature):
            verify_visitor(wrong, b"server", "web-demo")
    for secret, asset in ((b"other", "web-demo"), (b"server", "web-other")):
        with pytest.raises(BadSignature):
            verify_visitor(token, secret, asset)


def test_a_visitor_token_needs_a_secret_and_an_id() -> None:
    with pytest.raises(ValueError, match="no secret"):
        sign_visitor(b"", "web-demo", "visitor-1")
    with pytest.raises(ValueError, match="visitor id"):
        sign_visitor(b"server", "web-demo", "short")
