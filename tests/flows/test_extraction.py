"""Extraction: what JSONPath may take out of an answer, and how much."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.extraction import MAX_DEPTH, MAX_EXTRACTED_BYTES, MAX_MATCHES, MAX_PATH_LENGTH, compile_path, extract

DOCUMENT = {"a": {"b": [1, {"c": None}]}, "list": [{"id": 1, "s": "x"}, {"id": 2, "s": "y"}], "with space": True}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.a.b[0]", 1),
        ("$.a.b[1].c", None),
        ("$", DOCUMENT),
        ("$['with space']", True),
        ("$.list[-1].id", 2),
        ("$.list[*].id", [1, 2]),
        ("$.list[?@.s == 'y'].id", [2]),
        ("$..id", [1, 2]),
        ("$.list[0:1].id", [1]),
    ],
)
def test_a_path_that_can_lead_to_many_gives_a_list(path: str, value: Any) -> None:
    assert extract(json.dumps(DOCUMENT).encode(), {"x": compile_path(path)}) == {"x": value}


def test_one_large_number_does_not_spoil_the_rest() -> None:
    body = b'{"n": 123456789012345678901234567890, "m": 1e400, "k": 1.5}'
    paths = {name: compile_path(f"$.{name}") for name in "nmk"}
    assert extract(body, paths) == {"n": 123456789012345678901234567890, "m": None, "k": 1.5}


def test_half_an_emoji_does_not_spoil_the_rest() -> None:
    body = rb'{"cut": "so \ud83d", "low": "\uDE00!", "whole": "\ud83d\ude00", "words": "\\ud83d", "n": 1e400}'
    paths = {name: compile_path(f"$.{name}") for name in ("cut", "low", "whole", "words", "n")}
    assert extract(body, paths) == {
        "cut": "so \ufffd", "low": "\ufffd!", "whole": "\U0001f600", "words": r"\ud83d", "n": None,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["$.nothing", "$.a.b[9]", "$.list[?@.s == 'z'].id", "$.a.b.c"])
def test_what_is_not_there_is_left_out(path: str) -> None:
    assert extract(json.dumps(DOCUMENT).encode(), {"x": compile_path(path)}) == {}


@pytest.mark.parametrize(
    "path",
    [
        "", "a.b", "$.", "$[", "$.a[", "$[?@.a ==]", "$..*..*", "$[?@.a][?@.b]", "$[0,0,0,0,0,0]",
        "$.list[?match(@.s, 'x')]", "$.list[?search(@.s, 'x')]", "$." + "a" * MAX_PATH_LENGTH, "$" + "[" * 150,
        "$[?@.a == 1e999]",
    ],
)  # fmt: skip
def test_paths_that_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"JSONPath"):
        compile_path(path)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "nested deeper"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "nested deeper"),
        (json.dumps("x" * MAX_EXTRACTED_BYTES).encode(), "more than"),
    ],
)
def test_bodies_that_are_refused(body: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        extract(body, {"x": compile_path("$")})


def test_the_deepest_that_is_taken() -> None:
    assert extract(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, {"x": compile_path("$[0]")})


def test_no_more_than_so_many_matches() -> None:
    found = extract(json.dumps([1] * (MAX_MATCHES * 3)).encode(), {"x": compile_path("$[*]")})
    assert len(found["x"]) == MAX_MATCHES


def test_the_worst_path_over_a_long_answer_ends_soon() -> None:
    nested: Any = 1
    for _ in range(MAX_DEPTH - 4):
        nested = [nested, nested] if isinstance(nested, int) else [nested, 2]
    began = time.process_time()
    extract(json.dumps([nested] * 20).encode(), {"x": compile_path("$..[0,1,0,1,?@ == 7]")})
    assert time.process_time() - began < 5


@given(st.text(alphabet="$.[]*?@'\"=0a,:()&|!<> ", max_size=40))
def test_any_path_is_compiled_or_refused(path: str) -> None:
    try:
        compiled = compile_path("$" + path)
        extract(b'{"a": [0, {"a": 1}]}', {"x": compiled})
    except ValueError:
        pass
