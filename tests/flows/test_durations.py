"""Durations, as people write them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from flows.durations import MAX_DURATION_SECONDS, Duration

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
