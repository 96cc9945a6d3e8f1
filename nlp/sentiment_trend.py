"""SentimentTrend: how the mood of a session goes, over the scores of its messages so far."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Direction = Literal["better", "steady", "worse"]
MEMORY = 0.6
"""What an older message still counts beside the next one: the last three say most."""

STEP = 0.25
"""A change of mood smaller than this is none."""

MAX_SCORES = 50


class Trend(msgspec.Struct, frozen=True):
    """`mood` is the weighted mean of the scores, -1 to 1; `direction` compares the last one with those before."""

    mood: float
    direction: Direction
    messages: int


def trend_of(scores: Sequence[float]) -> Trend:
    """The trend of the scores of a session's messages, oldest first; none is a mood of 0, and steady."""
    kept = [min(max(score, -1.0), 1.0) for score in scores[-MAX_SCORES:]]
    if not kept:
        return Trend(0.0, "steady", 0)
    before = _mood(kept[:-1]) if len(kept) > 1 else kept[0]
    change = kept[-1] - before
    direction: Direction = "better" if change >= STEP else "worse" if change <= -STEP else "steady"
    return Trend(round(_mood(kept), 4), direction, len(scores))


def _mood(scores: Sequence[float]) -> float:
    weights = [MEMORY**age for age in range(len(scores) - 1, -1, -1)]
    return sum(weight * score for weight, score in zip(weights, scores, strict=True)) / sum(weights)
