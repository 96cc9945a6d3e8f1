"""The formatter changes how a flow file looks and never what it says."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.comments import find_comments
from flows.document import FlowFileError, read_flow
from flows.formatter import LINE_WIDTH, format_flow
from flows.yaml import read_tree

UNTIDY = """\
# License

# the nodes
nodes:   # all of them
    2:
        # where it begins
        next: {onBegin: 3}   # to 3
        kind: start
    3: {kind: send, text: "a text that is so long that it will certainly not fit on one line", next: {onSuccess: end}}


    # four
    4:
        kind: evaluate
        script: |  # JavaScript
            a = 1;
              b = 2;
        folded: >-
            one
            two
        list:
        - a  # first
        -   # second
          k: v
        flow: [a, # inside
          b]
        # below four
    # below nodes
flow: x
# the end
"""
TIDY = """\
# License

flow: x

# the nodes
nodes:  # all of them
  2:
    kind: start
    # where it begins
    next: {onBegin: 3}  # to 3
  3:
    kind: send
    text: "a text that is so long that it will certainly not fit on one line"
    next: {onSuccess: end}

  # four
  4:
    kind: evaluate
    script: |  # JavaScript
      a = 1;
        b = 2;
    folded: >-
      one
      two
    list:
      - a  # first
      # second
      - k: v
    flow:
      - a  # inside
      - b
    # below four
  # below nodes
