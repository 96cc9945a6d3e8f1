"""Extraction: finding an id or an error code in a gateway's answer, by JSON path or regular expression."""

from functools import lru_cache
from typing import Any

import msgspec

from channels.answers import text_at
from models.http import HttpResponse

MAX_CACHED_PATTERNS = 256


@lru_cache(maxsize=MAX_CACHED_PATTERNS)
def compiled(pattern: str) -> Any:
    """The regular expression, in an engine whose time is linear in the text; ValueError if it is none."""
    import re2  # only where an asset has a pattern

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"is no regular expression: {reason}") from None


def document_of(response: HttpResponse) -> Any:
    """The answer as JSON, None where it is none."""
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def found(answer: str, document: Any, path: str, pattern: str) -> str:
    """What lies at `path` of the document, else what `pattern` finds in the answer, else nothing."""
    if path:
        return text_at(document, tuple(path.split(".")))
    if not pattern:
        return ""
    match = compiled(pattern).search(answer)
    if match is None:
        return ""
    return str((match.group(1) if match.re.groups else match.group()) or "")
