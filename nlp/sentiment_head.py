"""SentimentHead: how a text sounds, by what people said of texts like it: what it means, and VADER's view of it."""

import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from nlp.emoji import as_words
from nlp.encoder import Encoder
from nlp.errors import InvalidModel
from nlp.project import HEAD_CARD, HEAD_FOLDER

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

FORMAT = 1
ARRAYS_FILE, CARD_FILE = "sentiment.npz", HEAD_CARD
FOLDER = HEAD_FOLDER
MAX_CARD_BYTES = 65_536
MAX_ARRAYS_BYTES = 64 << 20
FEWEST_TEXTS = 50
LANDMARKS = 1_000
"""So many of the texts are compared with a new one; all of them count in what is learnt."""

WIDTH = 0.3
"""The likeness of two texts is exp(-WIDTH x the square of their distance)."""

PENALTY = 0.3
FOLDS = 5
BATCH = 50
VADER_FEATURES = 9
VADER_ALPHA = 15.0
"""VADER's compound is s / sqrt(s*s + 15), for a sum of valences s; it is undone to have the sum."""


class HeadCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a head was trained on, and how well it does on texts that it did not see (`pearson`, cross-validated)."""

    format: int
    encoder: str
    encoder_fingerprint: str
    texts: int
    data_sha256: str
    pearson: float
    vader_pearson: float
    arrays_sha256: str


class Fit(msgspec.Struct, frozen=True):
    """Kernel ridge regression on landmarks: `bias` + the likenesses to `landmarks` times `weights`."""

    landmarks: Array
    weights: Array
    bias: float

    def scores(self, features: Array) -> Array:
        """A score for each row, -1 to 1."""
        found: Array = np.clip(likeness(features, self.landmarks) @ self.weights + self.bias, -1.0, 1.0)
        return found


class SentimentHead:
    """Rates a text by its embedding and VADER's features."""

    def __init__(self, card: HeadCard, fit: Fit, encoder: Encoder) -> None:
        self.card = card
        self._fit = fit
        self._encoder = encoder

    def rate(self, text: str, polarity: dict[str, float]) -> float:
        """The score of a text, -1 to 1; `polarity` is what VADER says of it."""
        row = np.concatenate([self._encoder.embed([text])[0], vader_features(text, polarity)])
        return float(self._fit.scores(row[None])[0])


def vader_features(text: str, polarity: dict[str, float]) -> Array:
    """VADER's four figures, and some that are bent so that a straight line fits them better."""
    compound = polarity["compound"]
    total = compound * np.sqrt(VADER_ALPHA / (1 - compound**2 + 1e-9))
    positive, negative = polarity["pos"], polarity["neg"]
    return np.array(
        [positive, negative, polarity["neu"], compound, total / 4, float("!" in text), positive**0.5, negative**0.5,
         compound**3],
        dtype=np.float64,
    )  # fmt: skip


def likeness(rows: Array, others: Array) -> Array:
    """A Gaussian kernel, (rows, others)."""
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * rows @ others.T
    alike: Array = np.exp(-WIDTH * np.maximum(squares, 0))
    return alike


def fit_head(features: Array, scores: Array, seed: int = 0) -> Fit:
    """Ridge regression with a kernel, by the subset of regressors (Rasmussen and Williams 2006, section 8.3.1)."""
    chosen = np.sort(np.random.default_rng(seed).permutation(len(features))[:LANDMARKS])
    landmarks = features[chosen]
    among, across = likeness(landmarks, landmarks), likeness(features, landmarks)
    bias = float(scores.mean())
    left = across.T @ across + PENALTY * among + 1e-6 * np.eye(len(landmarks))
    return Fit(landmarks, np.linalg.solve(left, across.T @ (scores - bias)), bias)


def cross_validated(features: Array, scores: Array, seed: int = 0) -> float:
    """Pearson's correlation between the scores and those that heads give that did not see them."""
    order = np.random.default_rng(seed).permutation(len(scores))
    found = np.empty(len(scores))
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        seen = np.setdiff1d(order, held)
        found[held] = fit_head(features[seen], scores[seen], seed).scores(features[held])
    return pearson(found, scores)


