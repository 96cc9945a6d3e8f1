"""Durations, as people write them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from flows.durations import MAX_DURATION_SECONDS, Duration, read_duration, write_duration

DURATION = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90), (0.5, 0.5), ("90", 90), ("90s", 90), (" 5 m ", 300), ("1.5h", 5400), ("2d", 172_800),
        ("250ms", 0.25), ("366d", MAX_DURATION_SECONDS),
    ],
)  # fmt: skip
def test_what_can_be_read(written: object, seconds: float) -> None:
    assert DURATION.validate_python(written) == seconds


@pytest.mark.parametrize(
    "written", [-1, "-1", True, None, "", "s", "5 weeks", "1e9", "5m5s", float("nan"), float("inf"), "367d", [5]]
)
def test_what_cannot(written: object) -> None:
    with pytest.raises(ValidationError):
        DURATION.validate_python(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(604_800, "7d"), (86_401, "86401s"), (5_400, "90m"), (36_000, "10h"), (90, "90s"), (0.25, "0.25s"), (0, "0s")],
)
def test_how_one_is_written(seconds: float, written: str) -> None:
    assert write_duration(seconds) == written
    assert read_duration(written) == seconds
