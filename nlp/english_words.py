"""EnglishWords: the common English words and how often they are used, to tell a slip from a word."""

import importlib.util
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

PACKAGE, FILE = "symspellpy", "frequency_dictionary_en_82_765.txt"


@lru_cache(maxsize=1)
def english_words() -> Mapping[str, int]:
    """About 83,000 words with their frequency, none where the list is not installed.

    The list is symspellpy's, from SCOWL and Google Books; its search is not used, as it takes 70 MB.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return {}
    rows = (Path(spec.submodule_search_locations[0]) / FILE).read_text("utf-8-sig").split("\n")
    return {word: int(count) for word, _, count in (row.partition(" ") for row in rows) if count}


@lru_cache(maxsize=1)
def by_initial() -> Mapping[str, tuple[str, ...]]:
    """The same words by their first letter, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for word in sorted(english_words()):
        found.setdefault(word[0], []).append(word)
    return {initial: tuple(words) for initial, words in found.items()}
