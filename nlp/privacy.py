"""Privacy: personal data in a text, replaced by marks before anything is kept."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.utterance import Entity

PERSONAL = ("card", "email", "iban", "phone", "postcode")
"""The kinds that are personal wherever they stand; a project adds its own, such as customer_number."""

Style = Literal["same_length", "label"]


class PrivacySettings(BaseModel):
    """`privacy` in `pipeline.yaml`: what is masked in transaction logs and lists of unmatched messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)

    mask: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(default=PERSONAL, max_length=100)
    """Kinds of entities: ours, such as `email`, or the project's own."""
    style: Style = "label"
    """`label` puts `[email]` in the place of an address, `same_length` a star for every letter and digit."""


SEPARATOR = re.compile(r"[\W_]+")
_BLANK = r" \u00a0\u2007\u2009\u202f"
_DASH = r"\u2010-\u2015-"
_FIGURES = re.compile(r"(?<![^\W_]|-)\d{1,19}(?:[\s._·/\u2010-\u2015-]{1,3}\d{1,19})*(?![^\W_])")
_FIGURE = re.compile(r"\d+")
_ONE_SEPARATOR = re.compile(rf"\d(?:[{_BLANK}{_DASH}]?\d)*")
FEWEST_CARD_DIGITS, MOST_CARD_GROUPS = 13, 5
CARD_GROUPS = ("4444", "44441", "44442", "44443", "465", "464")
"""How the digits of a card are grouped where other figures stand beside it."""

_IBAN = re.compile(rf"(?<!\w)[A-Za-z]{{2}}\d{{2}}(?:[{_BLANK}{_DASH}]?[A-Za-z0-9]){{11,30}}(?!\w)")
EMAIL_NAME = r"(?<![\w.+-])[\w.+-](?:[\w.+'’-]{0,62}[\w.+-])?"
_EMAIL = re.compile(EMAIL_NAME + r"@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_IN_PHONES = rf"[{_BLANK}().{_DASH}/]{{0,3}}"
_PHONE = re.compile(
    rf"(?<![\w.,/-])\+[1-9](?:{_IN_PHONES}\d){{6,14}}(?!\w)|(?<=[^\W\d_])\+[1-9](?:{_IN_PHONES}\d){{8,14}}(?!\w)"
    rf"|(?<![\w.,/-])00(?:1(?:{_IN_PHONES}\d){{10}}|[2-9](?:{_IN_PHONES}\d){{7,14}})(?!\w)"
)
"""With + also where a word stands directly before it; with 00 only where a country has numbers of that length."""


def mask(text: str, entities: Iterable[Entity] = (), *, kinds: Iterable[str] = PERSONAL, style: Style = "label") -> str:
    """The text with every entity of `kinds` replaced, and what looks like one although none was found.

    `label` puts `[phone]` in its place; `same_length` a star for each letter and digit, so that the text keeps its
    shape. Cards count if their check digit is right (Luhn), IBANs if theirs is (ISO 13616). Nothing of the
    original remains in the result, so that it cannot be undone.
    """
    wanted = frozenset(kinds)
    spans = [(row.start, row.end, row.kind) for row in entities if row.kind in wanted and row.end <= len(text)]
    spans += [(start, end, kind) for start, end, kind in _plain_spans(text) if kind in wanted]
    parts: list[str] = []
    at = 0
    for start, end, kind in _settled(spans):
        parts += (text[at:start], f"[{kind}]" if style == "label" else _stars(text[start:end]))
        at = end
    return "".join((*parts, text[at:]))


def find_personal(text: str) -> list[Entity]:
    """Cards and IBANs with a right check digit, as entities; the value is without blanks."""
    return [
        Entity(kind, SEPARATOR.sub("", text[start:end]).upper(), text[start:end], start, end, "check digit")
        for start, end, kind in _plain_spans(text)
        if kind in ("card", "iban")
    ]


def _plain_spans(text: str) -> list[tuple[int, int, str]]:
    """What is told by its looks alone."""
    spans: list[tuple[int, int, str]] = []
    if "@" in text:
        spans += [(*match.span(), "email") for match in _EMAIL.finditer(text)]
    if sum(map(str.isdigit, text)) >= FEWEST_CARD_DIGITS:
        spans += [(start, end, "card") for match in _FIGURES.finditer(text) for start, end in _cards_in(text, match)]
    for match in _IBAN.finditer(text):
        end = _iban_end(match.group())
        if end:
            spans.append((match.start(), match.start() + end, "iban"))
    spans += [(*match.span(), "phone") for match in _PHONE.finditer(text)]
    return spans


def _cards_in(text: str, figures: re.Match[str]) -> list[tuple[int, int]]:
    """Where in some figures there are cards: all of them, or groups as cards have them; the longest from each place."""
    if _ONE_SEPARATOR.fullmatch(figures.group()) and is_card(figures.group()):
        return [figures.span()]
    groups = [match.span() for match in _FIGURE.finditer(text, *figures.span())]
    found: list[tuple[int, int]] = []
    for at, (start, _) in enumerate(groups):
        if found and start < found[-1][1]:
            continue
        ends = (
            groups[last][1]
            for last in range(min(at + MOST_CARD_GROUPS, len(groups)) - 1, at - 1, -1)
            if "".join(str(end - begin) for begin, end in groups[at : last + 1]) in CARD_GROUPS or last == at
        )
        if end := next((end for end in ends if is_card(text[start:end])), 0):
            found.append((start, end))
    return found


def is_card(number: str) -> bool:
    """Whether a number begins as cards do, and its check digit is right by Luhn's formula (ISO/IEC 7812-1).

    One of 13 digits that has the check digit of an article's bar code is that.
    """
    digits = [int(digit) for digit in number if digit.isdigit()]
    if not 13 <= len(digits) <= 19 or not 2 <= digits[0] <= 6 or _is_article(digits):
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_article(digits: list[int]) -> bool:
    return len(digits) == 13 and (sum(digits[-1::-2]) + 3 * sum(digits[-2::-2])) % 10 == 0


def is_iban(number: str) -> bool:
    """Whether an IBAN's check digits are right: modulo 97 (ISO 13616)."""
    plain = SEPARATOR.sub("", number).upper()
    if not 15 <= len(plain) <= 34 or not plain.isascii():
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _iban_end(found: str) -> int:
    """How much of what begins like an IBAN is one: the words after it may look like a part of it. 0: none."""
    ends = [len(found), *(place for place in range(len(found) - 1, 14, -1) if not found[place].isalnum())]
    return next((end for end in ends if is_iban(found[:end])), 0)


def _settled(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """From left to right; those that overlap are one, called after the longest."""
    settled: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if settled and start < settled[-1][1]:
            first, last, name = settled[-1]
            settled[-1] = (first, max(last, end), name if last - first >= end - start else kind)
        else:
            settled.append((start, end, kind))
    return settled


def _stars(text: str) -> str:
    return "".join("*" if letter.isalnum() else letter for letter in text)
