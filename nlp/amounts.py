"""Amounts: money in a text, as a value and an ISO 4217 code."""

import re
from collections.abc import Sequence

from models.utterance import Entity

WORDS = {
    "USD": "$ us$ usd dollar dollars buck bucks dólar dólares dollaro dollari",
    "EUR": "€ eur euro euros", "GBP": "£ gbp pound pounds quid sterlina sterline",
    "INR": "₹ inr rupee rupees rs", "JPY": "¥ jpy yen", "CHF": "chf franken franchi", "SEK": "sek kronor kr",
    "PLN": "pln zł zloty złoty złotych", "BRL": "r$ brl real reais", "MXN": "mxn peso pesos", "CAD": "cad c$",
    "AUD": "aud a$", "NZD": "nz$ nzd", "CNY": "cny rmb yuan", "TRY": "₺ try lira", "NGN": "₦ ngn naira",
    "ZAR": "zar rand",
    "AED": "aed dirham dirhams", "KRW": "₩ krw won", "NOK": "nok", "DKK": "dkk", "CZK": "czk",
    "SGD": "s$ sgd", "HKD": "hk$ hkd", "TWD": "nt$ twd", "PHP": "₱", "THB": "฿ thb baht", "VND": "₫ vnd",
    "IDR": "idr rp", "MYR": "myr rm ringgit", "ILS": "₪ ils shekel shekels", "SAR": "sar riyal riyals", "QAR": "qar",
    "KWD": "kwd", "EGP": "egp", "PKR": "pkr", "LKR": "lkr", "BDT": "bdt taka", "KES": "kes ksh",
    "GHS": "ghs cedi cedis",
    "RUB": "₽ rub rouble roubles ruble rubles", "UAH": "₴ uah hryvnia", "HUF": "huf forint forints",
}  # fmt: skip
CODES = {word: code for code, words in WORDS.items() for word in words.split()}
EURO = "AD AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MC MT NL PT SI SK".split()  # noqa: SIM905
CENTS = dict.fromkeys(EURO, "EUR") | {"AU": "AUD", "CA": "CAD", "NZ": "NZD", "ZA": "ZAR"}
"""Whose cents they are, by country; elsewhere the dollar's."""

ANY_CENTS = frozenset(
    "cent cents centime centimes centesimo centesimi centimo centimos céntimo céntimos cêntimo cêntimos".split()  # noqa: SIM905
)
SMALL = {"pence": "GBP", "penny": "GBP", "p": "GBP", "rappen": "CHF", "centavo": "", "centavos": ""}
SMALL |= dict.fromkeys(ANY_CENTS, "")
"""The hundredth part of one: 50 pence are 0.5 GBP. Whose centavos are meant, only money named with them tells."""

_SIGN = r"(?:(?:US|HK|N[TZ]|[ACRS])\$|[$€£₹¥₺₦₩₱฿₫₪₽₴])"
_CODE = "|".join(sorted(code for code in CODES if code.isascii() and len(code) == 3 and code.upper() in WORDS))
BEFORE = re.compile(
    rf"(?<!\w)(?:({_SIGN})[ ]?|(?=[a-z]{{2,3}}[.]?[ ]?\d)"  # few words are so short and before a figure
    rf"(?:({_CODE}|rs|rp|rm|ksh)\.?[ ]|((?:rs|rp|ksh)\.|(?-i:Rs|Rp|Ksh|KSh))))(?=\d)",
    re.IGNORECASE,
)
FIGURES = re.compile(
    r"\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d{1,2})?(?!,?\d)|"
    r"\d{1,3}(?:[ ,.'’]\d{3})+(?:[.,]\d{1,2})?(?:[.,][-–])?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?(?:[.,][-–])?(?!\d)"
)
SCALE = re.compile(r"(?:[ ]?(thousand|million|billion|mn|bn|lakhs?|lacs?|crores?|cr)|(k|m))(?!\w)", re.IGNORECASE)
SCALES = {"thousand": 1_000, "k": 1_000, "million": 1_000_000, "mn": 1_000_000, "m": 1_000_000,
          "billion": 1_000_000_000, "bn": 1_000_000_000, "lakh": 100_000, "lakhs": 100_000, "lac": 100_000,
          "lacs": 100_000, "crore": 10_000_000, "crores": 10_000_000, "cr": 10_000_000}  # fmt: skip
