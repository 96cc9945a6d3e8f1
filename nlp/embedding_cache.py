"""EmbeddingCache: the vectors of a project's utterances, kept so that one changed utterance is one to embed again."""

import contextlib
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.intent_model import Encoder, replace_file

MAX_KEPT = 200_000
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
        self._fresh = 0
        self._read()

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def embed(self, texts: Sequence[str], /) -> "np.ndarray[Any, Any]":
        """One row of length 1 a text, float32."""
        names = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        missing = [text for text, name in zip(texts, names, strict=True) if name not in self._kept]
        if missing:
            self._fresh += len(missing)
            fresh = iter(self._encoder.embed(missing))
            self._kept.update({name: next(fresh) for name in names if name not in self._kept})
        rows = [self._kept[name] for name in names]
        self._used.update(zip(names, rows, strict=True))
        return np.array(rows, dtype=np.float32)

    def save(self) -> None:
        """Keep what was asked for since it was opened, and forget the rest; a file with just that is left alone."""
        names = sorted(self._used)[:MAX_KEPT]
        if not names or (self._fresh == 0 and len(names) == len(self._kept)):
            return
        data = io.BytesIO()
        rows = np.array([self._used[name] for name in names], dtype="<f4")
        np.savez(data, names=np.frombuffer(b"".join(names), dtype=np.uint8), rows=rows)
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
            names, rows = arrays["names"].tobytes(), arrays["rows"]
            if rows.ndim == 2 and len(names) == DIGEST_BYTES * len(rows) and np.isfinite(rows).all():
                self._kept = {
                    names[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]: row for number, row in enumerate(rows)
                }
