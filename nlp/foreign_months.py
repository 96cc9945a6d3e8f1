"""ForeignMonths: months that stand alone and mean a time, in six languages: im Mai, fin mars, hasta junio."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from nlp.clock import Clock, Found
from nlp.foreign_numbers import loose
from nlp.past_days import is_over


class Leads(NamedTuple):
    """What stands before a month: words that make it a time, and those of its beginning, middle and end, with `of`
    between these and the month.
    """

    leads: str
    since: str
    begin: str
    middle: str
    end: str
    of: str
    of_year: str = ""


LEADS = {
    "de": Leads("im|bis|bis zum|ab|vor|nach", "seit", "anfang", "mitte", "ende", "(?:des monats )?"),
    "es": Leads("en|para|hasta|antes de|después de|a partir de", "desde", "(?:a )?(?:principios|comienzos|inicios)",
                "(?:a )?mediados", "(?:a )?(?:finales|fines|fin)", "(?:de |del mes de )", "de |del "),
    "fr": Leads("en|avant|après|dès|jusqu['’]en|d['’]ici|au mois de", "depuis", "début", "mi[ -]", "fin",
                "(?:du mois (?:de |d['’]))?"),
    "it": Leads("a|in|entro|prima di|dopo|fino a|per", "da", "(?:a )?inizio", "(?:a )?metà", "(?:a )?fine",
                "(?:del mese (?:di |d['’]))?", "del "),
    "nl": Leads("in|tot|vanaf|voor|na|tegen", "sinds", "begin", "half|midden|medio", "einde?",
                "(?:van (?:de maand )?)?"),
    "pt": Leads("em|até|para|antes de|depois de|a partir de", "desde", "(?:no )?(?:início|começo)", "(?:em )?meados",
                "(?:no )?(?:fim|final)", "(?:de |do mês de )", "de "),
}  # fmt: skip


@lru_cache(maxsize=len(LEADS))
def _hint(language: str, months: str) -> re.Pattern[str]:
    """Every month has one of these in it."""
    return re.compile("|".join(loose(name[:3], language) for name in months.split()), re.I)


@lru_cache(maxsize=len(LEADS))
def _pattern(language: str, months: str) -> re.Pattern[str]:
    words = LEADS[language]
    names = "|".join(f"(?P<m{number}>{loose(name, language)})" for number, name in enumerate(months.split(), 1))
    edges = "|".join(
        f"(?P<{edge}>(?:{loose(said, language)}){'' if said.endswith(']') else '[ ]'})"
        for edge, said in (("begin", words.begin), ("middle", words.middle), ("end", words.end))
    )
    lead = f"(?P<since>{loose(words.since, language)})[ ]|(?:{loose(words.leads, language)})[ ]"
    year = rf"(?:[ ](?:{words.of_year})?(?P<year>20\d\d)(?!\w))?"
    return re.compile(
        rf"(?<![\w/])(?:(?:{lead})?(?:{edges}){loose(words.of, language)}|{lead.replace('?P<since>', '?P<since_>')})"
        rf"(?P<month>{names})(?![\w/]){year}", re.IGNORECASE,
    )  # fmt: skip


def find_months(text: str, language: str, months: str, clock: Clock) -> Iterator[Found]:
    """The first day of a month, or its last or fifteenth; today, where that is later.

    Without a year it is the next month of that name, this one included, or the last one where it is over.
    """
    if not _hint(language, months).search(text):
        return
    for match in _pattern(language, months).finditer(text):
        month = next(number for number in range(1, 13) if match[f"m{number}"])
        over = bool(match["since"] or match["since_"]) or is_over(text, match.start())
        start = next((match.start(edge) for edge in ("begin", "middle", "end") if match[edge]), match.start("month"))
        yield Found(start, match.end(), _day(match, month, clock, over=over))


def _day(match: re.Match[str], month: int, clock: Clock, *, over: bool) -> date:
    today = clock.now.date()
    passed = month > today.month if over else month < today.month
    year = int(match["year"]) if match["year"] else today.year + passed * (-1 if over else 1)
    if match["end"]:
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    if match["middle"]:
        return date(year, month, 15)
    now = (year, month) == (today.year, today.month) and not (over or match["begin"])
    return today if now else date(year, month, 1)
