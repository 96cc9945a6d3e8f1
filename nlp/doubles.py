"""Doubles: utterances that say the same words again: how they are told, and what is left once each counts once."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from nlp.text import is_of_a_word


class Labelled(Protocol):
    """An utterance with its intent."""

    @property
    def text(self) -> str: ...
    @property
    def intent(self) -> str: ...


Row = TypeVar("Row", bound=Labelled)


def doubles(rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Each row whose words an earlier one has, in whatever intent, with the first that has them."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(folded(row.text), row)
        if other is not row:
            yield row, other


def count_by_intent(rows: Iterable[Labelled]) -> Counter[str]:
    """How many utterances each intent has, by name; the same words count once in it."""
    return Counter(sorted(intent for intent, _ in {(row.intent, folded(row.text)) for row in rows}))


def folded(text: str) -> str:
    """A text without case, punctuation and spare blanks: what two people might write alike."""
    plain = unicodedata.normalize("NFC", text).casefold().replace("'", "").replace("\u2019", "")
    words = "".join(letter if is_of_a_word(letter) else " " for letter in SIGNS.sub(_spelt, plain)).split()
    return " ".join(words) or plain.strip()


SIGNS = re.compile(r"(?<=\w)[+#]+(?!\w)")
"""C++ and C# are not C."""


def _spelt(match: re.Match[str]) -> str:
    return match.group().replace("+", "plus").replace("#", "sharp")
