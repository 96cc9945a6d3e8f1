"""ForeignQuantities: ordinals, durations and units in six languages beside English."""

import re
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from models.utterance import Entity
from nlp.foreign_numbers import GLUE, WORD, find_foreign_numbers, fold, read_foreign_figures, small_numbers
from nlp.units import GLUED_TO, NETWORK, powered
from nlp.units import NAMES as SHORT_UNITS

SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR = 1, 60, 3_600, 86_400, 604_800, 2_592_000, 31_536_000
NAMES_OF_DURATIONS = {
    SECOND: "second", MINUTE: "minute", HOUR: "hour", DAY: "day", WEEK: "week", MONTH: "month", YEAR: "year",
}  # fmt: skip
NOT_LONG = (SECOND, MINUTE)
""" "Eine Minute, bitte" asks for patience, and not for sixty seconds."""

WORKING = re.compile("(?:ouvr[ée]s?|ouvrables?|h[áa]bil(?:es)?|laborables?|lavorativ[io]|[úu]teis)", re.IGNORECASE)
"""What makes working days of days, which last longer than their number says."""

MAX_WORDS_OF_AN_ORDINAL = 4
ENDS_IN_HALF = {"de": ("einhalb",), "nl": ("enhalf", "enhalve")}


class Table(NamedTuple):
    """A language's words, folded. `many_things`: ordinals that are something else as well (a second, a room, I look
    after): they count after one of `the`, before a word. `per_cent` and `and_half` are of two words.
    """

    durations: dict[int, str]
    units: dict[str, str]
    the: str
    many_things: str
    ordinal_figures: str
    one: str
    half: str
    and_half: str
    and_: str
    per_cent: str


