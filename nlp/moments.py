"""Moments: dates and times in an English text, relative ones against the turn's clock."""

import re
from datetime import date, datetime, time, timedelta

from models.utterance import Entity
from nlp import english_clock, english_days, english_hours, english_months
from nlp.clock import NOON, Clock, Found, entity_of, in_part, in_year, joined, local_time, shifted
from nlp.day_distances import at_distance
from nlp.day_ranges import in_order
from nlp.english_calendar import (
    AT,
    AT_PART,
    DAYS,
    MONTHS,
    NAMED_DAY,
    NO_NOUN,
    PART,
    SHORT_DAYS,
    WEEKDAY,
    Rule,
    behind,
    day_number,
    in_half,
    pattern,
)
from nlp.numbers import FIGURE
from nlp.ordinals import ONES as ORDINALS
from nlp.past_days import is_over
from nlp.zones import in_own_zone, with_zones

ORDINAL_TENS = {"twenty": 20, "thirty": 30}

_month = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS) + "|sept)"
_ordinal = rf"(?:{'|'.join(ORDINAL_TENS)})[ -](?:{'|'.join(word for word, value in ORDINALS.items() if value < 10)})"
_ordinal += "|" + "|".join(word for word, value in ORDINALS.items() if value <= 30)
_day = rf"(?P<day>\d{{1,2}}|{_ordinal})(?:st|nd|rd|th)?"
_year = r"(?P<year>\d{4})"
_short_year = (
    r"(?:,?[ ](?P<short_year>['’]\d\d|0\d|2[5-9]|[3-9]\d)(?=[ ]*(?:$|[.,;!?)\n](?!\d)|(?:and|is|was|to|until|name)\b)))"
)
"""A year of two figures: where it can be no hour of the day, or has its apostrophe, and counts nothing."""

_short = "|".join(SHORT_DAYS)
_ranged = (
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?=[ ]?(?:-|–|to|and|or|until|till|through|thru)[ ]?(?:the[ ])?"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?:[ ]of)?[ -]{_month}(?!\w)(?:,?[ ]{_year})?)"
)


def find_moments(text: str, *, now: int, timezone: str = "UTC", day_first: bool = True) -> list[Entity]:
    """Dates (`2026-03-04`), times (`17:30`) and both together (`2026-03-04T17:30`), in the customer's zone.

    A bare weekday is the next one that comes; a day and month without a year is the next one too.
    `now` is milliseconds since 1970.
    """
    rules = rules_for(text)
    if not rules:
        return []
    clock = Clock(local_time(now, timezone), day_first)
    found: list[Found] = []
    taken = bytearray(len(text))
    for expression, read in rules:
        for match in expression.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            try:
                value = read(match, clock)
            except (ValueError, OverflowError, LookupError):  # the 31st of February; the year 99999; yeſterday
                continue
            if value is not None:
                taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
                found.append(_found(match, value))
                found += _day_behind(match, value, taken)
                if not isinstance(value, time):
                    found += _hour_behind(text, match.end(), clock, taken)
    found = joined(in_order(with_zones(found, text), text), text)
    return [entity_of(at_distance(in_own_zone(row, clock), text), text) for row in found]


def rules_for(text: str) -> list[Rule]:
    """The rules that can find something in a text, in the order in which they are tried.

    A later rule never takes characters that an earlier one has.
    """
    month = english_months.HINT.search(text) is not None
    rules: list[Rule] = [*english_months.FIRST_RULES] if month else []
    if HINT.search(text):
        if english_days.HINT.search(text):
            rules += english_days.RULES
        rules += english_clock.RULES if english_clock.HINT.search(text) else ()
        rules += RULES if FIGURE.search(text) else RULES_OF_WORDS
    elif english_clock.HINT.search(text):
        rules += english_clock.RULES
    if month:
        rules += english_months.RULES
    if rules and english_hours.HINT.search(text):
        rules += english_hours.RULES
    return rules


def _day_behind(match: re.Match[str], value: date | time | datetime, taken: bytearray) -> list[Found]:
    """The 7th of "December 5-7": in the month of the day before it."""
    named, text = match.groupdict(), match.string
    if not (named.get("month") and named.get("day")) or match.start("day") < match.start("month") or named.get("year"):
        return []
    more = DAY_BEHIND.match(text, match.end())
    if more is None or not isinstance(value, date) or int(more["day"]) <= value.day:
        return []
    try:
        last = value.replace(day=int(more["day"]))
    except ValueError:  # February 27-30
        return []
    start = more.start("day")
    taken[start : more.end()] = b"\x01" * (more.end() - start)
    return [Found(start, more.end(), last)]


