"""ForeignSpans: next and last week, month and year in six languages: nächsten Monat, l'année prochaine."""

import re
from functools import lru_cache
from typing import NamedTuple

from nlp.foreign_numbers import loose


class Span(NamedTuple):
    """How a week, a month or a year is said: `steps` of `unit` from now."""

    pattern: re.Pattern[str]
    unit: str
    steps: int


NEXT = {
    "de": {"week": "nächste[rn]? woche", "month": "(?:nächste[nrm]?|kommende[nrm]?) monat",
           "year": "(?:nächste[sn]|kommende[sn]) jahr"},
    "es": {"week": "(?:la )?(?:semana que viene|próxima semana)",
           "month": "(?:el )?(?:mes (?:que (?:viene|entra)|próximo)|próximo mes)",
           "year": "(?:el )?(?:año (?:que (?:viene|entra)|próximo)|próximo año)"},
    "fr": {"week": "(?:la )?semaine prochaine", "month": "(?:le )?(?:mois prochain|prochain mois)",
           "year": "l['’]an(?:née prochaine| prochain)"},
    "it": {"week": "(?:la )?(?:settimana prossima|prossima settimana)",
           "month": "(?:il )?(?:mese prossimo|prossimo mese)", "year": "(?:l['’]anno prossimo|(?:il )?prossimo anno)"},
    "nl": {"week": "(?:volgende|komende) week", "month": "(?:volgende|komende) maand",
           "year": "(?:volgend|komend) jaar"},
    "pt": {"week": "(?:na |a )?(?:semana que vem|próxima semana)", "month": "(?:no |o )?(?:mês que vem|próximo mês)",
           "year": "(?:no |o )?(?:ano que vem|próximo ano)"},
}  # fmt: skip
LAST = {
    "de": {"week": "letzte[rn]? woche|vorige[rn]? woche",
           "month": "(?:letzte[nrm]?|vorige[nrm]?|vergangene[nrm]?) monat",
           "year": "(?:letzte[sn]|vorige[sn]|vergangene[sn]) jahr"},
    "es": {"week": "(?:la )?semana pasada", "month": "(?:el )?(?:mes pasado|pasado mes)",
           "year": "(?:el )?(?:año pasado|pasado año)"},
    "fr": {"week": "(?:la )?semaine dernière", "month": "(?:le )?mois (?:dernier|passé)",
           "year": "l['’]an(?:née (?:dernière|passée)| (?:dernier|passé))"},
    "it": {"week": "(?:la )?(?:settimana scorsa|scorsa settimana)", "month": "(?:il )?(?:mese scorso|scorso mese)",
           "year": "(?:l['’]anno scorso|(?:lo )?scorso anno)"},
    "nl": {"week": "(?:vorige|afgelopen) week", "month": "(?:vorige|afgelopen) maand",
           "year": "(?:vorig|afgelopen) jaar"},
    "pt": {"week": "(?:na |a )?semana passada", "month": "(?:no |o )?mês passado", "year": "(?:no |o )?ano passado"},
}  # fmt: skip
NO_NAME = r"(?![ ]d(?:[ei][ ]|['’]))"
"""Not before "de mayo": the next May is another month than the next one."""

HINTS = {
    "de": ("monat", "jahr"), "es": ("mes", "año", "ano"), "fr": ("mois", "l'an", "l’an"), "it": ("mese", "anno"),
    "nl": ("maand", "jaar"), "pt": ("mês", "mes", "ano"),
}  # fmt: skip
"""Every month and year has one of these in it."""

LINKS = {
    "de": "ab|am|im|in|zum", "es": "a|de|del|el|en", "fr": "au|de|en|le", "it": "a|del|di|il|in|nel",
    "nl": "de|in|op|van", "pt": "a|de|dia|do|em|no|o",
}  # fmt: skip
"""What may stand between a month or a year and a day of it."""


def is_beside(text: str, span: tuple[int, int], day: tuple[int, int], language: str) -> bool:
    """Whether a day and the month or year that it is in are said as one; "3 de marzo y el año que viene" are two."""
    comma = ",?" if span < day else ""
    between = rf"{comma}[ ](?:(?:{LINKS[language]})[ ]){{0,2}}"
    start, end = (span[1], day[0]) if span < day else (day[1], span[0])
    return start < end and re.fullmatch(between, text[start:end], re.IGNORECASE) is not None


@lru_cache(maxsize=len(NEXT))
def spans_of(language: str) -> tuple[list[Span], list[Span]]:
    """The weeks of a language, and its months and years."""
    rows = [
        Span(_pattern(said, unit, language), unit, steps)
        for table, steps in ((NEXT, 1), (LAST, -1))
        for unit, said in table[language].items()
    ]
    return [row for row in rows if row.unit == "week"], [row for row in rows if row.unit != "week"]


def _pattern(said: str, unit: str, language: str) -> re.Pattern[str]:
    behind = NO_NAME if unit == "month" else ""
    return re.compile(rf"(?<![\w/])(?:{loose(said, language)})(?!\w){behind}", re.IGNORECASE)