TABLES = {
    "de": Table(
        {SECOND: "sekunde sekunden sek", MINUTE: "minute minuten min", HOUR: "stunde stunden std h",
         DAY: "tag tage tagen", WEEK: "woche wochen", MONTH: "monat monate monaten", YEAR: "jahr jahre jahren"},
        {"kilogram": "kilo kilos kilogramm", "gram": "gramm", "tonne": "tonne tonnen", "litre": "liter litern",
         "millilitre": "milliliter millilitern", "metre": "meter metern", "kilometre": "kilometer kilometern",
         "centimetre": "zentimeter zentimetern", "millimetre": "millimeter millimetern", "percent": "prozent",
         "mile": "meile meilen", "inch": "zoll", "degree celsius": "grad",
         "kilowatt hour": "kilowattstunde kilowattstunden"},
        "der die das dem den des zum zur mein meine meinen meiner meinem jede jeder jedes", "achte achten",
        r"(?:(?<=der )|(?<=die )|(?<=das )|(?<=den )|(?<=dem )|(?<=zum )|(?<=zur )|(?<=mein )|(?<=meine ))"
        r"(\d{1,3})\.(?= [A-ZÄÖÜ])",
        "ein eine einen einem einer", "halb halbe halben halber", "", "und", "",
    ),
    "es": Table(
        {SECOND: "segundo segundos", MINUTE: "minuto minutos min", HOUR: "hora horas h", DAY: "dia dias",
         WEEK: "semana semanas", MONTH: "mes meses", YEAR: "ano anos"},
        {"kilogram": "kilo kilos kilogramo kilogramos", "gram": "gramo gramos", "tonne": "tonelada toneladas",
         "litre": "litro litros", "millilitre": "mililitro mililitros", "metre": "metro metros",
         "kilometre": "kilometro kilometros", "centimetre": "centimetro centimetros",
         "millimetre": "milimetro milimetros", "mile": "milla millas", "inch": "pulgada pulgadas",
         "degree celsius": "grado grados", "watt": "vatio vatios"},
        "el la los las mi mis su sus tu tus del al este esta",
        "segundo segunda segundos segundas cuarto cuarta cuartos",
        r"(?<![\w.,])(\d{1,3})\.?(?:º|ª|er)(?!\w)", "un una", "medio media", "medio media", "y", "por ciento",
    ),
    "fr": Table(
        {SECOND: "seconde secondes", MINUTE: "minute minutes min", HOUR: "heure heures h",
         DAY: "jour jours journee journees", WEEK: "semaine semaines", MONTH: "mois", YEAR: "an ans annee annees"},
        {"kilogram": "kilo kilos kilogramme kilogrammes", "gram": "gramme grammes", "tonne": "tonne tonnes",
         "litre": "litre litres", "millilitre": "millilitre millilitres", "metre": "metre metres",
         "kilometre": "kilometre kilometres", "centimetre": "centimetre centimetres",
         "millimetre": "millimetre millimetres", "inch": "pouce pouces", "degree celsius": "degre degres"},
        "le la les mon ma mes votre vos notre nos son sa ses ce cette ces du au", "second seconde seconds secondes",
        r"(?<![\w.,])(\d{1,3})(?:ers?|res?|i?[eè]mes?|e)(?!\w)", "un une", "demi demie", "demi demie", "et",
        "pour cent",
    ),
    "it": Table(
        {SECOND: "secondo secondi", MINUTE: "minuto minuti min", HOUR: "ora ore h", DAY: "giorno giorni giornata",
         WEEK: "settimana settimane", MONTH: "mese mesi", YEAR: "anno anni"},
        {"kilogram": "chilo chili chilogrammo chilogrammi", "gram": "grammo grammi", "tonne": "tonnellata tonnellate",
         "litre": "litro litri", "millilitre": "millilitro millilitri", "metre": "metro metri",
         "kilometre": "chilometro chilometri", "centimetre": "centimetro centimetri",
         "millimetre": "millimetro millimetri", "mile": "miglia", "inch": "pollice pollici",
         "degree celsius": "grado gradi", "percent": "percento"},
        "il lo la i gli le l mio mia miei mie suo sua suoi sue tuo tua nostro nostra vostro vostra del della al alla"
        " dal nel nella questo questa ogni",
        "secondo secondi quarto quarti", r"(?<![\w.,])(\d{1,3})(?:º|ª|°)(?![\w°])(?!\s?[CF]\b)", "un uno una",
        "mezzo mezza mezz", "mezzo mezza", "e", "per cento",
    ),
    "nl": Table(
        {SECOND: "seconde seconden sec", MINUTE: "minuut minuten minuutje minuutjes min",
         HOUR: "uur uren uurtje uurtjes", DAY: "dag dagen", WEEK: "week weken", MONTH: "maand maanden",
         YEAR: "jaar jaren"},
        {"kilogram": "kilo kilogram", "gram": "gram", "tonne": "ton", "litre": "liter liters",
         "millilitre": "milliliter", "metre": "meter meters", "kilometre": "kilometer kilometers",
         "centimetre": "centimeter centimeters", "millimetre": "millimeter millimeters", "mile": "mijl mijlen",
         "degree celsius": "graad graden", "percent": "procent"},
        "de het mijn uw jouw je onze ons haar zijn hun dit deze die dat", "",
        r"(?<![\w.,])(\d{1,3})(?:e|ste|de)(?!\w)", "een", "half halve", "half", "en", "",
    ),
    "pt": Table(
        {SECOND: "segundo segundos", MINUTE: "minuto minutos min", HOUR: "hora horas h", DAY: "dia dias",
         WEEK: "semana semanas", MONTH: "mes meses", YEAR: "ano anos"},
        {"kilogram": "quilo quilos quilograma quilogramas kilo kilos", "gram": "grama gramas",
         "tonne": "tonelada toneladas", "litre": "litro litros", "millilitre": "mililitro mililitros",
         "metre": "metro metros", "kilometre": "quilometro quilometros", "centimetre": "centimetro centimetros",
         "millimetre": "milimetro milimetros", "mile": "milha milhas", "inch": "polegada polegadas",
         "degree celsius": "grau graus"},
        "o a os as meu minha meus minhas seu sua seus suas teu tua nosso nossa do da ao este esta cada",
        "segundo segunda segundos segundas terco quarto quarta quartos quinta sexta",
        r"(?<![\w.,])(\d{1,3})\.?(?:º|ª)(?!\w)", "um uma", "meio meia", "meio meia", "e", "por cento",
    ),
}  # fmt: skip
"""Degrees are Celsius where these languages are spoken. What is short (kg, km, ml) is in `nlp.units`."""