def _hour_behind(text: str, end: int, clock: Clock, taken: bytearray) -> list[Found]:
    """The hour that follows a day: tomorrow 10.30, tonight around 9."""
    match = english_clock.HOUR_BEHIND_A_DAY.match(text, end)
    if match is None or any(taken[match.start("hour") : match.end()]):
        return []
    try:
        moment = english_clock.hour_behind(match)
    except LookupError:  # ſix
        return []
    start = match.start("hour")
    taken[start : match.end()] = b"\x01" * (match.end() - start)
    return [Found(start, match.end(), moment, "", 1 <= moment.hour <= NOON)]


def _found(match: re.Match[str], value: date | time | datetime) -> Found:
    named = match.groupdict()
    words = match.group().lower()
    part = (named.get("part_of_day") or ("night" if words in NIGHTS else "")).lower()
    told = bool(named.get("half") or named.get("last_part") or part or words.startswith("0"))
    if isinstance(value, time):
        return Found(match.start(), match.end(), in_part(value, part), "", not told and 1 <= value.hour <= NOON)
    return Found(match.start(), match.end(), value, part)


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
    if not match["year"] and (_is_rating(match, first, second) or _is_fraction(match, first, second)):
        raise ValueError
    return in_year(match["year"], month, day, clock, over=is_over(match.string, match.start()))


OUT_OF = frozenset({5, 10})
ON_A_DAY = re.compile(r"\b(?:on|by|for|from|until|till|since|before|after|to|dated?|due|the)[ ]{1,2}\Z", re.IGNORECASE)
WHOLE, MOST_PARTS = re.compile(r"(?<![\w.,/:-])\d{1,4}[ ]\Z"), 8
EXPIRES = re.compile(
    r"\b(?:exp(?:iry|ires?|iration)?(?: date)?|valid|thru|flat|apt|apartment|unit|room|suite)[ :.]{0,3}\Z",
    re.IGNORECASE,
)


def _is_rating(match: re.Match[str], first: int, second: int) -> bool:
    """Whether two figures are no day: 9/10 and 5/5 are ratings, 09/27 behind "exp" is a month, and
    2/1 behind "flat" a door."""
    before = match.string[max(0, match.start() - 20) : match.start()]
    return EXPIRES.search(before) is not None or (
        second in OUT_OF and first <= second and ON_A_DAY.search(before) is None
    )


def _is_fraction(match: re.Match[str], first: int, second: int) -> bool:
    """Whether two figures are the part of a number behind its whole: 2 1/2."""
    return (
        first < second <= MOST_PARTS
        and WHOLE.search(match.string, max(0, match.start() - 6), match.start()) is not None
    )


def _named_month(match: re.Match[str], clock: Clock) -> date | None:
    name = match["month"].lower()[:3]
    month = [full[:3] for full in MONTHS].index(name) + 1
    if not match["day"].isdigit() and not _is_called_so(match):
        return None
    weekday = DAYS.index(match["weekday"].lower()) if match["weekday"] else None
    over = is_over(match.string, match.start())
    named = match.groupdict()
    year = match["year"] or (named.get("short_year") or named.get("dashed") or "")[-2:]
    return in_year(year, month, _day_of_month(match["day"]), clock, over=over, weekday=weekday)


def _first_of_range(match: re.Match[str], clock: Clock) -> date:
    """The 10th of "10 to 14 December"."""
    month = [full[:3] for full in MONTHS].index(match["month"].lower()[:3]) + 1
    return in_year(match["year"], month, int(match["day"]), clock, over=is_over(match.string, match.start()))


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


DAY_BEHIND = re.compile(
    r"(?:[ ]?[-–][ ]?|[ ](?:to|till?|until|and|or|through|thru)[ ](?:the[ ])?)(?P<day>\d{1,2})"
    rf"(?:(?:st|nd|rd|th)(?![\w-])|(?![\w:/%-]|[.,]\d|[ ]?[ap]\.?m){NO_NOUN})", re.IGNORECASE,
)  # fmt: skip
"""The other end of days that follow their month."""

RELATIVE = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1,
    "day after tomorrow": 2, "day before yesterday": -2, "this": 0, "last": -1,
}  # fmt: skip


