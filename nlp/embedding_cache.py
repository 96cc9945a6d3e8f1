"""EmbeddingCache: the vectors of a project's utterances, kept so that one changed utterance is one to embed again."""

import contextlib
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.intent_model import Encoder, replace_file
from nlp.word_likeness import words_of

MAX_KEPT = 200_000
NO_WORDS = np.zeros((0, 1), dtype=np.int8)
DIGEST_BYTES = 32


class EmbeddingCache:
    """An encoder that remembers on disk. A text's vector has the same bits, whether it was kept or made anew.

    The file begins with the SHA-256 of the rest; one that was changed is not read.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        self._file = folder / f"vectors-{encoder.fingerprint[:32]}.bin"
        self._kept: dict[bytes, Any] = {}
        self._used: dict[bytes, Any] = {}
        self._words: dict[bytes, Any] = {}
        self._used_words: dict[bytes, Any] = {}
        self._fresh = 0
        self._read()

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def embed(self, texts: Sequence[str], /) -> "np.ndarray[Any, Any]":
        """One row of length 1 a text, float32."""
        names = _names(texts)
        missing = [text for text, name in zip(texts, names, strict=True) if name not in self._kept]
        if missing:
            self._fresh += len(missing)
            fresh = iter(self._encoder.embed(missing))
            self._kept.update({name: next(fresh) for name in names if name not in self._kept})
        rows = [self._kept[name] for name in names]
        self._used.update(zip(names, rows, strict=True))
        return np.array(rows, dtype=np.float32)

    def words(self, texts: Sequence[str], /) -> "list[np.ndarray[Any, Any]] | None":
        """The words of each text, as `WordReader`; None where the encoder knows of none."""
        names = _names(texts)
        missing = {name: text for name, text in zip(names, texts, strict=True) if name not in self._words}
        found = words_of(self._encoder, list(missing.values()))
        if found is None:
            return None
        self._fresh += len(missing)
        self._words.update(zip(missing, found, strict=True))
        rows = [self._words[name] for name in names]
        self._used_words.update(zip(names, rows, strict=True))
        return rows

    def save(self) -> None:
        """Keep what was asked for since it was opened, and forget the rest; a file with just that is left alone."""
        names = sorted(self._used)[:MAX_KEPT]
        if not names or (self._fresh == 0 and len(names) == len(self._kept)):
            return
        data = io.BytesIO()
        rows = np.array([self._used[name] for name in names], dtype="<f4")
        said = [self._used_words.get(name, NO_WORDS) for name in names]
        np.savez(
            data, names=np.frombuffer(b"".join(names), dtype=np.uint8), rows=rows,
            counts=np.array([len(words) for words in said], dtype="<i8"),
            words=np.concatenate([words for words in said if len(words)] or [NO_WORDS]),
        )  # fmt: skip
        self._file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._file, hashlib.sha256(data.getvalue()).digest() + data.getvalue())

    def _read(self) -> None:
        try:
            data = self._file.read_bytes()
        except OSError:
            return
        if hashlib.sha256(data[DIGEST_BYTES:]).digest() != data[:DIGEST_BYTES]:
            return
        with (
            contextlib.suppress(KeyError, ValueError, OSError, EOFError),
            np.load(io.BytesIO(data[DIGEST_BYTES:]), allow_pickle=False) as arrays,
        ):
            rows, counts, words = arrays["rows"], arrays["counts"], arrays["words"]
            together = arrays["names"].tobytes()
            names = [together[start : start + DIGEST_BYTES] for start in range(0, len(together), DIGEST_BYTES)]
            if rows.ndim == 2 and len(names) == len(rows) == len(counts) and np.isfinite(rows).all():
                said = np.split(words, np.cumsum(counts)[:-1])
                self._kept = dict(zip(names, rows, strict=True))
                self._words = {name: row for name, row in zip(names, said, strict=True) if len(row)}


def _names(texts: Sequence[str]) -> list[bytes]:
    return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