SPANISH_ORDINALS = (
    "primer", "segund", "tercer", "cuart", "quint", "sext", "septim", "octav", "noven", "decim", "undecim", "duodecim",
    "decimotercer", "decimocuart",
)  # fmt: skip
ITALIAN_ORDINALS = "prim second terz quart quint sest settim ottav non decim".split()  # noqa: SIM905
PORTUGUESE_ORDINALS = "primeir segund terceir quart quint sext setim oitav non".split()  # noqa: SIM905
PORTUGUESE_TENTHS = (
    "decim", "vigesim", "trigesim", "quadragesim", "quinquagesim", "sexagesim", "septuagesim", "octogesim", "nonagesim",
    "centesim",
)  # fmt: skip
SHORT_AFTER = re.compile(r"[ \u00a0]{0,2}(°[cf]|km/h|[%$€£₹¥])(?![^\W\d_])", re.IGNORECASE)
GLUED = re.compile(
    rf"{GLUED_TO}(\d{{1,12}}(?:[.,]\d{{1,9}})?)(km/h|[^\W\d_²³]{{1,4}})(?:(?![\w/])|(?=[2²3³](?![\w/])))",
    re.IGNORECASE,
)
HOURS_AND_MINUTES = re.compile(r"(?<![\w.:])(\d{1,3})[ ]?h[ ]?([0-5]\d)(?!\w)", re.IGNORECASE)


QUARTERS = {
    "de": {15: "(?:eine[rn]? )?viertelstunde", 45: "(?:eine[rn]? )?dreiviertel[ ]?stunde"},
    "es": {15: "(?:un )?cuarto de hora", 45: "tres cuartos de hora"},
    "fr": {15: "(?:un )?quart d['’]heure", 45: "trois[ -]quarts d['’]heure"},
    "it": {15: "(?:un )?quarto d['’ ]ora", 45: "tre quarti d['’ ]ora"},
    "nl": {15: "(?:een )?kwartier(?:tje)?", 45: "drie kwartier"},
    "pt": {15: "(?:um )?quarto de hora", 45: "tr[eê]s quartos de hora"},
}
"""Minutes that are told in quarters of an hour."""

QUARTER = {
    language: {minutes: re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE) for minutes, said in rows.items()}
    for language, rows in QUARTERS.items()
}
QUARTER_HINT = re.compile("viertel|[cq]uart|kwart", re.IGNORECASE)
BEFORE = {"it": "prima"}
NO_ORDINAL = re.compile(r"[ ](?:d(?:i|el(?:l[aoe])?|ei|egli)|che)(?!\w)|[ ]dell['’]", re.IGNORECASE)
"""Before these it means "before": prima di Natale."""


class _Words(NamedTuple):
    """A table's words by what they mean."""

    durations: dict[str, int]
    units: dict[str, str]
    ordinals: dict[str, int]
    ordinal_figures: re.Pattern[str]
    glue: re.Pattern[str]


class _Word(NamedTuple):
    said: str
    start: int
    end: int


class _Counted(NamedTuple):
    """A number, an article or a half, and the place of the word after it."""

    value: float
    start: int
    end: int
    next: int
    article: bool


