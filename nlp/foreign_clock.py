"""ForeignClock: times of day as they are said in six languages beside English."""

import re
from collections.abc import Iterator
from datetime import time
from functools import lru_cache
from typing import NamedTuple

from nlp.clock import Found, in_part
from nlp.foreign_numbers import fold, loose, small_numbers

LAST_HOUR, LAST_MINUTE = 24, 59
NOON = 12


class Speech(NamedTuple):
    """How a language says the time of day.

    `forms` are patterns in which {hour}, {word} (an hour in words), {minutes}, {spoken} (minutes in words), {part} and
    {stop} (nothing that could be counted follows) stand for themselves. `minutes`: what is said before or after the
    hour. `parts`: parts of the day behind a time; `days`: those behind a day ("tomorrow evening"); `today`: those of
    today. Before a word of `stop` an hour in words is one; before others it may count something.
    """

    forms: tuple[str, ...]
    minutes: dict[str, int]
    parts: dict[str, str]
    days: dict[str, str]
    today: dict[str, str]
    one: str
    noon: str
    midnight: str
    stop: str


_PART = "(?:[ ](?P<part>{part}))?"

SPEECHES = {
    "de": Speech(
        (rf"(?:(?:um|gegen|ab|bis)[ ])?(?P<minutes>{{minutes}})[ ](?P<hour>{{hour}})(?:[ ]uhr)?{_PART}",
         r"(?:(?:um|gegen|ab|bis)[ ])?(?P<hour>{hour})(?:[:.](?P<minute>\d\d))?[ ]uhr"
         rf"(?:[ ](?:(?P<more>\d\d)|(?P<spoken>{{spoken}})))?{_PART}",
         r"(?:um|gegen|ab|bis|vor|nach)[ ](?P<hour>{hour})\.(?P<minute>[0-5]\d)",
         r"(?:zwischen|von|ab)[ ](?P<hour>{hour})(?=[ ](?:und|bis)[ ](?:{hour})[ ]uhr)",
         r"(?:um|gegen|ab|bis)[ ](?P<hour>{hour})[ ](?P<part>{part})",
         r"um[ ](?P<hour>{hour}){stop}"),
        {"halb": -30, "viertel nach": 15, "viertel vor": -15, "dreiviertel": -15, "kurz nach": 0, "kurz vor": 0,
         "fünf vor": -5, "zehn vor": -10, "zwanzig vor": -20, "fünf nach": 5, "zehn nach": 10, "zwanzig nach": 20,
         "fünf vor halb": -35, "zehn vor halb": -40, "fünf nach halb": -25, "zehn nach halb": -20},
        {"morgens": "morning", "vormittags": "morning", "nachmittags": "afternoon", "abends": "evening",
         "nachts": "night", "früh": "morning", "am morgen": "morning", "am vormittag": "morning",
         "am nachmittag": "afternoon", "am abend": "evening", "in der nacht": "night"},
        {"früh": "morning", "vormittag": "morning", "mittag": "afternoon", "nachmittag": "afternoon",
         "abend": "evening", "nacht": "night",
         "morgen": "morning"},
        {}, "ein eins", "", "(?:um )?mitternacht",
        "und|oder|bitte|herum|heute|morgen|am|wäre|geht|ist|für|mit|zu|kommen",
    ),
    "fr": Speech(
        (rf"(?:(?:à|vers|avant|après|dès)[ ])?(?P<hour>\d{{1,2}})[ ]?h(?:eures?)?"
         rf"(?:[ ]?(?P<minute>\d\d)|[ ](?P<minutes>{{minutes}}))?{_PART}",
         r"(?:entre|de)[ ](?P<hour>{hour})(?=[ ](?:et|à)[ ](?:{hour})[ ]?h(?:eures?)?(?!\w))",
         r"(?:à|vers|avant|après|dès)[ ](?P<hour>{hour})[ ]heures?"
         rf"(?:[ ](?P<minutes>{{minutes}})|[ ](?P<spoken>{{spoken}}))?{_PART}",
         r"(?P<hour>{word})[ ]heures?(?:[ ](?P<minutes>{minutes}))?[ ](?P<part>{part})"),
        {"et demie": 30, "et demi": 30, "et quart": 15, "moins le quart": -15, "moins quart": -15,
         "moins cinq": -5, "moins dix": -10, "moins vingt": -20, "moins vingt-cinq": -25},
        {"du matin": "morning", "de l'après-midi": "afternoon", "du soir": "evening", "de la nuit": "night"},
        {"matin": "morning", "après-midi": "afternoon", "soir": "evening", "dans la nuit": "night"},
        {"ce matin": "morning", "cet après-midi": "afternoon", "ce soir": "evening", "cette nuit": "night"},
        "une", "(?:à |vers )?midi", "(?:à |vers )?minuit", "",
    ),
    "es": Speech(
        (r"(?:a|hasta|desde|sobre|entre|y)[ ]las?[ ](?P<hour>\d{1,2})"
         rf"(?:[:.h](?P<minute>\d\d)|[ ](?P<minutes>{{minutes}}))?(?:[ ]horas?|[ ]?hr?s?)?{_PART}",
         r"(?:a|hasta|desde|sobre|entre|y)[ ]las?[ ](?P<hour>{word})"
         r"(?:[ ](?P<minutes>{minutes})|[ ]y[ ](?P<spoken>{spoken}))"
         rf"(?:[ ]minutos)?{_PART}",
         r"(?:a|hasta|desde|sobre|entre|y)[ ]las?[ ](?P<hour>{word})(?:[ ](?P<part>{part})|{stop})",
         r"(?P<hour>{hour})[ ](?P<part>{part})"),
        {"y media": 30, "y cuarto": 15, "menos cuarto": -15, "en punto": 0, "menos cinco": -5, "menos diez": -10,
         "menos veinte": -20, "menos veinticinco": -25},
        {"de la mañana": "morning", "de la tarde": "afternoon", "de la noche": "evening", "de la madrugada": "night"},
        {"por la mañana": "morning", "por la tarde": "afternoon", "por la noche": "evening"},
        {"esta mañana": "morning", "esta tarde": "afternoon", "esta noche": "evening"},
        "una", "(?:a |al )?mediodía", "(?:a )?medianoche",
        "y|de|en|por|para|o|el|hoy|mañana|pasado|con|si|como|quiero|somos|seremos",
    ),
    "it": Speech(
        (r"(?:(?:d|fino )?all[ae'’])[ ]?(?P<hour>\d{1,2})"
         rf"(?:[:.](?P<minute>\d\d)|[ ](?P<minutes>{{minutes}}))?{_PART}",
         r"(?:verso|entro|per|dopo) le[ ](?P<hour>\d{1,2})"
         r"(?:[:.](?P<minute>\d\d)|[ ](?P<minutes>{minutes})|[ ](?P<part>{part})|{stop})",
         r"(?:(?:d|fino )?all[ae'’]|verso le|entro le|per le|dopo le)[ ]?(?P<hour>{word})"
         rf"(?:[ ](?P<minutes>{{minutes}})|[ ]e[ ](?P<spoken>{{spoken}})){_PART}",
         r"(?:(?:d|fino )?all[ae'’]|verso le|entro le|per le|dopo le)[ ]?(?P<hour>{word})"
         r"(?:[ ](?P<part>{part})|{stop})",
         r"(?:tra|fra)[ ]le[ ](?P<hour>{hour})(?:[:.](?P<minute>\d\d))?(?=[ ]e[ ]le[ ](?:{hour}))",
         r"e[ ]le[ ](?P<hour>{hour})(?:[:.](?P<minute>\d\d))?{stop}",
         r"(?P<hour>{hour})[ ](?P<part>{part})"),
        {"e mezza": 30, "e mezzo": 30, "e un quarto": 15, "e tre quarti": 45, "meno un quarto": -15, "in punto": 0,
         "meno cinque": -5, "meno dieci": -10, "meno venti": -20, "meno venticinque": -25},
        {"di mattina": "morning", "del mattino": "morning", "di pomeriggio": "afternoon", "del pomeriggio": "afternoon",
         "di sera": "evening", "della sera": "evening", "di notte": "night"},
        {"mattina": "morning", "pomeriggio": "afternoon", "sera": "evening", "notte": "night"},
        {"stamattina": "morning", "questa mattina": "morning", "questo pomeriggio": "afternoon", "stasera": "evening",
         "questa sera": "evening", "stanotte": "night", "questa notte": "night"},
        "una", "(?:a )?mezzogiorno", "(?:a )?mezzanotte",
        "e|di|in|per|o|il|lo|la|oggi|domani|con|se|come|vorrei|siamo|saremo",
    ),
    "nl": Speech(
        (rf"(?:om|rond|tegen|vanaf|tot|voor|na)[ ](?P<minutes>{{minutes}})[ ](?P<hour>{{hour}})(?:[ ]uur)?{_PART}",
         r"(?P<minutes>{minutes})[ ](?P<hour>{hour})(?:[ ]uur|[ ](?P<part>{part})|{stop})",
         r"(?:om|rond|tegen|vanaf|tot|voor|na|sinds)[ ](?P<hour>{hour})(?:[:.](?P<minute>\d\d))?[ ]uur"
         rf"(?:[ ](?P<spoken>{{spoken}}))?{_PART}",
         rf"(?:om[ ])?(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d)[ ]?(?:uur|u)|[ ]?u(?P<more>\d\d)){_PART}",
         r"(?:om|rond|tegen|vanaf|tot)[ ](?P<hour>{hour})\.(?P<minute>[0-5]\d)",
         r"(?:tussen|van)[ ](?P<hour>{hour})(?=[ ](?:en|tot)[ ](?:{hour})[ ]uur)",
         r"(?<=\d en )(?P<hour>{hour})[ ]uur",
         r"(?:(?<=morgen )|(?<=vandaag )|(?<=vanavond )|(?<=[jnrs]dag ))(?P<hour>{hour})[ ]uur",
         r"(?:om[ ])?(?P<hour>{hour})[ ](?:uur[ ])?(?P<part>{part})",
         r"om[ ](?P<hour>{hour}){stop}"),
        {"half": -30, "kwart over": 15, "kwart voor": -15, "vijf over": 5, "tien over": 10, "twintig over": 20,
         "vijf voor": -5, "tien voor": -10, "twintig voor": -20, "vijf voor half": -35, "tien voor half": -40,
         "vijf over half": -25, "tien over half": -20},
        {f"{mark}s {said}": part for mark in "'’" for said, part in (
            ("ochtends", "morning"), ("morgens", "morning"), ("middags", "afternoon"), ("avonds", "evening"),
            ("nachts", "night"))}
        | {"in de ochtend": "morning", "in de middag": "afternoon", "in de avond": "evening", "in de nacht": "night"},
        {"ochtend": "morning", "morgen": "morning", "voormiddag": "morning", "vroeg": "morning", "middag": "afternoon",
         "namiddag": "afternoon", "avond": "evening", "nacht": "night"},
        {"vanochtend": "morning", "vanmorgen": "morning", "vanmiddag": "afternoon", "vanavond": "evening",
         "vannacht": "night"},
        "een", "", "(?:om )?middernacht",
        "en|of|graag|aub|alsjeblieft|alstublieft|vandaag|morgen|op|is|kan|kunnen|met|voor|zou|langs",
    ),
    "pt": Speech(
        (r"(?:(?:até )?(?:às|pelas)[ ])?(?P<minutes>{minutes})[ ]as?[ ](?P<hour>{hour})(?:[ ]horas?)?"
         r"(?:[ ](?P<part>{part})|{stop})",
         r"(?:até )?(?:à|às|pelas)[ ](?P<hour>\d{1,2})(?:[:h.](?P<minute>\d\d)?)?"
         rf"(?:[ ]horas?)?(?:[ ](?P<minutes>{{minutes}}))?{_PART}",
         r"das[ ](?P<hour>\d{1,2})"
         r"(?:[:h](?P<minute>\d\d)?|[ ](?P<minutes>{minutes})|[ ](?P<part>{part})|(?=[ ]às)|{stop})",
         r"(?:até )?(?:à|às|pelas)[ ](?P<hour>{word})(?:[ ]horas?)?"
         rf"(?:[ ](?P<minutes>{{minutes}})|[ ]e[ ](?P<spoken>{{spoken}})){_PART}",
         rf"(?:até )?(?:à|às|pelas)[ ](?P<hour>{{word}})[ ]horas?{_PART}",
         rf"(?:até )?as?[ ](?P<hour>\d{{1,2}})(?:[:h](?P<minute>\d\d)?|[ ]horas){_PART}",
         r"(?:até )?(?:à|às|pelas)[ ](?P<hour>{word})(?:[ ](?P<part>{part})|{stop})",
         r"(?P<hour>{hour})(?:[ ]horas?)?[ ](?P<part>{part})"),
        {"e meia": 30, "e um quarto": 15, "menos um quarto": -15, "em ponto": 0, "menos cinco": -5, "menos dez": -10,
         "menos vinte": -20, "cinco para": -5, "dez para": -10, "quinze para": -15, "um quarto para": -15,
         "vinte para": -20, "vinte e cinco para": -25},
        {"da manhã": "morning", "da tarde": "afternoon", "da noite": "evening", "da madrugada": "night"},
        {"de manhã": "morning", "à tarde": "afternoon", "de tarde": "afternoon", "à noite": "evening",
         "de noite": "evening"},
        {"esta manhã": "morning", "esta tarde": "afternoon", "esta noite": "evening"},
        "uma", "(?:ao? )?meio[ -]dia", "(?:à )?meia[ -]noite",
        "e|de|em|por|para|ou|o|hoje|amanhã|com|se|como|quero|somos|seremos",
    ),
}  # fmt: skip
"""Behind an hour, "mañana" and "morgen" are the day, and no part of it."""

