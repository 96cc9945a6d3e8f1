"""Ranges: what "20-30 euros", "3 to 5 days" and "$20-30" say once for both of their ends."""

import re
from collections.abc import Sequence
from typing import Any

from models.utterance import Entity

_stop = (
    "please|pls|thanks?|ok|is|was|has|and|or|for|in|on|at|to|from|but|not|it|if|that|with|by|bitte|danke|und|oder|für|um"
    "|am|ist|por|favor|para|gracias|grazie|merci|pour|per|obrigad[oa]|est|et|ou"
)
OF_THINGS = re.compile(
    rf"(?<![\w.,/:-])(\d{{1,3}})[ ]?[-–][ ]?(\d{{1,3}})(?=[ ]?%|[ ]{{1,2}}(?!(?:{_stop})\b)[^\W\d_]{{2}})",
    re.IGNORECASE,
)
""" "5-7 people" and "5-10%" are two numbers; 12-34 with nothing to count is a code."""

HYPHEN = re.compile("[-–]")

_OR = {
    "de": ("bis|oder", "zwischen", "und"), "es": ("a|o", "entre", "y"), "fr": ("à|ou", "entre", "et"),
    "it": ("a|o", "tra|fra", "e"), "pt": ("a|ou", "entre", "e"), "en": ("to|or", "between", "and"),
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
BEHIND = re.compile(r"[ ]?[-–][ ]?(?P<last>\d{1,6}(?:[.,]\d{1,2})?)(?![\w/:%°-]|[.,]\d|[ ]?[€£])")
SIGNED = re.compile(r"\D*[$€£₹¥₺₦₩]")
FIGURES = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?")
LOOKED_AT = 40
MOST_APART = 1_000
"""20-30k and two or three million: the first end is of thousands, too, and is left alone."""

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
    ends = []
    for row in found:
        if row.kind not in MEASURED:
            continue
        last = _last(row, numbers, text)
        if last:
            ends += _before(row, last, ended, text, language)
        elif row.kind == "amount" and SIGNED.match(row.text) and (match := BEHIND.match(text, row.end)):
            value = _read(match["last"])
            if value > row.value["value"]:
                ends.append(_like(row, value, text, *match.span("last")))
    return ends


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
