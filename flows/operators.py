"""Operators: how a condition compares what it finds with what the designer wrote.

Two values that both look like numbers are compared as numbers, exactly; all others as text. A code such
as 007 is not a number to `equals`, but it is one to `greater_than`, to which a number and a word have no order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, Protocol, get_args

import re2

from flows.templates import MISSING, Scope, Template, Value, as_text, follow
from models.errors import BotkitError, InvalidValue
from models.problem import did_you_mean

MAX_PATTERN_LENGTH = 1_000
MAX_PATTERN_MEMORY = 1_048_576
MAX_NUMBER_LENGTH = 100
MAX_LIST_LENGTH = 1_000

Operator = Literal[
    "equals", "not_equals", "equals_ignore_case", "in", "not_in", "contains", "contains_ignore_case",
    "greater_than", "less_than", "greater_or_equal", "less_or_equal", "between", "starts_with",
    "starts_with_ignore_case", "ends_with", "ends_with_ignore_case", "regex", "exists", "not_exists", "is_empty",
    "is_not_empty",
]  # fmt: skip
OPERATORS: tuple[str, ...] = get_args(Operator)
WITHOUT_VALUE = frozenset({"exists", "not_exists", "is_empty", "is_not_empty"})

MEANT = {
    "=": "equals", "==": "equals", "===": "equals", "eq": "equals", "is": "equals",
    "!=": "not_equals", "!==": "not_equals", "<>": "not_equals", "≠": "not_equals", "ne": "not_equals",
    "neq": "not_equals", "is not": "not_equals", "not": "not_equals",
    ">": "greater_than", "gt": "greater_than", "more than": "greater_than",
    "<": "less_than", "lt": "less_than", "fewer than": "less_than",
    ">=": "greater_or_equal", "=>": "greater_or_equal", "≥": "greater_or_equal", "ge": "greater_or_equal",
    "gte": "greater_or_equal", "at least": "greater_or_equal",
    "<=": "less_or_equal", "=<": "less_or_equal", "≤": "less_or_equal", "le": "less_or_equal",
    "lte": "less_or_equal", "at most": "less_or_equal",
    "=~": "regex", "~": "regex", "match": "regex", "matches": "regex",
    "has": "contains", "include": "contains", "includes": "contains", "like": "contains",
    "missing": "not_exists", "one of": "in",
}  # fmt: skip
"""What people write for an operator that is called otherwise here."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_QUANTITY = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)

Predicate = Callable[[Scope], bool]


class Row(Protocol):
    """A condition as written: `variable` is `sms.message` or `$(sms.message)`."""

    @property
    def variable(self) -> Any: ...
    @property
    def operator(self) -> str: ...
    @property
    def value(self) -> Any: ...


def compile_conditions(rows: Sequence[Row], join: Literal["and", "or"] = "and") -> Callable[[Mapping[str, Any]], bool]:
    """One test of session parameters from the conditions of a rule; raises `InvalidValue`."""
    test = compile_rows(rows, join)
    return lambda parameters: test(_Parameters(parameters))


def compile_rows(rows: Sequence[Row], join: Literal["and", "or"] = "and") -> Predicate:
    """One test from many; no rows at all are met. Raises `InvalidValue`."""
    tests = tuple(compile_row(row) for row in rows)
    if len(tests) == 1:
        return tests[0]
    if join == "and":
        return lambda scope: all(test(scope) for test in tests)
    return lambda scope: not tests or any(test(scope) for test in tests)


def compile_row(row: Row) -> Predicate:
    """The test of one condition, with all that can be done beforehand done; raises `InvalidValue`."""
    operator = operator_name(row.operator)
    try:
        left = as_reference(row.variable)
        right = row.value if isinstance(row.value, Value) else Value(row.value)
    except ValueError as error:
        raise InvalidValue(str(error), field="variable") from None
    single = left.single
    if operator in WITHOUT_VALUE:
        presence = _PRESENCE[operator]
        if single is not None:
            return lambda scope: presence((getattr(scope, "find", None) or scope.lookup)(single))
        return lambda scope: presence(left.value(_Quiet(scope)))
    prepare, compare = _COMPARISONS[operator]
    if right.paths:
        return lambda scope: compare(left.value(scope), prepare(right.value(scope)))
    fixed = prepare(right.source)
    if single is not None:  # the usual case, without another call; every comparison takes MISSING for None
        return lambda scope: compare(scope.lookup(single), fixed)
    return lambda scope: compare(left.value(scope), fixed)


def operator_name(written: str) -> str:
    """An operator's name from how people write it (`Greater than`); raises `InvalidValue`."""
    name = "_".join(written.lower().replace("-", " ").replace("_", " ").split())
    if name not in OPERATORS:
        raise InvalidValue(f"{written!r} is no operator: {', '.join(OPERATORS)} are", field="operator")
    return name


def suggest_operator(written: str) -> str:
    """A hint that names the operator that somebody may have meant, or all of them."""
    words = written.lower().replace("-", " ").replace("_", " ").split()
    meant = MEANT.get(" ".join(words))
    if meant:
        return f"did you mean {meant!r}?"
    return did_you_mean("_".join(words), OPERATORS) or f"use one of {', '.join(OPERATORS)}"


