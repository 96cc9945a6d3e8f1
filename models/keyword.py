"""Keyword: how words are compared that people type on phones: in any case, however their letters are encoded."""

import unicodedata

_AROUND = ".,:;!?…\"'()[]*“”‘’«»„¡¿。、"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def fold(word: str) -> str:
    """The word as it is compared: `ÄPFEL`, `äpfel` with a combining mark and full-width letters are alike.

    Source: Unicode Standard Annex 15 (NFKC) and the case folding of the Unicode Standard, section 3.13.
    """
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word.translate(_INVISIBLE)).casefold())


def bare(word: str) -> str:
    """A word without the punctuation around it: people write `Stop!` and `ORDER: 1234`."""
    return word.strip(_AROUND) or word


def split_first(text: str) -> tuple[str, str]:
    """The first word of a text, as written, and the rest."""
    words = text.split(None, 1)
    return (words[0], words[1] if len(words) > 1 else "") if words else ("", "")