"""What figures behind a sign are of: £2m, $1.5 billion."""

SHORT_SCALE = re.compile(r"(?:(?<=\d)[ ])?(k|m|mn|bn)(?=[ ])", re.IGNORECASE)
""" "2m euros" are money; "2m" by itself is a length."""

NOTE = re.compile(r"(?P<note>fiver|tenner)(?P<many>s?)(?!\w)", re.IGNORECASE)
NOTES = {"fiver": 5, "tenner": 10}
"""British bank notes by their names."""

TWO_DIGITS = range(10, 100)
MINUS = re.compile(r"(?<![\w)])(?:minus[ ]|[-−])\Z", re.IGNORECASE)
MINUS_WORD = re.compile(r"(?<!\w)(?<!\d )minus[ ]\Z", re.IGNORECASE)
THING = re.compile(r"[ ][^\W\d_]")
AND_CENTS = re.compile(r",?[ ](?:and[ ]|und[ ]|en[ ]|et[ ]|y[ ]|e[ ]|con[ ])?", re.IGNORECASE)
BARE_CENTS = re.compile(r"[ ](?:e[ ]|con[ ])?(?=\w)", re.IGNORECASE)
BETWEEN = re.compile(r"\b(?:entre|tra|fra)[ ]\Z", re.IGNORECASE)
ENDS = re.compile(
    r"(?=[ ]?(?:[.,;:!?)](?!\d)|\Z)|[ ](?:please|each|for|to|and|or|bitte|pro|für|und|oder|zu|pour|par|et|ou"
    r"|por|para|y|o|per|e)\b)",
    re.IGNORECASE,
)
AFTER = re.compile(rf"[ ]?(?:d[ei][ ]|d['’])?({_SIGN}|[^\W\d_]{{1,9}})(?!\w)", re.IGNORECASE)


def find_amounts(text: str, numbers: Sequence[Entity], *, cents: str = "USD") -> list[Entity]:
    """Amounts in order; the value is `{"value": 9.99, "currency": "GBP"}`. A bare "$" is taken for US dollars.

    `numbers` are those of the text: amounts in words are made of them. `cents`: the currency of cents alone.
    """
    found: list[Entity] = []
    taken: set[int] = set()
    for match in BEFORE.finditer(text):
        figures = FIGURES.match(text, match.end())
        if figures:
            code = CODES[(match[1] or match[2] or match[3].rstrip(".")).lower()]
            value, end = read_figures(figures.group()), figures.end()
            scale = SCALE.match(text, end)
            if scale and not (scale.group().strip().lower() == "cr" and code != "INR"):  # £20 cr is a credit
                value, end = round(value * SCALES[(scale[1] or scale[2]).lower()], 4), scale.end()
            minus = MINUS.search(text, max(0, match.start() - 6), match.start())
            start = minus.start() if minus else match.start()
            found.append(_amount(-value if minus else value, code, text, start, end))
            taken.update(range(match.start(), end))
    for figures in FIGURES.finditer(text):
        before = text[figures.start() - 1 : figures.start()]
        if figures.start() not in taken and not before.isalnum() and before not in ("/", "'", "’"):
            value, end = read_figures(figures.group()), figures.end()
            if scale := SHORT_SCALE.match(text, end):
                value, end = round(value * SCALES[scale[1].lower()], 4), scale.end()
            minus = MINUS_WORD.search(text, max(0, figures.start() - 7), figures.start())
            start = minus.start() if minus else figures.start()
            _add_after(found, -value if minus else value, text, start, end, cents)
    for number in numbers:
        if number.source == "words":
            _add_after(found, number.value, text, number.start, number.end, cents)
    together = _with_cents(sorted(found, key=lambda entity: entity.start), text)
    counts = {number.start: number for number in numbers}
    return [_with_bare_cents(row, counts, text) for row in together if row.value["currency"]]


