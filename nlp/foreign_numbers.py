"""ForeignNumbers: figures and number words in six languages beside English, with their values.

Number words up to 999 are written out from small tables once; thousands and millions are put together of them.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from models.utterance import Entity
from nlp.foreign_shares import find_shares
from nlp.ranges import find_ranges
from nlp.short_numbers import CODE, find_short_numbers, with_fraction

LANGUAGES = ("de", "es", "fr", "it", "nl", "pt")
WORD = re.compile(r"[^\W\d_²³]+")
GLUE = re.compile(r"[ \t\u00a0]{1,3}|[-'’]")
MAX_WORDS_OF_A_NUMBER = 8
"""Of one below a thousand: "neuf cent quatre vingt dix neuf" has six."""

_START, _END = r"(?<![\w.,/:-])", r"(?![\w/:]|[.,]\d|-\d)"
FIGURES = {
    "de": re.compile(rf"{_START}[-+]?(?:\d{{1,3}}(?:\.\d{{3}}){{1,5}}|\d{{1,15}})(?:,\d{{1,9}}|\.\d{{1,2}})?{_END}"),
    "fr": re.compile(
        rf"{_START}[-+]?(?:\d{{1,3}}(?:[ \u00a0\u202f]\d{{3}}){{1,5}}|\d{{1,15}})(?:[.,]\d{{1,9}})?{_END}"
    ),
}
FIGURES |= dict.fromkeys(("es", "it", "nl", "pt"), FIGURES["de"])


SCALE = re.compile(r"[ \u00a0]([^\W\d_]{3,10})(?!\w)")
SHORT_SCALES = {"mio": 1_000_000, "mrd": 1_000_000_000, "tsd": 1_000}
"""What figures are of is often cut short in German."""


class Words(NamedTuple):
    """What a language counts with, folded. The first `thousand` may stand by itself. `point` is said before the digits
    of a fraction, `join` between a thousand and what follows.

    `alone`: what is no number by itself, with a pattern of what has to follow for it to be one. Before the words of
    `not_before` a thousand or a hundred is a way of speaking ("thanks a thousand"); `not_after`: after what a number
    by itself is one too, such as the hundred of "per cent".
    """

    thousand: str
    million: str
    dozen: str
    articles: str
    point: str
    join: str
    alone: dict[str, str]
    not_before: str
    not_after: dict[str, str]


WORDS = {
    "de": Words("tausend", "million millionen", "dutzend", "ein eine einen einem einer", "komma", "", {}, "dank", {}),
    "es": Words("mil", "millon millones", "docena docenas", "un una", "coma", "", {}, "gracias veces",
                {"cien": "por", "ciento": "por"}),
    "fr": Words("mille", "million millions", "douzaine douzaines", "un une", "virgule", "",
                {"neuf": r"[^\W\d_]+s"}, "merci mercis fois excuses", {"cent": "pour"}),
    "it": Words("mille mila", "milione milioni", "dozzina dozzine", "un uno una", "virgola", "",
                {"sei": r"(?![^\W\d_]+(?:[bdt]ile|ale|[ae]nte|ante)\Z)(?:euro|[^\W\d_]{2,}[ie])"},
                "grazie scuse volte baci", {"cento": "per", "mille": "grazie"}),
    "nl": Words("duizend", "miljoen miljoenen", "dozijn", "een", "komma", "", {}, "dank keer maal", {}),
    "pt": Words("mil", "milhao milhoes", "duzia duzias", "um uma", "virgula", "e", {},
                "desculpas vezes beijos abracos obrigado obrigada", {"cento": "por", "cem": "por"}),
}  # fmt: skip
"""French "neuf" is new as well, Italian "sei" is "you are": they count where many of something follow."""


def find_foreign_numbers(text: str, language: str) -> list[Entity]:
    """As `find_numbers`, for a language in `LANGUAGES`: 1.234,5 in German and Spanish is 1234.5."""
    found = [
        _figures(match, language) for match in FIGURES[language].finditer(text) if not CODE.match(text, match.start())
    ]
    found = [_scaled(with_fraction(number, text) or number, text, language) for number in found]
    if language == "nl":
        found = [_and_a_half(number, text) for number in found]
    found += find_short_numbers(text)
    starts = {row.start for row in found}
    found += [row for row in find_ranges(text) if row.start not in starts]
    scaled = {row.end for row in found if row.source == "words"}  # where a scale ends that figures have
    words = list(_words(text, language))
    if scaled:
        words = [word for word in words if word[2] not in scaled]
    begins = _beginnings(language)
    at = 0
    while at < len(words):
        run = _run(words, at, text, language) if words[at][0] in begins else None
        if run is None:
            at += 1
            continue
        value, length = run
        start, end = words[at][1], words[at + length - 1][2]
        if sign := _sign(text, start, end, language):
            value, start = -value, sign.start()
        number = Entity("number", value, text[start:end], start, end, "words")
        found.append(_and_a_half(number, text) if language == "nl" else number)
        at += length
    if shares := find_shares(text, language):
        found = [row for row in found if not any(one.start <= row.start < one.end for one in shares)] + shares
    return sorted(found, key=lambda entity: entity.start)


@lru_cache(maxsize=len(LANGUAGES))
def _scales(language: str) -> dict[str, int]:
    table = WORDS[language]
    rows = ((table.million, 1_000_000), (table.thousand, 1_000), (table.dozen, 12))
    return SHORT_SCALES | {word: size for words, size in rows for word in words.split()}


def _scaled(number: Entity, text: str, language: str) -> Entity:
    """2 Millionen are 2000000, and 15 mil 15000."""
    match = SCALE.match(text, number.end)
    size = _scales(language).get(fold(match[1], language)) if match else None
    if match is None or size is None:
        return number
    value = round(number.value * size, 6)
    plain = int(value) if value == int(value) else value
    dot = match.end() if text.startswith(". ", match.end()) else 0
    end = dot + 1 if dot and match[1].lower() in SHORT_SCALES else match.end()
    return Entity("number", plain, text[number.start : end], number.start, end, "words")


def _and_a_half(number: Entity, text: str) -> Entity:
    """Twee en een half: Dutch says the half before what is counted, the other languages mostly behind it."""
    match = AND_A_HALF.match(text, number.end)
    if match is None or number.value < 1:
        return number
    words = text[number.start : match.end()]
    return Entity("number", number.value + 0.5, words, number.start, match.end(), number.source)


def read_foreign_figures(figures: str) -> int | float:
    """What figures mean where the comma comes before the fraction: a point before three digits parts thousands."""
    plain = re.sub(r"[ \u00a0\u202f]|\.(?=\d{3}(?:\D|\Z))", "", figures).replace(",", ".")
    return float(plain) if "." in plain else int(plain)


def fold(word: str, language: str) -> str:
    """A word without capitals and accents; German umlauts as ae, oe and ue."""
    word = word.casefold()
    if language == "de":
        return word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if unicodedata.category(letter) != "Mn")


def loose(pattern: str, language: str) -> str:
    """A pattern of words with accents, which finds them without, too: many leave them out in a short message."""
    if language == "de":
        return re.sub("[äöüß]", lambda letter: f"(?:{letter[0]}|{UMLAUTS[letter[0]]})", pattern)
    return re.sub("[àáâãçèéêëìíîïñòóôõùúû]", lambda letter: f"[{letter[0]}{fold(letter[0], language)}]", pattern)


UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


@lru_cache(maxsize=len(LANGUAGES))
def small_numbers(language: str) -> dict[str, int]:
    """Every way to write 0 to 999, folded, its words parted by a space; in Dutch to 1999, as "vijftienhonderd" is."""
    tens = dict(TENS[language]())
    found = dict(tens)
    for hundred, times in _hundreds(language):
        found[hundred] = times * 100
        for (word, value), join in product(tens.items(), JOINS[language]):
            if value and hundred not in ALONE:
                found[hundred + join + word] = times * 100 + value
                if language == "it" and word[0] in "ou":  # centotto, centuno
                    found[hundred[:-1] + word] = times * 100 + value
    return found


@lru_cache(maxsize=len(LANGUAGES))
def _beginnings(language: str) -> frozenset[str]:
    """The words that a number can begin with: all others are passed by."""
    table = WORDS[language]
    others = [table.thousand.split()[0], *table.articles.split()]
    return frozenset([*(words.split(" ")[0] for words in small_numbers(language)), *others])


def _hundreds(language: str) -> Iterator[tuple[str, int]]:
    if language == "de":
        ones = "ein zwei drei vier fuenf sechs sieben acht neun".split()  # noqa: SIM905
        yield "hundert", 1
        yield from ((f"{word}hundert", number) for number, word in enumerate(ones, 1))
    elif language == "es":
        stems = "dosc tresc cuatroc quin seisc setec ochoc novec".split()  # noqa: SIM905
        yield from (("cien", 1), ("ciento", 1))
        yield from ((f"{stem}ient{end}", number) for number, stem in enumerate(stems, 2) for end in ("os", "as"))
    elif language == "it":
        ones = "due tre quattro cinque sei sette otto nove".split()  # noqa: SIM905
        yield "cento", 1
        yield from ((f"{word}cento", number) for number, word in enumerate(ones, 2))
    elif language == "nl":
        ones = "twee drie vier vijf zes zeven acht negen".split()  # noqa: SIM905
        yield "honderd", 1
        yield from ((f"{word}honderd", number) for number, word in enumerate(ones, 2))
        teens = "elf twaalf dertien veertien vijftien zestien zeventien achttien negentien".split()  # noqa: SIM905
        yield from ((f"{word}honderd", number) for number, word in enumerate(teens, 11))
    elif language == "pt":
        stems = "duz trez quatroc quinh seisc setec oitoc novec".split()  # noqa: SIM905
        yield from (("cem", 1), ("cento", 1))
        yield from ((f"{stem}ent{end}", number) for number, stem in enumerate(stems, 2) for end in ("os", "as"))
    else:
        ones = "deux trois quatre cinq six sept huit neuf".split()  # noqa: SIM905
        yield "cent", 1
        yield from ((f"{word} cent{end}", number) for number, word in enumerate(ones, 2) for end in ("", "s"))


def _german() -> Iterator[tuple[str, int]]:
    ones = "null eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn vierzehn fuenfzehn sechzehn"
    units = "ein zwei drei vier fuenf sechs sieben acht neun".split()  # noqa: SIM905
    yield from ((word, value) for value, word in enumerate([*ones.split(), "siebzehn", "achtzehn", "neunzehn"]))
    yield "zwo", 2
    for ten, word in enumerate("zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig".split(), 2):  # noqa: SIM905
        yield word, ten * 10
        yield from ((f"{unit}und{word}", ten * 10 + value) for value, unit in enumerate(units, 1))


def _spanish() -> Iterator[tuple[str, int]]:
    names = (
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete"
        " dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete"
        " veintiocho veintinueve"
    )
    low = names.split()
    yield from ((word, value) for value, word in enumerate(low))
    yield from (("veintiun", 21), ("veintiuna", 21))
    units = [*enumerate(low[1:10], 1), (1, "un"), (1, "una")]
    for ten, word in enumerate("treinta cuarenta cincuenta sesenta setenta ochenta noventa".split(), 3):  # noqa: SIM905
        yield word, ten * 10
        yield from ((f"{word} y {unit}", ten * 10 + value) for value, unit in units)


def _french() -> Iterator[tuple[str, int]]:
    low = (
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix,sept"
        " dix,huit dix,neuf"
    )
    ones = [word.replace(",", " ") for word in low.split()]
    yield from ((word, value) for value, word in enumerate(ones))
    tens = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 70: "septante", 80: "huitante",
            90: "nonante"}  # fmt: skip
    for ten, word in tens.items():
        yield word, ten
        yield from ((f"{word} et {one}", ten + 1) for one in ("un", "une"))
        last = 20 if ten == 60 else 10
        yield from ((f"{word} {ones[more]}", ten + more) for more in range(2, last))
    yield from (("soixante et onze", 71), ("quatre vingts", 80), ("quatre vingt", 80), ("quatre vingt une", 81))
    yield from ((f"quatre vingt {ones[more]}", 80 + more) for more in range(1, 20))


def _italian() -> Iterator[tuple[str, int]]:
    names = (
        "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
        " diciassette diciotto diciannove"
    )
    low = names.split()
    yield from ((word, value) for value, word in enumerate(low))
    for ten, word in enumerate("venti trenta quaranta cinquanta sessanta settanta ottanta novanta".split(), 2):  # noqa: SIM905
        yield word, ten * 10
        yield word[:-1] + "un", ten * 10 + 1
        for value, unit in enumerate(low[1:10], 1):
            yield (word[:-1] if unit[0] in "ou" else word) + unit, ten * 10 + value


def _dutch() -> Iterator[tuple[str, int]]:
    names = (
        "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
        " achttien negentien"
    )
    low = names.split()
    yield from ((word, value) for value, word in enumerate(low))
    for ten, word in enumerate("twintig dertig veertig vijftig zestig zeventig tachtig negentig".split(), 2):  # noqa: SIM905
        yield word, ten * 10
        yield from ((f"{unit}en{word}", ten * 10 + value) for value, unit in enumerate(low[1:10], 1))


def _portuguese() -> Iterator[tuple[str, int]]:
    names = (
        "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete"
        " dezoito dezenove"
    )
    low = names.split()
    yield from ((word, value) for value, word in enumerate(low))
    yield from (("uma", 1), ("duas", 2), ("quatorze", 14), ("dezasseis", 16), ("dezassete", 17), ("dezanove", 19))
    units = [*enumerate(low[1:10], 1), (1, "uma"), (2, "duas")]
    for ten, word in enumerate("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa".split(), 2):  # noqa: SIM905
        yield word, ten * 10
        yield from ((f"{word} e {unit}", ten * 10 + value) for value, unit in units)


HUNDREDS = ("cent", "cien", "hundert", "honderd", "cento", "cem")

TENS = {"de": _german, "es": _spanish, "fr": _french, "it": _italian, "nl": _dutch, "pt": _portuguese}
JOINS = {"de": ("", "und"), "es": (" ",), "fr": (" ",), "it": ("", " "), "nl": ("", " ", "en"), "pt": (" e ",)}
"""What stands between a hundred and what follows."""

ALONE = frozenset({"cien", "cem"})
"""A hundred after which nothing follows."""


AND_A_HALF = re.compile(r"[ ]en[ ]een[ ]hal(?:f|ve)(?!\w)", re.IGNORECASE)
MINUS = re.compile(r"(?<!\w)(?<!\d )minus[ ]\Z", re.IGNORECASE)
LESS = {
    "es": r"(?<!al )(?<!lo )(?<!o )(?<!el )(?<!de )menos", "fr": r"(?<!au )(?<!du )(?<!de )(?<!ou )(?<!le )moins",
    "it": r"(?<!al )(?<!lo )(?<!o )(?<!il )(?<!di )meno", "nl": "min", "pt": r"(?<!ao )(?<!pelo )(?<!ou )(?<!de )menos",
}  # fmt: skip
BELOW_ZERO = {language: re.compile(rf"(?<!\w)(?<!\d ){said}[ ]\Z", re.IGNORECASE) for language, said in LESS.items()}
DEGREES = re.compile(r"[ ]?(?:°|(?:grados?|degr[eé]s?|grad[io]|graad|graden|graus?)(?!\w))", re.IGNORECASE)
"""Words that say "less" as well, as in "at least" and "one less": they are a minus before degrees."""


def _sign(text: str, start: int, end: int, language: str) -> re.Match[str] | None:
    """The minus before a number, where one is said."""
    if sign := MINUS.search(text, max(0, start - 8), start):
        return sign
    below = BELOW_ZERO.get(language)
    return below.search(text, max(0, start - 12), start) if below and DEGREES.match(text, end) else None


def _figures(match: re.Match[str], language: str) -> Entity:
    value, text = read_foreign_figures(match.group()), match.string
    sign = _sign(text, match.start(), match.end(), language) if value > 0 else None
    start = sign.start() if sign else match.start()
    return Entity("number", -value if sign else value, text[start : match.end()], start, match.end(), "figures")


def _words(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """Folded words with their places; a German, Dutch or Italian word with a thousand inside is three."""
    for match in WORD.finditer(text):
        word = match.group()
        lower = word.lower() if language in INSIDE else ""
        parts = _parts(lower, language) if len(lower) == len(word) else None
        if parts is None:
            yield fold(word, language), match.start(), match.end()
            continue
        at = match.start()
        for said, length in parts:
            if length:
                yield said, at, at + length
                at += length


INSIDE = {"de": ("tausend",), "it": ("mila", "mille"), "nl": ("duizend",)}
"""The thousands that stand inside of words."""


def _parts(word: str, language: str) -> tuple[tuple[str, int], ...] | None:
    """What a word in small letters says before, of and after a thousand, each with its length; None where it is none.

    Italian "mila" is said of several thousands, "mille" of one.
    """
    small = small_numbers(language)
    for inner in INSIDE[language]:
        left, found, right = word.partition(inner)
        many, rest = fold(left, language), fold(right.removeprefix("und"), language)
        if not found or (rest not in small and rest not in ("", "ein")):
            continue
        if language == "it" and not (small.get(many, 0) > 1 if inner == "mila" else not many):
            continue
        if many in small or many in ("", "ein"):
            one = {"ein": "eins"}
            return (one.get(many, many), len(left)), (inner, len(inner)), (one.get(rest, rest), len(right))
    return None


class _Reader:
    """Reads one number from a row of words."""

    def __init__(self, words: list[tuple[str, int, int]], at: int, text: str, language: str) -> None:
        self._words, self._text, self.at = words, text, at
        self._small = small_numbers(language)

    def word(self) -> str:
        """The next word, empty where it does not belong to those before it."""
        if self.at >= len(self._words):
            return ""
        return self._words[self.at][0]

    def glued(self) -> bool:
        """Whether the next word follows the last one with nothing but a space, a hyphen or an apostrophe between."""
        if not 0 < self.at < len(self._words):
            return False
        before, after = self._words[self.at - 1][2], self._words[self.at][1]
        return before == after or bool(GLUE.fullmatch(self._text, before, after))

    def small(self) -> int | None:
        """The longest number below a thousand that stands here; reads on past it."""
        start = self.at
        best, after = None, start
        said: list[str] = []
        while self.at < len(self._words) and len(said) < MAX_WORDS_OF_A_NUMBER and (not said or self.glued()):
            said.append(self.word())
            self.at += 1
            if (value := self._small.get(" ".join(said))) is not None:
                best, after = value, self.at
        self.at = after
        return best


def _run(words: list[tuple[str, int, int]], at: int, text: str, language: str) -> tuple[int | float, int] | None:
    """The number that begins with a word, and of how many words it is."""
    table = WORDS[language]
    reader = _Reader(words, at, text, language)
    articles, ones = table.articles.split(), ("ein", "een", "un", "uno", "una", "une", "um", "uma")
    total, last = 0, at
    scales = ((table.million.split(), 1_000_000), (table.thousand.split(), 1_000), (table.dozen.split(), 12))
    for names, size in scales:
        begun = reader.at
        if begun > at and not reader.glued():
            break
        if reader.word() in articles:
            reader.at += 1
            count: int | None = 1
        else:
            count = reader.small()
        known = count is not None
        bare = size == 1_000 and not known and reader.word() == names[0]
        if reader.word() in names and (bare or (known and reader.glued())):
            total += (1 if count is None else count) * size
            reader.at += 1
            last = reader.at
            if size == 12:
                return total, last - at
            if table.join and reader.glued() and reader.word() == table.join:
                reader.at += 1
        else:
            reader.at = begun
    if last == at or reader.glued():
        rest = reader.small()
        if rest is not None:
            total, last = total + rest, reader.at
    reader.at = last
    first, length = words[at][0], last - at
    after = reader.word() if reader.glued() else ""
    before = words[at - 1][0] if at else ""
    if not length or (length == 1 and first in ones):
        return None
    if length == 1 and before and before in table.not_after.get(first, "").split():
        return None
    if length == 1 and after in table.not_before.split() and first in (table.thousand.split()[0], *HUNDREDS):
        return None
    if length == 1 and first in table.alone and not re.fullmatch(table.alone[first], after):
        return None
    return _with_fraction(reader, total, table.point, at)


def _with_fraction(reader: _Reader, whole: int, point: str, at: int) -> tuple[int | float, int]:
    """The number with the digits that follow a spoken comma, if any do."""
    last = reader.at
    if not (reader.glued() and reader.word() == point):
        return whole, last - at
    reader.at += 1
    digits = ""
    while reader.glued() and (digit := reader.small()) is not None and 0 <= digit <= 9 and len(digits) < 9:
        digits += str(digit)
        last = reader.at
    return (float(f"{whole}.{digits}"), last - at) if digits else (whole, last - at)