SLANG = {
    "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow", "2moro": "tomorrow", "2morrow": "tomorrow",
    "tomoz": "tomorrow", "tomorow": "tomorrow", "tommorow": "tomorrow", "tommorrow": "tomorrow", "tonite": "tonight",
    "2nite": "tonight",
}  # fmt: skip
"""As it is written in a hurry."""

NIGHTS = frozenset({"tonight", "tonite", "2nite"})


def _relative_day(match: re.Match[str], clock: Clock) -> date:
    words = " ".join(match["day"].lower().split()).removeprefix("the ")
    return clock.now.date() + timedelta(days=RELATIVE[SLANG.get(words, words)])


def _weekday_value(match: re.Match[str], clock: Clock) -> date:
    today = clock.now.date()
    which = (match["which"] or "").lower()
    ahead = (day_number(match["weekday"]) - today.weekday()) % 7
    if which == "last":
        return today - timedelta(days=(7 - ahead) or 7)
    if which == "next" and ahead < 7 - today.weekday():  # it is the one in the week that comes
        return today + timedelta(days=ahead + 7)
    if ahead and which in ("", "on") and is_over(match.string, match.start()):
        return today + timedelta(days=ahead - 7)
    return today + timedelta(days=ahead)


def _next_unit(match: re.Match[str], clock: Clock) -> date | datetime:
    return shifted(clock, 1 if match["which"].lower() == "next" else -1, match["unit"].lower())


def _clock_time(match: re.Match[str], clock: Clock) -> time:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        hour = in_half(hour, match["half"])
    return time(hour, minute)


PRICED = re.compile(
    r"\b(?:pay|paid|paying|costs?|charged?|(?:charged?|costs?|owed?|gave|sent) (?:me|us|you)|spent|spend|send|sent"
    r"|transfer(?:red)?|withdrew|withdraw|debited|deducted|refund(?:ed)?|owed?|of)[ ]\Z",
    re.IGNORECASE,
)


def _time_before_day(match: re.Match[str], clock: Clock) -> time | None:
    """9.30 tomorrow, but not the money of: I paid 9.30 yesterday."""
    return None if PRICED.search(match.string, max(0, match.start() - 24), match.start()) else _clock_time(match, clock)


def _named_time(match: re.Match[str], clock: Clock) -> time:
    return time(0 if "midnight" in match.group().lower() else 12)


HINT = re.compile(
    r"\d|day|night|morrow|morning|noon|evening|week|month|year|min(?:ute)?s?\b|hrs?\b|hour|mas\b|hallow|thanksg|first|second|"
    r"\btues|\bweds|\bthur|after next|\btm(?:r|rw|w)\b|tom+or|tomoz|tonite|easter|good fri|"
    r"(?:next|last|this|on) (?:mon|wed|fri|s|t)|"
    r"third|fourth|fifth|sixth|eventh|eighth|ninth|tenth|elfth|teenth|tieth", re.IGNORECASE,
)  # fmt: skip
"""Every moment has one of these in it, but for hours in words."""

