"""ForeignDays: weekends and holidays in six languages beside English."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from nlp.clock import Clock, Found, easter_day, in_year, weekend
from nlp.foreign_numbers import fold, loose
from nlp.past_days import is_over

Day = int | tuple[int, int]
"""A holiday: days after Easter Sunday, or a month and a day."""


class Feasts(NamedTuple):
    """A language's words, lower-case. `last`, `next` and `this` stand before or behind a day.

    A weekend and the holidays of `led` count behind a word of `leads` or beside one of those ("at Christmas"), so that
    a wish is none; those of `alone` count by themselves, but not behind one of `wishes`.
    """

    weekend: str
    leads: str
    led: dict[str, Day]
    alone: dict[str, Day]
    last: str
    next: str
    this: str
    wishes: str


FEASTS = {
    "de": Feasts(
        "wochenende",
        "am|an|zu|zum|bis|vor|nach|seit|ab|über|übers|fürs|um|(?:über|für) das|(?:vor|nach|seit|bis zu|ab) dem",
        {"weihnachten": (12, 25), "ostern": 0, "pfingsten": 49, "neujahr": (1, 1), "halloween": (10, 31)},
        {"heiligabend": (12, 24), "heilige[rn]? abend": (12, 24), "silvester": (12, 31), "karfreitag": -2,
         "ostersonntag": 0, "ostermontag": 1, "pfingstmontag": 50, "valentinstag": (2, 14), "neujahrstag": (1, 1),
         "nikolaustag": (12, 6), "erste[rn]? weihnachts(?:feier)?tag": (12, 25),
         "zweite[rn]? weihnachts(?:feier)?tag": (12, 26), "tag der deutschen einheit": (10, 3)},
        "letzte[nmrs]?|vergangene[nmrs]?|vorige[nmrs]?", "nächste[nmrs]?", "diese[mns]?|kommende[nmrs]?",
        "frohe frohes frohen schöne schönes schönen gutes guten fröhliche",
    ),
    "fr": Feasts(
        "week[ -]?end",
        "à|au|le|ce|pour|pour le|avant|avant le|après|après le|depuis|depuis le|dès|jusqu['’]à|jusqu['’]au|d['’]ici"
        "|d['’]ici le|vers|pendant le|durant le|du",
        {"noël": (12, 25), "pâques": 0, "nouvel an": (1, 1), "halloween": (10, 31)},
        {"jour de noël": (12, 25), "(?:réveillon|veille) de noël": (12, 24), "saint[ -]sylvestre": (12, 31),
         "(?:réveillon|veille) du nouvel an": (12, 31), "jour de l['’]an": (1, 1), "lundi de pâques": 1,
         "dimanche de pâques": 0, "vendredi saint": -2, "lundi de pentecôte": 50, "saint[ -]valentin": (2, 14),
         "toussaint": (11, 1), "fête nationale": (7, 14)},
        "derni(?:er|ère)|passée?", "prochaine?", "qui vient", "bon bonne joyeux joyeuse joyeuses",
    ),
    "es": Feasts(
        "fin de semana|finde",
        "el|este|en|en el|para|para el|al|antes de|antes del|después de|después del|desde|desde el|hasta|hasta el|por"
        "|durante el|hacia",
        {"navidad": (12, 25), "año nuevo": (1, 1), "reyes": (1, 6), "pascua": 0, "halloween": (10, 31)},
        {"día de navidad": (12, 25), "nochebuena": (12, 24), "nochevieja": (12, 31), "fin de año": (12, 31),
         "día de año nuevo": (1, 1), "día de reyes": (1, 6), "domingo de (?:pascua|resurrección)": 0,
         "lunes de pascua": 1, "viernes santo": -2, "jueves santo": -3, "día de san valentín": (2, 14)},
        "pasad[oa]", "próxim[oa]", "este|que viene", "feliz buen próspero felices",
    ),
    "it": Feasts(
        "fine settimana|week[ -]?end",
        "a|il|nel|questo|per|per il|prima di|prima del|dopo|dopo il|entro|entro il|da|dal|fino a|fino al|al|durante il",
        {"natale": (12, 25), "pasqua": 0, "halloween": (10, 31)},
        {"giorno di natale": (12, 25), "vigilia di natale": (12, 24), "santo stefano": (12, 26),
         "san silvestro": (12, 31), "capodanno": (1, 1), "epifania": (1, 6), "pasquetta": 1, "lunedì dell['’]angelo": 1,
         "venerdì santo": -2, "ferragosto": (8, 15), "san valentino": (2, 14)},
        "scors[oa]|passat[oa]", "prossim[oa]", "quest[oa]", "buon buona felice",
    ),
    "nl": Feasts(
        "weekend|weekeinde",
        "in het|het|dit|op|met|voor|na|tot|vanaf|rond|tijdens|(?:voor|na|tijdens|over) het",
        {"kerst": (12, 25), "kerstmis": (12, 25), "pasen": 0, "pinksteren": 49, "halloween": (10, 31),
         "nieuwjaar": (1, 1)},
        {"eerste kerstdag": (12, 25), "tweede kerstdag": (12, 26), "kerstavond": (12, 24), "oudejaarsavond": (12, 31),
         "oudjaar": (12, 31), "nieuwjaarsdag": (1, 1), "goede vrijdag": -2, "eerste paasdag": 0, "tweede paasdag": 1,
         "paasmaandag": 1, "hemelvaartsdag": 39, "tweede pinksterdag": 50, "koningsdag": (4, 27),
         "sinterklaas": (12, 5), "valentijnsdag": (2, 14)},
        "afgelopen|vorige?", "volgende?", "dit|deze|komende?|aanstaande?",
        "fijne fijn prettige prettig gelukkig zalig vrolijk goede",
    ),
    "pt": Feasts(
        "fi(?:m|nal)[ -]de[ -]semana",
        "o|no|ao|neste|este|nesse|para o|pelo|antes do|depois do|até o|até ao|desde o|durante o|na|da|antes da"
        "|depois da|até a|até à",
        {"natal": (12, 25), "páscoa": 0, "ano novo": (1, 1), "halloween": (10, 31)},
        {"dia de natal": (12, 25), "véspera de natal": (12, 24), "véspera de ano novo": (12, 31),
         "réveillon": (12, 31), "dia de ano novo": (1, 1), "domingo de páscoa": 0, "sexta[ -]feira santa": -2},
        "passad[oa]|últim[oa]", "próxim[oa]", "este|que vem", "feliz bom boa",
    ),
}  # fmt: skip


class _Rules:
    """A language's patterns, compiled once."""

    def __init__(self, language: str) -> None:
        feasts = FEASTS[language]
        self.last, self.next = (re.compile(loose(words, language), re.IGNORECASE) for words in feasts[4:6])
        which = loose(f"{feasts.last}|{feasts.next}|{feasts.this}", language)
        lead = rf"(?<![\w/])(?:(?P<lead>{loose(feasts.leads, language)})[ ])?(?P<core>(?:(?P<before>{which})[ ])?"
        after = rf"(?:[ ](?P<after>{which})(?!\w)|[ ](?P<year>20\d\d)(?!\w))?)"
        days = {loose(name, language): day for name, day in (feasts.led | feasts.alone).items()}
        names = "|".join(sorted(days, key=len, reverse=True))
        self.weekend = re.compile(rf"{lead}(?:{feasts.weekend})(?!\w){after}", re.IGNORECASE)
        self.holiday = re.compile(rf"{lead}(?P<name>{names})(?!\w){after}", re.IGNORECASE)
        self.days = [(re.compile(name, re.IGNORECASE), day) for name, day in days.items()]
        self.led = re.compile("|".join(loose(name, language) for name in feasts.led), re.IGNORECASE)
        self.hint = re.compile(rf"\b(?:{feasts.weekend}|{names})", re.IGNORECASE)
        self.wishes = frozenset(fold(word, language) for word in feasts.wishes.split())


