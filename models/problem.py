"""Problem: something wrong in a file that a person wrote, where it stands and how to mend it."""

import difflib
from collections.abc import Iterable
from typing import Literal

import msgspec


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error or a warning. `code` is stable, for programs; lines and columns count from 1, 0 is unknown."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    path: str = ""
    line: int = 0
    column: int = 0
    flow: str = ""
    node: int = 0
    field: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = ":".join([self.path, *(str(number) for number in (self.line, self.column) if number)]).strip(":")
        return f"{where}: {self.severity}: {self.message}" if where else f"{self.severity}: {self.message}"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether one of the problems is an error."""
    return any(problem.severity == "error" for problem in problems)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word that is nearest, or all of them when they are few."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if 0 < len(names) <= MAX_NAMES_IN_HINT:
        return "known are: " + ", ".join(names)
    return ""


MAX_NAMES_IN_HINT = 12
