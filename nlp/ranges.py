"""Ranges: what "20-30 euros", "3 to 5 days" and "$20-30" say once for both of their ends."""

import re
from collections.abc import Sequence
from typing import Any

from models.utterance import Entity
from nlp.amounts import SCALES as AMOUNT_SCALES

_stop = (
    "please|pls|thanks?|ok|is|was|has|and|or|for|in|on|at|to|from|but|not|it|if|that|with|by|bitte|danke|und|oder|für|um"
    "|am|ist|en|of|voor|om|op|graag|bedankt|por|favor|para|gracias|grazie|merci|pour|per|obrigad[oa]|est|et|ou"
)
OF_THINGS = re.compile(
    rf"(?<![\w.,/:-])(\d{{1,3}})[ ]?[-–][ ]?(\d{{1,3}})(?=[ ]?%|[ ]{{1,2}}(?!(?:{_stop})\b)[^\W\d_]{{2}})",
    re.IGNORECASE,
)
""" "5-7 people" and "5-10%" are two numbers; 12-34 with nothing to count is a code."""

HYPHEN = re.compile("[-–]")

_OR = {
    "de": ("bis|oder", "zwischen", "und"), "es": ("a|o", "entre", "y"), "fr": ("à|ou", "entre", "et"),
    "it": ("a|o", "tra|fra", "e"), "pt": ("a|ou", "entre", "e"), "nl": ("tot|of|à", "tussen", "en"),
    "en": ("to|or", "between", "and"),
}  # fmt: skip
"""What stands between the ends; and what does so only behind another word."""

_FIGURES = r"(?<![\w.,/:'’+-])(?!0\d)(?P<first>\d{1,6}(?:[.,]\d{1,2})?)"
_WORD = r"(?<!\w)[^\W\d_]{2,24}"
BEFORE = {
    language: re.compile(
        rf"(?:{_FIGURES}|{_WORD})(?P<to>[ ]?[-–][ ]?|[ ](?:{either})[ ]|[ ](?P<and>{and_})[ ])\Z", re.IGNORECASE
    )
    for language, (either, _, and_) in _OR.items()
}
BETWEEN = {language: re.compile(rf"\b(?:{between})[ ]\Z", re.IGNORECASE) for language, (_, between, _) in _OR.items()}
BEHIND = re.compile(
    r"[ ]?[-–][ ]?(?P<last>\d{1,6}(?:[.,]\d{1,2})?)"
    r"(?:(?:[ ]?(?P<scale>thousand|million|billion|mn|bn)|(?P<short>[km]))(?!\w))?(?![\w/:%°-]|[.,]\d|[ ]?[€£])",
    re.IGNORECASE,
)
SIGN_BEHIND = re.compile(r"(?:[ ]?[-–][ ]?|[ ](?:to|or|(?P<and>and))[ ])\Z", re.IGNORECASE)
SIGNED = re.compile(r"\D*[$€£₹¥₺₦₩₱฿₫₪₽₴]")
FIGURES = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?")
LOOKED_AT = 40
MOST_APART = 1_000
SCALES = (1_000_000_000, 1_000_000, 1_000)
"""Of what the last end is, and so the first one, too, if it is smaller without: 20-30k, two or three million euros."""

MEASURED = frozenset({"amount", "duration", "quantity"})
SECONDS = frozenset({1, 60, 3_600, 86_400, 604_800, 1_209_600, 2_592_000, 31_536_000})
"""What one of a duration is."""


def find_ranges(text: str) -> list[Entity]:
    """Both numbers of every range of things in figures, the smaller first."""
    if not HYPHEN.search(text):
        return []
    return [
        Entity("number", int(match[group]), match[group], *match.span(group), "figures")
        for match in OF_THINGS.finditer(text)
        if int(match[1]) < int(match[2])
        for group in (1, 2)
    ]