# the end
"""


def test_untidy_becomes_tidy() -> None:
    assert format_flow(UNTIDY) == TIDY


def test_tidy_stays_as_it_is() -> None:
    assert format_flow(TIDY) == TIDY


def test_windows_line_ends_and_byte_order_mark_go() -> None:
    assert format_flow("\ufeff" + UNTIDY.replace("\n", "\r\n")) == TIDY


def test_json_stays_json() -> None:
    text = '{"nodes":{"2":{"next":{"onBegin":3},"kind":"start","accepts":["sms.mo"]}},"flow":"x"}'
    formatted = format_flow(text, path="x.flow.json")
    assert formatted == (
        '{\n  "flow": "x",\n  "nodes": {\n'
        '    "2": {"kind": "start", "accepts": ["sms.mo"], "next": {"onBegin": 3}}\n  }\n}\n'
    )
    assert read_flow(formatted, path="x.flow.json").flow == read_flow(text, path="x.flow.json").flow


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    "character", ["\x7f", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "é", "😀"]
)
def test_json_keeps_characters_that_cannot_be_seen(character: str, ascii_only: bool) -> None:
    data = {"flow": "x", "name": f"a {character} b", "nodes": {"2": {"kind": "start", character: f" {character}"}}}
    text = json.dumps(data, ensure_ascii=ascii_only)
    formatted = format_flow(text, path="x.flow.json")
    assert json.loads(formatted) == read_tree(text, path="x.flow.json")[0].data() == data
    assert format_flow(formatted, path="x.flow.json") == formatted


@pytest.mark.parametrize("text", ["flow: [", "- 1", "a: 1\na: 2", ""])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(FlowFileError):
        format_flow(text)


# Generated files: every way to write a value, with comments and blank lines wherever YAML allows them.

WORDS = st.sampled_from(
    ["a", "b1", "on", "no", "1", "1.50", "0x1F", "~", "true", "2020-01-01", "$(n2.x)", "end 103", "a#b", "é",
     "x: y", "- a", "# no comment", "a, b", "it's", 'say "hi"', " spaced ", "tab\there", "two\nlines", "a\n\n b\n",
     "\n", "", "😀", "back\\slash"]
)  # fmt: skip
KEYS = st.sampled_from(["flow", "nodes", "kind", "next", "on_enter", "text", "label", "variables", "z", "2", "3", "on"])
DATA = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=14,
)
PLAIN = {
    "a",
    "b1",
    "on",
    "no",
    "1",
    "1.50",
    "0x1F",
    "~",
    "true",
    "2020-01-01",
    "$(n2.x)",
    "end 103",
    "a#b",
    "é",
    "it's",
}


class Untidy:
    """Writes data as YAML, taking every liberty that the drawn choices say."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.comments = 0

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def comment(self) -> str:
        self.comments += 1
        return f"# note {self.comments}"

    def gap(self, indent: int) -> list[str]:
        lines = []
        for _ in range(self.choose(0, 0, 0, 0, 1, 2)):
            lines.append(
                self.choose(
                    "", " " * indent + self.comment(), " " * self.choose(0, indent, indent + 3) + self.comment()
                )
            )
        return lines

    def tail(self) -> str:
        return self.choose("", "", "", "", "  ", "   " + self.comment())

    def scalar(self, text: str) -> str:
        options = [f'"{self.escape(text)}"']
        if text in PLAIN:
            options += [text, text, text]
        if "\n" not in text:
            quoted = text.replace("'", "''")
            options.append(f"'{quoted}'")
        return self.choose(*options)

    def escape(self, text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")

    def flow(self, data: Any) -> str:
        if isinstance(data, str):
            return self.scalar(data)
        break_line = self.choose("", "", "", "\n        ", "  " + self.comment() + "\n        ")
        if isinstance(data, list):
            return "[" + break_line + f", {break_line}".join(self.flow(item) for item in data) + "]"
        rows = [f"{key}: {self.flow(value)}" for key, value in data.items()]
        return "{" + break_line + f", {break_line}".join(rows) + break_line + "}"

    def block(self, data: Any, indent: int) -> list[str]:
        step = self.choose(2, 2, 3, 4)
        lines: list[str] = []
        margin = " " * indent
        rows = data.items() if isinstance(data, dict) else [(None, item) for item in data]
        for key, value in rows:
            lines += self.gap(indent)
            start = margin + (f"{key}:" if key is not None else "-")
            if isinstance(value, str):
                lines += self.text(start, value, indent, step)
            elif not value or self.choose(False, False, True):
                lines.append(f"{start} {self.flow(value)}{self.tail()}")
            else:
                lines.append(start + self.tail())
                lines += self.gap(indent + step)
                lines += self.block(value, indent + step)
        lines += self.gap(indent)
        return lines

    def text(self, start: str, value: str, indent: int, step: int) -> list[str]:
        rows = value.split("\n")
        if value.strip() and not value.startswith((" ", "\n")) and "\t" not in value and self.choose(True, False):
            ending = len(value) - len(value.rstrip("\n"))
            chomp = "-" if not ending else "" if ending == 1 else "+"
            body = [" " * (indent + step) + row if row else "" for row in (rows[:-1] if ending else rows)]
            style = self.choose("|", ">")
            return [f"{start} {style}{chomp}{self.tail()}", *body]
        return [f"{start} {self.scalar(value)}{self.tail()}"]


@st.composite
def untidy_files(draw: Any) -> str:
    data = draw(st.dictionaries(KEYS, DATA, min_size=1, max_size=5))
    return "\n".join(Untidy(draw).block(data, 0)) + "\n"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untidy_files())
def test_says_the_same_keeps_comments_and_is_done_in_one_go(text: str) -> None:
    tree, _ = read_tree(text)
    formatted = format_flow(text)
    again, _ = read_tree(formatted)
    assert again.data() == tree.data()
    assert sorted(found(formatted)) == sorted(found(text))
    assert format_flow(formatted) == formatted


def found(text: str) -> list[str]:
    """Comments by a way of their own: every one that the generator writes says `# note`."""
    return [line[line.index("# note") :].rstrip() for line in text.split("\n") if "# note" in line]


def test_long_braces_become_lines() -> None:
    inside = ", ".join(f"key_{number}: value" for number in range(9))
    formatted = format_flow(f"flow: x\nnodes:\n  2: {{{inside}}}\n")
    assert max(len(line) for line in formatted.split("\n")) <= LINE_WIDTH
    assert "  2:\n    key_0: value\n" in formatted


def test_comments_are_found_outside_of_text_only() -> None:
    text = "a: 'x # no'  # yes\nb: |\n  # no\nc: x#no\n"
    tree, _ = read_tree(text)
    assert [comment.text for comment in find_comments(text, tree)] == ["# yes"]
