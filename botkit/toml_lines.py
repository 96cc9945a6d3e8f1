"""Lines: where the keys of a TOML file stand, which the standard library's reader does not tell."""

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]\]?\s*(?:#.*)?$")
_ONE_PART = re.compile(_PART)
_LONG_TEXT = re.compile("\"\"\"|'''")


class TomlLines:
    """The line of each key. What stands in an inline table is found at the key that holds the table."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        at: Path = ()
        for number, line in _code_lines(text):
            if header := _HEADER.match(line):
                at = self._resolve(_parts(header[2]), is_item=header[1] == "[[")
                self._note(at, number)
            elif key := _KEY.match(line):
                self._note((*at, *_parts(key[1])), number)

    def find(self, *path: str | int) -> int:
        """The line of a key, else of the nearest one around it; 1 where there is none."""
        for length in range(len(path), 0, -1):
            if line := self._lines.get(path[:length]):
                return line
        return 1

    def _resolve(self, parts: list[str], *, is_item: bool) -> Path:
        at: Path = ()
        for index, part in enumerate(parts):
            at = (*at, part)
            last = index == len(parts) - 1
            if last and is_item:
                self._counts[at] = self._counts.get(at, -1) + 1
            if at in self._counts:
                at = (*at, self._counts[at])
        return at

    def _note(self, path: Path, number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], number)


def _parts(key: str) -> list[str]:
    return [part[1:-1] if part[0] in "\"'" else part for part in _ONE_PART.findall(key)]


def _code_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that do not lie within a text of several lines."""
    open_with = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not open_with:
            yield number, line
        for match in _LONG_TEXT.finditer(line):
            if not open_with:
                open_with = match[0]
            elif open_with == match[0]:
                open_with = ""
