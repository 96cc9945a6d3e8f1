"""YAML: the text of a file read into a tree, within bounds, with every problem at its place.

Read from the parser's events rather than through a loader, so that every bound holds before anything
is built, all problems come at once, and only JSON's own types come out: `on`, `no` and dates are text.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from flows.tree import Entry, Mapping, Scalar, Sequence, Tree
from models.errors import BotkitError
from models.problem import Problem
from nlp.plain_file import plain_file_size

MAX_FILE_BYTES = 10_000_000
MAX_DEPTH = 64
MAX_VALUES = 200_000
MAX_PROBLEMS = 200
MAX_DIGITS = 24

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class FlowFileError(BotkitError):
    """A file that cannot be read at all; `problems` says why."""

    code = "flow_file"
    of_files = True

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def read_text(file: Path, *, path: str = "") -> str:
    """The text of a file, line ends as they are; `path` is what problems call it. Raises `FlowFileError`."""
    path = path or str(file)
    try:
        if plain_file_size(file) > MAX_FILE_BYTES:
            raise _too_large(path)
        raw = file.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise FlowFileError([Problem("error", "unreadable", message, path)]) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8").removeprefix("\ufeff"))
        hint = "save the file as UTF-8"
        raise FlowFileError(
            [Problem("error", "not_utf8", "this is not UTF-8 text", path, line, column, hint=hint)]
        ) from None


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what comes after a text; line ends are those of the parser."""
    begin, line = 0, 1
    for found in _LINE_END.finditer(before):
        begin, line = found.end(), line + 1
    return line, len(before) - begin + 1


def _too_large(path: str) -> FlowFileError:
    message = f"the file is larger than {MAX_FILE_BYTES:,} bytes"
    return FlowFileError([Problem("error", "file_too_large", message, path, hint="split it")])


def read_tree(text: str, *, path: str = "") -> tuple[Tree, list[Problem]]:
    """The values of a file, and what is wrong with it short of making it unreadable.

    Raises `FlowFileError` where it is not YAML (or, by its name, not JSON), or is past a bound.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_FILE_BYTES or len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        raise _too_large(path)
    reader = _Reader(path)
    is_json = path.endswith(".json")
    try:
        tree = reader.read(_json_as_yaml(text) if is_json else text)
    except YAMLError as error:
        problem = _json_problem(text, path) if is_json else None
        raise FlowFileError([problem or _syntax_problem(error, text, path)]) from None
    if is_json and (problem := _json_problem(text, path)):
        raise FlowFileError([problem])
    return tree, reader.problems


def _json_as_yaml(text: str) -> str:
    """JSON without what YAML reads otherwise: tabs, and characters that are line ends or nothing at all in YAML."""
    return escape_unseen(text.replace("\t", " "))


def escape_unseen(text: str) -> str:
    """JSON with the characters escaped that YAML takes for line ends, or does not take."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Open:
    """A mapping or sequence that is being read: the key that waits for its value, and the keys so far."""

    __slots__ = ("key", "keys", "tree")

    def __init__(self, tree: Mapping | Sequence) -> None:
        self.tree = tree
        self.key: Scalar | None = None
        self.keys: dict[str, int] = {}

    @property
    def wants_key(self) -> bool:
        return isinstance(self.tree, Mapping) and self.key is None


