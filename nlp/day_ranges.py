"""DayRanges: days that are the two ends of a range: from Monday to Friday, from the 28th to the 3rd of January."""

import re
from datetime import date, datetime, time, timedelta

from nlp.clock import Clock, Found, day_of_month
from nlp.past_days import ENDS, LOOKED_AT, MOVED

TO = re.compile(
    r"[ ]?[-–—][ ]?|[ ](?:to|till?|until|thru|through|bis|au|jusqu['’]au|al?|all[ae]|[àá]s?|ao?|até|hasta|tot|t/m)[ ]"
    r"(?:(?:on|the|zum|den|dem|le|el|la|os?|as?|de)[ ]){0,2}",
    re.IGNORECASE,
)
AND = re.compile(r"[ ](?:and|und|et|y|e|en)[ ](?:(?:the|dem|den|le|el|la|o)[ ])?", re.IGNORECASE)
BETWEEN = re.compile(
    r"\b(?:between|zwischen|entre|tra|fra|tussen)[ ](?:(?:the|dem|den|le|el|la|o|il)[ ])?\Z", re.IGNORECASE
)
BARE_DAY = re.compile(
    r"(?:(?:on|the|am|le|el|il|o|de|op|dem|den)[ ]){0,2}(?P<day>\d{1,2})(?:st|nd|rd|th|er|[.eº])?", re.I
)
FIGURE = re.compile(r"\d")
TOLD = re.compile(r"\b(?:next|last|this|after|week)\b", re.IGNORECASE)
WEEK = 7


def in_order(found: list[Found], text: str) -> list[Found]:
    """The days of `found`, where the end of a range is no longer before its beginning.

    Hours beside a range of days belong to all of them, and so to none: Monday to Friday, 9am to 5pm.
    """
    if len(found) < 2:
        return found
    rows = list(found)
    for last, row in enumerate(rows):
        first = _first(rows, last, text)
        if first < 0 or not _is_day(row):
            continue
        rows[first], rows[last] = _ordered(rows[first], row, text)
        if first == last - 1:
            _leave_hours(rows, first, text)
    return rows


def _is_day(row: Found) -> bool:
    return isinstance(row.value, date) and not isinstance(row.value, datetime)


def _first(rows: list[Found], last: int, text: str) -> int:
    """The day that begins the range whose end is at `last`; -1 where there is none."""
    if not last:
        return -1
    before, end = rows[last - 1].end, rows[last].start
    first = last - 1 if _is_day(rows[last - 1]) else last - 2  # from Monday 9am to Friday 5pm
    if first < 0 or not _is_day(rows[first]) or (first < last - 1 and rows[first].end + 4 < rows[last - 1].start):
        return -1
    start = rows[first].start
    if TO.fullmatch(text, before, end):
        lead = ENDS.split(text[max(0, start - LOOKED_AT) : start])[-1]
        return -1 if MOVED.search(lead) else first
    if AND.fullmatch(text, before, end) and BETWEEN.search(text, max(0, start - 16), start):
        return first
    return -1


def _ordered(first: Found, last: Found, text: str) -> tuple[Found, Found]:
    begin, end = first.value, last.value
    assert isinstance(begin, date)
    assert isinstance(end, date)
    if end >= begin:
        return first, last
    said, begun = text[last.start : last.end], BARE_DAY.fullmatch(text, first.start, first.end)
    try:
        if day := BARE_DAY.fullmatch(said):
            return first, last._replace(value=day_of_month(int(day["day"]), _at(begin)))
        if not FIGURE.search(said):
            near = begin - end <= timedelta(days=WEEK) and not TOLD.search(said)
            return first, last._replace(value=end + timedelta(days=WEEK)) if near else last
        if begun:
            return first._replace(value=day_of_month(int(begun["day"]), _at(end), over=True)), last
    except ValueError:
        pass
    return first, last


def _at(day: date) -> Clock:
    return Clock(datetime(day.year, day.month, day.day), day_first=True)  # noqa: DTZ001


def _leave_hours(rows: list[Found], first: int, text: str) -> None:
    """Let a range of hours before or behind a range of days stand alone."""
    for at in (first + 2, first - 2):
        hours = rows[at : at + 2] if at >= 0 else []
        if len(hours) < 2 or not all(isinstance(row.value, time) for row in hours):
            continue
        if TO.match(text, hours[0].end):
            rows[at : at + 2] = [row._replace(alone=True) for row in hours]
