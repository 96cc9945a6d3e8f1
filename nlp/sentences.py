"""Sentences: what a message of several says in one of them, which the others water down.

"I bought shoes last week. My sister likes them. Where is my parcel?" asks what its last sentence does, and has twelve
words more that speak for no intent. The whole message says which intent it is; a sentence that says the same
by itself may make it surer. As each sentence is one more chance to be wrong, what it adds shrinks with their number,
so that as many long messages that are about nothing are answered as short ones.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOST_SENTENCES = 8
"""So many sentences are read by themselves, the first ones."""

MAX_LENGTH = 2_000
"""Of a longer text no sentence is read by itself."""

SURE = 0.9
"""Who is as sure of the whole message asks no sentence."""

SHRINKING = 0.5
"""A doubt of d in one sentence of n is one of d to the power of 1 / n^SHRINKING.

Chosen on small projects drawn from the training data of BANKING77 and CLINC150, with sentences about other things
around their utterances. 1 would be right if each sentence were as likely to deceive as any other (Šidák 1967).
"""

END = re.compile(
    r"(?<=[.!?…؟۔।])[\"')\]»”’]*\s+(?=\S)|(?<=[\u0370-\u03ff\u1f00-\u1fff][;\u037e])\s+(?=\S)|(?<=[。！？｡])|\n+"
)
_WORD = re.compile(r"\w")


def sentences_of(text: str) -> list[str]:
    """The sentences of a text of several, each with a word in it; none of a text of one, or of a long one."""
    if len(text) > MAX_LENGTH:
        return []
    found = [part for part in END.split(text.strip()) if _WORD.search(part)]
    return found if len(found) > 1 else []


def surer(whole: Array, sentences: Sequence[Array | None], count: int, nothing: int | None) -> Array:
    """The chances of the labels for a message by those of the whole and of its sentences; `count` are all of them.

    The likeliest intent of the whole stays so. Of one that a sentence is about too the chance may rise, never above
    that of the likeliest; what is left is for the others.
    """
    claims: dict[int, float] = {}
    for chances in sentences:
        if chances is not None:
            best = likeliest(chances, nothing)
            claims[best] = max(claims.get(best, 0.0), _shrunk(float(chances[best]), count))
    first = likeliest(whole, nothing)
    if claims.get(first, 0.0) <= whole[first]:
        return whole
    raised = {label: max(float(whole[label]), min(claim, claims[first])) for label, claim in claims.items()}
    raised[first] = max(float(whole[first]), raised[first] / max(1.0, sum(raised.values())))
    places = list(raised)
    found = np.zeros_like(whole)
    found[places] = list(raised.values())
    found[first] = 0.0
    left = _fitted(found, 1.0 - raised[first])
    others = whole.copy()
    others[places] = 0.0
    found = left + _fitted(others, max(0.0, 1.0 - raised[first] - float(left.sum())))
    found[first] = raised[first]
    return found


def surest(sentences: Sequence[Array | None], label: int, nothing: int | None) -> int:
    """The place of the sentence that is about a label and surest of it; -1 where none is about it."""
    sure = [
        float(chances[label]) if chances is not None and likeliest(chances, nothing) == label else -1.0
        for chances in sentences
    ]
    best = max(range(len(sure)), key=sure.__getitem__)
    return best if sure[best] >= 0 else -1


def _fitted(chances: Array, most: float) -> Array:
    """The chances, made smaller where they are more than `most` together."""
    together = float(chances.sum())
    return chances * (most / together) if together > most else chances


def likeliest(chances: Array, nothing: int | None) -> int:
    """The label with the greatest chance; `nothing` is that of none of these, and no intent."""
    best = int(chances.argmax())
    if best != nothing:
        return best
    intents = chances.copy()
    intents[best] = -1.0
    return int(intents.argmax())


def _shrunk(chance: float, count: int) -> float:
    return 1.0 - math.pow(1.0 - chance, count**-SHRINKING)
