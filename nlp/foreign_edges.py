"""ForeignEdges: the ends and middles of weeks and months, and a day of another month, in six languages."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from nlp.clock import SUNDAY, Clock, Found, monday
from nlp.foreign_numbers import loose

WEDNESDAY = 2


class Edges(NamedTuple):
    """A language's words: the edges, then of what: months and weeks, with those that come and those that are over.

    `alone` says the end of this month in one word. What is a weekend is no end of a week ("fin de semana").
    """

    end: str
    begin: str
    middle: str
    month: str
    next_month: str
    last_month: str
    week: str
    next_week: str
    last_week: str
    alone: str = ""


EDGES = {
    "de": Edges(
        "ende", "anfang|beginn", "mitte", "(?:des|dieses) monats", "(?:des )?(?:nächsten|kommenden) monats",
        "(?:des )?(?:letzten|vergangenen|vorigen) monats", "(?:der|dieser) woche",
        "(?:der )?(?:nächste[rn]|kommende[rn]) woche", "(?:der )?(?:letzte[rn]|vergangene[rn]|vorige[rn]) woche",
        "monatsende",
    ),
    "es": Edges(
        "(?:a )?(?:finales|fines|final|fin)", "(?:a )?(?:principios|comienzos|inicios)", "(?:a )?mediados",
        "de(?:l| este)? mes", "del (?:próximo mes|mes próximo|mes que (?:viene|entra))",
        "del (?:mes pasado|pasado mes)",
        "de (?:la|esta) semana", "de la (?:próxima semana|semana próxima|semana que (?:viene|entra))",
        "de la (?:semana pasada|pasada semana)",
    ),
    "fr": Edges(
        "fin", "début", "milieu|mi", "(?:du|de ce) mois", "(?:du )?mois prochain|du prochain mois",
        "(?:du )?mois (?:dernier|passé)", "(?:de la|de cette) semaine",
        "(?:de la )?semaine prochaine|de la prochaine semaine", "(?:de la )?semaine (?:dernière|passée)",
    ),
    "it": Edges(
        "fine", "inizio", "metà", "(?:del |di questo )?mese", "(?:del )?(?:prossimo mese|mese prossimo)",
        "(?:del )?(?:mese scorso|scorso mese)", "(?:della|di questa) settimana",
        "(?:della )?(?:prossima settimana|settimana prossima)", "(?:della )?(?:scorsa settimana|settimana scorsa)",
    ),
    "nl": Edges(
        "einde?", "begin", "midden|medio", "(?:van )?(?:de|deze) maand", "(?:van )?(?:de )?(?:volgende|komende) maand",
        "(?:van )?(?:de )?(?:vorige|afgelopen) maand", "(?:van )?(?:de|deze) week",
        "(?:van )?(?:de )?(?:volgende|komende) week", "(?:van )?(?:de )?(?:vorige|afgelopen) week",
    ),
    "pt": Edges(
        "fim|final", "início|começo", "meados", "(?:do|deste) mês", "do (?:próximo mês|mês que vem)",
        "do (?:mês passado|último mês)", "(?:da|desta) semana", "da (?:próxima semana|semana que vem)",
        "da (?:semana passada|última semana)",
    ),
}  # fmt: skip
HINTS = {
    "de": ("monat", "woche"), "es": ("mes", "semana"), "fr": ("mois", "semaine"), "it": ("mese", "settimana"),
    "nl": ("maand", "week"), "pt": ("mês", "mes", "semana"),
}  # fmt: skip
"""Every one of them has one of these in it."""

FIRST = "ersten?|premier|primero|primo|eerste|primeiro"
BEFORE_ANOTHER_MONTH = {"de": "", "nl": "van ", "es": "del ", "fr": "du ", "it": "del ", "pt": "do "}
"""What must stand between a day and its month: "3 mois" are three of them."""

STEPS = {"next_month": 1, "last_month": -1, "next_week": 1, "last_week": -1}


@lru_cache(maxsize=len(EDGES))
def _pattern(language: str) -> re.Pattern[str]:
    words = EDGES[language]
    edges = rf"(?:(?:{words.end})|(?P<begin>{words.begin})|(?P<middle>{words.middle}))"
    units = "|".join(  # the longest first: "fin du mois prochain" is none of this month
        f"(?P<{unit}>{getattr(words, unit)})"
        for unit in ("next_month", "last_month", "next_week", "last_week", "month", "week")
    )
    alone = f"|{words.alone}" if words.alone else ""
    of = BEFORE_ANOTHER_MONTH[language]
    day = rf"(?:(?P<day>\d{{1,2}})(?:\.|er|e|ste|de|[º°])?|(?P<first>{FIRST}))[ ](?={of})"
    day += f"(?:(?P<day_of_next>{words.next_month})|(?P<day_of_last>{words.last_month}))"
    alone += f"|{day}"
    return re.compile(rf"(?<!\w)(?:{loose(f'{edges} (?:{units}){alone}', language)})(?!\w)", re.IGNORECASE)


def find_edges(text: str, language: str, clock: Clock) -> Iterator[Found]:
    """The end of a month is its last day, that of a week its Sunday; in the middle are the 15th and the Wednesday.

    A day is one of the next or the last month.
    """
    lower = text.lower()
    if not any(hint in lower for hint in HINTS[language]):
        return
    for match in _pattern(language).finditer(text):
        if match["day"] or match["first"]:
            if day := _day_of_month(int(match["day"] or 1), 1 if match["day_of_next"] else -1, clock):
                yield Found(*match.span(), day)
            continue
        steps = STEPS.get(match.lastgroup or "", 0)
        week = match["week"] or match["next_week"] or match["last_week"]
        yield Found(*match.span(), (_in_week if week else _in_month)(match, steps, clock))


def _in_week(match: re.Match[str], steps: int, clock: Clock) -> date:
    return monday(clock, steps) + timedelta(days=0 if match["begin"] else WEDNESDAY if match["middle"] else SUNDAY)


def _in_month(match: re.Match[str], steps: int, clock: Clock) -> date:
    months = 12 * clock.now.year + clock.now.month - 1 + steps
    if match["begin"] or match["middle"]:
        return date(months // 12, months % 12 + 1, 15 if match["middle"] else 1)
    months += 1
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _day_of_month(day: int, steps: int, clock: Clock) -> date | None:
    """A day of the month that is so many steps away; None where it has no such day."""
    months = 12 * clock.now.year + clock.now.month - 1 + steps
    try:
        return date(months // 12, months % 12 + 1, day)
    except ValueError:
        return None
