"""Durations: how long something takes or took, in seconds."""

import re
from collections.abc import Sequence

from models.utterance import Entity

SECONDS = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3_600, "hr": 3_600, "h": 3_600, "day": 86_400,
    "week": 604_800, "wk": 604_800, "fortnight": 1_209_600, "month": 2_592_000, "mth": 2_592_000, "year": 31_536_000,
    "yr": 31_536_000,
}  # fmt: skip
"""A month counts 30 days and a year 365."""

PHRASES = {
    "a": 1, "an": 1, "half": 0.5, "half an": 0.5, "half a": 0.5, "a half": 0.5, "couple": 2, "couple of": 2,
    "a couple": 2, "a couple of": 2, "quarter of an": 0.25,
    "a quarter of an": 0.25, "three quarters of an": 0.75,
}  # fmt: skip
"""What is said before a unit and is no number by itself."""

_UNIT = "(?:" + "|".join(sorted(SECONDS, key=len, reverse=True)) + ")"
_half = r"(?P<half>[ ]and[ ](?:a[ ]half|half(?=[ ]*(?:$|[.,;!?)]|(?:now|late|on|for|to|wait|long)\b))))"
_TAIL = rf"(?:[ ]{{1,2}}|-?)(?P<unit>{_UNIT})s?(?![\w]){_half}?"
TAIL = re.compile(_TAIL, re.IGNORECASE)
PHRASE = re.compile(
    rf"(?<![\w.:])(?P<count>\d{{1,6}}(?:\.\d{{1,2}})?|{'|'.join(sorted(PHRASES, key=len, reverse=True))}){_TAIL}",
    re.IGNORECASE,
)
SHORT = re.compile(
    r"(?<![\w.:])(?P<hours>\d{1,3})[ ]?h(?:(?:ou)?rs?)?[ ]?(?:and[ ])?"
    r"(?P<minutes>(?:(?<=h)|(?<=h )|(?<=hr)|(?<=hrs))[0-5]\d(?!\w)|[0-5]?\d(?=[ ]?m(?:ins?)?(?!\w))"
    r"|(?<=hr )[0-5]\d(?=[ ]*(?:$|[.,!?]))|(?<=hrs )[0-5]\d(?=[ ]*(?:$|[.,!?])))"
    r"(?:[ ]?m(?:ins?)?(?!\w))?",
    re.IGNORECASE,
)
AGO = re.compile(r"(?<![\w.:])(?P<minutes>\d{1,3})m(?=[ ]ago\b)", re.IGNORECASE)
GLUE = re.compile(r",?[ ](?:and[ ])?", re.IGNORECASE)
NOT_LONG = frozenset({("a", "second"), ("a", "sec"), ("a", "minute"), ("a", "min")})
""" "Wait a minute" asks for patience, and not for sixty seconds."""


def find_durations(text: str, numbers: Sequence[Entity]) -> list[Entity]:
    """Durations in order; the value is `{"seconds": 5400}`. Parts that follow each other are one.

    `numbers` are those of the text: what they count may be durations.
    """
    parts: dict[int, tuple[int, int, float, float]] = {}
    for match in PHRASE.finditer(text):
        count, unit = " ".join(match["count"].lower().split()), match["unit"].lower()
        if (count, unit) in NOT_LONG and not match["half"]:
            continue
        value = PHRASES[count] if count in PHRASES else float(count)
        parts[match.end()] = _part(match, match.start(), value)
    for number in numbers:
        if (tail := TAIL.match(text, number.end)) and number.value >= 0:
            parts[tail.end()] = _part(tail, number.start, number.value)  # it may begin before what a phrase found
    for match in SHORT.finditer(text):
        seconds = 3_600.0 * int(match["hours"]) + 60 * int(match["minutes"])
        parts[match.end()] = (match.start(), match.end(), seconds, 60)
    for match in AGO.finditer(text):
        parts[match.end()] = (match.start(), match.end(), 60.0 * int(match["minutes"]), 60)
    found: list[tuple[int, int, float]] = []
    smallest = 0.0
    for start, end, seconds, unit in sorted(parts.values()):
        last = found[-1] if found else None
        if last and unit < smallest and GLUE.fullmatch(text, last[1], start):  # "14h and 16h" are two
            found[-1] = (last[0], end, last[2] + seconds)
        else:
            found.append((start, end, seconds))
        smallest = unit
    return [
        Entity("duration", {"seconds": int(total) if total == int(total) else total}, text[start:end], start, end,
               "durations")
        for start, end, total in found
    ]  # fmt: skip


def _part(match: re.Match[str], start: int, count: float) -> tuple[int, int, float, float]:
    """Where a part of a duration is, its seconds, and those of its unit."""
    unit = SECONDS[match["unit"].lower()]
    return start, match.end(), (count + (0.5 if match["half"] else 0)) * unit, unit
