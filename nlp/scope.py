"""Scope: what tells whether a text is about anything that the bot knows, and the chance that comes of it."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from nlp.meaning import Meaning, Near, largest, softmax

Array = np.ndarray[Any, Any]

NEAREST = 5
SHORTLIST = 8
"""Neighbours are looked for among the utterances of so many likely intents: a fraction of the work."""

WORD_SLOPE = 3.0
"""How steeply margins of words become chances before they are averaged with those of meaning."""

FAINTEST = 1e-6


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How evidence becomes the chance that a text is in scope: the weights of a logistic function."""

    constant: float
    chance: float
    nearness: float
    nothing: float
    likeness: float
    contrast: float


class Evidence(NamedTuple):
    """What speaks for a text being in scope, or against it."""

    chance: float
    """The logarithm of the best chance that words and meaning together give to an intent."""

    nearness: float
    """The mean cosine of the nearest utterances; 0 where there are none."""

    nothing: float
    """The chance that words and meaning give to "none of these"."""

    likeness: float
    """How like the likest utterance is word by word; 0 where words are not known."""

    contrast: float
    """By how much that is more than the likest utterance of "none of these"; 0 without such."""


class Reading(NamedTuple):
    """What meaning says of one text: the logits of the labels, their likeness word by word if known, the evidence."""

    meant: Array
    likeness: Array | None
    evidence: Evidence


def read(meaning: Meaning, margins: Array | None, vector: Array, said: Array | None, nothing: int | None) -> Reading:
    """One text by the margins of its words (None where no word is known), its vector and its words.

    `nothing` is the number of the label "none of these".
    """
    meant = meaning.logits(vector)
    chances = _mixed(margins, softmax(meant))
    likely = _shortlist(chances, nothing)
    near = meaning.near(vector, likely)
    strangers = [] if nothing is None else meaning.near(vector, [nothing])
    likest = meaning.likest(said, [*near, *strangers]) if near else None
    evidence = Evidence(
        chance=math.log(max((float(chances[label]) for label in likely), default=0.0) + FAINTEST),
        nearness=_nearness(near),
        nothing=0.0 if nothing is None else float(chances[nothing]),
        likeness=0.0 if likest is None else max(likest[: len(near)]),
        contrast=max(likest[: len(near)]) - likest[-1] if likest and strangers else 0.0,
    )
    return Reading(meant, None if likest is None else _spread(near, likest, len(meant)), evidence)


def in_scope(scope: Scope, evidence: Evidence) -> float:
    """The chance that a text with such evidence is about any intent."""
    logit = scope.constant + scope.chance * evidence.chance + scope.nearness * evidence.nearness
    logit += scope.nothing * evidence.nothing + scope.likeness * evidence.likeness + scope.contrast * evidence.contrast
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, logit))))


def _mixed(margins: Array | None, meant: Array) -> Array:
    """The chances of words and of meaning together; of meaning alone where no word is known."""
    if margins is None:
        return meant
    together: Array = (softmax(WORD_SLOPE * margins.astype(np.float64)) + meant) / 2
    return together


def _shortlist(chances: Array, nothing: int | None) -> list[int]:
    """The likeliest intents, in order of their number."""
    if nothing is not None:
        chances = chances.copy()
        chances[nothing] = -1.0
    return sorted(place for place in largest(chances, SHORTLIST).tolist() if place != nothing)


def _nearness(near: Sequence[Near]) -> float:
    if not near:
        return 0.0
    cosines = np.concatenate([row.cosines for row in near])
    cosines = cosines[largest(cosines, NEAREST)]
    return math.fsum(cosines.tolist()) / len(cosines)


def _spread(near: Sequence[Near], likest: Sequence[float], count: int) -> Array:
    """The likeness of every label; those that were not looked at have what the least like of the others has."""
    found = np.full(count, min(likest[: len(near)]))
    for row, likeness in zip(near, likest, strict=False):
        found[row.label] = likeness
    return found
