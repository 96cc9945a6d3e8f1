"""Output: what commands print: coloured on a terminal, plain in a pipe, JSON for programs."""

import contextlib
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

import click

from models.errors import BotkitError

if TYPE_CHECKING:
    from models.problem import Problem

FAILED, USAGE, COULD_NOT, INTERRUPTED, UNREAD = 1, 2, 3, 130, 141
"""Exit codes: errors in what was given, a command not understood, what could not be done, Ctrl+C, a closed pipe."""

NAMES = {FAILED: "invalid", USAGE: "usage", COULD_NOT: "could_not"}
"""What programs call an error that has no name of its own."""

COLOURS = {"green": "green", "orange": "yellow", "red": "red", "error": "red", "warning": "yellow", "hint": "cyan",
           "quiet": "bright_black"}  # fmt: skip
F = TypeVar("F", bound=Callable[..., Any])
Span = tuple[str, str]
"""A piece of text and its style: a name in `COLOURS`, `title` (bold, on light and dark alike), or nothing."""


class Unwritable(BotkitError):
    """What is printed cannot be written where it goes."""

    code = "unwritable"


class Output:
    """Prints for people or programs. `color` is None where the terminal decides.

    With `as_json`, which `--json` sets, what went wrong is told to the program too: on standard output, in a line.
    """

    def __init__(self, *, color: bool | None = None) -> None:
        if color is None and os.environ.get("NO_COLOR"):
            color = False
        self.color = color
        self.as_json = False
        self._printed = False

    def line(self, *spans: str | Span, err: bool = False) -> None:
        """A line of text; pieces with a style are coloured."""
        stream = sys.stderr if err else sys.stdout
        colored = is_terminal(stream) if self.color is None else self.color
        text = "".join(_paint(_shown(span), colored=colored) for span in spans)
        _echo(text, err=err, color=colored)

    def json(self, value: Any) -> None:
        """A value for a program."""
        self._printed = True
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

    def fail(self, message: str, *, hint: str = "", code: int = COULD_NOT, name: str = "", field: str = "") -> NoReturn:
        """Say what went wrong and leave with `code`; `name` is what programs call it."""
        said = f"{field}: {message}" if field else message
        self.line(("error", "error"), f": {said}", err=True)
        if hint:
            self.line(("    hint: ", "hint"), hint, err=True)
        self.tell_program(name or NAMES[code], message, field)
        raise SystemExit(code)

    def fail_of(self, error: BotkitError) -> NoReturn:
        """Say an error of ours and leave."""
        code = FAILED if error.of_files else COULD_NOT
        self.fail(error.message, code=code, name=error.code, field=error.field)

    def fail_with(self, problems: "Sequence[Problem]") -> NoReturn:
        """Show problems and leave with the exit code for them."""
        self.problems(problems, err=True)
        first = next((problem for problem in problems if problem.severity == "error"), problems[0])
        self.tell_program(first.code, first.message, first.field, problems=plain_problems(problems))
        raise SystemExit(FAILED)

    def tell_program(self, name: str, message: str, field: str = "", **more: object) -> None:
        """An error as the server's API tells it, unless the program has what it asked for already."""
        if self.as_json and not self._printed:
            error = {"code": name, "message": message} | ({"field": field} if field else {})
            with contextlib.suppress(Unwritable):  # that is told on standard error, or is what is told here
                self.json_line({"error": error, **more})


def _echo(text: str, *, err: bool = False, color: bool | None = None) -> None:
    try:
        click.echo(text, err=err, color=color)
    except BrokenPipeError:
        raise  # nobody reads it any more, which is no error
    except OSError as error:
        raise Unwritable(f"the output cannot be written: {error.strerror}") from None


def _json(value: Any, **form: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, **form)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, **form)
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    """The value with null for the numbers that JSON does not have: not a number, and infinity."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys, and what turns round the order in which the text behind it is read."""


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


def json_option(help: str = "Print JSON.") -> Callable[[F], F]:
    """The option `--json`. It is taken first, so that what is wrong with the others is told in JSON, too."""
    return click.option("--json", "as_json", is_flag=True, is_eager=True, callback=_choose_json, help=help)


def _choose_json(context: click.Context, _parameter: click.Parameter, as_json: bool) -> bool:
    output_of(context).as_json = as_json
    return as_json


def plain_problems(problems: "Sequence[Problem]") -> list[dict[str, object]]:
    """Problems for programs: every field, also those that are empty."""
    return [{name: getattr(problem, name) for name in problem.__struct_fields__} for problem in problems]


def count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(problems: "Iterable[Problem]") -> str:
    """How many errors and warnings there are, in words."""
    found = [problem.severity for problem in problems]
    parts = [count(found.count(severity), severity) for severity in ("error", "warning") if severity in found]
    return ", ".join(parts) or "no problems"
