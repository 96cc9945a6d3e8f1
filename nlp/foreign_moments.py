"""ForeignMoments: dates and times in six languages beside English, as those languages write them."""

import contextlib
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from models.utterance import Entity
from nlp.clock import Clock, Found, day_of_month, entity_of, in_year, joined, local_time, shifted, working_days
from nlp.day_ranges import in_order
from nlp.foreign_calendars import AGO, AND_A_HALF, CALENDARS, DAYS_OF_MONTH, QUARTER, QUARTERS, UNITS
from nlp.foreign_clock import SPEECHES, find_times, part_after, parts_of_today
from nlp.foreign_days import find_weekends_and_holidays
from nlp.foreign_edges import find_edges
from nlp.foreign_months import find_months
from nlp.foreign_numbers import WORDS, fold, loose, small_numbers
from nlp.foreign_quantities import WORKING
from nlp.foreign_spans import HINTS, is_beside, spans_of
from nlp.numbers import FIGURE
from nlp.past_days import is_over

LED = re.compile(
    r"\b(?:am|zum|vom|bis|ab|seit|den|dem|der|le|du|au|el|del|al|día|il|dal|dall|entro|no|do|ao|dia|em|até|desde|hasta"
    r"|depuis|avant|après)[ ]\Z",
    re.IGNORECASE,
)
FRACTION_OR_ALWAYS = frozenset({(1, 2), (1, 3), (1, 4), (2, 3), (3, 4), (24, 7), (7, 7)})
OUT_OF = frozenset({5, 10})
LANGUAGES = tuple(sorted(CALENDARS))


