"""Durations: how long something takes or took, in seconds."""

import re

from models.utterance import Entity
from nlp.numbers import ONES, TENS

SECONDS = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3_600, "hr": 3_600, "h": 3_600, "day": 86_400,
    "week": 604_800, "fortnight": 1_209_600, "month": 2_592_000, "year": 31_536_000,
}  # fmt: skip
"""A month counts 30 days and a year 365."""

WORDS = {**ONES, **TENS, "a": 1, "an": 1, "half an": 0.5, "half a": 0.5, "couple of": 2, "a couple of": 2}
_COUNT = r"(?:\d{1,6}(?:\.\d{1,2})?|" + "|".join(sorted(WORDS, key=len, reverse=True)) + ")"
_UNIT = "(?:" + "|".join(sorted(SECONDS, key=len, reverse=True)) + ")"
PART = re.compile(
    rf"(?<![\w.])(?P<count>{_COUNT})(?:[ ]{{1,2}}|-?)(?P<unit>{_UNIT})s?(?![\w])(?P<half>[ ]and[ ]a[ ]half)?",
    re.IGNORECASE,
)
SHORT = re.compile(r"(?<![\w.:])(?P<hours>\d{1,3})[ ]?h[ ]?(?P<minutes>[0-5]\d)(?![\w])", re.IGNORECASE)
GLUE = re.compile(r",?[ ](?:and[ ])?", re.IGNORECASE)
NOT_LONG = frozenset({("a", "second"), ("a", "sec"), ("a", "minute"), ("a", "min")})
""" "Wait a minute" asks for patience, and not for sixty seconds."""


def find_durations(text: str) -> list[Entity]:
    """Durations in order; the value is `{"seconds": 5400}`. Parts that follow each other are one."""
    found: list[tuple[int, int, float]] = [
        (match.start(), match.end(), int(match["hours"]) * 3_600 + int(match["minutes"]) * 60)
        for match in SHORT.finditer(text)
    ]
    for match in PART.finditer(text):
        count, unit = " ".join(match["count"].lower().split()), match["unit"].lower()
        if (count, unit) in NOT_LONG and not match["half"]:
            continue
        value = WORDS[count] if count in WORDS else float(count)
        seconds = (value + (0.5 if match["half"] else 0)) * SECONDS[unit]
        last = found[-1] if found else None
        if last and GLUE.fullmatch(text, last[1], match.start()):
            found[-1] = (last[0], match.end(), last[2] + seconds)
        else:
            found.append((match.start(), match.end(), seconds))
    return [
        Entity("duration", {"seconds": int(total) if total == int(total) else total}, text[start:end], start, end,
               "durations")
        for start, end, total in sorted(found)
    ]  # fmt: skip
