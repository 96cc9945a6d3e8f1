"""YAML and JSON become plain values with places, within bounds, or a problem that says where it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import yaml
from flows.tree import Mapping
from flows.yaml import FlowFileError, read_text, read_tree


def value(text: str) -> Any:
    return read_tree(f"a: {text}")[0].data()["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", "on"), ("no", "no"), ("Yes", "Yes"), ("off", "off"), ("y", "y"), ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"), ("12:30", "12:30"), ("true", True), ("False", False), ("null", None), ("~", None),
        ("", None), ("12", 12), ("-3", -3), ("+4", 4), ("0x1F", 31), ("0o17", 15), ("017", 17), ("1.5", 1.5),
        ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), (".inf", ".inf"), (".nan", ".nan"), ("'1'", "1"),
        ('"true"', "true"), ("0x", "0x"), ("1e", "1e"), ("1.2.3", "1.2.3"), ("-1-2", "-1-2"), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_values_are_those_of_yaml_1_2_and_json(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_keys_are_text() -> None:
    assert read_tree("{1: a, on: b, true: c, null: d}")[0].data() == {"1": "a", "on": "b", "true": "c", "null": "d"}


@pytest.mark.parametrize("number", ["9" * 30, "9223372036854775808", "1e999", "9" * 5000])
def test_numbers_that_no_program_keeps_are_refused(number: str) -> None:
    _, problems = read_tree(f"a: 1\nb: {number}")
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [("number_too_large", 2, 4)]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "empty_file", 1, 1),
        ("# only a comment\n", "empty_file", 1, 1),
        ("a: 1\nb: *x\n", "alias", 2, 4),
        ("a: &x 1\n", "anchor", 1, 4),
        ("a: !!python/object:os.system {}\n", "tag", 1, 4),
        ("%YAML 1.1\n---\na: yes\n", "directive", 1, 1),
        ("# about\n\n%TAG ! x:\n# more\n---\na: 1\n", "directive", 3, 1),
        ("a: 1\n---\nb: 2\n", "second_document", 2, 1),
        ("{a: 1}: 2\n", "key", 1, 1),
        ("a: {{x}}\n", "key", 1, 5),
        ("a:\n\tb: 1\n", "syntax", 2, 1),
        ("a: b: c\n", "syntax", 1, 5),
        ('a: "b\nc: 1\n', "syntax", 1, 4),
        ("a: [1, 2\nb: 3\n", "syntax", 2, 2),
        ("a:\n    b: 1\n  c: 2\n", "syntax", 3, 3),
        ('a: "\\q"\n', "syntax", 1, 6),
        ("a: @b\n", "syntax", 1, 4),
        ("a: >= 5\n", "syntax", 1, 5),
        ("a: \x07\n", "syntax", 1, 4),
        ("a: 1\r\nb: x\x07\r\n", "syntax", 2, 5),
        ("\ufeffa: 1\nb: \U0001f600\x00\n", "syntax", 2, 5),
        ("a: 1\n" * 5_000 + "b: x\x07\n", "syntax", 5_001, 5),
        ('a: "\\ud83d"\n', "characters", 1, 4),
    ],
)
def test_what_is_wrong_and_where(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(FlowFileError) as caught:
        read_tree(text, path="x.yaml")
    problem = caught.value.problems[-1]
    assert (problem.code, problem.line, problem.column, problem.path) == (code, line, column, "x.yaml")
    assert problem.severity == "error"


def test_every_key_that_stands_twice_is_told() -> None:
    found, problems = read_tree("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        ("duplicate_key", 2, 11),
        ("duplicate_key", 3, 1),
    ]
    assert found.data() == {"a": 1, "b": {"c": 1}}


def nested(depth: int) -> str:
    return "a: " + "[" * depth + "]" * depth


def refused(text: str) -> str:
    with pytest.raises(FlowFileError) as caught:
        read_tree(text)
    return caught.value.problems[-1].code


def test_depth_is_bounded() -> None:
    read_tree(nested(yaml.MAX_DEPTH - 1))
    assert refused(nested(yaml.MAX_DEPTH)) == "too_deep"


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MAX_VALUES", 10)
    read_tree("[1, 2, 3, 4, 5, 6, 7, 8, 9]")
    assert refused("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]") == "too_many_values"


def test_the_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MAX_FILE_BYTES", 8)
    read_tree("a: é12")
    assert refused("a: é1234") == "file_too_large"


def test_the_number_of_problems_is_bounded() -> None:
    _, problems = read_tree("a: 1\n" * (yaml.MAX_PROBLEMS + 50))
    assert len(problems) == yaml.MAX_PROBLEMS


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "- " * 100_000, "? " * 100_000, "{a: " * 50_000, "a: &a " * 50_000, "!" * 100_000, "#" * 1_000_000],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(FlowFileError):
        read_tree(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"])
              | st.sampled_from("\x7f\x85\u2028\u2029\ufeff")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé😀\\\" ", max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from("abcdef"), JSON, min_size=1), st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_json_is_read_like_json(data: dict[str, Any], ascii_only: bool, indent: Any) -> None:
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    assert read_tree(text, path="x.json")[0].data() == data


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("{a: 1}", 1, 2), ('{"a": 1,}', 1, 9), ('{"a": 1\n"b": 2}', 2, 1), ("{\"a\": '1'}", 1, 7), ('{"a\tb": 1}', 1, 4)],
)
def test_a_json_file_may_not_be_yaml(text: str, line: int, column: int) -> None:
    with pytest.raises(FlowFileError) as caught:
        read_tree(text, path="x.json")
    problem = caught.value.problems[-1]
    assert problem.code == "syntax"
    assert problem.message.startswith("not JSON: ")
    assert problem.line == line
    assert abs(problem.column - column) <= 1


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found, _ = read_tree(text)
    except FlowFileError as error:
        assert error.problems
    else:
        json.dumps(found.data())


def test_places() -> None:
    found, _ = read_tree("a: 1\nb:\n  - c: |\n      text\n    d:\n  - e\nf: {g: [1, 2]}\n")
    assert isinstance(found, Mapping)
    entry = found.entry("b")
    assert entry is not None
    assert (entry.key.line, entry.key.column, entry.value.line, entry.value.column) == (2, 1, 3, 3)
    assert (entry.value.end_line, found.entries[-1].value.end_line) == (6, 7)


@pytest.mark.parametrize(
    ("content", "code"), [(b"\xff\xfe", "not_utf8"), (None, "unreadable"), (b"x" * 20, "file_too_large")]
)
def test_files_that_cannot_be_read(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, content: Any, code: str) -> None:
    monkeypatch.setattr(yaml, "MAX_FILE_BYTES", 10)
    file = tmp_path / "x.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FlowFileError) as caught:
        read_text(file)
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].path == str(file)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"a: 1\nb: caf\xe9\n", 2, 7),
        ("a: 1\r\nb: \u00e9\u00e9".encode() + b"\xe9\r\n", 2, 6),
        (b"\xff\xfea", 1, 1),
        (b"\xef\xbb\xbfa: \xe9", 1, 4),
    ],
)
def test_bytes_that_are_no_text_are_told_where_they_stand(
    tmp_path: Path, content: bytes, line: int, column: int
) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    with pytest.raises(FlowFileError) as caught:
        read_text(file)
    assert [(found.line, found.column) for found in caught.value.problems] == [(line, column)]
