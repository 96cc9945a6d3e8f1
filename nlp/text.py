"""Text: what a customer wrote, cut and cleaned so that every component can read it."""

import re
import unicodedata

MAX_TEXT_LENGTH = 4_000
"""Characters that are read of a message. No customer writes more in earnest, and some libraries are quadratic."""

UNREADABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def clean(text: str, limit: int = MAX_TEXT_LENGTH) -> tuple[str, bool]:
    """The first `limit` characters, and whether that was not all.

    NUL and lone surrogates, which no encoder takes, become U+FFFD: places in the text stay the same.
    """
    cut = len(text) > limit
    if cut:
        text = text[:limit]
    return UNREADABLE.sub(REPLACEMENT, text), cut


def is_of_a_word(letter: str) -> bool:
    """Whether it is part of a word: letters, figures, and the marks that vowels are in many scripts."""
    return letter.isalnum() or unicodedata.category(letter).startswith("M")
