"""IntentModel: a trained linear model, scored without scikit-learn; a pair of files, never a pickle."""

import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from models.utterance import IntentScore
from nlp.courtesy import core
from nlp.errors import CannotWrite, InvalidModel
from nlp.features import LENGTHS, LENGTHS_OF_MANY, Vocabulary
from nlp.meaning import Blend, Meaning, blended
from nlp.project import NONE_OF_THESE
from nlp.scope import Scope, in_scope, read
from nlp.sentences import MOST_SENTENCES, SURE, likeliest, sentences_of, surer, surest
from nlp.word_likeness import WordLikeness, words_of
from nlp.word_table import WordTable

FORMAT = 6
Chances = np.ndarray[Any, Any] | None
"""The chance of each label; None where nothing of a text is known."""

LITTLE = 0.5
"""What a text says without courtesy counts if it is at least this share as sure as with it."""

ARRAYS_FILE = "intents.npz"
CARD_FILE = "intents.json"
ARRAYS = ("bias", "steps", "terms", "term_weights", "weights")
MEANING_ARRAYS = ("meaning_bias", "meaning_weights", "neighbours", "scales", "starts", "word_starts", "said")


class Encoder(Protocol):
    """What turns texts into vectors of meaning; the fingerprint is that of its weights."""

    @property
    def fingerprint(self) -> str: ...

    def embed(self, texts: Sequence[str], /) -> "np.ndarray[Any, Any]":
        """One row of length 1 a text, float32."""


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model is: its labels, its calibration, and the hashes that tell whether it is still itself."""

    format: int
    key: str
    labels: tuple[str, ...]
    slope: float
    none_margin: float
    strangeness: float
    words: int
    pieces: int
    lengths: tuple[int, int]
    """From how many to how many letters the pieces of words have."""

    arrays_sha256: str
    table: str = ""
    """The fingerprint of the word table that it was trained with; empty without one."""

    trained_with: str = ""
    encoder: str = ""
    scope: Scope | None = None
    blend: Blend | None = None
    card_sha256: str = ""
    """The hash of all else in the card."""

    @property
    def digest(self) -> str:
        """What `card_sha256` has to be."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, card_sha256=""))).hexdigest()