@lru_cache(maxsize=len(FEASTS))
def _rules(language: str) -> _Rules:
    return _Rules(language)


def find_weekends_and_holidays(text: str, language: str, clock: Clock) -> Iterator[Found]:
    """Those of a language of `FEASTS`, as dates: a weekend is its Saturday, a holiday without a year the next one."""
    rules = _rules(language)
    if not rules.hint.search(text):
        return
    for match in rules.weekend.finditer(text):
        if match["lead"] or match["before"] or match["after"]:
            yield Found(match.start("core"), match.end(), weekend(clock, _weeks(match, rules)))
    for match in rules.holiday.finditer(text):
        named = match["lead"] or match["before"] or match["after"] or not rules.led.fullmatch(match["name"])
        before = text[max(0, match.start() - 20) : match.start()].split(" ")
        if named and not (len(before) > 1 and fold(before[-2], language) in rules.wishes):
            yield Found(match.start("core"), match.end(), _holiday(match, rules, clock))


def _weeks(match: re.Match[str], rules: _Rules) -> int:
    which = match["before"] or match["after"] or ""
    if rules.last.fullmatch(which):
        return -1
    return 1 if rules.next.fullmatch(which) else 0


def _holiday(match: re.Match[str], rules: _Rules, clock: Clock) -> date:
    day = next(day for name, day in rules.days if name.fullmatch(match["name"]))
    over = rules.last.fullmatch(match["before"] or match["after"] or "") is not None
    over = over or is_over(match.string, match.start("core"))
    if isinstance(day, tuple):
        return in_year(match["year"], *day, clock, over=over)
    return easter_day(day, match["year"], clock, over=over)
