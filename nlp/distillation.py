"""Distillation: a sentence encoder asked for the meaning of every piece of a word, once, and the answers kept.

The way of model2vec (https://github.com/MinishLab/model2vec): each piece on its own through the encoder,
fewer dimensions by principal components, and rare pieces louder than frequent ones.
"""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nlp.encoder import TOKENIZER_FILE
from nlp.errors import InvalidModel
from nlp.word_table import CONTINUES, MAX_DIMENSIONS, MAX_PIECES, WordTable

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
"""Is told how many of how many pieces are done."""

DIMENSIONS = 256
BATCH = 256
FEWEST_PIECES = 2


class Encoder(Protocol):
    """What turns texts into vectors of meaning; the fingerprint is that of its weights."""

    @property
    def fingerprint(self) -> str: ...

    def embed(self, texts: Sequence[str], /) -> Array:
        """One row of length 1 a text, float32."""


def distil(
    vocabulary: Sequence[str], encoder: Encoder, *, dimensions: int = DIMENSIONS, progress: Progress | None = None
) -> WordTable:
    """The table of a vocabulary, most frequent pieces first; the same bits from the same encoder and vocabulary.

    Pieces in square brackets, such as `[CLS]`, are signs to the encoder and left out. Raises `ValueError`
    for a vocabulary that is too small, too large, or has a piece twice.
    """
    ranked = [(rank, piece) for rank, piece in enumerate(vocabulary) if not _is_sign(piece)]
    if not FEWEST_PIECES <= len(ranked) <= MAX_PIECES:
        raise ValueError(f"a word table has {FEWEST_PIECES} to {MAX_PIECES:,} pieces, this one {len(ranked):,}")
    if len(set(vocabulary)) != len(vocabulary):
        raise ValueError("a piece is in the vocabulary twice")
    pieces = [piece for _, piece in ranked]
    parts = []
    for start in range(0, len(pieces), BATCH):
        if progress:
            progress(start, len(pieces))
        parts.append(encoder.embed([piece.removeprefix(CONTINUES) or piece for piece in pieces[start : start + BATCH]]))
    meanings = _principal(np.concatenate(parts).astype(np.float64), min(dimensions, MAX_DIMENSIONS))
    # By Zipf's law the rank tells how frequent a piece is, and a frequent one says little.
    meanings *= np.array([math.log(2 + rank) for rank, _ in ranked])[:, None]
    scales = np.maximum(np.abs(meanings).max(axis=1), 1e-9) / 127
    values = np.rint(meanings / scales[:, None]).astype(np.int8)
    if progress:
        progress(len(pieces), len(pieces))
    return WordTable(pieces, values, scales.astype("<f4"), encoder=encoder.fingerprint)


def vocabulary_of(home: Path) -> list[str]:
    """The pieces of words that the encoder in a folder knows, by their number: the frequent ones come first.

    Raises `InvalidModel` for a tokenizer that is not of the WordPiece kind.
    """
    try:
        model = json.loads((home / TOKENIZER_FILE).read_text("utf-8"))["model"]
        numbers = model["vocab"]
        if model.get("type", "WordPiece") == "WordPiece":
            return sorted(numbers, key=numbers.__getitem__)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidModel(f"{home / TOKENIZER_FILE} cannot be read: {error!r}") from None
    raise InvalidModel(f"{home / TOKENIZER_FILE} is of the kind {model['type']}: a word table needs WordPiece")


def _is_sign(piece: str) -> bool:
    return piece.startswith("[") and piece.endswith("]") and len(piece) > 2


def _principal(rows: Array, dimensions: int) -> Array:
    """The rows less their mean, in the directions in which they differ most, each with a fixed sign."""
    rows = rows - rows.mean(axis=0)
    _, vectors = np.linalg.eigh(rows.T @ rows)
    directions = vectors[:, ::-1][:, :dimensions]
    largest = np.abs(directions).argmax(axis=0)
    signs: Array = np.sign(directions[largest, np.arange(directions.shape[1])])
    reduced: Array = rows @ (directions * signs)
    return reduced
