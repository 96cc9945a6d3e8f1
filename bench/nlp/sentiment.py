"""Sentiment: how far its scores go with those of twenty people, on the tweets that VADER was published with."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.nlp import Absent, Row
from nlp.encoder import load_encoder
from nlp.errors import Unavailable
from nlp.project import Project
from nlp.rated_texts import read_rated
from nlp.sentiment import SentimentScore
from nlp.sentiment_head import cross_validated, fit_head, head_features, pearson

TWEETS = Path("shared/data/vader_tweets/tweets_GroundTruth.txt")
HIGHEST = 4
SEEDS, QUICK_SEEDS = 5, 2
TIMED = 500


def rows(quick: bool) -> Iterable[Row]:
    """Pearson's correlation: VADER on all tweets, the head on those that it did not see, in five folds."""
    rated = read_rated(_tweets(), HIGHEST)
    texts, wanted = [row.text for row in rated], np.array([row.score for row in rated])
    component = SentimentScore()
    component.prepare(Project(), None)
    yield _row("Pearson", pearson(np.array([component.rate(text)[0] for text in texts]), wanted), "r", "default")
    yield _row("CPU per message, median", _median(lambda text: component.rate(text), texts), "ms", "default")
    try:
        encoder = load_encoder()
    except Unavailable as error:
        raise Absent(str(error)) from None
    features = head_features(texts, encoder, component.polarity)
    found = [cross_validated(features, wanted, seed) for seed in range(QUICK_SEEDS if quick else SEEDS)]
    yield _row(
        "Pearson, 5 folds", statistics.mean(found), "r", "onnx", goal=0.91, spread=statistics.stdev(found)
    )  # fmt: skip
    fit = fit_head(features, wanted)
    alone = _median(lambda row: fit.scores(row[None]), features)
    yield _row("CPU of the head per message, beside the embedding, median", alone, "ms", "onnx")


def _tweets() -> Path:
    """The file, in a folder `shared` in or beside any of the folders above this one."""
    for folder in Path(__file__).resolve().parents:
        if (folder / TWEETS).is_file():
            return folder / TWEETS
    raise Absent(f"{TWEETS} is not there")


def _median(work: Callable[[Any], object], items: Sequence[Any] | np.ndarray[Any, Any]) -> float:
    times = []
    for item in items[:TIMED]:
        began = time.thread_time_ns()
        work(item)
        times.append((time.thread_time_ns() - began) / 1e6)
    return statistics.median(times)


def _row(
    metric: str, value: float, unit: str, tier: str, *, goal: float | None = None, spread: float | None = None
) -> Row:
    return Row(
        bench="sentiment", data="VADER tweets", metric=metric, value=value, unit=unit, tier=tier, goal=goal,
        spread=spread, published="VADER 0.88" if unit == "r" else "",
    )  # fmt: skip
