"""Templates: text with `$(...)` in it, and JSON values that hold such text, compiled once."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

MAX_RENDERED_LENGTH = 65_536
LEAST_IN_FIGURES, MOST_IN_FIGURES = 1e-6, 1e21
_REFERENCE = re.compile(r"\$\(([^()$]*)\)")
_UNCLOSED = re.compile(r"(?<!\$)\$\([^\s()$]*")
_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")


class Missing:
    """What a path leads to when there is nothing there."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()
Lookup = Callable[[tuple[str, ...]], Any]


class Scope(Protocol):
    """Where a template finds its values: `MISSING` where there is none, after noting a warning."""

    def lookup(self, path: tuple[str, ...]) -> Any: ...


def parse_path(text: str) -> tuple[str, ...]:
    """`n2.sms.message` as its parts; raises ValueError that says what a reference looks like."""
    text = text.strip()
    if not _PATH.fullmatch(text):
        raise ValueError(f"$({text}) is no reference: write $(name), or $(n2.sms.message) for an output of node 2")
    return ("message", "text") if text == "message" else tuple(text.split("."))


def follow(root: Any, path: tuple[str, ...]) -> Any:
    """The value at the end of a path through mappings and lists, or `MISSING`."""
    for part in path:
        if isinstance(root, dict):
            root = root.get(part, MISSING)
        elif isinstance(root, list) and part.isdecimal() and int(part) < len(root):
            root = root[int(part)]
        else:
            return MISSING
    return root


def as_text(value: Any) -> str:
    """A value as the customer reads it: text as it is, whole floats without a point, the rest as JSON."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _figures(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _figures(value: float) -> str:
    """A number as JavaScript writes it, in figures as long as people can read them."""
    if value.is_integer() and abs(value) < MOST_IN_FIGURES:
        return str(int(value))
    text = repr(value)
    if "e" in text and LEAST_IN_FIGURES <= abs(value) < MOST_IN_FIGURES:
        return format(Decimal(text), "f")
    return text


def _literal(text: str) -> str:
    """What stands between references, as the customer reads it; raises ValueError for a reference without an end."""
    if "$(" not in text:
        return text
    if begun := _UNCLOSED.search(text):
        raise ValueError(
            f"{begun.group()[:40]!r}: a reference that begins with $( needs its closing parenthesis; "
            "write $$( for a plain $("
        )
    return text.replace("$$(", "$(")


class Template:
    """Text with references. Before a parenthesis, `$$` stands for a plain `$`: `$$(` for `$(`, `$$$(price)` for $12."""

    __slots__ = ("_parts", "_plain", "paths", "single", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        parts: list[str | tuple[str, ...]] = []
        plain, at = "", 0
        for match in _REFERENCE.finditer(source):
            before = source[at : match.start()]
            at = match.end()
            dollars = len(before) - len(before.rstrip("$"))
            plain += _literal(before[: len(before) - dollars]) + "$" * (dollars // 2)
            if dollars % 2:
                plain += match.group()
                continue
            if plain:
                parts.append(plain)
            parts.append(parse_path(match.group(1)))
            plain = ""
        plain += _literal(source[at:])
        if plain:
            parts.append(plain)
        self._parts = tuple(parts)
        self.paths: tuple[tuple[str, ...], ...] = tuple(part for part in parts if isinstance(part, tuple))
        self.single = self.paths[0] if self.paths and len(parts) == 1 else None
        """The reference that is the whole text, if one is."""
        self._plain = None if self.paths else plain

    @property
    def parts(self) -> tuple[str | tuple[str, ...], ...]:
        """Plain text and references, in order."""
        return self._parts

    def render(self, scope: Scope) -> str:
        """The text with every reference replaced; what is missing becomes nothing, what is huge is cut."""
        if self._plain is not None:
            return self._plain
        texts = []
        lookup = scope.lookup
        for part in self._parts:
            found = part if type(part) is str else lookup(part)  # type: ignore[arg-type]
            texts.append(found if type(found) is str else as_text(found))
        rendered = "".join(texts)
        return rendered if len(rendered) <= MAX_RENDERED_LENGTH else rendered[:MAX_RENDERED_LENGTH]

    def value(self, scope: Scope) -> Any:
        """Like `render`, but a reference that stands alone keeps its JSON type (None where missing)."""
        if self.single is None:
            return self.render(scope)
        found = scope.lookup(self.single)
        return None if found is MISSING else found

    def __repr__(self) -> str:
        return f"Template({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __bool__(self) -> bool:
        return bool(self.source)

    @classmethod
    def _read(cls, value: Any) -> "Template":
        if isinstance(value, Template):
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("expected text, with $(name) for a variable")
        return cls(str(value))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda item: item.source),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": ["string", "number"], "format": "template"}


class Value:
    """Any JSON value in which text may hold references: `{"id": "$(order_number)", "n": 1}`."""

    __slots__ = ("make", "paths", "source")

    def __init__(self, source: Any) -> None:
        self.source = source
        paths: list[tuple[str, ...]] = []
        self.make = _compile(source, paths)
        """What `value` calls, for whoever wants it at hand."""
        self.paths = tuple(paths)

    def value(self, scope: Scope) -> Any:
        """The value with every reference replaced; a fresh copy each time."""
        return self.make(scope)

    def __repr__(self) -> str:
        return f"Value({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and other.source == self.source

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, Value) else cls(value),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda item: item.source),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"format": "value"}


def _compile(source: Any, paths: list[tuple[str, ...]]) -> Callable[[Scope], Any]:
    match source:
        case str():
            template = Template(source)
            paths.extend(template.paths)
            if not template.paths:
                plain = template.value(_NOTHING)
                return lambda scope: plain
            return template.value
        case dict():
            rows = [(key, _compile(value, paths)) for key, value in source.items()]
            if not any("$(" in key for key in source if isinstance(key, str)):
                return lambda scope: {key: make(scope) for key, make in rows}
            keys = [_compile(key, paths) for key in source]
            makers = [make for _, make in rows]
            return lambda scope: {as_text(name(scope)): make(scope) for name, make in zip(keys, makers, strict=True)}
        case list() | tuple():
            items = [_compile(value, paths) for value in source]
            return lambda scope: [make(scope) for make in items]
        case _:
            return lambda scope: source


class _Nothing:
    def lookup(self, path: tuple[str, ...]) -> Any:
        return MISSING


_NOTHING = _Nothing()
