"""Clock: what all languages' dates and times have in common: now, what is found, and how it becomes an entity."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.utterance import Entity

NOON, FIRST_OF_EVENING = 12, 5
FURTHEST_YEARS = 20
MONTHS_AHEAD, MONTHS_TO_A_WEEKDAY = 13, 60
"""How far a day of the month is looked for, and one that has to be a Friday, too."""

DAYS_MEANT, DAYS_AGO = 92, 31
"""How far ahead people name a day by its weekday and its number in the month, and how far behind."""

SATURDAY, SUNDAY = 5, 6
UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}
WORKING_DAY = "working day"


class Clock(NamedTuple):
    """Now, where the customer is, and how she writes 3/4."""

    now: datetime
    day_first: bool


class Found(NamedTuple):
    """A moment in the text; `part` is the part of the day that it names, `bare` an hour that can be of either half,
    `zone` the time zone that is named with it; one that is `alone` belongs to no day beside it."""

    start: int
    end: int
    value: date | time | datetime
    part: str = ""
    bare: bool = False
    zone: str = ""
    alone: bool = False


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """The time zone of that name; raises `ValueError`. UTC needs no time zone database."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown timezone {name!r}: use a name such as Europe/London") from None


def local_time(now: int, timezone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now)).astimezone(zone(timezone))


def in_part(moment: time, part: str) -> time:
    """An hour of the twelve as one of the twenty-four: 8 in the evening is 20:00, 2 at night is 02:00."""
    if part == "night" and moment.hour == NOON:
        return moment.replace(hour=0)
    later = part in ("afternoon", "evening") or (part == "night" and moment.hour >= FIRST_OF_EVENING)
    return moment.replace(hour=moment.hour + NOON) if later and 1 <= moment.hour < NOON else moment


def in_year(
    year: str | None, month: int, day: int, clock: Clock, *, over: bool = False, weekday: int | None = None
) -> date:
    """Without a year it is the next such day from today on, or the last one where it is over.

    A weekday that is named with it decides between this year, the one before and the one after. Two figures are a year
    of this century, unless that is more than `FURTHEST_YEARS` away.
    """
    today = clock.now.date()
    if year:
        full = int(year) + (2000 if len(year) == 2 else 0)
        return date(full - 100 if len(year) == 2 and full > today.year + FURTHEST_YEARS else full, month, day)
    if weekday is not None:
        near = [date(today.year + step, month, day) for step in (0, -1, 1)] if (month, day) != (2, 29) else []
        near = [found for found in near if found.weekday() == weekday]
        if near:
            return min(near, key=lambda found: abs((found - today).days))
    for step in range(9):  # a 29th of February may be eight years away
        try:
            found = date(today.year - step if over else today.year + step, month, day)
        except ValueError:
            if (month, day) != (2, 29):
                raise
            continue
        if found <= today if over else found >= today:
            return found
    raise ValueError


def day_of_month(day: int, clock: Clock, *, over: bool = False, weekday: int | None = None) -> date:
    """The next 13th from today on, or the last one where it is over; of those that are that weekday, if one is named.

    A Friday the 13th that is just gone is rather meant than one that is many months away. Raises `ValueError` where
    there is none.
    """
    today = clock.now.date()
    if weekday is not None and not over:
        coming = _nearest(day, clock, weekday, over=False)
        gone = _nearest(day, clock, weekday, over=True) if (coming - today).days > DAYS_MEANT else None
        return gone if gone and (today - gone).days <= DAYS_AGO else coming
    return _nearest(day, clock, weekday, over=over)


