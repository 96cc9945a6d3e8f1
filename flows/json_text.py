"""JsonText: JSON that a designer wrote as text, with values in it that stay values."""

import json
import re
from typing import Any

import msgspec

from flows.templates import MAX_RENDERED_LENGTH, MISSING, Scope, Template, as_text

_ESCAPED = re.compile(r"\\.", re.DOTALL)


def render_json(template: Template, scope: Scope) -> str:
    """The text with every reference replaced by its value as JSON has it.

    Between quotes it is text with its quotes and line breaks escaped. Elsewhere it is a JSON value: text that is one
    already (`5`, `[1, 2]`) stays so, other text gets quotes.
    """
    parts = []
    quoted = False
    for part in template.parts:
        if isinstance(part, str):
            quoted ^= _ESCAPED.sub("", part).count('"') % 2 == 1
            parts.append(part)
        else:
            found = scope.lookup(part)
            parts.append(json.dumps(as_text(found), ensure_ascii=False)[1:-1] if quoted else _value(found))
    return "".join(parts)[:MAX_RENDERED_LENGTH]


def _value(found: Any) -> str:
    if found is MISSING:
        return "null"
    if isinstance(found, str):
        try:
            msgspec.json.decode(found)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return json.dumps(found, ensure_ascii=False)
        return found
    return msgspec.json.encode(found).decode()
