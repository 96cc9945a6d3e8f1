"""Written: JSON Schemas of what people may write for a value, where the loader takes more than the value's own type."""

from typing import Any

from flows.operators import OPERATORS

SCALAR = ["string", "number", "boolean", "null"]
_NUMERIC = {
    "integer": r"^\s*[+-]?[0-9]+(_[0-9]+)*(\.0*)?\s*$",
    "number": r"^\s*[+-]?([0-9]+(_[0-9]+)*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$",
}
_TRUTH = ("0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes")
_HELP = frozenset({"title", "description", "default"})


def as_written(schema: Any) -> Any:
    """The schema of a setting, with numbers and truth values as text too, and operators as people write them."""
    if isinstance(schema, list):
        return [as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("enum") == list(OPERATORS):
        return _or(schema, {"type": "string", "pattern": _OPERATOR})
    match schema.get("type"):
        case "integer" | "number" as kind:
            return _or(schema, {"type": "string", "pattern": _NUMERIC[kind]})
        case "boolean":
            words = "|".join(map(_any_case, _TRUTH))
            return _or(schema, {"enum": [0, 1]}, {"type": "string", "pattern": f"^({words})$"})
    return {name: value if name in _HELP else as_written(value) for name, value in schema.items()}


def _or(schema: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    outside = {name: value for name, value in schema.items() if name in _HELP}
    inside = {name: value for name, value in schema.items() if name not in _HELP}
    return {**outside, "anyOf": [inside, *others]}


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in word)


_OPERATOR = (
    r"^[\s_-]*("
    + "|".join(r"[\s_-]+".join(_any_case(word) for word in name.split("_")) for name in OPERATORS)
    + r")[\s_-]*$"
)