def as_reference(variable: Any) -> Template:
    """What a condition looks at: a bare name means the variable of this name."""
    if isinstance(variable, Template):
        return variable
    text = str(variable)
    return Template(text if "$(" in text else f"$({text})")


class _Parameters:
    """Session parameters as a scope; nothing is said where one is missing."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def lookup(self, path: tuple[str, ...]) -> Any:
        return follow(self._values, path)


class _Quiet:
    """A scope that does not mind what is missing: whether it is there is the question."""

    __slots__ = ("lookup",)

    def __init__(self, scope: Scope) -> None:
        self.lookup: Callable[[tuple[str, ...]], Any] = getattr(scope, "find", scope.lookup)


def _number(value: Any, pattern: re.Pattern[str] = _NUMBER) -> Decimal | int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float):
        return Decimal(repr(value)) if isfinite(value) else None
    if isinstance(value, str) and len(value) <= MAX_NUMBER_LENGTH:
        text = value.strip()
        if pattern.fullmatch(text):
            return Decimal(text)
    return None


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same to a designer: 1, 1.0 and "1" are."""
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return one == other
    return as_text(left) == as_text(right)


def _any_equal(value: Any, items: Sequence[Any]) -> bool:
    """Whether one of many is `equal` to a value, which is read once however many there are."""
    number, text = _number(value), as_text(value)
    for item in items:
        other = None if number is None else _number(item)
        if (number == other) if other is not None else (text == as_text(item)):
            return True
    return False


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 as the left value is less than, equal to or greater than the right one.

    None where only one of them is a number, or only one is empty: "twenty" is neither more nor less than 18.
    """
    one, other = _number(left, _QUANTITY), _number(right, _QUANTITY)
    if one is not None and other is not None:
        return (one > other) - (one < other)
    a, b = as_text(left), as_text(right)
    if (one is None) != (other is None) or (not a.strip()) != (not b.strip()):
        return None
    return (a > b) - (a < b)


def _ordered(*wanted: int) -> Callable[[Any, Any], bool]:
    return lambda left, right: order(left, right) in wanted


def _several(value: Any) -> list[Any]:
    """A list as written, or text with commas."""
    items = value if isinstance(value, list) else [part.strip() for part in as_text(value).split(",")]
    if len(items) > MAX_LIST_LENGTH:
        raise InvalidValue(f"a list has at most {MAX_LIST_LENGTH} values", field="value")
    return items


def _range(value: Any) -> tuple[Any, Any]:
    items = _several(value)
    if len(items) != 2:
        raise InvalidValue("`between` needs two values: [1, 10]", field="value")
    return items[0], items[1]


def _expression(value: Any) -> Any:
    text = as_text(value)
    if len(text) > MAX_PATTERN_LENGTH:
        raise InvalidValue(f"a regular expression has at most {MAX_PATTERN_LENGTH} characters", field="value")
    options = re2.Options()
    options.max_mem = MAX_PATTERN_MEMORY
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeError) as error:
        why = error.args[0] if error.args else ""
        why = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise InvalidValue(f"{text!r} is no regular expression (RE2): {why}", field="value") from None


def _found(left: Any, right: Any) -> bool:
    try:
        return right.search(as_text(left)) is not None
    except UnicodeError:  # half a character, as some phones send them
        return right.search(as_text(left).encode("utf-8", "replace").decode()) is not None
    except re2.error as error:
        raise BotkitError("the regular expression needs too much memory for this text") from error


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return _any_equal(right, left)
    return as_text(right) in as_text(left)


def _contains_folded(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return any(as_text(item).casefold() == right for item in left)
    return right in as_text(left).casefold()


def _folded(value: Any) -> str:
    return as_text(value).casefold()


def _same(value: Any) -> Any:
    return value


_COMPARISONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    "equals": (_same, equal),
    "not_equals": (_same, lambda left, right: not equal(left, right)),
    "equals_ignore_case": (_folded, lambda left, right: as_text(left).casefold() == right),
    "in": (_several, _any_equal),
    "not_in": (_several, lambda left, right: not _any_equal(left, right)),
    "contains": (_same, _contains),
    "contains_ignore_case": (_folded, _contains_folded),
    "greater_than": (_same, _ordered(1)),
    "less_than": (_same, _ordered(-1)),
    "greater_or_equal": (_same, _ordered(0, 1)),
    "less_or_equal": (_same, _ordered(-1, 0)),
    "between": (_range, lambda left, right: order(left, right[0]) in (0, 1) and order(left, right[1]) in (-1, 0)),
    "starts_with": (as_text, lambda left, right: as_text(left).startswith(right)),
    "starts_with_ignore_case": (_folded, lambda left, right: as_text(left).casefold().startswith(right)),
    "ends_with": (as_text, lambda left, right: as_text(left).endswith(right)),
    "ends_with_ignore_case": (_folded, lambda left, right: as_text(left).casefold().endswith(right)),
    "regex": (_expression, _found),
}
_PRESENCE: dict[str, Callable[[Any], bool]] = {
    "exists": lambda value: value is not None and value is not MISSING,
    "not_exists": lambda value: value is None or value is MISSING,
    "is_empty": lambda value: value is None or value is MISSING or value in ("", [], {}),
    "is_not_empty": lambda value: value is not None and value is not MISSING and value not in ("", [], {}),
}
