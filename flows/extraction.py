"""Extraction: values out of a JSON text by JSONPath (RFC 9535), within bounds."""

import json
import re
from collections.abc import Mapping
from itertools import islice
from math import isfinite
from typing import Any

import msgspec
from jsonpath import JSONPathError
from jsonpath import compile as compile_query

MAX_PATH_LENGTH = 200
MAX_MATCHES = 1_000
MAX_DEPTH = 64
MAX_EXTRACTED_BYTES = 65_536
MAX_DESCENTS, MAX_FILTERS, MAX_COMMAS = 1, 1, 4
"""Each of these in a path multiplies the work; together they could make it endless."""
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)
"""An escape in a JSON text; its group is half a character, which systems write that cut texts without a look."""


class Extraction:
    """A compiled path."""

    __slots__ = ("query", "single", "source")

    def __init__(self, source: str, query: Any) -> None:
        self.source = source
        self.query = query
        self.single: bool = query.singular_query()


def compile_path(source: str) -> Extraction:
    """A JSONPath ready for use; raises ValueError that says what is wrong with it."""
    if len(source) > MAX_PATH_LENGTH:
        raise ValueError(f"a JSONPath has at most {MAX_PATH_LENGTH} characters")
    if not source.startswith("$"):
        raise ValueError(f"{source!r} is no JSONPath: begin with $, as in $.order.status")
    if source.count("..") > MAX_DESCENTS or source.count("?") > MAX_FILTERS or source.count(",") > MAX_COMMAS:
        raise ValueError(
            f"the JSONPath {source!r} asks for too much work: use one `..`, one filter and {MAX_COMMAS} commas at most"
        )
    if "match(" in source or "search(" in source:
        raise ValueError("regular expressions are not available in a JSONPath: compare with ==, or use a Branch")
    try:
        query = compile_query(source, strict=True)
    except (JSONPathError, RecursionError, OverflowError) as error:  # 1e999 as a whole number
        raise ValueError(f"{source!r} is no JSONPath: {str(error).partition(chr(10))[0]}") from None
    return Extraction(source, query)


def extract(body: str | bytes, paths: Mapping[str, Extraction]) -> dict[str, Any]:
    """What each path leads to: a value, or a list where the path can lead to many; nothing where there is none.

    Raises ValueError that says what is wrong with the body.
    """
    try:
        document = _decoded(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ValueError(f"the answer is no JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"the answer is nested deeper than {MAX_DEPTH} levels") from None
    if not _is_shallow(document):
        raise ValueError(f"the answer is nested deeper than {MAX_DEPTH} levels")
    found: dict[str, Any] = {}
    for name, path in paths.items():
        try:
            values = [match.obj for match in islice(path.query.finditer(document), MAX_MATCHES)]
        except (JSONPathError, RecursionError) as error:
            raise ValueError(f"{path.source}: {error}") from None
        if not values:
            continue
        value = values[0] if path.single else values
        if len(msgspec.json.encode(value)) > MAX_EXTRACTED_BYTES:
            raise ValueError(f"{path.source} leads to more than {MAX_EXTRACTED_BYTES} bytes")
        found[name] = value
    return found


def _decoded(body: str | bytes) -> Any:
    """The JSON value; one with a number that is too large for msgspec, or half an emoji, is read all the same."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        data = body.encode() if isinstance(body, str) else body
        whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], data)
        if whole != data:
            return _decoded(whole)
        if "out of range" not in str(error):
            raise
    return json.loads(body, parse_float=_finite)


def _finite(figures: str) -> float | None:
    number = float(figures)
    return number if isfinite(number) else None


def _is_shallow(document: Any) -> bool:
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return True
    return False
