"""Slot features: what tells the slots of a text: each word, its pieces, its shape and the words around it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from models.utterance import Entity

MAX_WORDS = 100
"""Words of a text that are looked at: what comes after them has no learnt slots."""

WORD = re.compile(r"\w+|[^\w\s]")
DIGIT = re.compile(r"\d")
LONGEST_NUMBER = 5


class Word(NamedTuple):
    """A word or sign with its place in the text."""

    text: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """The first words and signs of a text."""
    found = []
    for match in WORD.finditer(text):
        found.append(Word(match.group(), match.start(), match.end()))
        if len(found) == MAX_WORDS:
            break
    return found


def features_of(
    words: Sequence[Word], known: Sequence[Entity] = (), *, plain: bool = False
) -> list[tuple[list[str], list[str]]]:
    """For each word what it is itself, and what stands around it; `plain`: as if all was written in small letters.

    Whoever reads it may leave the first out, to see what the second tells alone. `known` are entities that rules
    have found: a date may be when she wants to come.
    """
    kinds = kinds_of(words, known)
    said = [DIGIT.sub("0", word.text.casefold()) for word in words]
    shapes = [shape_of(text if plain else word.text) for text, word in zip(said, words, strict=True)]
    said = ["<<", "<", *said, ">", ">>"]
    shapes = ["<", *shapes, ">"]
    rows = []
    for at in range(2, len(said) - 2):
        before, here, after = said[at - 1 : at + 2]
        own = [
            f"w={here}", f"a2={here[:2]}", f"a3={here[:3]}", f"z2={here[-2:]}", f"z3={here[-3:]}", f"z4={here[-4:]}",
            f"w-1,0={before} {here}", f"w0,1={here} {after}",
        ]  # fmt: skip
        around = [
            "any", f"s={shapes[at - 1]}", f"s-1={shapes[at - 2]}", f"s+1={shapes[at]}",
            f"k={kinds[at - 2]}", f"w-1={before}", f"w+1={after}", f"w-2={said[at - 2]}", f"w+2={said[at + 2]}",
        ]  # fmt: skip
        rows.append((own, around))
    return rows


def kinds_of(words: Sequence[Word], known: Sequence[Entity]) -> list[str]:
    """The kind of entity that each word begins or goes on with; nothing for the others."""
    kinds = [""] * len(words)
    for entity in known:
        for at, word in enumerate(words):
            if entity.start <= word.start and word.end <= entity.end:
                kinds[at] = f"{entity.kind}+" if word.start > entity.start else entity.kind
    return kinds


def shape_of(word: str) -> str:
    """How a word is written: capitals, digits and how many, or the sign that it is."""
    if word.isdigit():
        return f"0{min(len(word), LONGEST_NUMBER)}"
    if not word.isalnum():
        return word[:1]
    if any(map(str.isdigit, word)):
        return "a0"
    if word.isupper() and len(word) > 1:
        return "AA"
    return "Aa" if word[:1].isupper() else "a"