class _Reader:
    """Builds a tree from events, within bounds."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.roots: list[Tree] = []
        self.open: list[_Open] = []
        self.values = 0

    def read(self, text: str) -> Tree:
        for event in YAML(typ="safe", pure=True).parse(text):
            match event:
                case ScalarEvent():
                    self._bound(event)
                    self._attach(self._scalar(event))
                case MappingStartEvent() | SequenceStartEvent():
                    self._bound(event)
                    self._begin(event)
                case MappingEndEvent() | SequenceEndEvent():
                    _close(self.open.pop().tree, event)
                case AliasEvent():
                    raise self._fatal(event, "alias", f"*{event.anchor} points to another place in the file",
                                      "write the value out: these files have no anchors and aliases")  # fmt: skip
                case DocumentStartEvent():
                    self._document(event, text)
        if not self.roots or (isinstance(self.roots[0], Scalar) and not self.roots[0].text):
            raise FlowFileError([Problem("error", "empty_file", "the file is empty", self.path, 1, 1)])
        return self.roots[0]

    def _document(self, event: DocumentStartEvent, text: str) -> None:
        if self.roots:
            raise self._fatal(event, "second_document", "a second document begins here",
                              "move what follows `---` to a file of its own")  # fmt: skip
        if event.version or event.tags:
            problem = Problem("error", "directive", "directives such as %YAML have no place here", self.path,
                              _line_of_directive(text), 1, hint="remove the line")  # fmt: skip
            raise FlowFileError([*self.problems, problem])

    def _bound(self, event: NodeEvent) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self._fatal(event, "too_many_values", f"the file holds more than {MAX_VALUES:,} values")
        if event.anchor:
            raise self._fatal(event, "anchor", f"&{event.anchor} is an anchor", "remove it and write values out")
        if tag := getattr(event, "tag", None):
            raise self._fatal(event, "tag", f"{tag} is a tag", "remove it; put text in quotes where need be")

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        if self.open and self.open[-1].wants_key:
            raise self._fatal(event, "key", "a key must be a single word or number",
                              "put $(...) and text with { or [ in quotes")  # fmt: skip
        if len(self.open) >= MAX_DEPTH:
            raise self._fatal(event, "too_deep", f"values lie more than {MAX_DEPTH} levels deep")
        tree = Mapping(event) if isinstance(event, MappingStartEvent) else Sequence(event)
        self._attach(tree)
        self.open.append(_Open(tree))

    def _attach(self, tree: Tree) -> None:
        if not self.open:
            self.roots.append(tree)
            return
        parent = self.open[-1]
        if isinstance(parent.tree, Sequence):
            parent.tree.items.append(tree)
        elif parent.key is None:
            assert isinstance(tree, Scalar)
            parent.key = tree
        else:
            key, parent.key = parent.key, None
            if key.text in parent.keys:
                self._add("duplicate_key", f"{key.text!r} stands in line {parent.keys[key.text]} already",
                          key.line - 1, key.column - 1, "keep one of the two")  # fmt: skip
                return
            parent.keys[key.text] = key.line
            if isinstance(tree, Scalar) and tree.start == tree.end:
                tree.stand_after(key)
            parent.tree.entries.append(Entry(key, tree))

    def _scalar(self, event: ScalarEvent) -> Scalar:
        text: str = event.value
        if not text.isascii():
            try:
                text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
            except UnicodeDecodeError:
                raise self._fatal(event, "characters", "half of a surrogate pair is no character",
                                  "write the character itself") from None  # fmt: skip
        scalar = Scalar(event, text)
        if not scalar.style and not (self.open and self.open[-1].wants_key):
            scalar.value = self._number_or_word(event, text)
        return scalar

    def _number_or_word(self, event: ScalarEvent, text: str) -> Any:
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in "0123456789+-.":
            return text
        if _INTEGER.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            if len(text) <= MAX_DIGITS and -(2**63) <= (number := int(text, base)) < 2**63:
                return number
        elif not _FLOAT.fullmatch(text):
            return text
        elif math.isfinite(size := float(text)):
            return size
        self._add("number_too_large", f"the number {text[:40]} is too large", event.start_mark.line,
                  event.start_mark.column, "put it in quotes to keep it as text")  # fmt: skip
        return 0

    def _add(self, code: str, message: str, line: int, column: int, hint: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem("error", code, message, self.path, line + 1, column + 1, hint=hint))

    def _fatal(self, event: NodeEvent | DocumentStartEvent, code: str, message: str, hint: str = "") -> FlowFileError:
        mark = event.start_mark
        found = Problem("error", code, message, self.path, mark.line + 1, mark.column + 1, hint=hint)
        return FlowFileError([*self.problems, found])


def _line_of_directive(text: str) -> int:
    """The first line that is a directive: the parser tells the place of the `---` behind it."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.startswith("%")), 1)


def _close(tree: Mapping | Sequence, event: MappingEndEvent | SequenceEndEvent) -> None:
    """Note where a collection ends: in braces at the brace, else with the last thing in it."""
    if tree.flow:
        tree.end, tree.end_line = event.end_mark.index, event.end_mark.line + 1
        return
    last = _last(tree)
    if last:
        tree.end, tree.end_line = last.end, last.end_line


def _last(tree: Mapping | Sequence) -> Tree | None:
    if isinstance(tree, Sequence):
        return tree.items[-1] if tree.items else None
    if not tree.entries:
        return None
    entry = tree.entries[-1]
    return entry.value if entry.value.end > entry.key.end else entry.key


_SYNTAX = (
    ("mapping values are not allowed", "a ':' stands where no key can be",
     "put text that holds ': ' in quotes, and check the indentation"),
    ("\\t", "a tab stands where only spaces may", "indent with spaces"),
    ("expected '<document start>'", "this goes on where the YAML has ended: is it a flow file?",
     "write `name: value`, and put text that begins with a bracket or a quote wholly in quotes"),
    ("expected <block end>", "the indentation fits nothing above", "align it with the lines it belongs to"),
    ("did not find expected key", "the indentation fits nothing above", "align it with the lines it belongs to"),
    ("could not find expected ':'", "a key without ':'", "write `key: value`"),
    ("unexpected end of stream", "a quote is never closed", "close it, or use the other kind of quotes"),
    ("expected ',' or", "a bracket or brace is not closed, or a comma is missing", "close it with ] or }"),
    ("expected the node content", "a value is missing, or a bracket or brace is not closed", "write or close it"),
    ("special characters are not allowed", "a control character", "remove it"),
    ("expected chomping or indentation", "text after > or |, where only the end of the line can stand",
     "put text that begins with > or | in quotes"),
    ("found character", "a character that cannot begin a value", "put the text in quotes"),
    ("unknown escape", "an escape that does not exist", "write \\\\ for a backslash, or use single quotes"),
)  # fmt: skip


def _syntax_problem(error: YAMLError, text: str, path: str) -> Problem:
    """What the parser says, in plain words."""
    technical = getattr(error, "problem", None) or str(error).partition("\n")[0]
    message, hint = technical, ""
    for part, plain, mend in _SYNTAX:
        if part in technical:
            message, hint = plain, mend
            break
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    if mark is not None and "never closed" in message and isinstance(error, MarkedYAMLError) and error.context_mark:
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if isinstance(error, ReaderError):
        line, column = _place(text[: error.position])
    return Problem("error", "syntax", message, path, line, column, hint=hint)


def _json_problem(text: str, path: str) -> Problem | None:
    """What is wrong with JSON text, None where nothing is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return Problem("error", "syntax", f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", path, error.lineno,
                       error.colno, hint="only a file whose name ends in .yaml may use YAML")  # fmt: skip
    return None
