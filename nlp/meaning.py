"""Meaning: what the vector of a text says of its intent, and how near it is to anything that was trained."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from nlp.word_likeness import WordLikeness

Array = np.ndarray[Any, Any]

COMPARED = 8
"""Utterances of a likely intent that are compared word by word: those with the nearest vectors."""


class Blend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much say each has in which intent it is: the meaning of the text, its words, and the likeness of both.

    The weights of a logistic model: they make the chances honest, too.
    """

    meaning: float
    words: float
    likeness: float


class Near(NamedTuple):
    """The utterances of a label, from `first` on, by their cosines to a text."""

    label: int
    first: int
    cosines: Array


class Meaning:
    """A linear model over vectors, and the vectors of the utterances, 8 bits a number; and their words, if known.

    `starts[i]` is the first utterance of label `i`.
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

    def likest(self, said: Array | None, near: Sequence[Near]) -> list[float] | None:
        """How like the likest utterance of each row is to what was `said`, word by word, among the nearest few.

        None where the words of the text or of the utterances are not known.
        """
        if said is None or self.words is None:
            return None
        chosen = [row.first + largest(row.cosines, COMPARED) for row in near]
        alike = self.words.likeness(said, np.concatenate(chosen).tolist())
        firsts = np.cumsum([0, *map(len, chosen[:-1])])
        best: list[float] = np.maximum.reduceat(alike, firsts).tolist()
        return best


def largest(values: Array, count: int) -> Array:
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


def blended(blend: Blend, meant: Array, margins: Array, likeness: Array) -> Array:
    """The chances that a blend gives, along the last axis, from logits of meaning, margins of words and likeness."""
    return softmax(blend.meaning * meant + blend.words * margins + blend.likeness * likeness)


def packed(vectors: Array) -> tuple[Array, Array]:
    """Vectors in 8 bits a number, and the factor of each row that undoes it."""
    scales = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), 1e-9) / 127
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)
