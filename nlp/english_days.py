"""EnglishDays: days as people say them: Tuesday next week, a week on Friday, the 5th, the end of the month."""

import re
from datetime import date, datetime, timedelta

from nlp.clock import (
    SUNDAY,
    WORKING_DAY,
    Clock,
    day_of_month,
    easter_day,
    in_year,
    monday,
    shifted,
    weekday_in_month,
    weekend,
)
from nlp.english_calendar import (
    COUNT,
    MONTHS,
    NO_NOUN,
    PART,
    SHORT_DAYS,
    UNITS,
    WEEKDAY,
    Rule,
    behind,
    counted,
    day_number,
    pattern,
)
from nlp.past_days import is_over

WEEKS = {"this": 0, "the": 0, "coming": 0, "next": 1, "last": -1}
HOLIDAYS = {
    "christmas": (12, 25), "christmas day": (12, 25), "xmas": (12, 25), "xmas day": (12, 25),
    "christmas eve": (12, 24), "xmas eve": (12, 24),
    "boxing day": (12, 26), "new year's eve": (12, 31), "new years eve": (12, 31), "new year's day": (1, 1),
    "new years day": (1, 1), "new year’s eve": (12, 31), "new year’s day": (1, 1), "valentine's day": (2, 14),
    "valentines day": (2, 14), "valentine’s day": (2, 14), "halloween": (10, 31),
}  # fmt: skip
"""Those that have the same date every year: month and day."""

THANKSGIVING = {"thanksgiving": 0, "black friday": 1, "cyber monday": 4}
"""Days after the fourth Thursday of November."""

THURSDAY, NOVEMBER = 3, 10
LONGEST_UNIT = len("fortnight")

COUNTED = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
FRACTIONS = {"half an": 30, "a quarter of an": 15}
"""Minutes that these words make of an hour."""


def _coming(weekday: str, clock: Clock) -> date:
    """The next day of that name, today included."""
    today = clock.now.date()
    return today + timedelta(days=(day_number(weekday) - today.weekday()) % 7)


def _in_week(match: re.Match[str], clock: Clock) -> date:
    weeks = 2 if match["after"] else WEEKS[match["which"].lower()]
    return monday(clock, weeks) + timedelta(days=day_number(match["weekday"]))


def _week_after(match: re.Match[str], clock: Clock) -> date:
    """A week on Tuesday, Tuesday week, three weeks from today."""
    named = match.groupdict()
    weeks = counted(named["count"]) if named.get("count") else 2 if named.get("two") else 1
    day = named.get("day")
    if day:
        return clock.now.date() + timedelta(days=7 * weeks + (day.lower() == "tomorrow"))
    which = (named.get("which") or "").lower()
    if which == "last":  # so that it is over: a week last Friday
        today = clock.now.date()
        return today - timedelta(days=((today.weekday() - day_number(match["weekday"])) % 7 or 7) + 7 * weeks)
    coming = _coming(match["weekday"], clock)
    if which == "next" and coming.isocalendar()[:2] == clock.now.isocalendar()[:2]:
        weeks += 1
    return coming + timedelta(days=7 * weeks)


def _after_next(match: re.Match[str], clock: Clock) -> date:
    """A week after the next one: Friday after next is that of the week after next."""
    if match["weekend"]:
        return weekend(clock, 2)
    return monday(clock, 2) + timedelta(days=day_number(match["weekday"] or match["short"]))


def _weekend(match: re.Match[str], clock: Clock) -> date:
    return weekend(clock, WEEKS[(match["which"] or "the").lower()])


