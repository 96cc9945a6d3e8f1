"""Source: the bytes and text of a data file, within bounds, with errors that name the file."""

from pathlib import Path
from typing import Any

import msgspec

from nlp.errors import InvalidData

MAX_FILE_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path) -> bytes:
    """A file of at most 64 MB; raises `InvalidData` for a larger one, or one that cannot be read."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidData(str(path), 0, f"a file has at most {MAX_FILE_BYTES // 1024 // 1024} MB")
        return path.read_bytes()
    except OSError as error:
        raise InvalidData(str(path), 0, f"cannot be read: {error.strerror}") from None


def to_text(data: bytes, name: str) -> str:
    """UTF-8, with or without byte order marks; line ends become one newline each."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidData(name, line, f"this is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    if not text.strip():
        raise InvalidData(name, 0, "the file is empty")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def to_json(text: str, name: str, line: int = 0) -> Any:
    """JSON, or `InvalidData` with its reason."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidData(name, line, f"this is not JSON: {error}") from None