RULES: tuple[Rule, ...] = (
    (pattern(r"(?<!\w-)(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d\d)(?P=mark)(?P<day>\d\d)(?!-\w)"
             r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::\d\d)?Z?)?"), _iso),
    (pattern(r"(?P<first>\d{1,2})(?P<mark>[/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"), _slashes),
    (pattern(r"(?<!\w-)(?P<first>\d{1,2})-(?P<second>\d{1,2})-(?P<year>\d{4})(?!-\w)"), _slashes),
    (pattern(r"(?!24/7\b|(?:1/[234]|[23]/[345])[ ](?:of|an?|cups?|kilos?|kgs?|lit(?:re|er)s?|pounds?|hours?|inch(?:es)?"
             r"|feet|foot|ft|miles?|oz|tsp|tbsp|price)\b)"
           r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>)"), _slashes),
    (pattern(_ranged), _first_of_range),
    (pattern(rf"(?:{WEEKDAY},?[ ])?(?:the[ ])?{_day}(?:[ ]of)?[ -]{_month}\.?"
             rf"(?:,?[ -]{_year}|{_short_year}|(?<=\d-\w{{3}})-(?P<dashed>\d\d)(?![\w-]))?"), _named_month),
    (pattern(rf"(?:{WEEKDAY},?[ ])?{_month}\.?[ ](?:the[ ])?{_day}(?![:\d]|[.,]\d|[ ]?%)(?:,?[ ]{_year})?"),
     _named_month),
    (pattern(rf"(?P<day>(?:the[ ])?day[ ]{{1,2}}(?:after[ ]{{1,2}}tomorrow|before[ ]{{1,2}}yesterday)){PART}"),
     _relative_day),
    (pattern(rf"(?P<day>today|tonight|tomorrow|yesterday|{'|'.join(SLANG)}){PART}"), _relative_day),
    (pattern(r"(?:(?P<day>this)[ ]{1,2}(?P<part_of_day>morning|afternoon|evening))"), _relative_day),
    (pattern(r"(?:(?P<day>last)[ ]{1,2}(?P<part_of_day>night))"), _relative_day),
    (pattern(rf"(?:(?P<which>next|last|this|on)[ ]{{1,2}})?{WEEKDAY}{PART}"), _weekday_value),
    (pattern(rf"(?P<which>next|last|this|on)[ ](?P<weekday>{_short})\b\.?{PART}"), _weekday_value),
    (pattern(rf"(?P<which>)(?P<weekday>tues|weds|thurs?){PART}"), _weekday_value),
    (pattern(rf"(?P<which>)(?<![-–])(?P<weekday>{_short})\b\.?"
             r"(?=,?[ ](?:at[ ])?\d{1,2}(?:[:.]\d\d|[ ]?[ap]m)(?!\d))"), _weekday_value),
    (pattern(rf"(?P<which>)(?:(?<=\d[ap]m )|(?<=\d:\d\d ))(?P<weekday>{_short})\b\.?{NO_NOUN}"), _weekday_value),
    (pattern(r"(?P<which>next|last)[ ]{1,2}(?P<unit>week|month|year)"), _next_unit),
    (pattern("(?:12(?:[:.]00)?|twelve)[ ](?:noon|midday|midnight)"), _named_time),
    (pattern(rf"(?P<hour>\d{{1,2}})(?:[:.](?P<minute>[0-5]\d))?(?P<half>)(?:[ ]o['’]?clock)?{AT_PART}"), _clock_time),
    (pattern(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?[ ]?(?P<half>[ap]\.?m)\.?"), _clock_time),
    (pattern(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?P<half>)(?!:\d)(?:[ ]?(?:hrs?|hours)(?!\w))?"),
     _clock_time),
    (pattern(rf"(?<!\w\.)(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?P<half>)(?=[ ]{NAMED_DAY})"),
     _time_before_day),
    (pattern(r"(?P<hour>1[0-2]|[1-9])[ ](?P<minute>[0-5]\d)[ ]?(?P<half>[ap]\.?m)\.?"), _clock_time),
    (pattern(r"(?P<hour>\d{1,2})(?P<minute>)(?P<half>)[ ]o['’ ]{0,2}clock"), _clock_time),
    (pattern(rf"{AT}(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?P<half>)(?!\.\d){NO_NOUN}"), _clock_time),
    (pattern(rf"(?<=\bat )(?P<hour>\d{{1,2}})(?P<minute>)(?P<half>){NO_NOUN}"), _clock_time),
    (pattern(r"(?P<hour>1[0-2]|\d)(?P<minute>[0-5]\d)[ ]?(?P<half>[ap]\.?m)\.?"), _clock_time),
    (pattern(r"(?P<hour>0\d)(?P<minute>[0-5]\d)(?P<half>)[ ]?(?:hrs?|hours)"), _clock_time),
    (pattern(rf"{behind('at by from until till since before')}(?P<hour>[12]\d)(?P<minute>[0-5]\d)(?P<half>)[ ]?"
             r"(?:hrs?|hours)(?![ ]of\b)"), _clock_time),
    (pattern(rf"{AT}(?P<hour>[01]?\d|2[0-3])(?P<minute>)(?P<half>)(?=[ ]{NAMED_DAY})"), _clock_time),
    (pattern(rf"{AT}(?P<hour>1[0-2]|[1-9])(?:[:.](?P<minute>[0-5]\d))?(?P<half>)[ ]?-?ish{NO_NOUN}"), _clock_time),
    (pattern(rf"(?P<hour>1[0-2]|[1-9])(?:[:.](?P<minute>[0-5]\d))?(?P<half>)[ ]?-?ish(?=[ ]{NAMED_DAY})"), _clock_time),
    (pattern("(?:noon|midday|midnight)(?:-?ish)?"), _named_time),
)  # fmt: skip

RULES_OF_WORDS = tuple(row for row in RULES if row[1] not in (_iso, _slashes, _clock_time))
"""Those by which a text without a figure can be a moment."""
