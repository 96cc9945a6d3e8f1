"""Reference: Markdown pages about nodes and channels, made from the classes: nothing is described twice."""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels.base import Channel
from channels.sandbox import Sandbox
from flows.base import Node
from models.flow import Outcome
from models.plugin import Plugin

MAX_NESTING = 4
Row = tuple[str, str, str, str]
"""A setting: its name, what it takes, what it is if left out, its help."""

_PLAIN = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text", "null": "null"}
_FORMATS = {"template": "text with `$(...)`", "value": "any value", "duration": "duration", "password": "secret"}
_FROM_THE_PROJECT = frozenset({"asset", "number", "channel_name"})
"""Settings of a channel that botkit fills in itself."""


def nodes_page(kinds: Mapping[str, type[Node]]) -> Iterator[str]:
    """The page of all nodes, line by line."""
    yield "# Nodes"
    yield ""
    yield "Made by `botkit reference nodes` from the node classes: change those, not this page."
    yield "What every node has besides (`label`, `notes`, `on_enter`, `on_leave`, `next`) is in [flows.md](flows.md)."
    for kind in sorted(kinds):
        yield ""
        yield from _node(kinds[kind])


def channels_page(kinds: Mapping[str, type[Channel]]) -> Iterator[str]:
    """The page of all channels' settings, line by line."""
    yield "# Channel settings"
    yield ""
    yield "Made by `botkit reference channels` from the channel classes: change those, not this page."
    yield "How assets are set up, and what webhooks and receipts are, is in [channels.md](channels.md)."
    for kind in sorted(kinds):
        yield ""
        yield from _head(kinds[kind])
        yield ""
        yield f"Channel: {'any' if kinds[kind] is Sandbox else f'`{kinds[kind].channel}`'}."
        yield from _settings(kinds[kind], leave_out=_FROM_THE_PROJECT)


def _node(kind: type[Node]) -> Iterator[str]:
    yield from _head(kind)
    if kind.outcomes:
        yield ""
        yield from _table(("outcome", "colour", "when"), [_outcome(outcome) for outcome in kind.outcomes])
    if kind.outcome_list is not Node.outcome_list:
        yield ""
        yield (
            "Further outcomes follow from its settings." if kind.outcomes else "Its outcomes follow from its settings."
        )
    if kind.outputs:
        yield ""
        yield from _table(("output", "what it is"), [(f"`{name}`", about) for name, about in kind.outputs.items()])
    yield from _settings(kind)


def _head(kind: type[Plugin]) -> Iterator[str]:
    yield f"## {kind.kind}"
    yield ""
    yield inspect.cleandoc(kind.__doc__ or "")


def _outcome(outcome: Outcome) -> tuple[str, ...]:
    return f"`{outcome.name}`", outcome.colour, outcome.about


def _settings(kind: type[Plugin], leave_out: frozenset[str] = frozenset()) -> Iterator[str]:
    schema = kind.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    rows = [row for row in _rows(schema, definitions, "", MAX_NESTING) if row[0].strip("`") not in leave_out]
    yield ""
    if rows:
        yield from _table(("setting", "takes", "if left out", "what it is"), rows)
    else:
        yield "No settings."


def _rows(schema: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str, depth: int) -> Iterator[Row]:
    mandatory = schema.get("required", ())
    for name, given in schema.get("properties", {}).items():
        setting = {**_followed(given, definitions), **given}
        default = "mandatory" if name in mandatory else _default(setting)
        alone = _with_settings(setting, definitions)
        takes = "settings" if alone else _takes(setting, definitions)
        yield f"`{prefix}{name}`", takes, default, setting.get("description", "")
        rows = next(
            (row for way in _ways(setting, definitions) if (row := _with_settings(way.get("items", {}), definitions))),
            {},
        )
        if depth and (alone or rows):
            yield from _rows(
                alone or rows, definitions, f"{prefix}{name}." if alone else f"{prefix}{name}[].", depth - 1
            )


def _with_settings(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """That form of a value which has settings of its own, if there is one."""
    ways = _ways(_followed(schema, definitions), definitions)
    return next((way for way in ways if "properties" in way), {})


def _ways(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The forms that a value can have."""
    return [_followed(way, definitions) for way in schema["anyOf"]] if "anyOf" in schema else [schema]


def _followed(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, or the one that it refers to."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = definitions[schema["$ref"].rpartition("/")[2]]
    return found


def _takes(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    schema = _followed(schema, definitions)
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_takes(way, definitions) for way in schema["anyOf"]))
    match schema.get("type"):
        case "array":
            return f"list of {_takes(schema.get('items', {}), definitions)}"
        case "object" if "properties" in schema:
            return "rows"
        case "object":
            return f"names, each with {_takes(schema.get('additionalProperties') or {}, definitions)}"
        case str(plain):
            return _PLAIN.get(plain, plain) + _bounds(schema)
    return "any value"


def _bounds(schema: Mapping[str, Any]) -> str:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    least = f"{low}" if low is not None else f"more than {above}" if above is not None else ""
    most = f" to {high:,}" if high is not None else f" to less than {below:,}" if below is not None else ""
    if least and not most:
        return f", {least} or more" if low is not None else f", {least}"
    return f", {least}{most}" if least else most


def _default(schema: Mapping[str, Any]) -> str:
    value = schema.get("default")
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    lines = [_line(row) for row in rows]
    if lines:
        yield _line(heads)
        yield "|" + "---|" * len(heads)
        yield from lines


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