class _Rules:
    """A calendar's patterns, compiled once."""

    def __init__(self, language: str) -> None:
        calendar = CALENDARS[language]
        months, weekdays, units = (
            [loose(name, language) for name in names.split()]
            for names in (calendar.months, calendar.weekdays, calendar.units)
        )
        self.months, self.weekdays, self.units = (
            [re.compile(name, re.IGNORECASE) for name in names] for names in (months, weekdays, units)
        )
        self.days = {fold(name, language): days for name, days in calendar.days.items()}
        self.counts = small_numbers(language) | dict.fromkeys(WORDS[language].articles.split(), 1)
        self._make_dates(language, "|".join(months), "|".join(weekdays))
        self._make_weekdays(language, "|".join(weekdays))
        self._make_steps(language, "|".join(units))
        days = sorted(map(re.escape, calendar.days), key=len, reverse=True)
        glued = _glued(language) if language == "nl" else ""  # morgenavond; in German these are two words
        self.day = _pattern(f"(?P<day>{'|'.join(loose(day, language) for day in days)})(?P<part>{glued})")
        self.hours = _pattern(r"([01]?\d|2[0-3]):([0-5]\d)(?:[ ]?hr?s?)?")
        self.no_day = frozenset(fold(word, language) for word in calendar.no_day.split())
        self.doubtful = frozenset(calendar.doubtful.split())
        self.goes_on = frozenset(fold(word, language) for word in calendar.goes_on.split())

    def _make_dates(self, language: str, months: str, weekdays: str) -> None:
        """Days with their month, in words or figures, and days of the month alone."""
        calendar, beside = CALENDARS[language], DAYS_OF_MONTH[language]
        of = f"(?:{calendar.of}[ ])?" if calendar.of else ""
        article = loose(beside.article, language)
        weekday = rf"(?P<weekday>{weekdays}),?[ ](?:{article})?"
        mark = r"(?:[.º°]|er|e|ste)?"
        self.named = _pattern(
            rf"(?:{weekday})?(?P<day>\d{{1,2}}|{calendar.first}){mark}[ ]{of}(?P<month>{months})"
            rf"(?:[ ]{of}(?P<year>\d{{4}}))?"
        )
        self.ranged = _pattern(
            rf"(?P<day>\d{{1,2}})[.º°]?(?=[ ]?(?:{beside.to}|[-–])[ ]?(?:{article})?\d{{1,2}}{mark}[ ]{of}"
            rf"(?P<month>{months})(?:[ ]{of}(?P<year>\d{{4}}))?(?!\w))(?P<weekday>)"
        )
        goes_on = loose("|".join((beside.goes_on, *SPEECHES[language].days)), language)
        alone = f"|{loose(beside.alone, language)}" if beside.alone else ""
        self.day_of_month = re.compile(
            rf"(?<![\w/])(?:{weekday}{alone})(?P<day>\d{{1,2}}){beside.mark}(?=\Z|[ ]?[,;:!?)](?!\d)|[ ]?\.(?!\d)"
            + rf"|[ ](?:{goes_on})(?!\w))", re.IGNORECASE,
        )  # fmt: skip
        self.figures = _pattern(
            rf"(?:{weekday})?(?P<day>\d{{1,2}})(?:(?P<mark>[/.-])(?P<month>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d\d)?"
            r"|/(?P<bare>\d{1,2})(?![/.,-]?\d))"
        )

    def _make_weekdays(self, language: str, weekdays: str) -> None:
        """Weekdays, this, next or last; weeks, months and years."""
        calendar = CALENDARS[language]
        self.last = re.compile(loose(calendar.last, language), re.IGNORECASE)
        which = loose(f"{calendar.last}|{calendar.coming}", language)
        self.weekday = _pattern(
            rf"(?:(?P<before>{which})[ ])?(?P<day>{weekdays})(?P<part>{_glued(language)})"
            rf"(?:[ ](?P<after>{which})(?!\w))?"
        )
        self.weeks, self.spans = spans_of(language)

    def _make_steps(self, language: str, units: str) -> None:
        """So many days, hours or quarters of an hour ahead or ago: `steps` and `quarters`, each with its sign."""
        ahead = f"(?:{CALENDARS[language].ahead})[ ]"
        before, after = (loose(words, language) for words in AGO[language])
        led = rf"(?:{before})[ ]" if before else ""
        behind = rf"[ ](?:{after})"
        half = f"(?P<half>[ ]{AND_A_HALF[language]})?" if AND_A_HALF[language] else "(?P<half>)"
        step = rf"(\d{{1,3}}|[^\W\d_]{{2,20}})(?:[ ]|(?<=un)['’])({units}){half}"
        ago = led + step + (behind if after and not before else f"(?:{behind})?" if after else "")
        self.steps = ((_pattern(ahead + step), 1), (_pattern(ago), -1))
        quarters = [(minutes, f"(?:{loose(said, language)})") for minutes, said in QUARTERS[language].items()]
        self.quarters = [(_pattern(ahead + said), minutes) for minutes, said in quarters]
        self.quarters += [(_pattern(led + said + ("" if before else behind)), -minutes) for minutes, said in quarters]


def _glued(language: str) -> str:
    """The parts of the day that are one word with their day, or none: Dienstagabend, morgenavond."""
    return loose("|".join(SPEECHES[language].days), language) + "|" if language in ("de", "nl") else ""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/]){text}(?!\w)" if "|" not in text else rf"(?<![\w/])(?:{text})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=len(CALENDARS))
def _rules(language: str) -> _Rules:
    return _Rules(language)


def find_foreign_moments(text: str, language: str, *, now: int, timezone: str = "UTC") -> list[Entity]:
    """As `find_moments`, for a language in `LANGUAGES`; the day comes before the month in all of them."""
    rules, clock = _rules(language), Clock(local_time(now, timezone), day_first=True)
    found: list[Found] = []
    taken = bytearray(len(text) + 1)
    steps = list(_steps(text, language, rules, clock))
    for rows in (
        _days_of_spans(text, language, rules, clock),
        find_weekends_and_holidays(text, language, clock),
        _dates(text, language, rules, clock),
        find_months(text, language, CALENDARS[language].months, clock),
        find_edges(text, language, clock),
        steps,
        _weekdays_of_weeks(text, language, rules, clock.now.date()),
        _spans(text, language, rules, clock),
        _times(text, language, rules, clock),
        _days(text, language, rules, clock),
        _weekdays(text, language, rules, clock),
    ):  # what is found first, has the place
        for row in rows:
            if not any(taken[row.start : row.end]):
                taken[row.start : row.end] = b"\x01" * (row.end - row.start)
                found.append(row)
    found.sort()
    if steps:
        found = _with_steps(found, {row.start for row in steps}, clock.now.date())
    if language == "fr" and EIGHT_DAYS.search(text):
        found = [_in_eight_days(row, text) for row in found]
    return [entity_of(row, text) for row in joined(in_order(found, text), text)]