def find_notes(text: str, numbers: Sequence[Entity]) -> list[Entity]:
    """A tenner, two fivers."""
    ended = {number.end: number for number in numbers}
    found = []
    for match in NOTE.finditer(text):
        if text[max(0, match.start() - 1) : match.start()].isalnum():
            continue
        count = ended.get(match.start() - 1)
        if count is None and match["many"]:
            continue
        value, start = (count.value, count.start) if count else (1, match.start())
        found.append(_amount(value * NOTES[match["note"].lower()], "GBP", text, start, match.end()))
    return found


def _with_bare_cents(amount: Entity, counts: dict[int, Entity], text: str) -> Entity:
    """Twelve euros fifty are 12.50: a number of two digits behind whole money, which counts nothing else."""
    glue = BARE_CENTS.match(text, amount.end) if amount.text[-1:].isalpha() and not _is_small(amount) else None
    more = counts.get(glue.end()) if glue else None
    if more is None or more.value not in TWO_DIGITS or amount.value["value"] % 1 or not ENDS.match(text, more.end):
        return amount
    if BETWEEN.search(text, max(0, amount.start - 8), amount.start):  # two amounts
        return amount
    value = round(amount.value["value"] + more.value / 100, 4)
    return _amount(value, amount.value["currency"], text, amount.start, more.end)


def _with_cents(amounts: list[Entity], text: str) -> list[Entity]:
    """Twenty-five euros and fifty cents are one amount, and the cents are the euro's."""
    together: list[Entity] = []
    for row in amounts:
        before = together[-1] if together else None
        if (
            before
            and _is_small(row)
            and not _is_small(before)
            and row.value["value"] < 1
            and AND_CENTS.fullmatch(text, before.end, row.start)
        ):
            value = round(before.value["value"] + row.value["value"], 4)
            together[-1] = _amount(value, before.value["currency"], text, before.start, row.end)
        else:
            together.append(row)
    return together


def _is_small(amount: Entity) -> bool:
    return amount.text.split()[-1].lower() in SMALL


def read_figures(figures: str) -> float:
    """What figures mean, with the comma or the point before the last two: 1.234,50 and 1,234.50 are the same."""
    figures = figures.rstrip("-–").rstrip(".,")
    mark = max(figures.rfind(","), figures.rfind("."))
    if mark >= 0 and len(figures) - mark - 1 in (1, 2):
        whole, part = figures[:mark], figures[mark + 1 :]
    else:
        whole, part = figures, ""
    digits = re.sub(r"[ ,.'’]", "", whole)
    return float(f"{digits}.{part}") if part else int(digits)


def _add_after(found: list[Entity], value: float, text: str, start: int, end: int, cents: str) -> None:
    match = AFTER.match(text, end)
    word = match[1].lower() if match else ""
    if match and _is_something_else(match, value, text):
        return
    if word in CODES:
        found.append(_amount(value, CODES[word], text, start, match.end() if match else end))
    elif match and word in SMALL:
        code = cents if word in ANY_CENTS else SMALL[word]
        found.append(_amount(round(value / 100, 4), code, text, start, match.end()))


def _is_something_else(match: re.Match[str], value: float, text: str) -> bool:
    """Whether a word that is a currency counts something else: two real problems, 5 won games, two pounds of flour,
    a 3 rm flat."""
    word = match[1].lower()
    if word == "p":
        return match.group().startswith(" ")
    if word in ("try", "rub", "rp", "rm"):
        return not match[1].isupper() or (word == "rm" and not match.group().startswith(" "))
    if word == "real" and value != 1:
        return True
    if word in ("real", "won"):
        return THING.match(text, match.end()) is not None
    return word in ("pound", "pounds") and text[match.end() : match.end() + 4].lower() == " of "


def _amount(value: float, code: str, text: str, start: int, end: int) -> Entity:
    return Entity("amount", {"value": value, "currency": code}, text[start:end], start, end, "amounts")
