"""RatedTexts: texts with how they sound, as people said: the file that a head of sentiment is trained on."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nlp.errors import InvalidData

MAX_FILE_BYTES = 64 << 20
MAX_TEXTS = 50_000
MAX_LENGTH = 1_000


class RatedText(msgspec.Struct, frozen=True):
    """A text and its score, -1 (very negative) to 1 (very positive)."""

    text: str
    score: float


def read_rated(file: Path, scale: float = 1.0) -> Sequence[RatedText]:
    """The rows of a CSV or TSV file: by its columns `score` and `text`, or by the last two where it has no header.

    `scale` is the highest score that could be given. Raises `InvalidData` with the line. A text that comes again
    with another score counts by the mean of its scores.
    """
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise InvalidData(str(file), 0, f"it is larger than {MAX_FILE_BYTES >> 20} MiB")
        content = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidData(str(file), 0, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise InvalidData(str(file), 0, "it is not UTF-8") from None
    tabs = file.suffix.lower() in {".tsv", ".txt", ".tab"}
    lines = content.splitlines() if tabs else content.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL)
    found: dict[str, list[float]] = {}
    at = (-2, -1)
    try:
        for number, row in enumerate(reader):
            names = [name.strip().lower() for name in row]
            if not number and "score" in names and "text" in names:
                at = names.index("score"), names.index("text")
            elif any(names):
                text, score = _row(row, at, scale, str(file), reader.line_num)
                found.setdefault(text, []).append(score)
            if len(found) > MAX_TEXTS:
                raise InvalidData(str(file), reader.line_num, f"a file has at most {MAX_TEXTS} texts")
    except csv.Error as error:
        raise InvalidData(str(file), reader.line_num, str(error)) from None
    return [RatedText(text, sum(scores) / len(scores)) for text, scores in found.items()]


def _row(row: Sequence[str], at: tuple[int, int], scale: float, file: str, line: int) -> tuple[str, float]:
    if len(row) < 2 or max(at) >= len(row):
        raise InvalidData(file, line, "a row needs a score and a text")
    text = " ".join(row[at[1]].split())[:MAX_LENGTH]
    try:
        score = float(row[at[0]]) / scale
    except ValueError:
        raise InvalidData(file, line, f"{row[at[0]][:40]!r} is no score: a row is a score, then a text") from None
    if not text:
        raise InvalidData(file, line, "the text is empty")
    if not math.isfinite(score) or abs(score) > 1:
        raise InvalidData(file, line, f"the score {row[at[0]]} is beyond {scale:g}: say the highest by --scale")
    return text, score