EIGHT_DAYS = re.compile(r"[ ]en[ ](?:(?P<week>huit)|quinze)(?![\w-]|[ ](?:jours|minutes|heures))", re.IGNORECASE)


def _in_eight_days(row: Found, text: str) -> Found:
    """Lundi en huit is a week after the next Monday, and lundi en quinze two."""
    day, match = _day_of(row), EIGHT_DAYS.match(text, row.end)
    if day is None or match is None:
        return row
    return row._replace(end=match.end(), value=day + timedelta(days=7 if match["week"] else 14))


def _with_steps(found: list[Found], steps: set[int], today: date) -> list[Found]:
    """A day and so many days from it are one: heute in einer Woche, Montag in zwei Wochen."""
    together: list[Found] = []
    for row in found:
        if together and row.start in steps and together[-1].end + 1 == row.start:
            day, step = _day_of(together[-1]), _day_of(row)
            if day is not None and step is not None:
                together[-1] = together[-1]._replace(end=row.end, value=day + (step - today))
                continue
        together.append(row)
    return together


def _day_of(row: Found) -> date | None:
    """The day that was found, unless a time or a part of the day is named with it."""
    return row.value if not row.part and isinstance(row.value, date) and not isinstance(row.value, datetime) else None


def _with_part(match: re.Match[str], day: date, language: str) -> Found:
    """A day, with the part of it that is named behind it."""
    part, end = part_after(match.string, match.end(), language)
    return Found(match.start(), end, day, part)


