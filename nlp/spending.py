"""Spending: what a paid engine has cost today, kept in a file that all workers share."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nlp.errors import EngineFailed, NlpError, Unavailable

MAX_FILE_BYTES = 4_096
DAY_SECONDS = 86_400


class TooExpensive(EngineFailed):
    """It would cost more than was allowed."""

    code = "too_expensive"


class Spending:
    """Counts money by the UTC day. What may be spent is put down, on the disk, before it is.

    So a process that ends in between has counted too much, never too little.
    """

    def __init__(self, file: Path, *, most_per_day: float) -> None:
        self._file = file
        self._most = most_per_day

    def reserve(self, cost: float) -> None:
        """Put down the most that something may cost; raises `TooExpensive` where the day has no more."""
        with self._open() as (file, spent):
            if spent + cost > self._most:
                raise TooExpensive(
                    f"{spent:.4f} of {self._most:g} a day are spent, and this may cost {cost:.4f} more: "
                    "no more today (UTC)"
                )
            _write(file, spent + cost)

    def settle(self, reserved: float, cost: float) -> None:
        """Put what it did cost in the place of what was reserved."""
        with self._open() as (file, spent):
            _write(file, max(0.0, spent - reserved + cost))

    def today(self) -> float:
        """What the day has cost so far."""
        with self._open() as (_, spent):
            return spent

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[IO[str], float]]:
        try:
            import fcntl
        except ImportError:
            raise Unavailable("paid engines need a system with file locks (fcntl), such as Linux or macOS") from None
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
        except OSError as error:
            raise NlpError(f"costs cannot be counted in {self._file}: {error.strerror}") from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file, self._spent(file)

    def _spent(self, file: IO[str]) -> float:
        text = file.read(MAX_FILE_BYTES)
        if not text.strip():
            return 0.0
        try:
            kept: Any = json.loads(text)
            day, spent = int(kept["day"]), float(kept["spent"])
        except (ValueError, KeyError, TypeError):
            raise NlpError(f"{self._file} is damaged, so costs cannot be counted: delete it to begin anew") from None
        return spent if day == _today() else 0.0


def _today() -> int:
    return int(time.time()) // DAY_SECONDS


def _write(file: IO[str], spent: float) -> None:
    text = json.dumps({"day": _today(), "spent": round(spent, 9)}).ljust(100)  # of one length: no rest of the old
    file.seek(0)
    file.write(text)
    file.flush()
    os.fsync(file.fileno())