ACCENTS = str.maketrans({"a": "[aàáâã]", "e": "[eèéêë]", "i": "[iìí]", "o": "[oòóôõ]", "u": "[uùú]"})
UMLAUT = {"ae": "ä", "oe": "ö", "ue": "ü", "ss": "ß"}


class _Clock:
    """A language's patterns, compiled once."""

    def __init__(self, language: str) -> None:
        speech = SPEECHES[language]
        numbers = {word: value for word, value in small_numbers(language).items() if value <= LAST_MINUTE}
        self.numbers = numbers | dict.fromkeys(speech.one.split(), 1)
        self.minutes = {fold(said, language): value for said, value in speech.minutes.items()}
        self.parts, self.days, self.today = (
            {fold(said, language): part for said, part in table.items()}
            for table in (speech.parts, speech.days, speech.today)
        )
        words = _either(_accented(word, language) for word, value in self.numbers.items() if value <= LAST_HOUR)
        names = {  # (?>...) takes nothing shorter: "vinte e uma" is no 20:01
            "word": f"(?>{words})", "hour": rf"(?>\d{{1,2}}|{words})",
            "minutes": loose(_either(speech.minutes), language), "part": loose(_either(speech.parts), language),
            "spoken": _either(_accented(word, language) for word in numbers),
            "stop": rf"(?=[ ]?(?:[.,;:!?)]|\Z)|[ ](?:{speech.stop})\b)",
        }  # fmt: skip
        self.forms = [_pattern(re.sub(r"\{([a-z]+)\}", lambda name: names[name[1]], form)) for form in speech.forms]
        self.part_of_day = re.compile(rf"[ ]({loose(_either(speech.days), language)})(?!\w)", re.IGNORECASE)
        self.part_of_today = _pattern(loose(_either(speech.today), language) or "(?!)")
        named = ((speech.noon, time(NOON)), (speech.midnight, time(0)))
        self.named = [
            (_pattern(rf"(?:{loose(said, language)})(?:[ ](?P<minutes>{names['minutes']}))?"), value)
            for said, value in named
            if said
        ]


