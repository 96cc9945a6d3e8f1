"""ForeignMoments: dates and times in German, French, Spanish, Italian and Portuguese, as those languages write them."""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from models.utterance import Entity
from nlp.foreign_clock import find_times, part_after, parts_of_today
from nlp.moments import Clock, Found, entity_of, in_year, joined, local_time, shifted


class Calendar(NamedTuple):
    """A language's words: months and weekdays in order, days by their distance from today, and what goes between."""

    months: str
    weekdays: str
    days: dict[str, int]
    of: str
    ahead: str
    units: str


CALENDARS = {
    "de": Calendar(
        "januar februar märz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        {"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2}, "", "in",
        "tag(?:en)? woche(?:n)? monat(?:en)? stunde(?:n)? minute(?:n)?",
    ),
    "fr": Calendar(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        {"aujourd'hui": 0, "demain": 1, "après-demain": 2, "hier": -1, "avant-hier": -2}, "", "dans",
        "jours? semaines? mois heures? minutes?",
    ),
    "es": Calendar(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
        {"hoy": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1, "anteayer": -2}, "de", "en|dentro de",
        "días? semanas? mes(?:es)? horas? minutos?",
    ),
    "it": Calendar(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        {"oggi": 0, "domani": 1, "dopodomani": 2, "ieri": -1, "l'altro ieri": -2}, "", "tra|fra",
        "giorn[oi] settiman[ae] mes[ei] or[ae] minut[oi]",
    ),
    "pt": Calendar(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda(?:-feira)? terça(?:-feira)? quarta(?:-feira)? quinta(?:-feira)? sexta(?:-feira)? sábado domingo",
        {"hoje": 0, "amanhã": 1, "depois de amanhã": 2, "ontem": -1, "anteontem": -2}, "de", "em|daqui a",
        "dias? semanas? m(?:ês|eses) horas? minutos?",
    ),
}  # fmt: skip
UNITS = ("day", "week", "month", "hour", "minute")
LANGUAGES = tuple(sorted(CALENDARS))


class _Rules:
    """A calendar's patterns, compiled once."""

    def __init__(self, calendar: Calendar) -> None:
        of = f"(?:{calendar.of}[ ])?" if calendar.of else ""
        self.months = [re.compile(name, re.IGNORECASE) for name in calendar.months.split()]
        self.weekdays = [re.compile(name, re.IGNORECASE) for name in calendar.weekdays.split()]
        self.days = calendar.days
        self.units = [re.compile(name, re.IGNORECASE) for name in calendar.units.split()]
        self.named = _pattern(
            rf"(\d{{1,2}})(?:\.|º|er)?[ ]{of}({'|'.join(calendar.months.split())})(?:[ ]{of}(\d{{4}}))?"
        )
        self.day = _pattern("|".join(sorted(map(re.escape, calendar.days), key=len, reverse=True)))
        self.weekday = _pattern("|".join(calendar.weekdays.split()))
        self.step = _pattern(rf"(?:{calendar.ahead})[ ](\d{{1,3}})[ ]({'|'.join(calendar.units.split())})")
        self.figures = _pattern(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)?")
        self.hours = _pattern(r"([01]?\d|2[0-3]):([0-5]\d)")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/]){text}(?!\w)" if "|" not in text else rf"(?<![\w/])(?:{text})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=len(CALENDARS))
def _rules(language: str) -> _Rules:
    return _Rules(CALENDARS[language])


def find_foreign_moments(text: str, language: str, *, now: int, timezone: str = "UTC") -> list[Entity]:
    """As `find_moments`, for a language in `LANGUAGES`; the day comes before the month in all of them."""
    rules, clock = _rules(language), Clock(local_time(now, timezone), day_first=True)
    today = clock.now.date()
    found: list[Found] = []
    taken = bytearray(len(text) + 1)

    def take(row: Found) -> None:
        if not any(taken[row.start : row.end]):
            taken[row.start : row.end] = b"\x01" * (row.end - row.start)
            found.append(row)

    def add(match: re.Match[str], value: date | time | datetime | None, *, day: bool = False) -> None:
        if value is not None:
            part, end = part_after(text, match.end(), language) if day else ("", match.end())
            take(Found(match.start(), end, value, part))

    for match in rules.named.finditer(text):
        month = _place(rules.months, match[2])
        add(match, _safely(lambda m=match, n=month: in_year(m[3], n + 1, int(m[1]), clock)))
    for match in rules.figures.finditer(text):
        add(match, _safely(lambda m=match: in_year(m[4], int(m[3]), int(m[1]), clock)))
    for match in rules.step.finditer(text):
        unit = UNITS[_place(rules.units, match[2])]
        add(match, _safely(lambda m=match, u=unit: shifted(clock, int(m[1]), u)))
    for row in find_times(text, language):
        take(row)
    for match in rules.hours.finditer(text):
        add(match, time(int(match[1]), int(match[2])))
    for start, end, part in parts_of_today(text, language):
        take(Found(start, end, today, part))
    for match in rules.day.finditer(text):
        days = rules.days.get(match.group().lower())
        add(match, None if days is None else today + timedelta(days=days), day=True)
    for match in rules.weekday.finditer(text):
        add(match, today + timedelta(days=(_place(rules.weekdays, match.group()) - today.weekday()) % 7), day=True)
    return [entity_of(row, text) for row in joined(sorted(found), text)]


def _place(patterns: list[re.Pattern[str]], word: str) -> int:
    return next(place for place, pattern in enumerate(patterns) if pattern.fullmatch(word))


def _safely(read: object) -> date | time | datetime | None:
    """A moment; None where there is no such day or hour."""
    try:
        value: date | time | datetime | None = read()  # type: ignore[operator]
    except (ValueError, OverflowError):
        return None
    return value
