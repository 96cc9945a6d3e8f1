"""PastDays: what is said around a day tells whether it is over, read on 2026-11-22, a Sunday."""

import pytest

from nlp.entities import MOMENTS, find_by_rule, settle
from nlp.past_days import LOOKED_AT, is_over
from tests.nlp.conftest import NOW, takes_linear_time


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "on 20 nov i ordered shoes", "2026-11-20"),
        ("en", "On Monday my card was declined", "2026-11-16"),
        ("en", "hi, on 20/11 i was charged twice", "2026-11-20"),
        ("en", "monday at 3pm i rang you", "2026-11-16T15:00"),
        ("en", "on friday my parcel will be delivered", "2026-11-27"),
        ("en", "on friday is it delivered", "2026-11-27"),
        ("en", "can i come on friday i ordered a cake", "2026-11-27"),
        ("en", "Monday delivery please, i ordered shoes", "2026-11-23"),
        ("en", "my subscription renewed on 20 nov", "2026-11-20"),
        ("en", "you took money on monday", "2026-11-16"),
        ("en", "it should have come on friday", "2026-11-20"),
        ("en", "i should have it on friday", "2026-11-27"),
        ("en", "i was in on friday when you said", "2026-11-20"),
        ("en", "i was hoping to come on friday", "2026-11-27"),
        ("en", "got an appointment on friday", "2026-11-27"),
        ("en", "Got it, friday works", "2026-11-27"),
        ("en", "ok got it thanks, on monday at 9 then", "2026-11-23T09:00"),
        ("en", "i got it on friday", "2026-11-20"),
        ("en", "that slot is taken, how about friday", "2026-11-27"),
        ("en", "the money was taken on friday", "2026-11-20"),
        ("en", "my membership ended, call me on friday", "2026-11-27"),
        ("en", "i registered for the cooking class on friday", "2026-11-27"),
        ("en", "i registered on friday", "2026-11-20"),
        ("en", "on friday i fly, paid already", "2026-11-27"),
        ("en", "on 3 december i have booked a room, paid in full", "2026-12-03"),
        ("en", "on friday i am moving house and ordered boxes", "2026-11-27"),
        ("en", "on friday my rent is paid", "2026-11-27"),
        ("en", "on friday i was charged £1,200.50 and paid", "2026-11-20"),
        ("de", "am 20. November habe ich Schuhe bestellt", "2026-11-20"),
        ("de", "12 € wurden am 03.11. abgebucht", "2026-11-03"),
        ("de", "ich habe am Freitag keine Zeit", "2026-11-27"),
        ("fr", "le 20 novembre j'ai commandé un four", "2026-11-20"),
        ("fr", "le 20 novembre je serai absent", "2027-11-20"),
        ("es", "el 20 de noviembre compré un horno", "2026-11-20"),
        ("es", "el lunes quiero ir", "2026-11-23"),
    ],
)
def test_what_is_said_around_a_day(language: str, text: str, value: str) -> None:
    found = [row.value for row in settle(find_by_rule(text, language, now=NOW)) if row.kind in MOMENTS]
    assert found == [value]


@pytest.mark.parametrize("text", ["on " * LOOKED_AT, "12 " * LOOKED_AT, "monday i was " * LOOKED_AT])
def test_is_read_in_linear_time(text: str) -> None:
    assert takes_linear_time(lambda text: is_over(text, 0), text)
