"""Meaning: what the vector of a text says of its intent, and how near it is to anything that was trained."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

Array = np.ndarray[Any, Any]

NEAREST = 5
SHORTLIST = 8
"""Neighbours are looked for among the utterances of so many likely intents: a fraction of the work."""

WORD_SLOPE = 3.0
"""How steeply margins of words become chances before they are averaged with those of meaning."""

FAINTEST = 1e-6


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How evidence becomes the chance that a text is about something the bot knows: a logistic function.

    `sharpness` is the power to which the chances among the intents are raised, so that they are honest.
    """

    constant: float
    chance: float
    nearness: float
    nothing: float
    sharpness: float


class Meaning:
    """A linear model over vectors, and the vectors of the utterances, 8 bits a number.

    `starts[i]` is the first utterance of label `i`; the utterances of "none of these" are left out.
    """

    def __init__(self, weights: Array, bias: Array, neighbours: Array, scales: Array, starts: Array) -> None:
        self.weights = weights
        self.bias = bias
        self.neighbours = neighbours
        self.scales = scales
        self.starts = starts
        self._bounds: list[int] = starts.tolist()

    def chances(self, vectors: Array) -> Array:
        """The chance of each label, a row a vector."""
        return softmax((vectors @ self.weights + self.bias).astype(np.float64))

    def nearness(self, vector: Array, likely: Sequence[int]) -> float:
        """The mean cosine of the nearest utterances of the likely labels; 0 where there are none."""
        found = [
            (self.neighbours[first:last].astype(np.float32) @ vector) * self.scales[first:last]
            for first, last in ((self._bounds[label], self._bounds[label + 1]) for label in likely)
            if last > first
        ]
        if not found:
            return 0.0
        cosines = np.concatenate(found)
        if len(cosines) > NEAREST:
            cosines = np.partition(cosines, len(cosines) - NEAREST)[-NEAREST:]
        return math.fsum(cosines.tolist()) / len(cosines)


def softmax(logits: Array) -> Array:
    """Chances along the last axis."""
    parts = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances: Array = parts / parts.sum(axis=-1, keepdims=True)
    return chances


def mixed(margins: Array | None, meant: Array) -> Array:
    """The chances of words and of meaning together; of meaning alone where no word is known."""
    if margins is None:
        return meant
    together: Array = (softmax(WORD_SLOPE * margins.astype(np.float64)) + meant) / 2
    return together


def evidence_of(chances: Array, nothing: int | None) -> tuple[Array, float]:
    """The chances among the intents alone, and that of "none of these", whose label is `nothing`."""
    if nothing is None:
        return chances, 0.0
    among = chances.copy()
    among[nothing] = 0.0
    return among, float(chances[nothing])


def shortlist(among: Array) -> list[int]:
    """The likeliest labels, in order of their number."""
    if len(among) <= SHORTLIST:
        return list(range(len(among)))
    return sorted(np.argpartition(among, len(among) - SHORTLIST)[-SHORTLIST:].tolist())


def in_scope(scope: Scope, best: float, nearness: float, nothing: float) -> float:
    """The chance that a text is about any intent, from its best chance, its neighbours and "none of these"."""
    logit = scope.constant + scope.chance * math.log(best + FAINTEST) + scope.nearness * nearness
    logit += scope.nothing * nothing
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, logit))))


def packed(vectors: Array) -> tuple[Array, Array]:
    """Vectors in 8 bits a number, and the factor of each row that undoes it."""
    scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), 1e-9) / 127
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)