def _edge(match: re.Match[str], clock: Clock) -> date:
    """The first or the last day of a week, month or year."""
    steps, unit, at_end = WEEKS[match["which"].lower()], match["unit"].lower(), match["edge"].lower() == "end"
    if unit == "week":
        return monday(clock, steps) + timedelta(days=SUNDAY if at_end else 0)
    months = 12 * (clock.now.year + steps) if unit == "year" else 12 * clock.now.year + clock.now.month - 1 + steps
    if not at_end:
        return date(months // 12, months % 12 + 1, 1)
    months += 12 if unit == "year" else 1
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _day_of_month(match: re.Match[str], clock: Clock) -> date:
    """The 5th: the next one, or the last one where it is over; the one of a month that is named by its distance."""
    day, today = int(match["day"]), clock.now.date()
    if match["which"]:
        months = 12 * today.year + today.month - 1 + WEEKS[match["which"].lower()]
        return date(months // 12, months % 12 + 1, day)
    return day_of_month(day, clock, over=is_over(match.string, match.start()))


NEXT_YEAR = re.compile(r",?[ ](?:of[ ])?next[ ]year\b", re.IGNORECASE)


def _weekday_of_month(match: re.Match[str], clock: Clock) -> date:
    """Friday the 13th: the next one, or the last one where it is over."""
    weekday = day_number(match["weekday"] or match["short"])
    if NEXT_YEAR.match(match.string, match.end()):
        new_year = clock.now.replace(year=clock.now.year + 1, month=1, day=1)
        return day_of_month(int(match["day"]), clock._replace(now=new_year), weekday=weekday)
    return day_of_month(int(match["day"]), clock, over=is_over(match.string, match.start()), weekday=weekday)


def _weekday_in_month(match: re.Match[str], clock: Clock) -> date:
    """The first Monday in December, the last Friday of the month: the next one, or the last one where it is over."""
    count, weekday = COUNTED[match["count"].lower()], day_number(match["weekday"])
    today, over = clock.now.date(), is_over(match.string, match.start())
    months = 12 * today.year + today.month - 1
    if match["month"]:
        months = 12 * int(match["year"] or today.year) + [name[:3] for name in MONTHS].index(match["month"][:3].lower())
        steps = (0,) if match["year"] else (0, -12, -24) if over else (0, 12)
    else:
        months += WEEKS[match["which"].lower()]
        steps = (0, -1 if over else 1) if match["which"].lower() == "the" else (0,)
    near = [weekday_in_month(count, weekday, months + step) for step in steps]
    return next((day for day in near if (day <= today if over else day >= today)), near[0])


def _holiday(match: re.Match[str], clock: Clock) -> date:
    month, day = HOLIDAYS[" ".join(match["holiday"].lower().split())]
    if match["year"]:
        return date(int(match["year"]), month, day)
    if match["which"] and match["which"].lower() == "last":
        this = date(clock.now.year, month, day)
        return this if this < clock.now.date() else date(clock.now.year - 1, month, day)
    return in_year(None, month, day, clock, over=is_over(match.string, match.start()))


def _new_year(match: re.Match[str], clock: Clock) -> date:
    return in_year(None, 1, 1, clock, over=is_over(match.string, match.start()))


def _easter(match: re.Match[str], clock: Clock) -> date:
    """Easter Sunday, with the Friday before and the Monday after it."""
    days = {"good friday": -2, "easter monday": 1}.get(match["easter"].lower(), 0)
    return easter_day(days, None, clock, over=is_over(match.string, match.start()))


def _thanksgiving(match: re.Match[str], clock: Clock) -> date:
    """Thanksgiving in the United States, with the days of sales behind it."""
    today, days = clock.now.date(), timedelta(days=THANKSGIVING[match["feast"].lower()])
    which, year = (match["which"] or "").lower(), match["year"]
    over = which == "last" or is_over(match.string, match.start())
    near = [
        weekday_in_month(4, THURSDAY, 12 * number + NOVEMBER) + days
        for number in ([int(year)] if year else [today.year, today.year + (-1 if over else 1)])
    ]
    return next((day for day in near if (day < today if over else day >= today)), near[0])


def _short_step(match: re.Match[str], clock: Clock) -> date | datetime:
    """In half an hour, 20 mins ago, in a couple of days."""
    named = match.groupdict()
    sign = 1 if named.get("ahead") else -1
    unit = match["unit"].lower()
    unit = WORKING_DAY if len(unit) > LONGEST_UNIT else UNITS.get(unit, unit)
    words = " ".join((named.get("few") or "").lower().split())
    if "couple" in words:
        return shifted(clock, 2 * sign, unit)
    if not (words or match["more"]):
        return shifted(clock, counted(match["count"]) * sign, unit)
    if unit != "hour":
        raise ValueError
    minutes = FRACTIONS[words] if words else 60 * counted(match["count"]) + 30  # an hour and a half
    return shifted(clock, minutes * sign, "minute")


_before = behind("on by from until till since before after for to")
_unit = r"(?P<unit>(?:working|business)[ -]day|min|minute|hr|hour|day|week|wk|fortnight|month|mth|year|yr)s?"
_few = r"(?:(?P<few>half[ ]an|a[ ]quarter[ ]of[ ]an|(?:a[ ])?couple(?:[ ]of)?)[ ]{1,2}|" + COUNT + r"[ ]{0,2})"
_more = r"(?P<more>[ ]and[ ]a[ ]half)?"
_month = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS) + "|sept"
_holidays = "|".join(sorted((re.escape(name) for name in HOLIDAYS if " " in name), key=len, reverse=True))

HINT = re.compile(
    r"w(?:ee)?k|after next|m(?:on)?th|ye?a?r|easter|good friday|thanksg|(?:days?|morrow)\b|\d(?:st|nd|rd|th)\b|"
    r"min(?:ute)?s?\b|hrs?\b|hour|fortnight|xmas|christmas|hallow",
    re.IGNORECASE,
)  # fmt: skip
"""Every day that is said so has one of these in it."""

RULES: tuple[Rule, ...] = (
    (pattern(rf"(?:the[ ])?(?P<count>{'|'.join(COUNTED)})[ ]{WEEKDAY}[ ](?:of|in)[ ](?:(?P<which>the|this|next|last)[ ]"
             rf"month|(?P<month>{_month})(?:,?[ ](?P<year>20\d\d))?)"), _weekday_in_month),
    (pattern(rf"(?:on[ ])?(?P<which>next|last|this)[ ]{{1,2}}week,?[ ]{{1,2}}(?P<after>)(?:on[ ])?{WEEKDAY}{PART}"),
     _in_week),
    (pattern(rf"(?:on[ ])?{WEEKDAY}{PART},?[ ]{{1,2}}(?:of[ ]|in[ ])?(?:the[ ])?"
             r"(?:(?P<after>week[ ]after[ ]next)|(?P<which>next|last|this)[ ]{1,2}week)"), _in_week),
    (pattern(rf"(?:(?:on|next|this|from)[ ])?(?:{WEEKDAY}|(?P<day>today|tomorrow))[ ](?:week|(?P<two>fortnight))"
             rf"(?![ ]by\b){PART}"), _week_after),
    (pattern(r"a[ ]week[ ](?P<day>today|tomorrow)"), _week_after),
    (pattern(r"(?P<easter>good friday|easter(?: sunday| monday)?)(?![ ](?:eggs?|break|holidays?|bunny))"), _easter),
    (pattern(r"(?:(?P<which>last|next|this)[ ])?(?P<feast>thanksgiving|black[ ]friday|cyber[ ]monday)(?:[ ]day)?"
             r"(?:,?[ ](?P<year>20\d\d))?"), _thanksgiving),
    (pattern(rf"(?<!once )(?<!twice )(?<!times )(?<!days )"
             rf"(?:(?P<one>a[ ]week)[ ](?:on[ ]|from[ ]|(?=next|last|this|coming))|{COUNT}[ ]weeks?[ ]from[ ])"
             rf"(?:(?P<day>today|tomorrow)|(?:(?P<which>this|next|last|coming)[ ])?{WEEKDAY}{PART})"), _week_after),
    (pattern(rf"(?:the[ ])?(?:{WEEKDAY}|(?P<short>{'|'.join(SHORT_DAYS)})|(?P<weekend>week[ -]?end))[ ]after[ ]next"
             rf"{PART}"), _after_next),
    (pattern(r"(?:the[ ])?month[ ]after[ ]next"), lambda match, clock: shifted(clock, 2, "month")),
    (pattern(r"(?:the[ ])?week[ ]before[ ]last"), lambda match, clock: clock.now.date() - timedelta(days=14)),
    (pattern(r"(?:the[ ])?week[ ]after[ ]next"), lambda match, clock: clock.now.date() + timedelta(days=14)),
    (pattern(rf"(?:(?P<which>this|next|last|coming)|{behind('at on over for by until')}"
             r"the)[ ]{1,2}week[ -]?end"), _weekend),
    (pattern(r"(?:the[ ])?(?P<edge>end|beginning|start)[ ]of[ ](?P<which>the|this|next|last)[ ]"
             r"(?P<unit>week|month|year)"), _edge),
    (pattern(r"(?:the[ ])?(?P<day>\d{1,2})(?:st|nd|rd|th)[ ]of[ ](?P<which>this|next|last)[ ]month"), _day_of_month),
    (pattern(rf"(?:{WEEKDAY}|(?P<short>{'|'.join(SHORT_DAYS)})\b\.?),?[ ](?:the[ ])?(?P<day>\d{{1,2}})(?:st|nd|rd|th)"
             rf"(?:{NO_NOUN}|(?=[ ]\d{{1,2}}(?:[:.]\d\d|[ ]?[ap]m)(?!\w)))"), _weekday_of_month),
    (pattern(rf"{_before}the[ ](?P<day>\d{{1,2}})(?:st|nd|rd|th)(?P<which>){NO_NOUN}"
             rf"(?![ ](?:or|and|to)[ ](?:the[ ])?\d{{1,2}}(?:st|nd|rd|th)?(?:[ ]of)?[ -](?:{_month})\b)"),
     _day_of_month),
    (pattern(rf"(?:(?P<which>last|next|this)[ ])?(?P<holiday>{_holidays})(?:,?[ ](?P<year>\d{{4}}))?"), _holiday),
    (pattern(rf"(?:(?P<which>last|next|this)[ ]|{_before}|{behind('at between over around')})"
             r"(?P<holiday>christmas|xmas|halloween)"
             r"(?:[ ](?P<year>\d{4}))?(?![ ](?:card|cards|eve|day|gifts?|presents?|trees?)\b)"), _holiday),
    (pattern(rf"(?:{_before}|{behind('at over')}|(?<=christmas and )|(?<=xmas and ))new[ ]year"
             r"(?!['’]?s\b|[ ](?:sale|card|party|offer|resolution)s?\b)"), _new_year),
    (pattern(rf"(?P<ahead>in)[ ]{{1,2}}{_few}{_unit}{_more}(?:['’]?s?['’]?[ ]time)?"), _short_step),
    (pattern(rf"{_few}{_unit}{_more}[ ]{{1,2}}(?:ago|(?P<ahead>from now))"), _short_step),
)  # fmt: skip
"""Tried in this order, and before those for plain days."""
