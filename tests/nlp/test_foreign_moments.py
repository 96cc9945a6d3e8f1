"""ForeignMoments: dates and times as five languages write them, read on 2026-11-22 at 10:00 UTC, a Sunday."""

import pytest

from nlp.foreign_moments import find_foreign_moments
from tests.nlp.conftest import NOW


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("de", "am 3. März 2027", ["2027-03-03"]),
        ("de", "morgen um 17 Uhr", ["2026-11-23T17:00"]),
        ("de", "in 3 Tagen", ["2026-11-25"]),
        ("de", "übermorgen um 9 Uhr 30", ["2026-11-24T09:30"]),
        ("de", "nächsten Freitag", ["2026-11-27"]),
        ("de", "am 24.12. bitte", ["2026-12-24"]),
        ("de", "kann ich jetzt bestellen", []),
        ("fr", "le 14 juillet", ["2027-07-14"]),
        ("fr", "demain à 17h30", ["2026-11-23T17:30"]),
        ("fr", "dans 2 semaines", ["2026-12-06"]),
        ("fr", "est-ce que je peux commander maintenant", []),
        ("es", "el 3 de marzo de 2027", ["2027-03-03"]),
        ("es", "pasado mañana", ["2026-11-24"]),
        ("es", "el lunes a las 5", ["2026-11-23T05:00"]),
        ("es", "puedo pedir ahora", []),
        ("it", "il 25 dicembre", ["2026-12-25"]),
        ("it", "tra 3 giorni", ["2026-11-25"]),
        ("it", "ieri alle 18:30", ["2026-11-21T18:30"]),
        ("pt", "depois de amanhã", ["2026-11-24"]),
        ("pt", "sexta-feira às 14h", ["2026-11-27T14:00"]),
        ("pt", "31 de fevereiro", []),
    ],
)
def test_moments(language: str, text: str, values: list[str]) -> None:
    assert [row.value for row in find_foreign_moments(text, language, now=NOW)] == values
