"""CountedTexts: the terms of training texts, counted once, for all the models that are learnt from parts of them.

What `features.learn_vocabulary` and `Vocabulary.read` do text by text, worked out for thousands of texts at once.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack

from nlp.features import LENGTHS, Vocabulary, character_terms, words_of

Array = np.ndarray[Any, Any]


class Known:
    """The terms that some of the texts have, with a column and a weight each, as a `Vocabulary` has them."""

    def __init__(self, texts: "CountedTexts", words: Array, pieces: Array, weights: Array) -> None:
        self._texts = texts
        self._words = words
        self._pieces = pieces
        self._weights = weights
        self._strangeness = (float(weights.max(initial=1.0)) + math.log(2)) ** 2

    def __len__(self) -> int:
        return len(self._weights)

    def vocabulary(self) -> Vocabulary:
        """The same terms for reading other texts."""
        texts = self._texts
        words = [texts.words[column] for column in self._words]
        pieces = [texts.pieces[column] for column in self._pieces]
        return Vocabulary(words, pieces, self._weights.tolist(), texts.lengths)

    def matrix(self, rows: Array) -> tuple[Any, Array]:
        """Some of the texts as `Vocabulary.read` sees them: a sparse row each, and the share of strange words."""
        texts = self._texts
        plain = texts.plain_counts[rows]
        total = np.asarray(plain.sum(axis=1)).ravel()
        known = np.zeros(len(texts.words), dtype=bool)
        known[self._words] = True
        strange = np.asarray(plain[:, ~known].sum(axis=1)).ravel()
        count = len(self._words)
        words = _block(texts.word_counts[rows][:, self._words], self._weights[:count], strange * self._strangeness)
        pieces = _block(texts.piece_counts[rows][:, self._pieces], self._weights[count:], np.zeros(len(rows)))
        return hstack([words, pieces], format="csr"), strange / np.maximum(total, 1)


class CountedTexts:
    """How often each text has each word, pair of words, and piece of a word; a row a text."""

    def __init__(self, texts: Sequence[str], lengths: tuple[int, int] = LENGTHS) -> None:
        self.lengths = lengths
        words = _Counter()
        pieces = _Counter()
        pieces_of: dict[str, list[int]] = {}
        for text in texts:
            found = words_of(text)
            words.add(found)
            words.add([f"{first} {second}" for first, second in pairwise(found)])
            for word in found:
                numbers = pieces_of.get(word)
                if numbers is None:
                    numbers = pieces_of[word] = pieces.numbers_of(character_terms(word, lengths))
                pieces.add_numbers(numbers)
            words.end()
            pieces.end()
        self.words, self.word_counts = words.result()
        self.pieces, self.piece_counts = pieces.result()
        # Signs and emoji are terms, but no strange words, and pairs (which have a space) are none either.
        plain = [(word[0].isalnum() or word[0] == "_") and " " not in word for word in self.words]
        self.plain_counts = self.word_counts.multiply(np.array(plain, dtype=np.int64)).tocsr()

    def learn(self, rows: Array, rarity: float = 1.0, fewest: int = 2) -> Known:
        """What is known to whom has read these texts alone, without pieces of words that fewer than so many have."""
        total = len(rows)
        word_texts = _texts_with(self.word_counts[rows])
        piece_texts = _texts_with(self.piece_counts[rows])
        words = np.flatnonzero(word_texts)
        pieces = np.flatnonzero(piece_texts >= (fewest if total > 1 else 1))
        by_count = np.array([0.0, *((math.log((1 + total) / (1 + n)) + 1.0) ** rarity for n in range(1, total + 1))])
        weights = by_count[np.concatenate([word_texts[words], piece_texts[pieces]])]
        return Known(self, words, pieces, weights)


class _Counter:
    """Counts terms text by text."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._found: list[int] = []
        self._ends = [0]

    def numbers_of(self, terms: Sequence[str]) -> list[int]:
        numbers = self._numbers
        return [numbers.setdefault(term, len(numbers)) for term in terms]

    def add(self, terms: Sequence[str]) -> None:
        self._found += self.numbers_of(terms)

    def add_numbers(self, numbers: Sequence[int]) -> None:
        self._found += numbers

    def end(self) -> None:
        self._ends.append(len(self._found))

    def result(self) -> tuple[list[str], Any]:
        """The terms in order, and a matrix of counts with a column for each."""
        terms = sorted(self._numbers)
        place = np.zeros(len(terms), dtype=np.int64)
        place[[self._numbers[term] for term in terms]] = np.arange(len(terms))
        columns = place[np.array(self._found, dtype=np.int64)]
        shape = (len(self._ends) - 1, len(terms))
        counts = csr_matrix((np.ones(len(columns), dtype=np.int64), columns, self._ends), shape=shape)
        counts.sum_duplicates()
        return terms, counts


def _texts_with(counts: Any) -> Array:
    """In how many of the texts each term is."""
    return np.bincount(counts.indices, minlength=counts.shape[1])


def _block(counts: Any, weights: Array, strange: Array) -> Any:
    """Counts as weights, each row scaled to length 1; `strange` is what else there is in the square of its length."""
    values = (1.0 + np.log(counts.data)) * weights[counts.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    squares = np.bincount(rows, weights=values * values, minlength=counts.shape[0]) + strange
    return csr_matrix((values / np.sqrt(squares)[rows], counts.indices, counts.indptr), shape=counts.shape)
