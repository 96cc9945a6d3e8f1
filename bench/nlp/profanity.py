"""Profanity: time a message, time with length, disguised words found, and innocent messages suspected."""

import json
import random
import statistics
import time
from collections.abc import Callable, Iterable

from bench.nlp import Row
from bench.nlp.clinc import data_file
from nlp.profanity import ProfanityFilter
from nlp.profanity_matcher import lexicon
from nlp.profanity_words import RUDE
from nlp.project import Project

SEEDS, QUICK_SEEDS = 5, 2
WORDS = 400
SHORT, LONG = 8_000, 64_000
THEIR_TEXTS = 20
LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "$5", "t": "7"}
ALIKE = {"a": "а", "c": "с", "e": "е", "i": "і", "o": "о", "p": "р", "s": "ѕ", "u": "υ", "h": "һ"}
"""Cyrillic and Greek letters that look like these."""


def rows(quick: bool) -> Iterable[Row]:
    """On CLINC150's test sentences, none of which was written to be rude, and on rude words disguised by chance."""
    texts = [text for text, _ in json.loads(data_file().read_text("utf-8"))["test"]]
    own = ProfanityFilter()
    own.prepare(Project(), None)
    theirs = ProfanityFilter(backend="better_profanity")
    theirs.prepare(Project(), None)
    yield _row("CLINC150", "time a message, median", _median(own.find, texts[:2_000]), "us", goal=25)
    yield _row("CLINC150", "better-profanity's matcher", _median(theirs.find, texts[:THEIR_TEXTS]), "us")
    short = " ".join(texts)[:SHORT]
    long = short * (LONG // SHORT)  # the same letters: those beyond ASCII take longer
    grown = _least(own.find, long) / _least(own.find, short) / (LONG / SHORT)
    yield _row("CLINC150", f"a letter's time at {LONG // 1000} kB, to that at {SHORT // 1000} kB", grown, "x")
    suspected = 100 * sum(own.find(text).found for text in texts) / len(texts)
    yield _row("CLINC150", "messages suspected", suspected, "%")
    for kind, disguise in DISGUISES.items():
        shares = [_recall(own, disguise, random.Random(seed)) for seed in range(QUICK_SEEDS if quick else SEEDS)]
        mean, spread = statistics.mean(shares), statistics.stdev(shares)
        yield _row(
            "disguised words", f"found: {kind}", mean, "%", goal=95 if kind == "all kinds" else None, spread=spread
        )


def _recall(component: ProfanityFilter, disguise: "Disguise", chance: random.Random) -> float:
    """The share of rude words of four letters or more that is found in a sentence, each disguised once."""
    words = sorted(
        word for word, severity in lexicon().items() if severity >= RUDE and len(word) > 3 and word.isalpha()
    )
    chosen = chance.sample(words, min(WORDS, len(words)))
    found = sum(component.find(f"you are a {disguise(word, chance)} really").found for word in chosen)
    return 100 * found / len(chosen)


Disguise = Callable[[str, random.Random], str]


def _leet(word: str, chance: random.Random) -> str:
    return "".join(
        chance.choice(LEET[letter]) if letter in LEET and chance.random() < 0.6 else letter for letter in word
    )


def _alike(word: str, chance: random.Random) -> str:
    return "".join(ALIKE[letter] if letter in ALIKE and chance.random() < 0.6 else letter for letter in word)


def _repeated(word: str, chance: random.Random) -> str:
    place = chance.randrange(len(word))
    return word[:place] + word[place] * chance.randint(3, 6) + word[place + 1 :]


def _spaced(word: str, chance: random.Random) -> str:
    return chance.choice(" ._-").join(word)


def _capitals(word: str, chance: random.Random) -> str:
    return "".join(letter.upper() if chance.random() < 0.5 else letter for letter in word)


def _any(word: str, chance: random.Random) -> str:
    return chance.choice((_leet, _alike, _repeated, _spaced, _capitals))(word, chance)


DISGUISES: dict[str, Disguise] = {
    "all kinds": _any, "capitals": _capitals, "leet": _leet, "look-alikes": _alike, "repeated letters": _repeated,
    "spelt out": _spaced,
}  # fmt: skip


def _median(find: Callable[[str], object], texts: list[str]) -> float:
    for text in texts[:20]:
        find(text)
    times = []
    for text in texts:
        began = time.thread_time_ns()
        find(text)
        times.append(time.thread_time_ns() - began)
    return statistics.median(times) / 1e3


def _least(find: Callable[[str], object], text: str) -> float:
    times = []
    for _ in range(5):
        began = time.thread_time_ns()
        find(text)
        times.append(time.thread_time_ns() - began)
    return min(times)


def _row(
    data: str, metric: str, value: float, unit: str, goal: float | None = None, spread: float | None = None
) -> Row:
    return Row(
        bench="profanity", data=data, tier="default", metric=metric, value=value, unit=unit, goal=goal, spread=spread
    )
