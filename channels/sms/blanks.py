"""Blanks: `{to}`, `{text}` and the like in a provider's request, parsed once and filled per message."""

import re
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from urllib.parse import quote, quote_plus

NAMES = ("to", "to_no_plus", "from", "from_no_plus", "text", "id", "callback_url", "parts", "secret")
_BLANK = re.compile(r"\{(" + "|".join(NAMES) + r")\}")
_ANY_NAME = re.compile(r"\{([a-z_]+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9_.~+ -]*")


def for_form(text: str) -> str:
    """Written for an urlencoded form."""
    if _PLAIN.fullmatch(text):
        return text.replace("+", "%2B").replace(" ", "+")
    return quote_plus(text)


def for_query(text: str) -> str:
    """Written for a query or a path."""
    return quote(text, safe="")


def for_json(text: str) -> str:
    """Written for the inside of a JSON string."""
    return encode_basestring_ascii(text)[1:-1]


class Blanks:
    """A text with blanks. `fill` writes the values in, each escaped for the place it goes to.

    `known` are values that never change: they are written in at once.
    """

    __slots__ = ("_escape", "_template", "names")

    def __init__(self, text: str, escape: Callable[[str], str], known: Mapping[str, str] = {}) -> None:
        self._escape = escape
        names: list[str] = []
        template: list[str] = []
        for at, part in enumerate(_BLANK.split(text)):  # literal, name, literal, name, ..., literal
            if at % 2 and part not in known:
                names.append(part)
                template.append("%s")
            else:
                template.append((escape(known[part]) if at % 2 else part).replace("%", "%%"))
        self._template = "".join(template)
        self.names = tuple(names)

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its blanks filled."""
        escape = self._escape
        return self._template % tuple([escape(values[name]) for name in self.names])


def unknown_blank(text: str) -> str:
    """The first `{name}` in a text that is none of ours, or nothing."""
    return next((name for name in _ANY_NAME.findall(text) if name not in NAMES), "")