def _nearest(day: int, clock: Clock, weekday: int | None, *, over: bool) -> date:
    today = clock.now.date()
    months = 12 * today.year + today.month - 1
    for step in range(MONTHS_AHEAD if weekday is None else MONTHS_TO_A_WEEKDAY):
        number = months - step if over else months + step
        try:
            found = date(number // 12, number % 12 + 1, day)
        except ValueError:  # no 31st in this month
            continue
        if (found <= today if over else found >= today) and weekday in (None, found.weekday()):
            return found
    raise ValueError


def weekday_in_month(count: int, weekday: int, months: int) -> date:
    """The first Monday of a month, or its last one (-1); `months` are counted from the year 0.

    Raises `ValueError` where it has not so many.
    """
    year, month = divmod(months, 12)
    if count < 0:
        last = date((months + 1) // 12, (months + 1) % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month + 1, 1)
    return first.replace(day=1 + (weekday - first.weekday()) % 7 + 7 * (count - 1))


def monday(clock: Clock, weeks: int) -> date:
    """The Monday of this week, or of one so many weeks away."""
    today = clock.now.date()
    return today + timedelta(days=7 * weeks - today.weekday())


def weekend(clock: Clock, weeks: int) -> date:
    """Its Saturday; on a Sunday, this weekend is what is left of it."""
    saturday = monday(clock, weeks) + timedelta(days=SATURDAY)
    return clock.now.date() if not weeks and clock.now.weekday() == SUNDAY else saturday


def easter_day(days: int, year: str | None, clock: Clock, *, over: bool = False) -> date:
    """The day so many days after Easter Sunday: without a year the next one, or the last one where it is over."""
    today = clock.now.date()
    if year:
        return easter_sunday(int(year)) + timedelta(days=days)
    found = easter_sunday(today.year) + timedelta(days=days)
    if found > today if over else found < today:
        return easter_sunday(today.year + (-1 if over else 1)) + timedelta(days=days)
    return found


def easter_sunday(year: int) -> date:
    """Easter in the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def working_days(day: date, count: int) -> date:
    """So many days from Monday to Friday on, or back; holidays are not known."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while day.weekday() >= SATURDAY:
            day += step
    return day


def shifted(clock: Clock, count: int, unit: str) -> date | datetime:
    if unit in ("minute", "hour"):
        moved = clock.now + timedelta(minutes=count * (60 if unit == "hour" else 1))
        return moved.replace(tzinfo=None, second=0, microsecond=0)
    today = clock.now.date()
    if unit == WORKING_DAY:
        return working_days(today, count)
    if unit in UNIT_DAYS:
        return today + timedelta(days=count * UNIT_DAYS[unit])
    months = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(today.day, last))


def entity_of(found: Found, text: str) -> Entity:
    value = found.value
    words = text[found.start : found.end]
    if isinstance(value, datetime):
        return Entity("datetime", value.strftime("%Y-%m-%dT%H:%M"), words, found.start, found.end, "moments")
    if isinstance(value, date):
        return Entity("date", value.isoformat(), words, found.start, found.end, "moments")
    return Entity("time", value.strftime("%H:%M"), words, found.start, found.end, "moments")


BETWEEN = re.compile(r"[ ,]{0,3}(?:(?:at|by|from|around|about|on|in the|um|à|a las|alle|às)[ ]{1,2})?", re.IGNORECASE)


def joined(found: list[Found], text: str) -> list[Found]:
    """A date and a time side by side are one moment."""
    together: list[Found] = []
    for row in found:
        if together and not (row.alone or together[-1].alone) and BETWEEN.fullmatch(text, together[-1].end, row.start):
            both = _both(together[-1], row)
            if both is not None:
                together[-1] = Found(together[-1].start, row.end, both, zone=together[-1].zone or row.zone)
                continue
        together.append(row)
    return together


def _both(first: Found, second: Found) -> datetime | None:
    """The moment that a day and a time make; the part of the day that goes with the day says which half the hour is."""
    if isinstance(first.value, time):
        first, second = second, first
    day, moment = first.value, second.value
    if isinstance(day, datetime) or not isinstance(day, date) or not isinstance(moment, time):
        return None
    moment = in_part(moment, first.part) if second.bare else moment
    late = first.part == "night" and moment.hour < FIRST_OF_EVENING  # midnight tonight is tomorrow by the calendar
    return datetime.combine(day + timedelta(days=late), moment)
