"""WordTable: what words mean, as rows of numbers distilled from a sentence encoder; read without it.

A text is the sum of the rows of its pieces of words, scaled to length 1. That knows nothing of word order,
but takes microseconds, and brings words together that no training utterance shares.

The pieces are those of BERT's WordPiece (Wu et al. 2016): the longest known piece first, from the left.
"""

import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from nlp.errors import InvalidModel

Array = np.ndarray[Any, Any]

FORMAT = 1
ARRAYS_FILE = "words.npz"
CARD_FILE = "words.json"
MAX_PIECES = 250_000
MAX_DIMENSIONS = 1024
MAX_FILE_BYTES = MAX_PIECES * MAX_DIMENSIONS
MAX_WORDS = 300
MAX_WORD_LENGTH = 40
MAX_CACHED_WORDS = 20_000
MAX_TEXT_LENGTH = 20_000
CONTINUES = "##"
"""The start of a piece that is not the start of a word."""

WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


class TableCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a table comes from, and the hash that tells whether it is still itself."""

    format: int
    encoder: str
    arrays_sha256: str


class WordTable:
    """Rows of small whole numbers (`values`, int8) with the size of one step (`scales`) for each piece.

    `encoder` is the fingerprint of the encoder that the table was distilled from.
    """

    def __init__(self, pieces: Sequence[str], values: Array, scales: Array, *, encoder: str = "") -> None:
        self.pieces = {piece: number for number, piece in enumerate(pieces)}
        self.values = values
        self.scales = scales
        self.encoder = encoder
        self._known: dict[str, tuple[int, ...]] = {}

    @property
    def dimensions(self) -> int:
        return int(self.values.shape[1])

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides what a text becomes."""
        digest = hashlib.sha256("\n".join(self.pieces).encode())
        digest.update(self.values.tobytes())
        digest.update(self.scales.tobytes())
        return digest.hexdigest()

    def row(self, text: str) -> Array:
        """The meaning of a text, float32, of length 1; all zeros where no piece of it is known."""
        numbers = [number for word in _words(text) for number in self._pieces_of(word)]
        parts = self.values[numbers].astype(np.float32) * self.scales[numbers, None]
        total: Array = parts.sum(axis=0, dtype=np.float32)
        length = float(np.sqrt(total @ total))
        return total / np.float32(length) if length else total

    def rows(self, texts: Sequence[str]) -> Array:
        """`row` of each text, the same to the bit."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for number, text in enumerate(texts):
            rows[number] = self.row(text)
        return rows

    def _pieces_of(self, word: str) -> tuple[int, ...]:
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= MAX_CACHED_WORDS:
                self._known.clear()
            known = self._known[word] = tuple(self._split(word))
        return known

    def _split(self, word: str) -> list[int]:
        """The numbers of the pieces of a word; none where it cannot be made of known pieces."""
        numbers: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self.pieces.get((CONTINUES if start else "") + word[start:end])
                if number is not None:
                    numbers.append(number)
                    start = end
                    break
            else:
                return []
        return numbers

    def save(self, folder: Path) -> None:
        """Write the table; the same table gives the same bytes. The card is written last."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = io.BytesIO()
        pieces = np.frombuffer("\n".join(self.pieces).encode(), dtype=np.uint8)
        np.savez(arrays, pieces=pieces, scales=self.scales.astype("<f4"), values=self.values)
        digest = hashlib.sha256(arrays.getvalue()).hexdigest()
        card = TableCard(format=FORMAT, encoder=self.encoder, arrays_sha256=digest)
        (folder / ARRAYS_FILE).write_bytes(arrays.getvalue())
        (folder / CARD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def load_table(folder: Path) -> WordTable | None:
    """The table that `save` wrote, or None where there is none.

    Raises `InvalidModel` with the reason if it is not as it was written.
    """
    if not (folder / CARD_FILE).exists():
        return None
    try:
        if (folder / ARRAYS_FILE).stat().st_size > MAX_FILE_BYTES:
            raise _refused(f"{ARRAYS_FILE} is larger than {MAX_FILE_BYTES:,} bytes")
        card = msgspec.json.decode((folder / CARD_FILE).read_bytes(), type=TableCard)
        data = (folder / ARRAYS_FILE).read_bytes()
    except OSError as error:
        raise _refused(f"it cannot be read ({error.strerror})") from None
    except msgspec.MsgspecError as error:
        raise _refused(f"{CARD_FILE}: {error}") from None
    if card.format != FORMAT:
        raise _refused(f"it has format {card.format}, this version reads {FORMAT}")
    if hashlib.sha256(data).hexdigest() != card.arrays_sha256:
        raise _refused(f"{ARRAYS_FILE} was changed after it was made")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            pieces = arrays["pieces"].tobytes().decode().split("\n")
            return _table(pieces, arrays["values"], arrays["scales"], card.encoder)
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _refused(f"{ARRAYS_FILE}: {error}") from None


def _table(pieces: Sequence[str], values: Array, scales: Array, encoder: str) -> WordTable:
    if len(pieces) > MAX_PIECES or len(set(pieces)) != len(pieces):
        raise ValueError("a piece is there twice, or there are too many")
    if values.dtype != np.int8 or values.ndim != 2 or values.shape[0] != len(pieces):
        raise ValueError("the number of rows is wrong")
    if not 0 < values.shape[1] <= MAX_DIMENSIONS or scales.shape != (len(pieces),):
        raise ValueError("the size of a row is wrong")
    if scales.dtype != np.float32 or not np.isfinite(scales).all():
        raise ValueError("a scale is not a number")
    return WordTable(pieces, values, scales, encoder=encoder)


def _refused(reason: str) -> InvalidModel:
    return InvalidModel(f"the word table is refused: {reason}; make it again with `botkit nlp distil`")


def _words(text: str) -> Iterator[str]:
    """Words without case and accents, as BERT reads them, and single marks."""
    plain = unicodedata.normalize("NFD", text[:MAX_TEXT_LENGTH].lower())
    plain = "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")
    for count, found in enumerate(WORD.finditer(plain)):
        if count == MAX_WORDS:
            return
        yield found.group()[:MAX_WORD_LENGTH]
