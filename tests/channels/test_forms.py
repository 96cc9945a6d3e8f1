"""Forms and JSON bodies of calls."""

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import MAX_FORM_FIELDS, MAX_JSON_DEPTH, WebhookRequest, form_fields
from channels.errors import BadRequest

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
FORM = "application/x-www-form-urlencoded"


def call(query: str = "", body: bytes = b"", content_type: str = FORM) -> WebhookRequest:
    return WebhookRequest("POST", f"http://bot/x?{query}", query, {"content-type": content_type}, body, 0)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=10))
def test_what_is_encoded_is_read(pairs: list[tuple[str, str]]) -> None:
    wanted: dict[str, list[str]] = {}
    for name, value in pairs:
        wanted.setdefault(name, []).append(value)
    assert form_fields(urlencode(pairs)) == wanted


@given(st.text(st.sampled_from("ab=&+%4c3b;é "), max_size=40))
def test_it_reads_as_the_standard_library_does(text: str) -> None:
    try:
        wanted = parse_qs(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(BadRequest):
            form_fields(text)
        return
    assert form_fields(text) == wanted


def test_query_and_body_are_one_form_and_read_once() -> None:
    request = call("a=1&b=2", b"a=3&c=%C3%A9+x")
    assert request.form() == {"a": ["1", "3"], "b": ["2"], "c": ["é x"]}
    assert request.form() is request.form()
    assert request.form("latin-1")["c"] == ["Ã© x"]
    assert call(body=b"a=1").form() == {"a": ["1"]}
    assert call("a=1", b"b=2", "application/json").form() == {"a": ["1"]}
    assert call().form() == {}
    assert request.first_fields() == {"a": "1", "b": "2", "c": "é x"}
    assert call().first_fields() == {}


def test_forms_that_are_refused() -> None:
    with pytest.raises(BadRequest, match="not valid UTF-8"):
        call("a=%FF").form()
    with pytest.raises(BadRequest, match="percent-encode"):
        call(body=b"a=\xc3\xa9").form()
    assert len(call("&".join(f"a{n}" for n in range(MAX_FORM_FIELDS))).form()) == MAX_FORM_FIELDS
    with pytest.raises(BadRequest, match="more than 500"):
        call("a&" * MAX_FORM_FIELDS).form()
    with pytest.raises(BadRequest, match="more than 500"):
        call("a&" * MAX_FORM_FIELDS).first_fields()
    with pytest.raises(BadRequest, match="not valid UTF-8"):
        call("a=1&a=%FF").first_fields()


def test_json_may_begin_with_a_byte_order_mark() -> None:
    assert call(body=b'\xef\xbb\xbf{"text": "hi"}').json() == {"text": "hi"}


def test_json_has_a_depth() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' * depth + b"1" + b"}" * depth

    assert call(body=nested(MAX_JSON_DEPTH)).json()
    with pytest.raises(BadRequest, match="64 levels"):
        call(body=nested(MAX_JSON_DEPTH + 1)).json()
    assert len(call(body=b"[" + b"{}," * 1000 + b"{}]").json()) == 1001
    assert call(body=b'"' + b"[" * 100 + b'"').json() == "[" * 100
    for broken in (b"", b"{", b"\xff", b"NaN", b"'a'"):
        with pytest.raises(BadRequest, match="not JSON"):
            call(body=broken).json()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a":"\xff"}', "the body is not JSON: it is not valid UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', "the body is not JSON: it is not valid UTF-8"),
        (b'{"a":"\\ud83d"}', r"the body is not JSON: an escape such as \ud83d needs its other half after it"),
        (b'{"a":"\\uD83D and more"}', r"the body is not JSON: an escape such as \ud83d needs its other half after it"),
        (b'{"a":"\\ud83d\\ude00",}', "the body is not JSON: JSON is malformed"),
        (b"{a}", "the body is not JSON: JSON is malformed"),
    ],
)
def test_what_is_no_json_is_told_why(body: bytes, says: str) -> None:
    with pytest.raises(BadRequest) as caught:
        call(body=body).json()
    assert caught.value.message.startswith(says)