def _dates(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """Days with their month, and days of the month alone."""
    figures = FIGURE.search(text) is not None
    for match in rules.named.finditer(text):
        if day := _dated(match, _place(rules.months, match["month"]) + 1, rules, clock):
            yield Found(*match.span(), day)
    for match in rules.figures.finditer(text) if figures else ():
        share = not match["month"] and _is_share(match)
        if not share and (day := _dated(match, int(match["month"] or match["bare"]), rules, clock)):
            yield Found(*match.span(), day)
    for match in rules.ranged.finditer(text) if figures else ():
        if day := _dated(match, _place(rules.months, match["month"]) + 1, rules, clock, at=match.end()):
            yield Found(*match.span(), day)
    for match in rules.day_of_month.finditer(text) if figures else ():
        if day := _day_of_month(match, rules, clock):
            yield _with_part(match, day, language)


def _steps(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """In a quarter of an hour, in two weeks, three days ago."""
    for expression, minutes in rules.quarters if QUARTER.search(text) else ():
        for match in expression.finditer(text):
            yield Found(*match.span(), shifted(clock, minutes, "minute"))
    lowered = text.lower()
    for match in WORKING_DAYS.finditer(text) if any(word in lowered for word in IN_WORKING_DAYS) else ():
        count = int(match[1]) if match[1].isdigit() else rules.counts.get(fold(match[1], language))
        if count is not None:
            yield Found(*match.span(), working_days(clock.now.date(), count))
    for expression, sign in rules.steps:
        for match in expression.finditer(text):
            unit = UNITS[_place(rules.units, match[2])]
            count = int(match[1]) if match[1].isdigit() else rules.counts.get(fold(match[1], language))
            if count is None:
                continue
            moment = _stepped(clock, count, unit, sign, half=bool(match["half"]))
            if moment is not None:
                yield Found(*match.span(), moment)


WORKING_DAYS = re.compile(
    r"(?<!\w)(?:in|dans|en|dentro de|fra|tra|em|daqui a|over)[ ](\d{1,3}|[^\W\d_]{2,12})[ ]"
    rf"(?:(?:werk|arbeits)tagen|werkdagen|(?:jours|d[ií]as|giorni)[ ]{WORKING.pattern})(?!\w)",
    re.IGNORECASE,
)
"""In drei Werktagen, dans 10 jours ouvrés."""

IN_WORKING_DAYS = ("tagen", "werkdagen", "ouvr", "bil", "laborable", "lavorativ", "teis")
"""Every one of them has one of these in it."""


def _times(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """Hours in words and in figures, and parts of today."""
    yield from find_times(text, language)
    for match in rules.hours.finditer(text) if FIGURE.search(text) else ():
        yield Found(*match.span(), time(int(match[1]), int(match[2])))
    for start, end, part in parts_of_today(text, language):
        yield Found(start, end, clock.now.date(), part)


def _days(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """Today, tomorrow, the day after."""
    for match in rules.day.finditer(text):
        days = rules.days.get(fold(match["day"], language))
        if days is not None and fold(_word_before(text, match.start()), language) not in rules.no_day:
            day, part = clock.now.date() + timedelta(days=days), _part_of(match, language)
            yield Found(*match.span(), day, part) if part else _with_part(match, day, language)


def _weekdays(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """The next Monday, or the last one where it is over or is called so."""
    today = clock.now.date()
    for match in rules.weekday.finditer(text):
        following = fold(_word_after(text, match.end()), language)
        if fold(match.group(), language) in rules.doubtful and following and following not in rules.goes_on:
            continue
        ahead = (_place(rules.weekdays, match["day"]) - today.weekday()) % 7
        if which := match["before"] or match["after"]:
            ahead = ahead - 7 if rules.last.fullmatch(which) else ahead or 7
        elif ahead and is_over(text, match.start()):
            ahead -= 7
        day = today + timedelta(days=ahead)
        part = _part_of(match, language)
        yield Found(*match.span(), day, part) if part else _with_part(match, day, language)


def _weekday_of(match: re.Match[str], rules: _Rules) -> int | None:
    return _place(rules.weekdays, match["weekday"]) if match["weekday"] else None


def _dated(match: re.Match[str], month: int, rules: _Rules, clock: Clock, *, at: int | None = None) -> date | None:
    """A day with its month, and its weekday where one is named; None where there is no such day.

    `at`: where the words end that tell whether it is over, if not before the day: "dal 3 al 5" is not since the 3rd.
    """
    day = int(match["day"]) if match["day"].isdigit() else 1
    over, weekday = is_over(match.string, match.start() if at is None else at), _weekday_of(match, rules)
    try:
        return in_year(match["year"], month, day, clock, over=over, weekday=weekday)
    except (ValueError, OverflowError):
        return None


def _day_of_month(match: re.Match[str], rules: _Rules, clock: Clock) -> date | None:
    """Friday the 13th, or the 13th alone."""
    over = is_over(match.string, match.start())
    try:
        return day_of_month(int(match["day"]), clock, over=over, weekday=_weekday_of(match, rules))
    except ValueError:
        return None


def _is_share(match: re.Match[str]) -> bool:
    """Whether two figures without a year are no day: half a litre, a rating, around the clock."""
    first, second = int(match["day"]), int(match["bare"])
    share = (first, second) in FRACTION_OR_ALWAYS or (second in OUT_OF and first <= second)
    return (
        share and not match["weekday"] and LED.search(match.string, max(0, match.start() - 10), match.start()) is None
    )


def _weekdays_of_weeks(text: str, language: str, rules: _Rules, today: date) -> list[Found]:
    """Next and last week, with a weekday beside it where one is."""
    found = []
    for span in rules.weeks:
        for match in span.pattern.finditer(text):
            start, end, shift = match.start(), match.end(), 7 * span.steps
            weekday = rules.weekday.match(text, end + 1) if text[end : end + 1] == " " else None
            if weekday is not None and not weekday["before"]:
                end, shift = weekday.end(), shift - today.weekday() + _place(rules.weekdays, weekday["day"])
            glued = _part_of(weekday, language) if weekday is not None else ""
            part, end = (glued, end) if glued else part_after(text, end, language)
            found.append(Found(start, end, today + timedelta(days=shift), part))
    return found


def _spans(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """Next and last month and year: the same day of it, as in English."""
    for unit, start, end, steps in _said_spans(text, language, rules):
        yield Found(start, end, shifted(clock, steps, unit))


def _said_spans(text: str, language: str, rules: _Rules) -> Iterator[tuple[str, int, int, int]]:
    lower = text.lower()
    for span in rules.spans if any(hint in lower for hint in HINTS[language]) else ():
        for match in span.pattern.finditer(text):
            yield span.unit, *match.span(), span.steps


def _days_of_spans(text: str, language: str, rules: _Rules, clock: Clock) -> Iterator[Found]:
    """A day with the month or year beside it that it is in: nächstes Jahr am 3. März, nächsten Monat am 5."""
    known: dict[tuple[str, int], tuple[date, list[Found]]] = {}
    for unit, start, end, steps in _said_spans(text, language, rules):
        if (unit, steps) not in known:
            known[unit, steps] = _days_within(text, language, rules, clock, unit, steps)
        first, days = known[unit, steps]
        for row in days:
            if not start - MOST_BETWEEN <= row.end <= start and not end <= row.start <= end + MOST_BETWEEN:
                continue
            if not isinstance(row.value, date) or not is_beside(text, (start, end), row[:2], language):
                continue
            month = row.value.month if unit == "year" else first.month
            with contextlib.suppress(ValueError):  # that month has no such day
                day = row.value.replace(year=first.year, month=month)
                yield Found(min(start, row.start), max(end, row.end), day)


def _days_within(
    text: str, language: str, rules: _Rules, clock: Clock, unit: str, steps: int
) -> tuple[date, list[Found]]:
    """The first day of a month or year, and the days in the text that may be meant in it."""
    begin = clock.now.replace(day=1, month=1 if unit == "year" else clock.now.month, hour=0, minute=0)
    first = shifted(clock._replace(now=begin), steps, unit)
    then = clock._replace(now=begin.replace(year=first.year, month=first.month))
    days = [*_dates(text, language, rules, then)]
    if unit == "year":
        days += find_months(text, language, CALENDARS[language].months, then)
    return first, [
        row
        for row in days
        if _day_of(row) is not None
        and bool(MONTH_NAMED.search(text, row.start, row.end)) == (unit == "year")
        and not WITH_YEAR.search(text, row.start, row.end)
    ]


MOST_BETWEEN = 30
"""Characters between a day and its month or year, at most."""

MONTH_NAMED = re.compile(r"[^\W\d_]{3}|\d[./-]\d")
"""In a day that says its month."""

WITH_YEAR = re.compile(r"\d{4}")


def _part_of(weekday: re.Match[str], language: str) -> str:
    """The part of the day that is one word with its weekday: Dienstagabend."""
    return SPEECHES[language].days.get(weekday["part"].lower(), "")


WORD_BEFORE, WORD_AFTER = re.compile(r"([^\W\d_]{1,30})[ ]\Z"), re.compile(r"[ ]([^\W\d_]{1,30})")


def _word_before(text: str, place: int) -> str:
    match = WORD_BEFORE.search(text[max(0, place - 31) : place])
    return match[1] if match else ""


def _word_after(text: str, place: int) -> str:
    match = WORD_AFTER.match(text, place)
    return match[1] if match else ""


def _place(patterns: list[re.Pattern[str]], word: str) -> int:
    return next(place for place, pattern in enumerate(patterns) if pattern.fullmatch(word))


def _stepped(clock: Clock, count: int, unit: str, sign: int, *, half: bool) -> date | datetime | None:
    """So many units from now, and half an hour more; None where there is no such day, or nothing to halve."""
    if half and unit != "hour":
        return None
    try:
        return shifted(clock, sign * (60 * count + 30), "minute") if half else shifted(clock, sign * count, unit)
    except (ValueError, OverflowError):
        return None
