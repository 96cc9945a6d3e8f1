"""Sentiment: whether a text sounds positive, neutral or negative, by VADER's lexicon and rules."""

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from models.utterance import Sentiment, Understanding
from nlp.base import Component, Context
from nlp.project import Project

MAX_RATED_LENGTH = 1_000
"""Characters that are rated: VADER's time grows with the square of the length."""


class SentimentScore(Component):
    """How a text sounds, from -1 to 1. English; emoji are understood."""

    kind = "sentiment"
    gives: ClassVar[tuple[str, ...]] = ("sentiment",)

    neutral_band: float = Field(default=0.05, ge=0, le=1)
    """A score this close to 0 is neutral."""

    _engine: Any = PrivateAttr(default=None)

    def prepare(self, project: Project, models: Path | None) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._engine = SentimentIntensityAnalyzer()

    def read(self, understanding: Understanding, context: Context) -> str:
        chosen = context.options.neutral_band
        band = self.neutral_band if chosen is None else min(max(chosen, 0.0), 1.0)
        text = understanding.text
        if len(text) > MAX_RATED_LENGTH:
            half = MAX_RATED_LENGTH // 2
            text = f"{text[:half]} {text[-half:]}"
        score = float(self._engine.polarity_scores(text)["compound"])
        label = "neutral" if abs(score) < band or not score else "positive" if score > 0 else "negative"
        understanding.sentiment = Sentiment(label=label, score=score)
        return f"score {score:+.2f}, neutral within {band:g}"