def _either(words: "Iterator[str] | dict[str, int] | dict[str, str]") -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _accented(word: str, language: str) -> str:
    """A pattern of a folded word, which may have accents in a text."""
    if language == "de":
        return re.sub("ae|oe|ue|ss", lambda match: f"(?:{match[0]}|{UMLAUT[match[0]]})", word)
    return word.translate(ACCENTS)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/:.,])(?:{text})(?![\w:]|[.,]\d)", re.IGNORECASE)


@lru_cache(maxsize=len(SPEECHES))
def _clock(language: str) -> _Clock:
    return _Clock(language)


def find_times(text: str, language: str) -> list[Found]:
    """Times of day with the places where they are said; those of an earlier form go before."""
    clock = _clock(language)
    found = []
    for form in clock.forms:
        for match in form.finditer(text):
            moment = _read(match, clock, language)
            if moment is not None:
                found.append(moment)
    for form, hour in clock.named:
        for match in form.finditer(text):
            offset = clock.minutes.get(fold(match["minutes"] or "", language), 0)
            found.append(Found(*match.span(), _moved(hour, offset)))
    return found


def _moved(hour: time, minutes: int) -> time:
    """A time so many minutes later or earlier, around the clock."""
    hours, left = divmod((hour.hour * 60 + hour.minute + minutes) % (24 * 60), 60)
    return time(hours, left)


