"""Blanks: `{to}`, `{text}` and the like in a provider's request, parsed once and filled per message."""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

NAMES = ("to", "to_no_plus", "from", "from_no_plus", "text", "id", "callback_url", "parts", "secret")
_BLANK = re.compile(r"\{(" + "|".join(NAMES) + r")\}")
_ANY_NAME = re.compile(r"\{([a-z_]+)\}")


def for_form(text: str) -> str:
    """Written for an urlencoded form."""
    return quote_plus(text)


def for_query(text: str) -> str:
    """Written for a query or a path."""
    return quote(text, safe="")


def for_json(text: str) -> str:
    """Written for the inside of a JSON string."""
    return json.dumps(text)[1:-1]


class Blanks:
    """A text with blanks. `fill` writes the values in, each escaped for the place it goes to."""

    __slots__ = ("_escape", "_parts", "names")

    def __init__(self, text: str, escape: Callable[[str], str]) -> None:
        self._escape = escape
        self._parts = tuple(_BLANK.split(text))  # literal, name, literal, name, ..., literal
        self.names = frozenset(self._parts[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its blanks filled."""
        escape = self._escape
        return "".join(escape(values[part]) if at % 2 else part for at, part in enumerate(self._parts))


def unknown_blank(text: str) -> str:
    """The first `{name}` in a text that is none of ours, or nothing."""
    return next((name for name in _ANY_NAME.findall(text) if name not in NAMES), "")