def find_foreign_quantities(text: str, language: str) -> list[Entity]:
    """Numbers, ordinals, durations and units of a language in `LANGUAGES`, with values as in English."""
    numbers = find_foreign_numbers(text, language)
    words = [_Word(fold(match.group(), language), *match.span()) for match in WORD.finditer(text)]
    counted = _counted(text, language, numbers, words)
    found = [*numbers, *_ordinals(text, language, words), *_durations(text, language, words, counted)]
    return sorted([*found, *_units(text, language, words, counted)], key=lambda row: (row.start, row.end))


def find_foreign_units(text: str, language: str) -> list[Entity]:
    """As `find_units`."""
    words = [_Word(fold(match.group(), language), *match.span()) for match in WORD.finditer(text)]
    return _units(text, language, words, _counted(text, language, find_foreign_numbers(text, language), words))


@lru_cache(maxsize=len(TABLES))
def _table(language: str) -> _Words:
    table = TABLES[language]
    ordinals = ORDINALS[language]()
    return _Words(
        {word: seconds for seconds, words in table.durations.items() for word in words.split()},
        {word: unit for unit, words in table.units.items() for word in words.split()},
        ordinals, re.compile(table.ordinal_figures, re.IGNORECASE if language != "de" else 0),
        re.compile(rf",?[ ](?:{table.and_}[ ])?", re.IGNORECASE),
    )  # fmt: skip


def _german_ordinals() -> dict[str, int]:
    stems = {"erst": 1, "dritt": 3, "siebt": 7, "acht": 8}
    for word, value in small_numbers("de").items():
        if 2 <= value <= 100 and value not in (3, 8) and word != "zwo":
            stems[word + ("t" if value < 20 else "st")] = value
    return {stem + end: value for stem, value in stems.items() for end in ("e", "er", "es", "en", "em")}


def _spanish_ordinals() -> dict[str, int]:
    rows = enumerate(SPANISH_ORDINALS, 1)
    return {stem + end: number for number, stem in rows for end in ("o", "a", "os", "as")} | {"primer": 1, "tercer": 3}


def _dutch_ordinals() -> dict[str, int]:
    found = {"eerste": 1, "derde": 3, "achtste": 8}
    for word, value in small_numbers("nl").items():
        if 2 <= value <= 100 and value not in (3, 8):
            found[word + ("de" if value < 20 else "ste")] = value
    return found


def _french_ordinals() -> dict[str, int]:
    found = {"premier": 1, "premiere": 1, "premiers": 1, "premieres": 1}
    found |= dict.fromkeys(("second", "seconde", "seconds", "secondes"), 2)
    for word, value in small_numbers("fr").items():
        if 2 <= value <= 100 and not word.endswith((" une", "vingts")):
            stem = {"q": word + "u", "f": word[:-1] + "v", "e": word[:-1]}.get(word[-1], word)
            found |= {stem + "ieme": value, stem + "iemes": value}
    return found


def _italian_ordinals() -> dict[str, int]:
    stems = {stem: number for number, stem in enumerate(ITALIAN_ORDINALS, 1)}
    for word, value in small_numbers("it").items():
        if 11 <= value <= 100:
            stems[(word if word.endswith(("tre", "sei")) else word[:-1]) + "esim"] = value
    return {stem + end: value for stem, value in stems.items() for end in "oaie"}


def _portuguese_ordinals() -> dict[str, int]:
    low, tens = dict(enumerate(PORTUGUESE_ORDINALS, 1)), dict(enumerate(PORTUGUESE_TENTHS, 1))
    found = {}
    for end in ("o", "a", "os", "as"):
        for number, stem in low.items():
            found[stem + end] = number
        for ten, stem in tens.items():
            found[stem + end] = ten * 10
            found |= {f"{stem}{end} {more}{end}": ten * 10 + number for number, more in low.items()}
    return found


ORDINALS = {
    "de": _german_ordinals, "es": _spanish_ordinals, "fr": _french_ordinals, "it": _italian_ordinals,
    "nl": _dutch_ordinals, "pt": _portuguese_ordinals,
}  # fmt: skip


