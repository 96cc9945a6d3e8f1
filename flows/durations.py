"""Durations: how long something takes or may take, as people write it: 90, "90s", "5m", "1.5h", "2d"."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

MAX_DURATION_SECONDS = 366 * 24 * 3600
PATTERN = r"^\s*(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?\s*$"
_WRITTEN = re.compile(PATTERN, re.ASCII)
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_duration(value: Any) -> float:
    """Seconds from a number of seconds or from text with a unit; raises ValueError that says how to write one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        match = _WRITTEN.match(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError('write a duration as seconds or with a unit: 90, "90s", "5m", "24h", "2d"')
        seconds = float(match[1]) * _UNITS[match[2] or "s"]
    if not 0 <= seconds <= MAX_DURATION_SECONDS:
        raise ValueError("a duration lies between 0 seconds and 366 days")
    return seconds


def write_duration(seconds: float) -> str:
    """A duration in the largest unit that it is a whole number of: `7d`, `90s`."""
    for unit in ("d", "h", "m"):
        if seconds and not seconds % _UNITS[unit]:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


Duration = Annotated[
    float,
    BeforeValidator(read_duration),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": PATTERN}], "format": "duration"}
    ),
]
"""A setting in seconds, at most 366 days."""
