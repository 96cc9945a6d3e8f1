"""WordLikeness: how like two texts are word by word, each word as the encoder understands it in its text.

One vector for a whole text blurs which of its words matters. Here each word of a message looks for its like in an
utterance, and what they find on average is the likeness (late interaction; Khattab and Zaharia 2020, ColBERT).
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

Array = np.ndarray[Any, Any]

WORD_DIMENSIONS = 64
"""Numbers a word, at most. With 64 of 384 the intents in the training data of BANKING77 and CLINC150 are told apart as
well as with all of them."""

WORD_STEPS = 127.0
"""1 in the 8 bits of a number of a word, whose row has length 1."""


@runtime_checkable
class WordReader(Protocol):
    """An encoder that can tell of the words of a text, too."""

    def words(self, texts: Sequence[str], /) -> "list[Array] | None":
        """For each text its pieces of words, a row of 8-bit numbers each, at least one; None where it cannot."""


def words_of(encoder: object, texts: Sequence[str]) -> "list[Array] | None":
    """The words of some texts as an encoder understands them; None where it knows only whole texts."""
    return encoder.words(texts) if isinstance(encoder, WordReader) else None


def packed_words(rows: Array) -> Array:
    """Rows of length 1 in 8 bits a number."""
    small: Array = np.rint(rows * WORD_STEPS).astype(np.int8)
    return small


class WordLikeness:
    """The words of utterances one behind the other, as `packed_words`; utterance `i` begins at `starts[i]`."""

    def __init__(self, words: Array, starts: Array) -> None:
        self.words = words
        self.starts = starts
        self._bounds: list[int] = starts.tolist()

    @classmethod
    def of(cls, utterances: Sequence[Array], dimensions: int) -> "WordLikeness":
        words = np.concatenate([np.zeros((0, dimensions), dtype=np.int8), *utterances])
        return cls(words, np.cumsum([0, *map(len, utterances)]))

    def likeness(self, said: Array, utterances: Sequence[int]) -> Array:
        """How like some utterances are to what was said, -1 to 1: the mean of each word's best cosine."""
        bounds = self._bounds
        found = [self.words[bounds[number] : bounds[number + 1]] for number in utterances]
        firsts = np.cumsum([0, *map(len, found[:-1])])
        cosines = said.astype(np.float32) @ np.concatenate(found).astype(np.float32).T
        best: Array = np.maximum.reduceat(cosines, firsts, axis=1).mean(axis=0, dtype=np.float64) / WORD_STEPS**2
        return best
