"""Answers: which entry of the project's knowledge answers a text."""

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from models.utterance import KnownAnswer, Understanding
from nlp.base import Component, Context
from nlp.features import Vocabulary, learn_vocabulary
from nlp.knowledge import Article
from nlp.project import Project

if TYPE_CHECKING:
    pass

MAX_RANKED = 5
BLOCKS = 2
"""Of a row of features: words, and parts of words (see `Vocabulary`)."""


class Answers(Component):
    """The answers of `nlp/knowledge` that may fit, best first.

    A text is compared with every question by the words, and parts of words, that they have in common; rare
    ones count for more.
    """

    kind = "answers"
    gives: ClassVar[tuple[str, ...]] = ("answers",)

    least_score: float = Field(default=0.1, ge=0, le=1)
    """Questions that are less alike than this, from 0 to 1, are not listed at all."""

    _index: "Index | None" = PrivateAttr(default=None)
    _articles: tuple[Article, ...] = PrivateAttr(default=())

    def prepare(self, project: Project, models: Path | None) -> None:
        self._articles = project.knowledge
        if self._articles:
            self._index = Index([article.questions for article in self._articles])

    def read(self, understanding: Understanding, context: Context) -> str:
        understanding.answers = []
        if self._index is None:
            return "there is nothing in nlp/knowledge"
        for number, question, alike in self._index.nearest(understanding.text, MAX_RANKED):
            if alike < self.least_score:
                break
            article = self._articles[number]
            understanding.answers.append(
                KnownAnswer(question, article.answer, round(alike, 4), article.category, article.handover)
            )
        if not understanding.answers:
            return "no question of the knowledge is like it"
        best = understanding.answers[0]
        return f"{best.score:.2f} alike: {best.question}"


class Index:
    """Questions as rows of n-grams, by column, so that only those with something in common are looked at."""

    def __init__(self, questions: list[tuple[str, ...]]) -> None:
        import numpy as np

        self._texts = [text for group in questions for text in group]
        self._groups = np.repeat(np.arange(len(questions)), [len(group) for group in questions])
        self._vocabulary: Vocabulary = learn_vocabulary(self._texts)
        lengths = np.zeros(len(self._texts))
        columns: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for row, text in enumerate(self._texts):
            found = self._vocabulary.row(text)
            lengths[row] = sum(value * value for value in found[1]) ** 0.5 or 1.0
            for column, value in zip(*found, strict=True):
                columns[column].append((row, value))
        self._columns: dict[int, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
        for column, cells in columns.items():
            rows = np.array([row for row, _ in cells], dtype=np.int32)
            self._columns[column] = rows, np.array([value for _, value in cells]) / lengths[rows]

    def nearest(self, text: str, count: int) -> list[tuple[int, str, float]]:
        """The groups most alike, best first: number, nearest question, cosine from 0 to 1."""
        import numpy as np

        columns, values = self._vocabulary.row(text)
        rows, parts = [], []
        for column, value in zip(columns, values, strict=True):
            found = self._columns.get(column)
            if found is not None:
                rows.append(found[0])
                parts.append(found[1] * value)
        if not rows:
            return []
        alike = np.bincount(np.concatenate(rows), weights=np.concatenate(parts), minlength=len(self._texts))
        alike = alike / BLOCKS**0.5  # each is of length 1, with the share of words that no question has
        order = np.argsort(-alike, kind="stable")
        best: dict[int, tuple[int, str, float]] = {}
        for row in order:
            if alike[row] <= 0:
                break
            group = int(self._groups[row])
            if group not in best:
                best[group] = (group, self._texts[row], min(1.0, float(alike[row])))
                if len(best) == count:
                    break
        return list(best.values())
