"""Output: what commands print: coloured on a terminal, plain in a pipe, JSON for programs."""

import json
import math
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from models.errors import BotkitError

if TYPE_CHECKING:
    from models.problem import Problem

FAILED, USAGE, COULD_NOT, INTERRUPTED, UNREAD = 1, 2, 3, 130, 141
"""Exit codes: errors in what was given, a command not understood, what could not be done, Ctrl+C, a closed pipe."""

COLOURS = {"green": "green", "orange": "yellow", "red": "red", "error": "red", "warning": "yellow", "hint": "cyan",
           "quiet": "bright_black"}  # fmt: skip
Span = tuple[str, str]
"""A piece of text and its style: a name in `COLOURS`, `title` (bold, on light and dark alike), or nothing."""


class Unwritable(BotkitError):
    """What is printed cannot be written where it goes."""

    code = "unwritable"


class Output:
    """Prints for people or programs. `color` is None where the terminal decides."""

    def __init__(self, *, color: bool | None = None) -> None:
        if color is None and os.environ.get("NO_COLOR"):
            color = False
        self.color = color

    def line(self, *spans: str | Span, err: bool = False) -> None:
        """A line of text; pieces with a style are coloured."""
        stream = sys.stderr if err else sys.stdout
        colored = is_terminal(stream) if self.color is None else self.color
        text = "".join(_paint(_shown(span), colored=colored) for span in spans)
        _echo(text, err=err, color=colored)

    def json(self, value: Any) -> None:
        """A value for a program."""
        _echo(_json(value, indent=2))

    def json_line(self, value: Any) -> None:
        """A value for a program that reads one a line."""
        _echo(_json(value, separators=(",", ":")))

    def problems(self, problems: "Sequence[Problem]", *, err: bool = False) -> None:
        """Problems by file, each with its hint."""
        by_path: dict[str, list[Problem]] = {}
        for problem in problems:
            by_path.setdefault(problem.path, []).append(problem)
        for index, group in enumerate(by_path.values()):
            if index:
                self.line(err=err)
            for problem in sorted(group, key=lambda problem: (problem.line, problem.column)):
                where = ":".join([problem.path, *(str(part) for part in (problem.line, problem.column) if part)])
                at: list[str | Span] = [(f"{where}: ", "title")] if problem.path else []
                self.line(*at, (problem.severity, problem.severity), f": {problem.message}", err=err)
                if problem.hint:
                    self.line(("    hint: ", "hint"), problem.hint, err=err)

    def fail(self, message: str, *, hint: str = "", code: int = COULD_NOT) -> NoReturn:
        """Say what went wrong and leave."""
        self.line(("error", "error"), f": {message}", err=True)
        if hint:
            self.line(("    hint: ", "hint"), hint, err=True)
        raise SystemExit(code)

    def fail_with(self, problems: "Sequence[Problem]") -> NoReturn:
        """Show problems and leave with the exit code for them."""
        self.problems(problems, err=True)
        raise SystemExit(FAILED)


def _echo(text: str, *, err: bool = False, color: bool | None = None) -> None:
    try:
        click.echo(text, err=err, color=color)
    except BrokenPipeError:
        raise  # nobody reads it any more, which is no error
    except OSError as error:
        raise Unwritable(f"the output cannot be written: {error.strerror}") from None


def _json(value: Any, **form: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, **form)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, **form)


def _finite(value: Any) -> Any:
    """The value with null for the numbers that JSON does not have: not a number, and infinity."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _shown(span: str | Span) -> str | Span:
    """Without what a terminal would obey: customers' texts are shown, too."""
    if isinstance(span, str):
        return CONTROL.sub("\ufffd", span)
    return CONTROL.sub("\ufffd", span[0]), span[1]


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at it."""
    return stream.isatty()


def _paint(span: str | Span, *, colored: bool) -> str:
    if isinstance(span, str):
        return span
    text, style = span
    if not colored or not text or not (style == "title" or style in COLOURS):
        return text
    return click.style(text, fg=COLOURS.get(style), bold=True if style == "title" else None)


def output_of(context: click.Context) -> Output:
    """The output that the command line chose."""
    found = context.find_object(Output)
    return found or Output()


def count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(problems: "Iterable[Problem]") -> str:
    """How many errors and warnings there are, in words."""
    found = [problem.severity for problem in problems]
    parts = [count(found.count(severity), severity) for severity in ("error", "warning") if severity in found]
    return ", ".join(parts) or "no problems"
