"""Place: a value in a YAML 1.2 file that knows its line, so that an error can name it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from nlp.errors import InvalidData
from nlp.plain_file import plain_file_size

MAX_FILE_BYTES = 32 * 1024 * 1024
STRING = "tag:yaml.org,2002:str"
NULL = "tag:yaml.org,2002:null"
MARK = re.compile(r"\[[^\[\]]+\][({]")
"""A marked value in an example, or a link in an answer; to YAML, a bracket begins a list."""

LITERALS = {"tag:yaml.org,2002:bool": bool, "tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float}


class Place(msgspec.Struct, frozen=True):
    """A value with its file and line."""

    file: str
    line: int
    node: Any = None

    def error(self, message: str) -> InvalidData:
        return InvalidData(self.file, self.line, message)

    @property
    def empty(self) -> bool:
        return self.node is None or (isinstance(self.node, ScalarNode) and str(self.node.tag) == NULL)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, SequenceNode)

    def at(self, node: Any) -> "Place":
        place = Place(self.file, node.start_mark.line + 1, node)
        if node.anchor:  # a few of them can stand for more values than there is memory
            raise place.error("anchors (&name) are not read here: write the value out")
        return place

    def text(self) -> str:
        """A text; a number or a truth value has to be put in quotes, so that it stays as it was written."""
        if not isinstance(self.node, ScalarNode) or str(self.node.tag) == NULL:
            raise self.error("text is expected here")
        if str(self.node.tag) != STRING:
            raise self.error(f"{self.node.value} is not text: put it in quotes")
        return str(self.node.value)

    def items(self) -> Iterator["Place"]:
        if not isinstance(self.node, SequenceNode):
            raise self.error("a list is expected here")
        return (self.at(item) for item in self.node.value)

    def as_mapping(self) -> "Place":
        if not isinstance(self.node, MappingNode):
            raise self.error("'name: value' lines are expected here")
        return self

    def fields(self, known: set[str] | None) -> dict[str, "Place"]:
        """The fields of a mapping; a name that is not `known`, or comes twice, is an error."""
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            name = self.at(key).text()
            if known is not None and name not in known:
                raise self.at(key).error(f"unknown field {name!r}: {', '.join(sorted(known))} are known")
            if name in found:
                raise self.at(key).error(f"{name!r} comes twice")
            found[name] = self.at(value)
        return found

    def plain(self) -> Any:
        """The value as plain data."""
        if isinstance(self.node, MappingNode):
            return {name: place.plain() for name, place in self.fields(None).items()}
        if isinstance(self.node, SequenceNode):
            return [place.plain() for place in self.items()]
        if self.empty:
            return None
        kind = LITERALS.get(str(self.node.tag))
        if kind is None:
            return str(self.node.value)
        if kind is bool:
            return str(self.node.value).lower() == "true"
        try:
            return kind(str(self.node.value).replace("_", ""))
        except ValueError:
            raise self.error(f"{self.node.value} is a number in a form that is not read here") from None


def read_yaml(file: Path, folder: Path) -> Place:
    """The top value of a file; raises `InvalidData` that names the file as seen from `folder`."""
    name = str(file.relative_to(folder))
    try:
        if plain_file_size(file) > MAX_FILE_BYTES:
            raise InvalidData(name, 0, f"a file has at most {MAX_FILE_BYTES // 1024 // 1024} MB")
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidData(name, 0, f"this is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    except OSError as error:
        raise InvalidData(name, 0, f"cannot be read: {error.strerror}") from None
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        hint = ": put a text with [brackets](in it) in quotes" if _has_mark(text, line) else ""
        raise InvalidData(name, line, f"this is not YAML: {error.problem}{hint}") from None
    except YAMLError as error:
        raise InvalidData(name, 0, f"this is not YAML: {error}") from None
    except RecursionError:
        raise InvalidData(name, 0, "this is nested too deeply") from None
    return Place(name, node.start_mark.line + 1 if node else 0, node)


def _has_mark(text: str, line: int) -> bool:
    """Whether a mark stands in the line on which YAML fails, or in the one before, where a list goes on."""
    return any(MARK.search(row) for row in text.splitlines()[max(0, line - 2) : line])
