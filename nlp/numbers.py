"""Numbers: figures and English number words in a text, with their values."""

import re

from models.utterance import Entity
from nlp.ranges import find_ranges
from nlp.short_numbers import CODE, find_short_numbers, with_fraction

FIGURE = re.compile(r"\d")
FIGURES = re.compile(
    r"(?<![\w.,/:'’-])[-+]?(?:\d{1,2}(?:,\d\d){1,4},\d{3}(?!,?\d)"
    r"|\d{1,3}(?:[,'’\u00a0\u202f]\d{3}){1,5}|[1-9]\d{0,2}(?:[ ]000){1,5}|\d{1,15})"
    r"(?:\.\d{1,9})?"
    r"(?!(?!½)[\w/:]|[.,]\d|['’]\d{3}|-\d)"
)
WITH_COMMA = re.compile(
    r"(?<![\w.,/:'’-])[-+]?(?:(?P<grouped>[1-9]\d{0,2}(?:(?:[.\u00a0\u202f]\d{3}){1,5}|(?:[ ]000){1,5}"
    r"|(?:[ ]\d{3}){1,5}(?=,\d\d?(?!\d)))(?:,\d{1,9})?)"
    r"|\d{1,15}(?:[.,]\d{1,9})?)"
    r"(?!(?!½)[\w/:]|[.,]\d|['’]\d{3}|-\d)"
)
_COMMA = "be bg bs ca cs da el et eu fi gl hr hu id is ka kk lt lv mk nb nn no pl ro ru sk sl sq sr sv tr uk vi"
DECIMAL_COMMA = frozenset(_COMMA.split())
"""Languages in which 2,5 is two and a half, and that have no rules of their own in `foreign_numbers`."""

ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000,
          "lakh": 100_000, "lakhs": 100_000, "crore": 10_000_000, "crores": 10_000_000}  # fmt: skip
"""With those of India, where 1,50,000 is a lakh and a half."""

DOZEN = "dozen"
AND_A_HALF = re.compile(r"(?:[ ]and[ ]a[ ]half|[ ]?½)(?!\w)", re.IGNORECASE)
SCALE = re.compile(rf"[ ]({'|'.join(SCALES)}|{DOZEN})(?!\w)", re.IGNORECASE)
SIGN = re.compile(r"(?<!\w)(?<!\d )(?:minus|(?P<half>half)(?:[ ]a)?)[ ]\Z", re.IGNORECASE)
FIRST = frozenset((*ONES, *TENS, *SCALES, DOZEN, "a", "an"))
"""What a number in words begins with."""

