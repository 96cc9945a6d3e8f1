"""DayDistances: days told by their distance from another: three days before Christmas, the week after Easter."""

import re
from datetime import date, datetime

from nlp.clock import Clock, Found, shifted
from nlp.english_calendar import COUNT, UNITS, counted

LOOKED_AT = 40
BEFORE = re.compile(
    rf"(?<![\w/.,-])(?<!\bfor )(?:(?P<few>the|(?:a[ ])?couple(?:[ ]of)?)|{COUNT})[ ]"
    r"(?P<unit>day|week|wk|fortnight|month|mth|year|yr)s?[ ](?P<way>before|after|from)[ ](?:the[ ])?\Z",
    re.IGNORECASE,
)

TODAY = re.compile("today|tomorrow", re.IGNORECASE)


def at_distance(row: Found, text: str) -> Found:
    """The day that is so far from the one that was found, where the words before it say how far."""
    if isinstance(row.value, datetime) or not isinstance(row.value, date):
        return row
    match = BEFORE.search(text, max(0, row.start - LOOKED_AT), row.start)
    if match is None or (match["way"].lower() == "from" and not TODAY.match(text, row.start)):
        return row  # "a car for 3 days from Monday" begins on it
    few = (match["few"] or "").lower()
    count = 1 if few == "the" else 2 if few else counted(match["count"])
    unit = match["unit"].lower()
    clock = Clock(datetime(row.value.year, row.value.month, row.value.day), day_first=True)  # noqa: DTZ001
    try:
        value = shifted(clock, -count if match["way"].lower() == "before" else count, UNITS.get(unit, unit))
    except (ValueError, OverflowError):
        return row
    return row._replace(start=match.start(), value=value)
