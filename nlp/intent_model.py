"""IntentModel: a trained linear model, scored without scikit-learn; a pair of files, never a pickle."""

import hashlib
import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from models.utterance import IntentScore
from nlp.errors import InvalidModel
from nlp.features import Vocabulary
from nlp.project import NONE_OF_THESE

FORMAT = 1
ARRAYS_FILE = "intents.npz"
CARD_FILE = "intents.json"
MAX_CARD_BYTES = 64 * 1024 * 1024


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model is: its labels, its calibration, and the hashes that tell whether it is still itself."""

    format: int
    key: str
    labels: tuple[str, ...]
    slope: float
    none_margin: float
    words: int
    pieces: int
    arrays_sha256: str
    trained_with: str = ""


class IntentModel:
    """Scores a text against every intent: one-against-all margins, turned into honest probabilities.

    `none_margin` is the margin that "none of these" has at the calibration: a text that no intent
    claims more strongly than that is out of scope.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        vocabulary: Vocabulary,
        weights: "np.ndarray[Any, Any]",
        bias: "np.ndarray[Any, Any]",
        *,
        slope: float,
        none_margin: float,
        key: str = "",
    ) -> None:
        self.labels = labels
        self.vocabulary = vocabulary
        self.weights = weights
        self.bias = bias
        self.slope = slope
        self.none_margin = none_margin
        self.key = key

    def margins(self, text: str) -> "np.ndarray[Any, Any] | None":
        """How strongly each label claims the text; None when not one term of it is known."""
        columns, values = self.vocabulary.row(text)
        if not columns:
            return None
        scores: np.ndarray[Any, Any] = np.asarray(values, dtype=np.float32) @ self.weights[columns] + self.bias
        return scores

    def scores(self, text: str) -> list[IntentScore]:
        """Every intent with its probability, best first; "none of these" has the rest."""
        margins = self.margins(text)
        if margins is None:
            return []
        chances = probabilities(margins.astype(np.float64), self.slope, self.none_margin)
        order = np.argsort(-chances, kind="stable")
        return [
            IntentScore(self.labels[index], float(chances[index]))
            for index in order
            if self.labels[index] != NONE_OF_THESE
        ]

    def scores_many(self, texts: Sequence[str]) -> list[list[IntentScore]]:
        """`scores` of each text, the same to the bit."""
        return [self.scores(text) for text in texts]

    def evidence(self, text: str, intent: str, count: int = 3) -> list[str]:
        """The words and pairs of words in the text that spoke most for an intent."""
        columns, values = self.vocabulary.row(text)
        last = len(self.vocabulary.words)
        label = self.labels.index(intent)
        parts = [
            (value * float(self.weights[column, label]), column)
            for column, value in zip(columns, values, strict=True)
            if column < last
        ]
        best = sorted((part for part in parts if part[0] > 0), reverse=True)[:count]
        return [self.vocabulary.terms[column] for _, column in best]

    def save(self, folder: Path, trained_with: str = "") -> None:
        """Write the model; the same model gives the same bytes. Other processes see all of it or nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = io.BytesIO()
        vocabulary = self.vocabulary
        np.savez(
            arrays,
            bias=self.bias.astype("<f4"),
            terms=np.frombuffer("\n".join(vocabulary.terms).encode(), dtype=np.uint8),
            term_weights=np.asarray(vocabulary.weights, dtype="<f8"),
            weights=self.weights.astype("<f4"),
        )
        card = Card(
            format=FORMAT, key=self.key, labels=self.labels, slope=self.slope, none_margin=self.none_margin,
            words=len(vocabulary.words), pieces=len(vocabulary.pieces),
            arrays_sha256=hashlib.sha256(arrays.getvalue()).hexdigest(), trained_with=trained_with,
        )  # fmt: skip
        _replace(folder / ARRAYS_FILE, arrays.getvalue())
        _replace(folder / CARD_FILE, msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def probabilities(margins: "np.ndarray[Any, Any]", slope: float, none_margin: float) -> "np.ndarray[Any, Any]":
    """Softmax over the margins and that of "none of these", which is left out of the result."""
    logits = slope * margins
    none = slope * none_margin
    top = np.maximum(logits.max(axis=-1, keepdims=True), none)
    parts = np.exp(logits - top)
    chances: np.ndarray[Any, Any] = parts / (parts.sum(axis=-1, keepdims=True) + np.exp(none - top))
    return chances


def load_model(folder: Path, key: str = "") -> IntentModel:
    """A model that `save` wrote; raises `InvalidModel` with the reason if it is not as it was written."""
    try:
        card_bytes = (folder / CARD_FILE).read_bytes()
        array_bytes = (folder / ARRAYS_FILE).read_bytes()
    except OSError as error:
        raise InvalidModel(f"the intent model cannot be read ({error.strerror}): train it again") from None
    try:
        card = msgspec.json.decode(card_bytes, type=Card)
    except msgspec.MsgspecError as error:
        raise _damaged(f"{CARD_FILE}: {error}") from None
    if card.format != FORMAT:
        raise _damaged(f"it has format {card.format}, this version reads {FORMAT}")
    if key and card.key != key:
        raise _damaged("it was trained from other data, settings or code")
    if hashlib.sha256(array_bytes).hexdigest() != card.arrays_sha256:
        raise _damaged(f"{ARRAYS_FILE} was changed after training")
    try:
        with np.load(io.BytesIO(array_bytes), allow_pickle=False) as arrays:
            return _model(card, {name: arrays[name] for name in ("bias", "terms", "term_weights", "weights")})
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise _damaged(f"{ARRAYS_FILE}: {error}") from None


def _model(card: Card, arrays: dict[str, "np.ndarray[Any, Any]"]) -> IntentModel:
    terms = arrays["terms"].tobytes().decode().split("\n") if len(arrays["terms"]) else []
    weights, bias = arrays["weights"], arrays["bias"]
    size = card.words + card.pieces
    if len(terms) != size or arrays["term_weights"].shape != (size,):
        raise ValueError("the number of terms is wrong")
    if weights.shape != (size, len(card.labels)) or bias.shape != (len(card.labels),):
        raise ValueError("the number of weights is wrong")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all() and np.isfinite(arrays["term_weights"]).all()):
        raise ValueError("a weight is not a number")
    vocabulary = Vocabulary(terms[: card.words], terms[card.words :], arrays["term_weights"].tolist())
    return IntentModel(
        card.labels, vocabulary, weights, bias, slope=card.slope, none_margin=card.none_margin, key=card.key
    )  # fmt: skip


def _damaged(reason: str) -> InvalidModel:
    return InvalidModel(f"the intent model is refused: {reason}; delete its folder and train it again")


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
