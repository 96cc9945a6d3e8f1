"""Charset: which encodings that a content type names are read."""

import pytest

from models.charset import CHARSETS, charset_of
from models.http import HttpResponse


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("", "utf-8"), ("text/plain", "utf-8"), ("text/plain; charset=UTF-8", "utf-8"),
        ('application/json; Charset="ISO-8859-1"', "cp1252"), ("text/html;charset=windows-1251", "cp1251"),
    ],
)  # fmt: skip
def test_the_encoding_of_a_type(content_type: str, encoding: str) -> None:
    assert charset_of(content_type) == encoding


@pytest.mark.parametrize("name", ["klingon", "unicode_escape", "idna", "undefined", "utf-16", "zlib", "rot13"])
def test_what_is_no_encoding_of_text(name: str) -> None:
    with pytest.raises(LookupError, match=name):
        charset_of(f"text/plain; charset={name}")
    assert HttpResponse(200, "OK", {"content-type": f"text/plain; charset={name}"}, b"a\xff", "").text == "a\ufffd"


def test_every_encoding_holds_ascii_as_it_is() -> None:
    plain = bytes(range(32, 127))
    for encoding in set(CHARSETS.values()):
        assert plain.decode(encoding) == plain.decode("ascii"), encoding


def test_an_answer_is_read_in_its_own_encoding() -> None:
    body = '{"n":"\u00e9"}'
    latin = {"content-type": "application/json; charset=iso-8859-1"}
    assert HttpResponse(200, "OK", latin, body.encode("latin-1"), "").text == body
    assert HttpResponse(200, "OK", {}, body.encode("utf-8-sig"), "").text == body
