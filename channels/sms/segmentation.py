"""Segmentation: how many SMS a text takes, in which alphabet, and where it is cut.

GSM 03.38 takes 160 characters in one message and 153 a part in several; characters of its extension
table count twice. A single character outside both tables makes the whole text UCS-2: 70, or 67 a part,
in UTF-16 units. Neither an escape pair nor a surrogate pair may be cut in two.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
GSM = GSM_BASIC | GSM_EXTENSION

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

_LOOKALIKES = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'", "ʼ": "'", "′": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "*", "·": ".", "\t": " ",
        "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "",
    }
)  # fmt: skip


class Segments(NamedTuple):
    """A text as it travels: the parts join to the text."""

    encoding: Literal["GSM-7", "UCS-2"]
    parts: tuple[str, ...]


def is_gsm(text: str) -> bool:
    """Whether GSM 03.38 has every character of the text."""
    return GSM.issuperset(text)


def segment(text: str) -> Segments:
    """The text cut into the parts that a phone would get."""
    if is_gsm(text):
        return Segments("GSM-7", _cut(text, _gsm_size, GSM_SINGLE, GSM_PART))
    return Segments("UCS-2", _cut(text, _ucs2_size, UCS2_SINGLE, UCS2_PART))


def count_parts(text: str) -> int:
    """The number of SMS that the text takes."""
    if len(text) <= GSM_SINGLE // 2 and is_gsm(text):  # even if each of them counted twice
        return 1
    return len(segment(text).parts)


def substitute(text: str) -> str:
    """The text with typographic quotes, dashes and spaces as their plain look-alikes.

    Only where that makes it a GSM text, which takes less than half as many parts.
    """
    if is_gsm(text):
        return text
    plain = text.translate(_LOOKALIKES)
    return plain if is_gsm(plain) else text


def _gsm_size(character: str) -> int:
    return 2 if character in GSM_EXTENSION else 1


def _ucs2_size(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _cut(text: str, size: Callable[[str], int], single: int, part: int) -> tuple[str, ...]:
    sizes = [size(character) for character in text]
    if sum(sizes) <= single:
        return (text,)
    parts = []
    start = used = 0
    for at, units in enumerate(sizes):
        if used + units > part:
            parts.append(text[start:at])
            start, used = at, 0
        used += units
    parts.append(text[start:])
    return tuple(parts)
