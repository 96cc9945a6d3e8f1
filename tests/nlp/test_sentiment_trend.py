"""SentimentTrend: the mood of a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.sentiment_trend import trend_of


@pytest.mark.parametrize(
    ("scores", "direction", "sign"),
    [
        ([], "steady", 0),
        ([0.8], "steady", 1),
        ([0.8, 0.7, 0.8], "steady", 1),
        ([0.6, 0.0, -0.7], "worse", -1),
        ([-0.8, -0.6, 0.5], "better", -1),  # one kind word does not make a bad mood good
        ([-0.8, 0.6, 0.7, 0.8], "better", 1),
    ],
)
def test_the_last_messages_say_most(scores: list[float], direction: str, sign: int) -> None:
    trend = trend_of(scores)
    assert trend.direction == direction and trend.messages == len(scores)
    assert (trend.mood > 0) - (trend.mood < 0) == sign


@given(st.lists(st.floats(-5, 5), max_size=200))
def test_the_mood_stays_between_the_ends(scores: list[float]) -> None:
    assert -1 <= trend_of(scores).mood <= 1
