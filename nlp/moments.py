"""Moments: dates and times in an English text, relative ones against the turn's clock."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.utterance import Entity
from nlp.numbers import FIGURE, ONES, TENS
from nlp.ordinals import ONES as ORDINALS

MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
ORDINAL_TENS = {"twenty": 20, "thirty": 30}
NOON, FIRST_OF_EVENING = 12, 5
SMALL = {"a": 1, "an": 1} | ONES | TENS
UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}

_month = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS) + "|sept)"
_ordinal = rf"(?:{'|'.join(ORDINAL_TENS)})[ -](?:{'|'.join(word for word, value in ORDINALS.items() if value < 10)})"
_ordinal += "|" + "|".join(word for word, value in ORDINALS.items() if value <= 30)
_day = rf"(?P<day>\d{{1,2}}|{_ordinal})(?:st|nd|rd|th)?"
_year = r"(?P<year>\d{4})"
_weekday = "(?P<weekday>" + "|".join(DAYS) + ")"
_part = r"(?:[ ]{1,2}(?P<part_of_day>morning|afternoon|evening|night))?"
_at_part = r"(?:[ ]{1,2}(?:in[ ]the[ ]|at[ ])(?P<part_of_day>morning|afternoon|evening|night))"
_ones = "|".join(word for word, value in ONES.items() if 1 <= value <= 9)
_count = rf"(?P<count>\d{{1,3}}|(?:{'|'.join(TENS)})[ -](?:{_ones})|{'|'.join(SMALL)})"
_unit = r"(?P<unit>minute|hour|day|week|fortnight|month|year)s?"


class Clock(NamedTuple):
    """Now, where the customer is, and how she writes 3/4."""

    now: datetime
    day_first: bool


class Found(NamedTuple):
    """A moment in the text; `part` is the part of the day that it names, `bare` an hour that can be of either half."""

    start: int
    end: int
    value: date | time | datetime
    part: str = ""
    bare: bool = False


def find_moments(text: str, *, now: int, timezone: str = "UTC", day_first: bool = True) -> list[Entity]:
    """Dates (`2026-03-04`), times (`17:30`) and both together (`2026-03-04T17:30`), in the customer's zone.

    A bare weekday is the next one that comes; a day and month without a year is the next one too.
    `now` is milliseconds since 1970.
    """
    if not HINT.search(text):
        return []
    clock = Clock(local_time(now, timezone), day_first)
    found: list[Found] = []
    taken = bytearray(len(text))
    for pattern, read in RULES if FIGURE.search(text) else RULES_OF_WORDS:
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            try:
                value = read(match, clock)
            except (
                ValueError,
                OverflowError,
                LookupError,
            ):  # the 31st of February; the year 99999; yeſterday
                continue
            if value is not None:
                taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
                found.append(_found(match, value))
    return [entity_of(row, text) for row in joined(sorted(found), text)]


def _found(match: re.Match[str], value: date | time | datetime) -> Found:
    named = match.groupdict()
    words = match.group().lower()
    part = (named.get("part_of_day") or ("night" if words == "tonight" else "")).lower()
    told = bool(named.get("half") or part or words.startswith("0"))
    if isinstance(value, time):
        return Found(match.start(), match.end(), in_part(value, part), "", not told and 1 <= value.hour < NOON)
    return Found(match.start(), match.end(), value, part)


def in_part(moment: time, part: str) -> time:
    """An hour of the twelve as one of the twenty-four: 8 in the evening is 20:00, 2 at night is 02:00."""
    if part == "night" and moment.hour == NOON:
        return moment.replace(hour=0)
    later = part in ("afternoon", "evening") or (part == "night" and moment.hour >= FIRST_OF_EVENING)
    return moment.replace(hour=moment.hour + NOON) if later and 1 <= moment.hour < NOON else moment


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
        if together and BETWEEN.fullmatch(text, together[-1].end, row.start):
            both = _both(together[-1], row)
            if both is not None:
                together[-1] = Found(together[-1].start, row.end, both)
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
    return datetime.combine(day, in_part(moment, first.part) if second.bare else moment)


def _iso(match: re.Match[str], clock: Clock) -> date | datetime:
    day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    if match["hour"] is None:
        return day
    return datetime.combine(day, time(int(match["hour"]), int(match["minute"])))


def _slashes(match: re.Match[str], clock: Clock) -> date:
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if clock.day_first else (second, first)
    if month > 12 >= day:
        day, month = month, day
    return in_year(match["year"], month, day, clock)


def _named_month(match: re.Match[str], clock: Clock) -> date | None:
    name = match["month"].lower()[:3]
    month = [full[:3] for full in MONTHS].index(name) + 1
    if not match["day"].isdigit() and not _is_called_so(match):
        return None
    return in_year(match["year"], month, _day_of_month(match["day"]), clock)


def _is_called_so(match: re.Match[str]) -> bool:
    """Whether a day in words is one: "the first of May" and "May the first", not "the first may be lost"."""
    words = match.group().lower()
    if match.start("day") < match.start("month"):
        return " of " in words
    return match["month"].lower() != "may" or " the " in words or match["day"].lower() not in ("first", "second")


def _day_of_month(day: str) -> int:
    """The 3rd, the third and the twenty-third."""
    if day.isdigit():
        return int(day)
    *tens, ones = re.split("[ -]", day.lower())
    return sum(ORDINAL_TENS[word] for word in tens) + ORDINALS[ones]


def in_year(year: str | None, month: int, day: int, clock: Clock) -> date:
    """Without a year it is the next such day from today on."""
    today = clock.now.date()
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    for later in range(9):  # a 29th of February may be eight years away
        try:
            found = date(today.year + later, month, day)
        except ValueError:
            if (month, day) != (2, 29):
                raise
            continue
        if found >= today:
            return found
    raise ValueError


RELATIVE = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1,
    "day after tomorrow": 2, "day before yesterday": -2, "this": 0, "last": -1,
}  # fmt: skip


def _relative_day(match: re.Match[str], clock: Clock) -> date:
    words = " ".join(match["day"].lower().split()).removeprefix("the ")
    return clock.now.date() + timedelta(days=RELATIVE[words])


def _weekday_value(match: re.Match[str], clock: Clock) -> date:
    today = clock.now.date()
    which = (match["which"] or "").lower()
    ahead = (DAYS.index(match["weekday"].lower()) - today.weekday()) % 7
    if which == "last":
        return today - timedelta(days=(7 - ahead) or 7)
    if which == "next" and ahead < 7 - today.weekday():  # it is the one in the week that comes
        return today + timedelta(days=ahead + 7)
    return today + timedelta(days=ahead)


def _counted(count: str) -> int:
    """What a count is in figures, or in words such as twenty-five."""
    return int(count) if count.isdigit() else sum(SMALL[word] for word in count.lower().replace("-", " ").split())


def _step(match: re.Match[str], clock: Clock) -> date | datetime:
    count = _counted(match["count"])
    return shifted(clock, count if match["ahead"] else -count, match["unit"].lower())


def _next_unit(match: re.Match[str], clock: Clock) -> date | datetime:
    return shifted(clock, 1 if match["which"].lower() == "next" else -1, match["unit"].lower())


def shifted(clock: Clock, count: int, unit: str) -> date | datetime:
    if unit in ("minute", "hour"):
        moved = clock.now + timedelta(minutes=count * (60 if unit == "hour" else 1))
        return moved.replace(tzinfo=None, second=0, microsecond=0)
    today = clock.now.date()
    if unit in UNIT_DAYS:
        return today + timedelta(days=count * UNIT_DAYS[unit])
    months = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(today.day, last))


def _clock_time(match: re.Match[str], clock: Clock) -> time:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute)


def _spoken_time(match: re.Match[str], clock: Clock) -> time:
    hour = _counted(match["count"])
    half = (match["half"] or "").lower().replace(".", "")
    minutes = {"half past": 30, "quarter past": 15, "quarter to": -15}[" ".join(match["part"].lower().split())]
    if not 1 <= hour <= 12:
        raise ValueError
    if half:  # "quarter to 12 am" is before midnight: the half is that of the hour named
        hour = hour % 12 + (12 if half == "pm" else 0)
    moment = datetime(2000, 1, 2, hour) + timedelta(minutes=minutes)  # noqa: DTZ001
    return moment.time()


def _named_time(match: re.Match[str], clock: Clock) -> time:
    return time(12 if match.group().lower() in ("noon", "midday") else 0)


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/]){pattern}(?![\w/])", re.IGNORECASE)


HINT = re.compile(
    r"\d|day|night|morrow|morning|noon|evening|week|month|year|minute|hour|past|quarter|first|second|third|"
    r"fourth|fifth|sixth|eventh|eighth|ninth|tenth|elfth|teenth|tieth", re.IGNORECASE,
)  # fmt: skip
"""Every moment has one of these in it."""

Reader = Callable[[re.Match[str], Clock], date | time | datetime | None]
RULES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (_rule(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::\d\d)?Z?)?"), _iso),
    (_rule(r"(?P<first>\d{1,2})(?P<mark>[/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"), _slashes),
    (_rule(r"(?!24/7\b|(?:1/[234]|[23]/[345])[ ](?:of|an?|cups?|kilos?|kgs?|lit(?:re|er)s?|pounds?|hours?)\b)"
           r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>)"), _slashes),
    (_rule(rf"(?:{_weekday},?[ ])?(?:the[ ])?{_day}(?:[ ]of)?[ -]{_month}\.?(?:,?[ -]{_year})?"), _named_month),
    (_rule(rf"(?:{_weekday},?[ ])?{_month}\.?[ ](?:the[ ])?{_day}(?![:\d])(?:,?[ ]{_year})?"), _named_month),
    (_rule(rf"(?P<day>(?:the[ ])?day[ ]{{1,2}}(?:after[ ]{{1,2}}tomorrow|before[ ]{{1,2}}yesterday)){_part}"),
     _relative_day),
    (_rule(rf"(?P<day>today|tonight|tomorrow|yesterday){_part}"), _relative_day),
    (_rule(r"(?:(?P<day>this)[ ]{1,2}(?P<part_of_day>morning|afternoon|evening))"), _relative_day),
    (_rule(r"(?:(?P<day>last)[ ]{1,2}(?P<part_of_day>night))"), _relative_day),
    (_rule(rf"(?:(?P<which>next|last|this|on)[ ]{{1,2}})?{_weekday}{_part}"), _weekday_value),
    (_rule(rf"(?P<ahead>in)[ ]{{1,2}}{_count}[ ]{{1,2}}{_unit}"), _step),
    (_rule(rf"{_count}[ ]{{1,2}}{_unit}[ ]{{1,2}}(?:ago|(?P<ahead>from now))"), _step),
    (_rule(r"(?P<which>next|last)[ ]{1,2}(?P<unit>week|month|year)"), _next_unit),
    (_rule(rf"(?:a[ ])?(?P<part>half[ ]past|quarter[ ]past|quarter[ ]to)[ ]{_count}"
           rf"(?:[ ]?(?P<half>[ap]\.?m)\.?|{_at_part})?"), _spoken_time),
    (_rule(rf"(?P<hour>\d{{1,2}})(?:[:.](?P<minute>[0-5]\d))?(?P<half>)(?:[ ]o['’]?clock)?{_at_part}"), _clock_time),
    (_rule(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?[ ]?(?P<half>[ap]\.?m)\.?"), _clock_time),
    (_rule(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?P<half>)(?!:\d)"), _clock_time),
    (_rule(r"(?:(?<=at )(?P<hour>\d{1,2})(?P<minute>)(?P<half>)(?:[ ]o'?clock)?|(?P<x>noon|midday|midnight))"),
     lambda match, clock: _named_time(match, clock) if match["x"] else _clock_time(match, clock)),
    (_rule(r"(?P<hour>\d{1,2})(?P<minute>)(?P<half>)[ ]o['’]?clock"), _clock_time),
)  # fmt: skip
"""Tried in this order; a later rule never takes characters that an earlier one has."""

RULES_OF_WORDS = tuple(row for row in RULES if row[1] not in (_iso, _slashes, _clock_time))
"""Those by which a text without a figure can be a moment."""