def pearson(found: Array, wanted: Array) -> float:
    """The correlation of two rows of figures; 0 where one of them is constant."""
    if not (np.ptp(found) > 0 and np.ptp(wanted) > 0):
        return 0.0
    return float(np.corrcoef(found, wanted)[0, 1])


def head_features(
    texts: Sequence[str],
    encoder: Encoder,
    polarity: Callable[[str], dict[str, float]],
    progress: Progress | None = None,
) -> Array:
    """A row for each text, its emoji as words: its embedding and VADER's features."""
    texts = [as_words(text) for text in texts]
    rows = np.empty((len(texts), encoder.dimension + VADER_FEATURES))
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        rows[start : start + len(some), : encoder.dimension] = encoder.embed(some)
        for number, text in enumerate(some, start):
            rows[number, encoder.dimension :] = vader_features(text, polarity(text))
        if progress is not None:
            progress(start + len(some), len(texts))
    return rows


def train_head(
    texts: Sequence[str], scores: Sequence[float], encoder: Encoder, polarity: Callable[[str], dict[str, float]],
    folder: Path, progress: Progress | None = None,
) -> HeadCard:  # fmt: skip
    """Train a head on texts and their scores, -1 to 1, and keep it in `folder`."""
    wanted = np.asarray(scores, dtype=np.float64)
    features = head_features(texts, encoder, polarity, progress)
    fit = fit_head(features, wanted)
    arrays = io.BytesIO()
    np.savez(arrays, bias=np.array(fit.bias), landmarks=fit.landmarks.astype("<f4"), weights=fit.weights.astype("<f8"))
    data = msgspec.json.encode(list(zip(texts, map(float, scores), strict=True)))
    card = HeadCard(
        format=FORMAT, encoder=encoder.name, encoder_fingerprint=encoder.fingerprint, texts=len(texts),
        data_sha256=hashlib.sha256(data).hexdigest(), pearson=round(cross_validated(features, wanted), 4),
        vader_pearson=round(pearson(features[:, encoder.dimension + 3], wanted), 4),
        arrays_sha256=hashlib.sha256(arrays.getvalue()).hexdigest(),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / ARRAYS_FILE, arrays.getvalue())
    _replace(folder / CARD_FILE, msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
    return card


def load_head(folder: Path, encoder: Encoder) -> SentimentHead:
    """A head that `train_head` wrote; raises `InvalidModel` with the reason where it is not as it was written."""
    try:
        card_bytes = _read(folder / CARD_FILE, MAX_CARD_BYTES)
        array_bytes = _read(folder / ARRAYS_FILE, MAX_ARRAYS_BYTES)
        card = msgspec.json.decode(card_bytes, type=HeadCard)
    except (OSError, msgspec.MsgspecError) as error:
        raise _refused(str(error)) from None
    if card.format != FORMAT:
        raise _refused(f"it has format {card.format}, this version reads {FORMAT}")
    if card.encoder_fingerprint != encoder.fingerprint:
        raise _refused(f"it was trained with another encoder than {encoder.name!r} is now")
    if hashlib.sha256(array_bytes).hexdigest() != card.arrays_sha256:
        raise _refused(f"{ARRAYS_FILE} was changed after training")
    try:
        with np.load(io.BytesIO(array_bytes), allow_pickle=False) as arrays:
            fit = Fit(arrays["landmarks"].astype(np.float64), arrays["weights"], float(arrays["bias"]))
    except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _refused(f"{ARRAYS_FILE}: {error}") from None
    if fit.landmarks.shape != (len(fit.weights), encoder.dimension + VADER_FEATURES):
        raise _refused("the number of weights is wrong")
    if not (np.isfinite(fit.landmarks).all() and np.isfinite(fit.weights).all() and np.isfinite(fit.bias)):
        raise _refused("a weight is not a number")
    return SentimentHead(card, fit, encoder)


def _read(path: Path, most: int) -> bytes:
    if path.stat().st_size > most:
        raise _refused(f"{path.name} is larger than {most} bytes")
    return path.read_bytes()


def _refused(reason: str) -> InvalidModel:
    return InvalidModel(f"the sentiment head is refused: {reason}; train it again by `botkit nlp train-sentiment`")


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
