"""Formatter: one way to write a flow file, with every comment kept.

Keys in the order of `FLOW_KEYS` and `NODE_KEYS`, two spaces a level, at most one blank line. What was
written in braces stays so while it fits on a line; scalars stay as they were written.
"""

import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from flows.comments import Comment, Piece, arrange, find_comments
from flows.flow_reader import FLOW_KEYS, NODE_KEYS
from flows.tree import Mapping, Scalar, Sequence, Tree
from flows.yaml import FlowFileError, escape_unseen, read_text, read_tree
from models.problem import Problem, has_errors

LINE_WIDTH = 100
INDENT = 2
_BEFORE_SETTINGS = ("kind", "label", "notes")
_FOLDED = re.compile(r">-?[ \t]*(?:#.*)?")
_HEADER_COMMENT = re.compile(r"[|>][^#\n]*?[ \t](#[^\n]*)")


def format_flow(text: str, *, path: str = "") -> str:
    """The same flow in canonical form. Raises `FlowFileError` where it cannot be read.

    The result is read again and compared, so that formatting never changes what a file says.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    tree, problems = read_tree(text, path=path)
    if not isinstance(tree, Mapping):
        problems.append(Problem("error", "wrong_type", "a flow file is a list of `key: value`", path, 1, 1))
    if not isinstance(tree, Mapping) or has_errors(problems):
        raise FlowFileError(problems)
    if path.endswith(".json"):
        return escape_unseen(_json(_sorted(tree.data()), 0)) + "\n"
    formatted = _Writer(text).write(tree)
    _compare(text, tree, formatted, path)
    return formatted


def format_file(file: Path, *, write: bool) -> bool:
    """Format a file, unless it is only to be looked at; returns whether it was not in canonical form.

    It is replaced as a whole, so that a crash leaves the old or the new text. Raises `FlowFileError`, OSError.
    """
    text = read_text(file)
    formatted = format_flow(text, path=str(file))
    if formatted == text:
        return False
    if write:
        target = file.resolve()
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            draft.write_text(formatted, encoding="utf-8", newline="\n")
            shutil.copymode(target, draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    return True


def _compare(text: str, tree: Tree, formatted: str, path: str) -> None:
    try:
        again, _ = read_tree(formatted)
        same = again.data() == tree.data() and _comment_counts(formatted, again) == _comment_counts(text, tree)
    except FlowFileError:
        same = False
    if not same:
        message = "the file cannot be formatted without changing what it says"
        raise FlowFileError([Problem("error", "cannot_format", message, path, 1, 1, hint="simplify unusual quoting")])


def _comment_counts(text: str, tree: Tree) -> Counter[str]:
    counts = Counter(comment.text for comment in find_comments(text, tree))
    waiting = [tree]
    while waiting:
        at = waiting.pop()
        if isinstance(at, Scalar):
            if head := _header_comment(at, text):
                counts[head] += 1
        else:
            waiting += at.items if isinstance(at, Sequence) else [entry.value for entry in at.entries]
    return counts


def _header_comment(scalar: Scalar, source: str) -> str:
    """The comment on the first line of a block scalar, which the parser takes for a part of it."""
    found = _HEADER_COMMENT.match(source, scalar.start, scalar.end) if scalar.style in ("|", ">") else None
    return found[1].rstrip() if found else ""


class _Writer:
    """Writes pieces as lines."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines: list[str] = []

    def write(self, tree: Mapping) -> str:
        root, top = arrange(self.source, tree)
        self._order(root)
        for comment in top:
            self._comment(comment, 0, first=not self.lines)
        if top and root.items:
            self.lines.append("")
        self._block(root, 0)
        return "\n".join(self.lines) + "\n"

    def _order(self, root: Piece) -> None:
        root.items.sort(key=lambda item: _rank(_name(item), FLOW_KEYS))
        for item in root.items:
            if _name(item) == "nodes" and isinstance(item.value, Mapping):
                for node in item.items:
                    if isinstance(node.value, Mapping):
                        node.items.sort(key=lambda setting: _node_rank(_name(setting)))

    def _block(self, piece: Piece, indent: int) -> None:
        for index, item in enumerate(piece.items):
            self._item(item, indent, first=index == 0)
        for comment in piece.after:
            self._comment(comment, indent)

    def _item(self, item: Piece, indent: int, *, first: bool) -> None:
        value = item.value
        start = " " * indent + (self._key(item.entry.key) + ":" if item.entry else "-")
        inline = self._inline_if_short(item, len(start) + 1)
        beside_dash = not (inline or item.entry or isinstance(value, Scalar))
        for comment in [*item.before, *item.tail] if beside_dash else item.before:
            self._comment(comment, indent, first=first)
            first = False
        if item.blank_before and not first:
            self._blank()
        if isinstance(value, Scalar):
            self._scalar(item, value, start, indent)
        elif inline:
            self.lines.append(f"{start} {inline}{_tail(item)}")
        elif item.entry:
            self.lines.append(start + _tail(item))
            self._block(item, indent + INDENT)
        else:
            self._nested_item(item, start, indent)

    def _nested_item(self, item: Piece, start: str, indent: int) -> None:
        """A collection as an item of a sequence: its first line begins beside the dash, its first comments above."""
        at = len(self.lines)
        self._block(item, indent + INDENT)
        inside = self.lines[at:]
        first = next(index for index, line in enumerate(inside) if line and not line.lstrip().startswith("#"))
        above = [" " * indent + line.lstrip() for line in inside[:first] if line]
        self.lines[at:] = [*above, start + " " + inside[first][indent + INDENT :], *inside[first + 1 :]]

    def _scalar(self, item: Piece, scalar: Scalar, start: str, indent: int) -> None:
        head = _header_comment(scalar, self.source)
        tail = _tail(item) + (f"  {head}" if head else "")
        if scalar.style in ("|", ">"):
            header, body = self._block_scalar(scalar)
            self.lines.append(f"{start} {header}{tail}")
            margin = " " * (indent + INDENT)
            self.lines += [margin + line if line else "" for line in body]
            return
        first, *rest = self._source(scalar).split("\n")
        if not first and not rest:
            self.lines.append((start if item.entry else f"{start} null") + tail)
            return
        margin = " " * (indent + INDENT)
        trim = first.strip if scalar.style == "" else first.rstrip
        lines = [f"{start} {trim() if rest else first}"]
        for line in rest:
            kept = line.lstrip(" \t") if scalar.style == '"' else line.strip(" \t")
            lines.append(margin + kept if kept else "")
        self.lines += lines
        self.lines[-1] += tail

    def _block_scalar(self, scalar: Scalar) -> tuple[str, list[str]]:
        """The header and the lines of a text in | or > form, without indentation."""
        value = scalar.text
        ending = len(value) - len(value.rstrip("\n"))
        if ending > 1 or not value.strip("\n"):
            return _quoted(value), []
        chomp = "" if ending else "-"
        header, *lines = self._source(scalar).rstrip(" \n").split("\n")
        if scalar.style == ">" and _FOLDED.fullmatch(header):
            width = next(len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" "))
            return ">" + chomp, [line[width:] for line in lines]
        indicator = str(INDENT) if value[0] in " \n" else ""
        return f"|{indicator}{chomp}", value.removesuffix("\n").split("\n")

    def _inline_if_short(self, item: Piece, used: int) -> str:
        """The collection on one line, where it was written in braces, fits and has no comments inside."""
        if isinstance(item.value, Scalar) or (item.is_block and item.items) or item.has_comments():
            return ""
        inline = self._inline(item.value)
        return inline if (inline and used + len(inline) <= LINE_WIDTH) or not item.items else ""

    def _inline(self, tree: Tree) -> str:
        """A value on one line; empty where it cannot be."""
        if isinstance(tree, Scalar):
            text = self._source(tree)
            return "" if "\n" in text else text or "null"
        if isinstance(tree, Sequence):
            items = [self._inline(item) for item in tree.items]
            return f"[{', '.join(items)}]" if all(items) else ""
        rows = []
        for entry in tree.entries:
            value = self._inline(entry.value)
            if not value:
                return ""
            rows.append(f"{self._key(entry.key)}: {value}")
        return "{" + ", ".join(rows) + "}"

    def _key(self, key: Scalar) -> str:
        text = self._source(key)
        return text if text and "\n" not in text and key.style not in ("|", ">") else _quoted(key.text)

    def _source(self, scalar: Scalar) -> str:
        return self.source[scalar.start : scalar.end]

    def _comment(self, comment: Comment, indent: int, *, first: bool = False) -> None:
        if comment.blank_before and not first:
            self._blank()
        self.lines.append(" " * indent + comment.text)

    def _blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def _tail(item: Piece) -> str:
    return "".join(f"  {comment.text}" for comment in item.tail)