def _ordinals(text: str, language: str, words: list[_Word]) -> list[Entity]:
    rules, table = _table(language), TABLES[language]
    found = [_ordinal(int(row[1]), text, *row.span()) for row in rules.ordinal_figures.finditer(text) if int(row[1])]
    the, doubtful = table.the.split(), table.many_things.split()
    at = 0
    while at < len(words):
        length = next(
            (n for n in range(MAX_WORDS_OF_AN_ORDINAL, 0, -1) if _said(words, at, n, text) in rules.ordinals), 0
        )
        said = _said(words, at, length, text) if length else ""
        after = _glued(words, at + length - 1, text)
        if not length or (said in doubtful and not (at and words[at - 1].said in the and after)):
            at += 1
            continue
        end = words[at + length - 1].end
        if not (said == BEFORE.get(language) and NO_ORDINAL.match(text, end)):
            found.append(_ordinal(rules.ordinals[said], text, words[at].start, end))
        at += length
    return found


def _said(words: list[_Word], at: int, length: int, text: str) -> str:
    """So many words in a row, parted by a space; empty where they do not follow each other."""
    if at + length > len(words) or not all(_glued(words, place, text) for place in range(at, at + length - 1)):
        return ""
    return " ".join(word.said for word in words[at : at + length])


def _glued(words: list[_Word], at: int, text: str) -> bool:
    """Whether a word follows the one at a place, with nothing but a space, a hyphen or an apostrophe between."""
    return at + 1 < len(words) and bool(GLUE.fullmatch(text, words[at].end, words[at + 1].start))


def _ordinal(value: int, text: str, start: int, end: int) -> Entity:
    return Entity("ordinal", value, text[start:end], start, end, "ordinals")


def _counted(text: str, language: str, numbers: list[Entity], words: list[_Word]) -> list[_Counted]:
    """Whatever may stand before a unit: a number, an article, a half."""
    table = TABLES[language]
    one, half = table.one.split(), table.half.split()
    starts = {word.start: place for place, word in enumerate(words)}
    found = []
    for number in numbers:
        glue = GLUE.match(text, number.end)
        place = starts.get(glue.end() if glue else number.end, -1)
        found.append(_Counted(number.value, number.start, number.end, place, False))
    for place, word in enumerate(words):
        following = place + 1 if _glued(words, place, text) else -1
        if word.said in half:
            with_article = place and words[place - 1].said in one and _glued(words, place - 1, text)
            found.append(
                _Counted(0.5, words[place - 1].start if with_article else word.start, word.end, following, False)
            )
        elif word.said in one:
            found.append(_Counted(1, word.start, word.end, following, True))
        elif language in ENDS_IN_HALF and (more := _and_a_half(word.said, language)):
            found.append(_Counted(more, word.start, word.end, following, False))
    return found


def _and_a_half(word: str, language: str) -> float:
    """Zweieinhalb and tweeënhalf are 2.5, anderthalb and anderhalf 1.5; 0 for what is none."""
    if word in ("anderthalb", "eineinhalb", "anderhalf", "anderhalve"):
        return 1.5
    half = next((end for end in ENDS_IN_HALF[language] if word.endswith(end)), "")
    value = small_numbers(language).get(word.removesuffix(half), 0) if half else 0
    return value + 0.5 if value else 0


def _more_half(text: str, language: str, words: list[_Word], place: int) -> int:
    """Where "et demie" ends that follows a unit at a place; 0 where none does."""
    table = TABLES[language]
    after = _said(words, place, 3, text).split(" ")
    return (
        words[place + 2].end if len(after) == 3 and after[1] == table.and_ and after[2] in table.and_half.split() else 0
    )


