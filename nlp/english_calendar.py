"""EnglishCalendar: the words that English dates and times are made of, and the patterns of them."""

import re
from collections.abc import Callable
from datetime import date, datetime, time

from nlp.clock import Clock
from nlp.numbers import ONES, TENS

MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
SMALL = {"a": 1, "an": 1} | ONES | TENS
UNITS = {"min": "minute", "hr": "hour", "wk": "week", "mth": "month", "yr": "year"}
SHORT_DAYS = {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip

WEEKDAY = "(?P<weekday>" + "|".join(DAYS) + ")"
PART = r"(?:[ ]{1,2}(?P<part_of_day>morning|afternoon|evening|night))?"
AT_PART = r"(?:[ ]{1,2}(?:in[ ]the[ ]|at[ ])(?P<part_of_day>morning|afternoon|evening|night))"
_ones = "|".join(word for word, value in ONES.items() if 1 <= value <= 9)
COUNT = rf"(?P<count>\d{{1,3}}|(?:{'|'.join(TENS)})[ -](?:{_ones})|{'|'.join(SMALL)})"

Reader = Callable[[re.Match[str], Clock], date | time | datetime | None]
Rule = tuple[re.Pattern[str], Reader]


def behind(words: str) -> str:
    """What stands directly behind one of some words, which themselves are no part of it."""
    whole = (rf"(?<=\b{word} )" for word in words.split())
    return f"(?:{'|'.join(whole)})"


AT = behind("at by around about until till from before after since")
_after = (
    "on|at|about|around|or|and|to|till?|until|today|tomorrow|tonight|this|next|every|for|in the|please|pls|sharp|ish|if"
    "|returning|leaving|arriving|departing|but|then|so|when|because|as|is|was|works?|would|will|can|could|should|instead|with|without|thanks?|thx|ok|okay"
    "|latest|earliest|exactly|i|we|my|our|it|you|your|he|she|they|though|maybe|ideally|after|before|by|from|via|not|yes"
    "|" + "|".join(DAYS)
)  # fmt: skip
NO_NOUN = rf"(?=[ ]{{0,2}}(?:$|[.,!?;:)\n/–-](?!\d)|(?:{_after})\b))"
"""What follows a bare number that is an hour or a day: no thing that it could count."""

NAMED_DAY = (
    rf"(?:this[ ](?:morning|afternoon|evening)|(?:on[ ])?(?:{'|'.join(DAYS)})|tonight|tomorrow|yesterday|today)\b"
)
"""What makes an hour of the number before it: 8 this morning."""


def pattern(expression: str) -> re.Pattern[str]:
    """An expression that stands by itself in a text."""
    return re.compile(rf"(?<![\w/]){expression}(?![\w/])", re.IGNORECASE)


def day_number(name: str) -> int:
    """The number of a weekday, Monday being 0, by its name or the beginning of it."""
    short = name.lower()
    return SHORT_DAYS[short] if short in SHORT_DAYS else DAYS.index(short)


def counted(count: str) -> int:
    """What a count is in figures, or in words such as twenty-five."""
    return int(count) if count.isdigit() else sum(SMALL[word] for word in count.lower().replace("-", " ").split())


def in_half(hour: int, half: str) -> int:
    """An hour of the twelve, `am` or `pm`, as one of the twenty-four; raises `ValueError` where it is none."""
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half.lower().startswith("p") else 0)