class IntentModel:
    """Scores a text against every intent: one-against-all margins, turned into honest probabilities.

    `none_margin` is the margin that "none of these" has at the calibration: a text that no intent
    claims more strongly than that is out of scope. `strangeness` is added to it where all words are unknown, and
    part of it where some are. With a word table, the last rows of the weights are for the meaning of the words.

    `weights` are 8 bits wide, a row a term and a column a label; `steps` is what 1 means in each row. Only the
    rows of a text are made into numbers of full width, when they are used.

    With `meaning`, `scope`, `blend` and an encoder, what the text means, and how like it is word by word to the
    utterances, has a say of its own; whether the text is in scope is told by its chances and its nearest utterances
    together.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        vocabulary: Vocabulary,
        weights: "np.ndarray[Any, Any]",
        steps: "np.ndarray[Any, Any]",
        bias: "np.ndarray[Any, Any]",
        *,
        slope: float,
        none_margin: float,
        strangeness: float = 0.0,
        key: str = "",
        meaning: Meaning | None = None,
        scope: Scope | None = None,
        blend: Blend | None = None,
        encoder: Encoder | None = None,
        table: WordTable | None = None,
    ) -> None:
        self.labels = labels
        self.vocabulary = vocabulary
        self.weights = weights
        self.steps = steps
        self.bias = bias
        self.slope = slope
        self.none_margin = none_margin
        self.strangeness = strangeness
        self.key = key
        self.meaning = meaning
        self.scope = scope
        self.blend = blend
        self.encoder = encoder
        self.table = table
        self._weights_of_meaning = weights[len(vocabulary) :].astype(np.float32)  # every text uses all of them
        self._nothing = labels.index(NONE_OF_THESE) if NONE_OF_THESE in labels else None

    def margins(self, text: str) -> "np.ndarray[Any, Any] | None":
        """How strongly each label claims the text; None when nothing of it is known."""
        return self._read(text)[0]

    def _read(self, text: str) -> "tuple[np.ndarray[Any, Any] | None, float]":
        """The margins, and the share of words that are unknown."""
        columns, values, strange = self.vocabulary.read(text)
        meaning = self.table.row(text) if self.table else None
        if not columns and (meaning is None or not meaning.any()):
            return None, strange
        places = np.array(columns, dtype=np.intp)  # `take` is the quicker way to rows that are given so
        shares = np.array(values, dtype=np.float32) * self.steps.take(places)
        scores: np.ndarray[Any, Any] = shares @ self.weights.take(places, axis=0).astype(np.float32) + self.bias
        if meaning is not None:
            scores = scores + (meaning * self.steps[len(self.vocabulary) :]) @ self._weights_of_meaning
        return scores, strange

    def scores(self, text: str, most: int | None = None) -> list[IntentScore]:
        """Every intent, or the `most` probable ones, with its probability, best first; "none of these" has the rest."""
        return self.read(text, most)[0]

    def read(self, text: str, most: int | None = None) -> tuple[list[IntentScore], str]:
        """`scores`, and of a text of several sentences the one that made the best intent surer; else nothing."""
        ((chances, sentence),) = self._read_many([text])
        return self._ranked(chances, most), sentence

    def scores_many(self, texts: Sequence[str], most: int | None = None) -> list[list[IntentScore]]:
        """`scores` of each text, the same to the bit."""
        return [self._ranked(chances, most) for chances, _ in self._read_many(texts)]

    def _read_many(self, texts: Sequence[str]) -> list[tuple[Chances, str]]:
        """The chances of the labels for each text, and the sentence that made the best of them surer.

        A text with courtesy at its ends is read with it and without, and what is said without it counts, unless
        little is left then: the courtesy may be what it is about. Of several sentences one may make it surer.
        """
        plain = [core(text) for text in texts]
        both = [text for pair in zip(texts, plain, strict=True) for text in (pair if pair[0] != pair[1] else pair[:1])]
        chances = iter(self._chances_many(both))
        found = [
            next(chances) if text == bare else self._without_courtesy(next(chances), next(chances))
            for text, bare in zip(texts, plain, strict=True)
        ]
        return self._surer(plain, found)

    def _without_courtesy(self, whole: Chances, core: Chances) -> Chances:
        if core is None or (whole is not None and self._best(core) < LITTLE * self._best(whole)):
            return whole
        return core

    def _best(self, chances: "np.ndarray[Any, Any]") -> float:
        return float(chances[likeliest(chances, self._nothing)])

    def _surer(self, texts: Sequence[str], found: Sequence[Chances]) -> list[tuple[Chances, str]]:
        """The chances of texts, surer where one of several sentences is surer of the same intent; that sentence."""
        parts = [
            [] if row is None or self._best(row) >= SURE else sentences_of(text)
            for text, row in zip(texts, found, strict=True)
        ]
        read = iter(self._chances_many([core(part) for row in parts for part in row[:MOST_SENTENCES]]))
        rows: list[tuple[Chances, str]] = []
        for row, part in zip(found, parts, strict=True):
            if row is None or not part:
                rows.append((row, ""))
                continue
            said = [next(read) for _ in part[:MOST_SENTENCES]]
            chances = surer(row, said, len(part), self._nothing)
            best = likeliest(chances, self._nothing)
            place = -1 if chances is row else surest(said, best, self._nothing)
            rows.append((chances, part[place] if place >= 0 else ""))
        return rows

    def _chances_many(self, texts: Sequence[str]) -> list[Chances]:
        if self.meaning is None or self.encoder is None or not texts:
            return [self._chances_of_words(text) for text in texts]
        vectors = self.encoder.embed(texts)
        said = words_of(self.encoder, texts) if self.meaning.words is not None else None
        return [
            self._chances(text, vectors[number], None if said is None else said[number])
            for number, text in enumerate(texts)
        ]

    def _chances_of_words(self, text: str) -> Chances:
        margins, strange = self._read(text)
        if margins is None:
            return None
        return probabilities(margins.astype(np.float64), self.slope, self.none_margin + self.strangeness * strange)

    def _chances(self, text: str, vector: "np.ndarray[Any, Any]", said: "np.ndarray[Any, Any] | None") -> Chances:
        if self.meaning is None or self.scope is None or self.blend is None or not text.strip():
            return None
        margins = self.margins(text)
        meant, likeness, evidence = read(self.meaning, margins, vector, said, self._nothing)
        if self._nothing is not None:
            meant[self._nothing] = -np.inf
        unknown = np.zeros(len(meant))
        chances: np.ndarray[Any, Any] = in_scope(self.scope, evidence) * blended(
            self.blend, meant, unknown if margins is None else margins.astype(np.float64),
            unknown if likeness is None else likeness,
        )  # fmt: skip
        return chances

    def _ranked(self, chances: Chances, most: int | None) -> list[IntentScore]:
        if chances is None:
            return []
        order = np.argsort(-chances, kind="stable")
        if self._nothing is not None:
            order = order[order != self._nothing]
        order = order[:most]
        return list(map(IntentScore, map(self.labels.__getitem__, order.tolist()), chances[order].tolist()))

    def evidence(self, text: str, intent: str, count: int = 3) -> list[str]:
        """The words and pairs of words in the text that spoke most for an intent."""
        columns, values = self.vocabulary.row(text)
        last = len(self.vocabulary.words)
        label = self.labels.index(intent)
        parts = [
            (value * float(self.weights[column, label]) * float(self.steps[column]), column)
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
            weights=self.weights.astype("i1"),
            steps=self.steps.astype("<f4"),
            **self._arrays_of_meaning(),
        )
        card = Card(
            format=FORMAT, key=self.key, labels=self.labels, slope=self.slope, none_margin=self.none_margin,
            strangeness=self.strangeness,
            words=len(vocabulary.words), pieces=len(vocabulary.pieces), lengths=vocabulary.lengths,
            arrays_sha256=hashlib.sha256(arrays.getvalue()).hexdigest(), trained_with=trained_with,
            encoder=self.encoder.fingerprint if self.encoder else "", scope=self.scope,
            blend=self.blend, table=self.table.fingerprint if self.table else "",
        )  # fmt: skip
        card = msgspec.structs.replace(card, card_sha256=card.digest)
        replace_file(folder / ARRAYS_FILE, arrays.getvalue())
        replace_file(folder / CARD_FILE, msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")

    def _arrays_of_meaning(self) -> dict[str, Any]:
        if self.meaning is None:
            return {}
        meaning = self.meaning
        words = meaning.words or WordLikeness.of((), 1)
        return {
            "meaning_bias": meaning.bias.astype("<f4"), "meaning_weights": meaning.weights.astype("<f4"),
            "neighbours": meaning.neighbours.astype("i1"), "scales": meaning.scales.astype("<f4"),
            "starts": meaning.starts.astype("<i8"), "said": words.words, "word_starts": words.starts.astype("<i8"),
        }  # fmt: skip


def probabilities(
    margins: "np.ndarray[Any, Any]", slope: float, none_margin: "float | np.ndarray[Any, Any]"
) -> "np.ndarray[Any, Any]":
    """Softmax over the margins and that of "none of these", which is left out; that is one number, or one a row."""
    logits = slope * margins
    none = slope * np.asarray(none_margin)[..., None]
    top = np.maximum(logits.max(axis=-1, keepdims=True), none)
    parts = np.exp(logits - top)
    chances: np.ndarray[Any, Any] = parts / (parts.sum(axis=-1, keepdims=True) + np.exp(none - top))
    return chances


def load_model(
    folder: Path, key: str = "", encoder: Encoder | None = None, table: WordTable | None = None
) -> IntentModel:
    """A model that `save` wrote; raises `InvalidModel` with the reason if it is not as it was written.

    A model with meaning scores only with the encoder that it was trained with, or the word table.
    """
    try:
        card_bytes = (folder / CARD_FILE).read_bytes()
        array_bytes = (folder / ARRAYS_FILE).read_bytes()
    except OSError as error:
        raise InvalidModel(f"the intent model cannot be read ({error.strerror})", "train it again") from None
    try:
        card = msgspec.json.decode(card_bytes, type=Card)
    except msgspec.MsgspecError as error:
        raise _damaged(f"{CARD_FILE}: {error}") from None
    if card.format != FORMAT:
        raise _damaged(f"it has format {card.format}, this version reads {FORMAT}")
    if card.card_sha256 != card.digest:
        raise _damaged(f"{CARD_FILE} was changed after training")
    if key and card.key != key:
        raise _damaged("it was trained from other data, settings or code")
    if encoder is not None and card.encoder != encoder.fingerprint:
        raise _damaged("it was trained with another encoder")
    if not card.encoder and card.table != (table.fingerprint if table else ""):
        raise _damaged("it was trained with another word table" if table else "the word table of its training is gone")
    if hashlib.sha256(array_bytes).hexdigest() != card.arrays_sha256:
        raise _damaged(f"{ARRAYS_FILE} was changed after training")
    try:
        with np.load(io.BytesIO(array_bytes), allow_pickle=False) as arrays:
            names = (*ARRAYS, *(MEANING_ARRAYS if card.scope else ()))
            return _model(card, {name: arrays[name] for name in names}, encoder, table)
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(f"{ARRAYS_FILE}: {error}") from None


def _model(
    card: Card, arrays: dict[str, "np.ndarray[Any, Any]"], encoder: Encoder | None, table: WordTable | None
) -> IntentModel:
    terms = arrays["terms"].tobytes().decode().split("\n") if len(arrays["terms"]) else []
    weights, steps, bias = arrays["weights"], arrays["steps"], arrays["bias"]
    size = card.words + card.pieces
    if card.lengths not in (LENGTHS, LENGTHS_OF_MANY):
        raise ValueError("the lengths of pieces of words are wrong")
    if len(terms) != size or arrays["term_weights"].shape != (size,):
        raise ValueError("the number of terms is wrong")
    size += table.dimensions if table else 0
    if weights.shape != (size, len(card.labels)) or steps.shape != (size,) or bias.shape != (len(card.labels),):
        raise ValueError("the number of weights is wrong")
    if weights.dtype != np.int8:
        raise ValueError("the weights are not 8 bits wide")
    if not (np.isfinite(steps).all() and np.isfinite(bias).all() and np.isfinite(arrays["term_weights"]).all()):
        raise ValueError("a weight is not a number")
    vocabulary = Vocabulary(terms[: card.words], terms[card.words :], arrays["term_weights"].tolist(), card.lengths)
    return IntentModel(
        card.labels, vocabulary, weights, steps, bias, slope=card.slope, none_margin=card.none_margin,
        strangeness=card.strangeness, key=card.key,
        meaning=_meaning(card, arrays) if card.scope else None, scope=card.scope, blend=card.blend,
        encoder=encoder, table=table,
    )  # fmt: skip


def _meaning(card: Card, arrays: dict[str, "np.ndarray[Any, Any]"]) -> Meaning:
    weights, bias, neighbours, scales, starts = (
        arrays[name] for name in ("meaning_weights", "meaning_bias", "neighbours", "scales", "starts")
    )
    count = len(card.labels)
    if weights.ndim != 2 or weights.shape[1] != count or bias.shape != (count,):
        raise ValueError("the number of weights of meaning is wrong")
    if neighbours.dtype != np.int8 or neighbours.shape != (len(scales), len(weights)) or scales.ndim != 1:
        raise ValueError("the vectors of the utterances are wrong")
    if starts.shape != (count + 1,) or starts[0] != 0 or starts[-1] != len(scales) or (np.diff(starts) < 0).any():
        raise ValueError("the order of the utterances is wrong")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all() and np.isfinite(scales).all()):
        raise ValueError("a weight of meaning is not a number")
    return Meaning(weights, bias, neighbours, scales, starts, _likeness(arrays, len(scales)))


def _likeness(arrays: dict[str, "np.ndarray[Any, Any]"], utterances: int) -> WordLikeness | None:
    """The words of the utterances, None where they are not known."""
    words, starts = arrays["said"], arrays["word_starts"]
    if words.dtype != np.int8 or words.ndim != 2:
        raise ValueError("the words of the utterances are wrong")
    if not len(words):
        return None
    whole = starts.shape == (utterances + 1,) and starts[0] == 0 and starts[-1] == len(words)
    if not whole or (np.diff(starts) < 1).any():
        raise ValueError("the order of the words of the utterances is wrong")
    return WordLikeness(words, starts)


def _damaged(reason: str) -> InvalidModel:
    return InvalidModel(f"the intent model is refused: {reason}", "train it again")


def replace_file(path: Path, data: bytes) -> None:
    """Write a file in one move, so that nobody reads half of it; raises `CannotWrite`."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise CannotWrite(f"{path}: cannot be written: {error.strerror}") from None