def _durations(text: str, language: str, words: list[_Word], counted: list[_Counted]) -> list[Entity]:
    rules = _table(language)
    parts: list[tuple[int, int, float, int]] = []
    for count in counted:
        seconds = rules.durations.get(words[count.next].said, 0) if count.next >= 0 else 0
        if not seconds:
            continue
        end = _more_half(text, language, words, count.next)
        if count.article and seconds in NOT_LONG and not end:
            continue
        if seconds == DAY and WORKING.match(text, words[count.next].end + 1):
            continue
        parts.append(
            (count.start, end or words[count.next].end, (count.value + (0.5 if end else 0)) * seconds, seconds)
        )
    for match in GLUED.finditer(text):
        if not text[match.end() : match.end() + 1].isalnum() and (
            seconds := rules.durations.get(fold(match[2], language), 0)
        ):
            parts.append((*match.span(), read_foreign_figures(match[1]) * seconds, seconds))
    for match in HOURS_AND_MINUTES.finditer(text):
        parts.append((*match.span(), int(match[1]) * HOUR + int(match[2]) * MINUTE, MINUTE))
    for minutes, said in QUARTER[language].items() if QUARTER_HINT.search(text) else ():
        parts += [(*match.span(), minutes * MINUTE, MINUTE) for match in said.finditer(text)]
    found: list[tuple[int, int, float]] = []
    smallest = 0
    for start, end, total, unit in _longest(parts):
        last = found[-1] if found else None
        if last and unit < smallest and rules.glue.fullmatch(text, last[1], start):  # "14h et 16h" are two
            found[-1] = (last[0], end, last[2] + total)
        else:
            found.append((start, end, total))
        smallest = unit
    return [
        Entity("duration", {"seconds": int(total) if total == int(total) else total}, text[start:end], start, end,
               "durations")
        for start, end, total in found
    ]  # fmt: skip


def _longest(parts: list[tuple[int, int, float, int]]) -> list[tuple[int, int, float, int]]:
    """Of the parts that end at the same word the one that begins first, in order."""
    rows = sorted(parts, key=lambda row: (row[1], row[0]))
    return [next(group) for _, group in groupby(rows, key=lambda row: row[1])]


def _units(text: str, language: str, words: list[_Word], counted: list[_Counted]) -> list[Entity]:
    rules, table = _table(language), TABLES[language]
    found: dict[int, Entity] = {}
    for count in sorted(counted, key=lambda row: row.start):
        if count.article and count.next < 0:
            continue
        short = SHORT_AFTER.match(text, count.end)
        if short and not count.article:
            end, unit = short.end(), SHORT_UNITS[short[1].lower()]
        elif count.next < 0:
            continue
        elif table.per_cent and _said(words, count.next, 2, text) == table.per_cent:
            end, unit = words[count.next + 1].end, "percent"
        else:
            said = words[count.next].said
            end, unit = words[count.next].end, rules.units.get(said, "")
            if not unit and not count.article:
                unit = NAMES_OF_DURATIONS.get(rules.durations.get(said, 0), "") or SHORT_UNITS.get(said, "")
        if not unit:
            continue
        half = _more_half(text, language, words, count.next) if count.next >= 0 else 0
        unit, end = powered(unit, text, half or end)
        entity = _quantity(count.value + (0.5 if half else 0), unit, text, count.start, end)
        found.setdefault(entity.end, entity)
    for match in GLUED.finditer(text):
        if NETWORK.fullmatch(match.group()):
            continue
        if unit := rules.units.get(match[2].lower(), "") or SHORT_UNITS.get(match[2].lower(), ""):
            unit, end = powered(unit, text, match.end())
            if text[end : end + 1].isalnum():
                continue
            found[end] = _quantity(read_foreign_figures(match[1]), unit, text, match.start(), end)
    return list(found.values())


def _quantity(value: float, unit: str, text: str, start: int, end: int) -> Entity:
    plain: Any = {"value": value, "unit": unit}
    return Entity("quantity", plain, text[start:end], start, end, "units")