def parts_of_today(text: str, language: str) -> list[tuple[int, int, str]]:
    """Where a part of today is named, such as "ce soir", from the left."""
    clock = _clock(language)
    matches = clock.part_of_today.finditer(text)
    found = [(*match.span(), clock.today.get(fold(match.group(), language), "")) for match in matches]
    return [row for row in found if row[2]]


def part_after(text: str, end: int, language: str) -> tuple[str, int]:
    """The part of the day that follows a day which ends here, with its own end; empty where none does."""
    clock = _clock(language)
    match = clock.part_of_day.match(text, end)
    part = clock.days.get(fold(match[1], language), "") if match else ""
    return (part, match.end()) if match and part else ("", end)


def _read(match: re.Match[str], clock: _Clock, language: str) -> Found | None:
    """The time that a form says; None for an hour or a minute that no clock has.

    None, too, where a letter only counts as one of a word's when capitals do not matter, such as the dotless i.
    """
    said = {name: words for name, words in match.groupdict().items() if words}
    hour = _number(said["hour"], clock, language)
    minute = _number(said.get("spoken") or said.get("minute") or said.get("more") or "0", clock, language)
    offset = clock.minutes.get(fold(said["minutes"], language)) if "minutes" in said else 0
    part = clock.parts.get(fold(said["part"], language)) if "part" in said else ""
    if hour is None or minute is None or offset is None or part is None or hour > LAST_HOUR or minute > LAST_MINUTE:
        return None
    moment = _moved(time(hour % 24, minute), offset)
    told = bool(part) or said["hour"].startswith("0")
    return Found(match.start(), match.end(), in_part(moment, part), "", not told and 1 <= moment.hour < NOON)


def _number(said: str, clock: _Clock, language: str) -> int | None:
    return int(said) if said.isdigit() else clock.numbers.get(fold(said, language))
