"""EnglishWords: the common English words and how often they are used, to tell a slip from a word."""

import importlib.util
import math
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

PACKAGE, FILE = "symspellpy", "frequency_dictionary_en_82_765.txt"


LEAST_TELLING, MOST_TELLING = 0.1, 12.0
"""Bounds of `telling`: what the commonest words say, and from which surprise on a word says all it can (about one word
in 160,000). Chosen, with the whole, on validation data of CLINC150 as answers."""


@lru_cache(maxsize=1)
def english_words() -> Mapping[str, int]:
    """About 83,000 words with their frequency, none where the list is not installed.

    The list is symspellpy's, from SCOWL and Google Books; its search is not used, as it takes 70 MB.
    """
    return dict(_rows())


def telling(words: Collection[str]) -> dict[str, float]:
    """How much each of some words tells, 0 to 1, by how rare it is in English: "is" little, "parking" much.

    A word that is not in the list tells all that it can, a sign next to nothing. The list is not kept: it takes 10 MB.
    """
    plain = {word: word.replace("’", "'").removesuffix("'s") for word in words}
    wanted = frozenset(plain.values())
    total = 0
    counts: dict[str, int] = {}
    for word, count in _rows():
        total += count
        if word in wanted:
            counts[word] = count
    tells = {word: math.log(total / count) / MOST_TELLING for word, count in counts.items()}
    tells |= {word: 0.0 for word in wanted if not any(map(str.isalnum, word))}
    return {word: max(LEAST_TELLING, min(1.0, tells.get(own, 1.0))) for word, own in plain.items()}


def _rows() -> Iterator[tuple[str, int]]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return
    for row in (Path(spec.submodule_search_locations[0]) / FILE).read_text("utf-8-sig").split("\n"):
        word, _, count = row.partition(" ")
        if count:
            yield word, int(count)


@lru_cache(maxsize=1)
def by_initial() -> Mapping[str, tuple[str, ...]]:
    """The same words by their first letter, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for word in sorted(english_words()):
        found.setdefault(word[0], []).append(word)
    return {initial: tuple(words) for initial, words in found.items()}