def _name(item: Piece) -> str:
    return item.entry.key.text if item.entry else ""


def _rank(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


def _node_rank(name: str) -> int:
    if name in _BEFORE_SETTINGS:
        return _BEFORE_SETTINGS.index(name)
    return len(NODE_KEYS) + NODE_KEYS.index(name) if name in NODE_KEYS else len(_BEFORE_SETTINGS)


def _quoted(text: str) -> str:
    """Text in double quotes, with everything that cannot be seen escaped."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)


def _sorted(data: dict[str, Any]) -> dict[str, Any]:
    """Plain data of a flow with its keys in canonical order."""
    data = {name: data[name] for name in sorted(data, key=lambda name: _rank(name, FLOW_KEYS))}
    if isinstance(data.get("nodes"), dict):
        data["nodes"] = {
            number: {key: node[key] for key in sorted(node, key=_node_rank)} if isinstance(node, dict) else node
            for number, node in data["nodes"].items()
        }
    return data


def _json(value: Any, depth: int) -> str:
    """JSON with two spaces a level; from the settings of a node down, what fits stands on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (depth > 1 and len(line) + depth * INDENT <= LINE_WIDTH):
        return line
    margin = " " * (INDENT * (depth + 1))
    if isinstance(value, dict):
        rows = [
            f"{margin}{json.dumps(key, ensure_ascii=False)}: {_json(item, depth + 1)}" for key, item in value.items()
        ]
        return "{\n" + ",\n".join(rows) + "\n" + margin[INDENT:] + "}"
    rows = [margin + _json(item, depth + 1) for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + margin[INDENT:] + "]"
