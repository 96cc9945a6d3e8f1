"""Language grams: how much the letter sequences of a text speak for one language against another.

A naive Bayes view (Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL 2012) on a
table of our own making, see `bench/nlp/make_language_grams.py`: small enough to be read in milliseconds.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

LANGUAGES = (
    "en", "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "tr", "cs", "da", "fi", "hu", "id", "no", "ro",
)  # fmt: skip
"""The languages of the table, in the order of its columns: those of the Latin alphabet that we tell apart."""

FILE = Path(__file__).with_suffix(".txt")
GRAMS = 12_000
LONGEST_GRAM = 5
MAX_CHARACTERS = 400
"""So much of a text is looked at: by then it has said what language it is in."""

ZERO = "!"
STEPS_PER_NAT, MOST_STEPS = 8, 93


@lru_cache(maxsize=1)
def table() -> dict[str, bytes]:
    """For each sequence and language, how many eighths of a nat rarer it is there than where it is most frequent."""
    zero = ord(ZERO)
    found: dict[str, bytes] = {}
    for line in FILE.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            gram, _, steps = line.partition("\t")
            found[gram] = bytes(ord(step) - zero for step in steps)
    return found


def evidence(text: str, languages: Sequence[str]) -> dict[str, float]:
    """The log-likelihood of a text in each of these languages, in nats, less that of the best row by row: 0 or below.

    A language that is not in the table has another alphabet: Latin letters speak against it as much as they can.
    """
    grams = table()
    text = f" {' '.join(text.lower().split())[:MAX_CHARACTERS]} "
    counts: Counter[str] = Counter()
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - LONGEST_GRAM), end):  # the longest that ends here
            gram = text[start:end]
            if gram in grams:
                counts[gram] += 1
                break
    columns = [LANGUAGES.index(language) if language in LANGUAGES else -1 for language in languages]
    steps = [0.0] * len(columns)
    for gram, count in counts.items():
        weight = math.log1p(count)
        row = grams[gram]
        rarest = max(row)
        for place, column in enumerate(columns):
            steps[place] -= weight * (row[column] if column >= 0 else rarest)
    return {language: found / STEPS_PER_NAT for language, found in zip(languages, steps, strict=True)}
