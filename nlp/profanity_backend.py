"""ProfanityBackend: better-profanity's own matcher, for whoever wants its answers to the letter."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from nlp.errors import Unavailable

MAX_READ_LENGTH = 500
"""It compares every word with thousands of spellings: five thousand characters take it seconds."""

PIECE = re.compile(r"\S+")
SIGNS = ".,;:!?\"'()"


class BetterProfanity:
    """Finds what better-profanity calls profane, word by word, so that the places are known."""

    def __init__(self, words: Iterable[str], allowed: Iterable[str]) -> None:
        try:
            from better_profanity import Profanity
        except ImportError:
            raise Unavailable('better-profanity is not installed: run `pip install "botkit[nlp]"`') from None
        self._engine: Any = Profanity()
        self._engine.load_censor_words(whitelist_words=list(allowed))
        self._engine.add_censor_words(list(words))

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and word of each hit in the first 500 characters.

        Where no word is one by itself, the first phrase of two or three words.
        """
        is_profane = self._engine.contains_profanity
        pieces = [(match.start(), match.end()) for match in PIECE.finditer(text[:MAX_READ_LENGTH])]
        hits = [piece for piece in pieces if is_profane(text[piece[0] : piece[1]])]
        if not hits and pieces and is_profane(text[:MAX_READ_LENGTH]):  # then it is a phrase
            spans = [(first[0], last[1]) for first, last in pairwise(pieces)]
            spans += [(first[0], last[1]) for first, last in zip(pieces, pieces[2:], strict=False)]
            hits = [span for span in spans if is_profane(text[span[0] : span[1]])][:1]
        return [_trimmed(text, start, end) for start, end in hits]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int, str]:
    """A hit without the signs at its ends."""
    while end - start > 1 and text[end - 1] in SIGNS:
        end -= 1
    while end - start > 1 and text[start] in SIGNS:
        start += 1
    return start, end, text[start:end].casefold()