PARTS = {"third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
SHARE = re.compile(
    rf"(?<![\w-])(?P<count>an?|{'|'.join(list(ONES)[1:10])})[ -](?P<part>{'|'.join(PARTS)})(?P<many>s?)(?!\w)"
    r"(?P<of>(?=[ ]of[ ]))?",
    re.IGNORECASE,
)
""" "Two thirds" and "a third of it", but no "one third party"."""

SHARE_HINT = re.compile("third|quarter|[fxnh]th", re.IGNORECASE)
"""Every part of a whole has one of these in it."""

WORD = re.compile(r"[A-Za-z]+")
GLUE = re.compile(r"[ \t]{1,3}|-")
NOT_COUNTED = frozenset(
    {"this", "that", "which", "the", "another", "any", "no", "some", "every", "each", "someone", "other", "only"}
    | {"first", "second", "third", "last", "next", "st", "nd", "rd", "th"}
)
"""Before "one" these make it a word for a thing: "the one I ordered"."""


def find_numbers(text: str, language: str = "en") -> list[Entity]:
    """Every number in the text, in order, as an int or a float; 0012345 is a code, and none.

    `language` says how figures are written; words are English.
    """
    shape = WITH_COMMA if language in DECIMAL_COMMA else FIGURES
    found = [_scaled(_figures(match), text) for match in shape.finditer(text) if not CODE.match(text, match.start())]
    found += find_short_numbers(text)
    if ranges := find_ranges(text):
        found = sorted({row.start: row for row in [*ranges, *found]}.values(), key=lambda row: row.start)
    taken = {row.end for row in found if row.source == "words"}  # where a scale ends that figures have
    words = [(match.group().lower(), match.start(), match.end()) for match in WORD.finditer(text)]
    at = 0
    while at < len(words):
        length = _run(words, at, text) if words[at][0] in FIRST and words[at][2] not in taken else 0
        value = _value([word for word, _, _ in words[at : at + length]]) if length else None
        if value is None or (length == 1 and _is_pronoun(words, at)):
            at += 1
            continue
        start, end = words[at][1], words[at + length - 1][2]
        if (sign := SIGN.search(text, max(0, start - 8), start)) and (
            sign["half"] is None or words[at + length - 1][0] == DOZEN or (words[at][0] == "a" and length > 1)
        ):
            value, start = (-value, sign.start()) if sign["half"] is None else (value / 2, sign.start())
            value = int(value) if value == int(value) else value
        found.append(Entity("number", value, text[start:end], start, end, "words"))
        at += length
    found = [_with_half(number, text) for number in found]
    if SHARE_HINT.search(text) and (shares := _shares(text)):
        taken_by = [(share.start, share.end) for share in shares]
        found = [row for row in found if not any(start <= row.start < end for start, end in taken_by)] + shares
    return sorted(found, key=lambda entity: entity.start)


def _shares(text: str) -> list[Entity]:
    """Parts of a whole. Two quarters may be of a year: of quarters only three are one."""
    found = []
    for match in SHARE.finditer(text):
        count, parts = ONES.get(match["count"].lower(), 1), PARTS[match["part"].lower()]
        if (count == 1) == bool(match["many"]) or count >= parts or (parts == 4 and count == 2):
            continue
        if count > 1 or match["of"] is not None:
            found.append(Entity("number", round(count / parts, 4), match.group(), *match.span(), "words"))
    return found


def _scaled(number: Entity, text: str) -> Entity:
    """3 hundred is 300, 3 dozen are 36, and 1.5 million is 1500000."""
    match = SCALE.match(text, number.end)
    if match is None:
        return number
    value = round(number.value * SCALES.get(match[1].lower(), 12), 6)
    plain = int(value) if value == int(value) else value
    return Entity("number", plain, text[number.start : match.end()], number.start, match.end(), "words")


def _with_half(number: Entity, text: str) -> Entity:
    """Two and a half is 2.5, and so is 2 1/2."""
    if number.source == "figures" and (mixed := with_fraction(number, text)):
        return _scaled(mixed, text)
    match = AND_A_HALF.match(text, number.end)
    if match is None or isinstance(number.value, float):
        return number
    value = number.value + (0.5 if number.value >= 0 else -0.5)
    half = Entity("number", value, text[number.start : match.end()], number.start, match.end(), number.source)
    return _scaled(half, text)


def _figures(match: re.Match[str]) -> Entity:
    plain = match.group()
    if match.re is WITH_COMMA:
        plain = (re.sub("[. \u00a0\u202f]", "", plain) if match["grouped"] else plain).replace(",", ".")
    plain = re.sub("[,'’ \u00a0\u202f]", "", plain)
    value = float(plain) if "." in plain else int(plain)
    sign = SIGN.search(match.string, max(0, match.start() - 8), match.start())
    if sign is None or sign["half"] is not None or value < 0:
        return Entity("number", value, match.group(), match.start(), match.end(), "figures")
    return Entity("number", -value, match.string[sign.start() : match.end()], sign.start(), match.end(), "figures")


def _is_number_word(word: str) -> bool:
    return word in ONES or word in TENS or word in SCALES or word == DOZEN


def _run(words: list[tuple[str, int, int]], at: int, text: str) -> int:
    """How many words from `at` on belong to one number."""
    last = 0
    for number in range(at, min(at + 24, len(words))):
        word = words[number][0]
        if number > at and not GLUE.fullmatch(text[words[number - 1][2] : words[number][1]]):
            break
        if _is_number_word(word) or (last and word == "point"):
            if not _fits([row[0] for row in words[at:number]], word):
                break
            last = number + 1
        elif not (word in ("a", "an") and number == at) and not (word == "and" and last == number):
            break
    length = last - at if last else 0
    while length and words[at + length - 1][0] in ("and", "point"):
        length -= 1
    if length and words[at][0] in ("a", "an") and (length == 1 or words[at + 1][0] not in (*SCALES, DOZEN)):
        return 0
    return length


def _fits(before: list[str], word: str) -> bool:
    """Whether a word goes on the number before it: "twenty five" is one, "two three" are two."""
    last = next((row for row in reversed(before) if row != "and"), "")
    if not last or last in ("a", "an") or "point" in before:
        return True
    if before[-1] == "and" and last not in SCALES:
        return False
    if word in SCALES or word in (DOZEN, "point"):
        return last != DOZEN
    if word in TENS:
        return last in SCALES
    return last in SCALES or (last in TENS and 1 <= ONES[word] <= 9)


def _value(words: list[str]) -> int | float | None:
    if "point" in words:
        return _decimal(words)
    total = part = 0
    for word in words:
        if word in ONES:
            part += ONES[word]
        elif word in TENS:
            part += TENS[word]
        elif word == "hundred":
            part = (part or 1) * 100
        elif word == DOZEN:
            part = (part or 1) * 12
        elif word in SCALES:
            total += (part or 1) * SCALES[word]
            part = 0
    value = total + part
    return value if value < 1 << 53 else None


def _decimal(words: list[str]) -> float | None:
    dot = words.index("point")
    digits = [ONES.get(word, 10) for word in words[dot + 1 :]]
    whole = _value(words[:dot])
    if whole is None or not digits or max(digits) > 9:
        return None
    return float(f"{whole}.{''.join(map(str, digits))}")


def _is_pronoun(words: list[tuple[str, int, int]], at: int) -> bool:
    if words[at][0] in SCALES and words[at][0] != "hundred":
        return True
    if words[at][0] != "one":
        return False
    before = words[at - 1][0] if at else ""
    after = words[at + 1][0] if at + 1 < len(words) else ""
    return before in NOT_COUNTED or after == "of"
