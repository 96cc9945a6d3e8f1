"""EnglishCalendar: the words that English dates and times are made of, and the patterns of them."""

import re
from collections.abc import Callable
from datetime import date, datetime, time

from nlp.clock import Clock
from nlp.numbers import ONES, TENS

MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
SMALL = {"a": 1, "an": 1} | ONES | TENS
UNITS = {"min": "minute", "hr": "hour"}

WEEKDAY = "(?P<weekday>" + "|".join(DAYS) + ")"
PART = r"(?:[ ]{1,2}(?P<part_of_day>morning|afternoon|evening|night))?"
AT_PART = r"(?:[ ]{1,2}(?:in[ ]the[ ]|at[ ])(?P<part_of_day>morning|afternoon|evening|night))"
_ones = "|".join(word for word, value in ONES.items() if 1 <= value <= 9)
COUNT = rf"(?P<count>\d{{1,3}}|(?:{'|'.join(TENS)})[ -](?:{_ones})|{'|'.join(SMALL)})"

Reader = Callable[[re.Match[str], Clock], date | time | datetime | None]
Rule = tuple[re.Pattern[str], Reader]


def pattern(expression: str) -> re.Pattern[str]:
    """An expression that stands by itself in a text."""
    return re.compile(rf"(?<![\w/]){expression}(?![\w/])", re.IGNORECASE)


def counted(count: str) -> int:
    """What a count is in figures, or in words such as twenty-five."""
    return int(count) if count.isdigit() else sum(SMALL[word] for word in count.lower().replace("-", " ").split())


def in_half(hour: int, half: str) -> int:
    """An hour of the twelve, `am` or `pm`, as one of the twenty-four; raises `ValueError` where it is none."""
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half.lower().startswith("p") else 0)
