"""DayRanges: the end of a range of days comes after its beginning, read on 2026-11-25, a Wednesday."""

import pytest

from nlp.entities import MOMENTS, find_by_rule, settle
from tests.nlp.conftest import NOW, takes_linear_time

WEDNESDAY = NOW + 3 * 86_400_000


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "book me in from monday to friday", ["2026-11-30", "2026-12-04"]),
        ("en", "from thursday to saturday", ["2026-11-26", "2026-11-28"]),
        ("en", "from next friday to monday", ["2026-12-04", "2026-12-07"]),
        ("en", "between saturday and friday", ["2026-11-28", "2026-12-04"]),
        ("en", "on saturday and friday", ["2026-11-28", "2026-11-27"]),
        ("en", "move my appointment from monday to friday", ["2026-11-30", "2026-11-27"]),
        ("en", "from monday 9am to friday 5pm", ["2026-11-30T09:00", "2026-12-04T17:00"]),
        ("en", "Monday-Friday 9am-5pm", ["2026-11-30", "2026-12-04", "09:00", "17:00"]),
        ("en", "9am to 5pm Monday to Friday", ["09:00", "17:00", "2026-11-30", "2026-12-04"]),
        ("en", "saturday to tuesday at 10am", ["2026-11-28", "2026-12-01T10:00"]),
        ("en", "from the 3rd to the 28th", ["2026-12-03", "2026-12-28"]),
        ("en", "from the 28th to the 3rd of January", ["2026-12-28", "2027-01-03"]),
        ("en", "from the 31st to the 30th", ["2026-12-31", "2027-01-30"]),
        ("de", "von Montag bis Freitag", ["2026-11-30", "2026-12-04"]),
        ("de", "vom 28. bis 3. Januar", ["2026-12-28", "2027-01-03"]),
        ("fr", "du lundi au vendredi de 9h à 17h", ["2026-11-30", "2026-12-04", "09:00", "17:00"]),
        ("es", "de lunes a viernes", ["2026-11-30", "2026-12-04"]),
        ("it", "da lunedì a venerdì dalle 9 alle 17", ["2026-11-30", "2026-12-04", "09:00", "17:00"]),
        ("pt", "de segunda a sexta das 9 às 17", ["2026-11-30", "2026-12-04", "09:00", "17:00"]),
        ("nl", "van maandag tot vrijdag", ["2026-11-30", "2026-12-04"]),
    ],
)
def test_days_in_order(language: str, text: str, values: list[str]) -> None:
    found = [row.value for row in settle(find_by_rule(text, language, now=WEDNESDAY)) if row.kind in MOMENTS]
    assert found == values


def test_is_read_in_linear_time() -> None:
    assert takes_linear_time(lambda text: find_by_rule(text, "en", now=WEDNESDAY), "monday to " * 100)
