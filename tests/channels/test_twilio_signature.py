"""Twilio's signature, against vectors that its own library verified."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import WebhookRequest
from channels.errors import BadSignature
from channels.sms.twilio import Twilio, signature, spellings

FORM = "application/x-www-form-urlencoded"


def twilio(token: str = "12345") -> Twilio:
    return Twilio(asset="t", number="+15550001111", account_sid="AC0", auth_token=token)  # type: ignore[arg-type]


def call(url: str, body: bytes, mark: str | None, content_type: str = FORM) -> WebhookRequest:
    headers = {"content-type": content_type} | ({} if mark is None else {"x-twilio-signature": mark})
    return WebhookRequest("POST", url, url.partition("?")[2], headers, body, 0)


def vectors(shared_data: Path) -> list[dict[str, Any]]:
    path = shared_data / "fixtures" / "channels" / "signatures" / "vectors.json"
    if not path.exists():
        pytest.skip(f"the recorded vectors are not there: {path.name}")
    return [vector for vector in json.loads(path.read_text()) if vector["channel"] == "twilio"]


def test_recorded_signatures(shared_data: Path) -> None:
    found = vectors(shared_data)
    assert len(found) >= 6
    for vector in found:
        if "params" in vector:
            request = call(vector["url"], urlencode(vector["params"], doseq=True).encode(), vector["signature"])
        else:
            request = call(vector["url"], vector["body"].encode(), vector["signature"], "application/json")
        twilio(vector["secret"]).verify(request)
        for wrong in (
            call(vector["url"] + "x", request.body, vector["signature"], request.headers["content-type"]),
            call(vector["url"], request.body + b"&x=1", vector["signature"], request.headers["content-type"]),
            call(vector["url"], request.body, vector["signature"][::-1], request.headers["content-type"]),
            call(vector["url"], request.body, "\u2603", request.headers["content-type"]),
            call(vector["url"], request.body, None, request.headers["content-type"]),
        ):
            with pytest.raises(BadSignature):
                twilio(vector["secret"]).verify(wrong)
        with pytest.raises(BadSignature):
            twilio("another").verify(request)


@pytest.mark.parametrize(
    ("caller", "mark"),
    [("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
)
def test_the_examples_of_its_documentation(caller: str, mark: str) -> None:
    fields = {"To": "+18005551212", "From": caller, "Digits": "1234", "CallSid": "CA1234567890ABCDE", "Caller": caller}
    request = call("https://mycompany.com/myapp.php?foo=1&bar=2", urlencode(fields).encode(), mark)
    twilio("12345").verify(request)
    with pytest.raises(BadSignature):
        twilio("12346").verify(request)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://x.test/a?b=1", "https://x.test:443/a?b=1"),
        ("http://x.test/a", "http://x.test:80/a"),
        ("https://x.test:8443/a", "https://x.test/a"),
        ("https://[::1]/a", "https://[::1]:443/a"),
    ],
)
def test_with_and_without_the_port(url: str, other: str) -> None:
    assert spellings(url) == [url, other]
    for signed in (url, other):
        twilio().verify(call(url, b"A=1", signature("12345", signed, {"A": ["1"]})))


def test_an_empty_signature_opens_nothing() -> None:
    with pytest.raises(BadSignature):
        twilio().verify(call("https://x.test/", b"", ""))


def test_a_changed_json_body_is_noticed() -> None:
    url = "https://x.test/?bodySHA256=" + "0" * 64
    with pytest.raises(BadSignature, match="bodySHA256"):
        twilio().verify(call(url, b"{}", signature("12345", url, {}), "application/json"))


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(st.dictionaries(TEXT.filter(bool), st.lists(TEXT, min_size=1, max_size=3), max_size=5), st.randoms())
def test_any_form_that_is_signed_is_taken_in_any_order(fields: dict[str, list[str]], random: Any) -> None:
    url = f"https://x.test/{quote('a b')}?c=d"
    pairs = [(name, value) for name, values in fields.items() for value in values]
    random.shuffle(pairs)
    twilio().verify(call(url, urlencode(pairs).encode(), signature("12345", url, fields)))