def other_ends(found: Sequence[Entity], text: str, language: str) -> list[Entity]:
    """The ends of ranges that have no unit or currency of their own: what the one beside them is of."""
    numbers = {row.start: row for row in found if row.kind == "number"}
    ended = {row.end: row for row in found if row.kind == "number"}
    signed = {row.end: row for row in found if row.kind == "amount" and SIGNED.match(row.text)}
    ends = []
    for row in found:
        if row.kind not in MEASURED:
            continue
        last = _last(row, numbers, text)
        if last:
            ends += _before(row, last, ended, text, language)
        elif row.kind == "amount" and SIGNED.match(row.text):
            ends += _behind(row, text) or _signed_before(row, signed, text)
    return ends


def _behind(row: Entity, text: str) -> list[Entity]:
    """The last end of a range whose first one has the sign: $20-30, $20-30k."""
    match = BEHIND.match(text, row.end)
    if match is None:
        return []
    first, last, scale = row.value["value"], _read(match["last"]), 1
    if said := (match["scale"] or match["short"]):
        scale = AMOUNT_SCALES[said.lower()]
    if first >= last * scale:
        return []
    ends = [_like(row, last * scale, text, match.start("last"), match.end())]
    if scale > 1 and first < last:
        ends.append(_like(row, first * scale, text, row.start, row.end))
    return ends


def _signed_before(row: Entity, signed: dict[int, Entity], text: str) -> list[Entity]:
    """The first end of $20-$30k, and of "between $20 and $30 thousand"."""
    between = SIGN_BEHIND.search(text, max(0, row.start - 5), row.start)
    first = signed.get(between.start()) if between else None
    figures = FIGURES.search(row.text)
    if first is None or figures is None or first.value["currency"] != row.value["currency"]:
        return []
    if between and between["and"] and not BETWEEN["en"].search(text, max(0, first.start - 12), first.start):
        return []
    scale = _scale(row.value["value"], _read(figures.group()))
    if scale == 1 or first.value["value"] >= row.value["value"] / scale:
        return []
    return [_like(first, first.value["value"] * scale, text, first.start, first.end)]


def _scale(value: float, figures: float = 0) -> int:
    """What a number is counted in: thousands in "3 thousand" and "three thousand", ones in 3000."""
    if figures:
        return next((scale for scale in SCALES if abs(figures * scale - value) < scale / MOST_APART), 1)
    return next((scale for scale in SCALES if value >= scale and value % scale == 0), 1)


def _last(row: Entity, numbers: dict[int, Entity], text: str) -> float:
    """The number that an entity begins with; 0 where it begins with something else."""
    if figures := FIGURES.match(text, row.start):
        return row.value["value"] if row.kind != "duration" else _read(figures.group())
    return numbers[row.start].value if row.start in numbers else 0


def _before(row: Entity, last: float, ended: dict[int, Entity], text: str, language: str) -> list[Entity]:
    """The first end of a range, of which `row` is the last one and begins with a number."""
    match = BEFORE.get(language, BEFORE["en"]).search(text, max(0, row.start - LOOKED_AT), row.start)
    if match is None:
        return []
    said = ended.get(match.start("to"))
    if match["first"]:
        start, value = match.start("first"), _read(match["first"])
    elif said is not None:
        start, value = said.start, said.value
    else:
        return []
    between = BETWEEN.get(language, BETWEEN["en"])
    if match["and"] and not between.search(text, max(0, start - 12), start):
        return []
    figures = FIGURES.match(text, row.start)
    scale = _scale(last, _read(figures.group()) if figures else 0)
    # "20-30,000" are thousands, but 5 to 10,000 are five and more
    grouped = figures is not None and text[figures.end() : figures.end() + 1].isdigit()
    if value < last / scale and (HYPHEN.search(match["to"]) or not grouped):
        value *= scale
    if not last / MOST_APART < value < last:
        return []
    if row.kind == "duration":
        one = row.value["seconds"] / last
        if one not in SECONDS:  # two hours and a half
            return []
        value = value * int(one)
    return [_like(row, value, text, start, match.start("to"))]


def _like(row: Entity, value: float, text: str, start: int, end: int) -> Entity:
    plain: Any = int(value) if value == int(value) else value
    key = "seconds" if row.kind == "duration" else "value"
    return Entity(row.kind, {**row.value, key: plain}, text[start:end], start, end, row.source)


def _read(figures: str) -> float:
    return float(figures.replace(",", "."))
