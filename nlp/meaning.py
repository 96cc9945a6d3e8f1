"""Meaning: what the vector of a text says of its intent, and how near it is to anything that was trained."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from nlp.word_likeness import WordLikeness

Array = np.ndarray[Any, Any]

NEAREST = 5
SHORTLIST = 8
"""Neighbours are looked for among the utterances of so many likely intents: a fraction of the work."""

COMPARED = 8
"""Utterances of a likely intent that are compared word by word: those with the nearest vectors."""

WORD_SLOPE = 3.0
"""How steeply margins of words become chances before they are averaged with those of meaning."""

FAINTEST = 1e-6


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much say each has in which intent it is: the meaning of the text, its words, and the likeness of both.

    The weights of a logistic model: they make the chances honest, too.
    """

    meaning: float
    words: float
    likeness: float


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How evidence becomes the chance that a text is about something the bot knows: a logistic function."""

    constant: float
    chance: float
    nearness: float
    nothing: float


class Near(NamedTuple):
    """The utterances of a label, from `first` on, by their cosines to a text."""

    label: int
    first: int
    cosines: Array


class Meaning:
    """A linear model over vectors, and the vectors of the utterances, 8 bits a number; and their words, if known.

    `starts[i]` is the first utterance of label `i`; the utterances of "none of these" are left out.
    """

    def __init__(
        self, weights: Array, bias: Array, neighbours: Array, scales: Array, starts: Array,
        words: WordLikeness | None = None,
    ) -> None:  # fmt: skip
        self.weights = weights
        self.bias = bias
        self.neighbours = neighbours
        self.scales = scales
        self.starts = starts
        self.words = words
        self._bounds: list[int] = starts.tolist()

    def logits(self, vectors: Array) -> Array:
        """What speaks for each label, a row a vector: the logarithm of its chance, but for a constant."""
        logits: Array = (vectors @ self.weights + self.bias).astype(np.float64)
        return logits

    def near(self, vector: Array, likely: Sequence[int]) -> list[Near]:
        """The utterances of the likely labels, for those that have some."""
        return [
            Near(label, first, (self.neighbours[first:last].astype(np.float32) @ vector) * self.scales[first:last])
            for label, first, last in ((label, self._bounds[label], self._bounds[label + 1]) for label in likely)
            if last > first
        ]

    def likeness(self, said: Array | None, near: Sequence[Near]) -> Array | None:
        """How like the likest utterance of each label is to what was `said`, word by word.

        Looked for among the nearest few of the likely labels; all others have what the least like of these has.
        None where the words of the text or of the utterances are not known.
        """
        if said is None or self.words is None or not near:
            return None
        chosen = [row.first + _largest(row.cosines, COMPARED) for row in near]
        alike = self.words.likeness(said, np.concatenate(chosen).tolist())
        firsts = np.cumsum([0, *map(len, chosen[:-1])])
        best = np.maximum.reduceat(alike, firsts)
        found: Array = np.full(len(self.bias), best.min())
        found[[row.label for row in near]] = best
        return found


def nearness(near: Sequence[Near]) -> float:
    """The mean cosine of the nearest utterances; 0 where there are none."""
    if not near:
        return 0.0
    cosines = np.concatenate([row.cosines for row in near])
    cosines = cosines[_largest(cosines, NEAREST)]
    return math.fsum(cosines.tolist()) / len(cosines)


def _largest(values: Array, count: int) -> Array:
    """The places of so many of the largest values."""
    if len(values) <= count:
        return np.arange(len(values))
    places: Array = np.argpartition(values, len(values) - count)[-count:]
    return places


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


def blended(blend: Blend, meant: Array, margins: Array, likeness: Array) -> Array:
    """The chances that a blend gives, along the last axis, from logits of meaning, margins of words and likeness."""
    return softmax(blend.meaning * meant + blend.words * margins + blend.likeness * likeness)


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
