"""Script references: what a script looks up by `$("n2.sms.message")`, and where the quotation marks are missing."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from flows.base import Node

_LOOKUP = re.compile(
    r"\$\(\s*(?:(?P<mark>[\"'`])(?P<quoted>[^\"'`\\$]+)(?P=mark)|(?P<bare>[A-Za-z_]\w*(?:\.\w+)*))\s*\)"
)
_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")


class ScriptReference(NamedTuple):
    """A name between `$(` and `)`: `bare` where it stands there as a variable of the script."""

    path: tuple[str, ...]
    bare: bool
    setting: str


def script_references(node: Node) -> Iterator[ScriptReference]:
    """What the scripts among a node's settings look up, as far as it is written out in them."""
    for setting, field in type(node).model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("format") == "javascript":
            for found in _LOOKUP.finditer(str(getattr(node, setting))):
                name = found["bare"] or found["quoted"]
                if _PATH.fullmatch(name):
                    path = ("message", "text") if name == "message" else tuple(name.split("."))
                    yield ScriptReference(path, bool(found["bare"]), field.alias or setting)
