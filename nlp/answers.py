"""Answers: which entry of the project's knowledge answers a text."""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from models.utterance import KnownAnswer, Understanding
from nlp.base import Component, Context
from nlp.courtesy import core
from nlp.encoder import check_encoder
from nlp.english_words import telling
from nlp.features import Vocabulary, learn_vocabulary
from nlp.knowledge import Article
from nlp.project import Project

if TYPE_CHECKING:
    import numpy as np

    from nlp.intent_model import Encoder

MAX_RANKED = 5
BLOCKS = 2
"""Of a row of features: words, and parts of words (see `Vocabulary`)."""

SAY_OF_MEANING = 0.7
NO_LIKENESS = 0.3
"""How much of the say meaning has, and the cosine of two texts that have nothing to do with each other. Chosen on
training data of BANKING77 and CLINC150: most right answers where one in ten strange questions is answered."""

VECTORS_FOLDER = "knowledge"
"""Below the models: the vectors of the questions, so that a worker that starts again has them at once."""


class Answers(Component):
    """The answers of `nlp/knowledge` that may fit, best first.

    A text is compared with every question by the words, and parts of words, that they have in common; those count for
    more that are rare in the knowledge, and in English. In the tier onnx, what both mean has most of the say.
    """

    kind = "answers"
    gives: ClassVar[tuple[str, ...]] = ("answers",)

    least_score: float = Field(default=0.1, ge=0, le=1)
    """Questions that are less alike than this, from 0 to 1, are not listed at all."""
    tier: Literal["auto", "default", "onnx"] = "auto"
    """`default` compares words; `onnx` compares meaning too, with a sentence encoder; `auto` does as the intents do."""
    encoder: str = "minilm"
    """The encoder of the tier onnx where it is set here: a name that `botkit nlp get-model` gave it, or a folder
    (with a /)."""

    _index: "Index | None" = PrivateAttr(default=None)
    _articles: tuple[Article, ...] = PrivateAttr(default=())

    def check_machine(self, project: Project) -> None:
        tier, source = self._tier(project)
        if tier == "onnx" and project.knowledge:
            check_encoder(source)

    def prepare(self, project: Project, models: Path | None) -> None:
        self._articles = project.knowledge
        if not self._articles:
            return
        groups = [article.questions for article in self._articles]
        tier, source = self._tier(project)
        if tier == "default":
            english = project.settings.get("language", "en") == "en"
            self._index = Index(groups, telling=telling if english else None)
            return
        from nlp.embedding_cache import EmbeddingCache
        from nlp.encoder import shared_encoder

        encoder = shared_encoder(source)
        if models is None:
            self._index = Index(groups, encoder)
            return
        cache = EmbeddingCache(encoder, models / VECTORS_FOLDER)
        self._index = Index(groups, encoder, cache)
        with contextlib.suppress(OSError):  # then they are made again at the next start
            cache.save()

    def _tier(self, project: Project) -> tuple[str, str]:
        if self.tier != "auto":
            return self.tier, self.encoder
        from nlp.training import intent_settings

        return intent_settings(project)

    def read(self, understanding: Understanding, context: Context) -> str:
        understanding.answers = []
        if self._index is None:
            return "there is nothing in nlp/knowledge"
        for number, question, alike in self._nearest(self._index, understanding.text):
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

    @staticmethod
    def _nearest(index: "Index", text: str) -> list[tuple[int, str, float]]:
        """The nearest questions, to the text or to what it is about without the courtesy at its ends."""
        whole = index.nearest(text, MAX_RANKED)
        bare = core(text)
        if bare == text:
            return whole
        return max(index.nearest(bare, MAX_RANKED), whole, key=lambda found: found[0][2] if found else 0.0)


class Index:
    """Questions as rows of n-grams, by column, so that only those with something in common are looked at.

    With an encoder, every question has its vector too; `kept` is where vectors may be kept from before. `telling` is
    what a language at large knows of words (see `learn_vocabulary`).
    """

    def __init__(
        self,
        questions: list[tuple[str, ...]],
        encoder: "Encoder | None" = None,
        kept: "Encoder | None" = None,
        *,
        telling: "Callable[[Collection[str]], Mapping[str, float]] | None" = None,
    ) -> None:
        import numpy as np

        self._encoder = encoder

        self._texts = [text for group in questions for text in group]
        self._groups = np.repeat(np.arange(len(questions)), [len(group) for group in questions])
        self._vocabulary: Vocabulary = learn_vocabulary(self._texts, telling=telling)
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
        source = kept or encoder
        self._vectors = source.embed(self._texts) if source else None

    def nearest(self, text: str, count: int) -> list[tuple[int, str, float]]:
        """The groups most alike, best first: number, nearest question, likeness from 0 to 1."""
        import numpy as np

        alike = self._alike(text)
        best: dict[int, tuple[int, str, float]] = {}
        for row in np.argsort(-alike, kind="stable"):
            if alike[row] <= 0:
                break
            group = int(self._groups[row])
            if group not in best:
                best[group] = (group, self._texts[row], min(1.0, float(alike[row])))
                if len(best) == count:
                    break
        return list(best.values())

    def _alike(self, text: str) -> "np.ndarray[Any, Any]":
        """How much alike each question is, by words, and by meaning where there is an encoder."""
        import numpy as np

        words = self._alike_by_words(text)
        if self._encoder is None or self._vectors is None or not text.strip():
            return words
        cosines = (self._vectors @ self._encoder.embed([text])[0]).astype(np.float64)
        meaning = np.maximum(cosines - NO_LIKENESS, 0.0) / (1.0 - NO_LIKENESS)
        both: np.ndarray[Any, Any] = (1.0 - SAY_OF_MEANING) * words + SAY_OF_MEANING * meaning
        return both

    def _alike_by_words(self, text: str) -> "np.ndarray[Any, Any]":
        import numpy as np

        columns, values = self._vocabulary.row(text)
        rows, parts = [], []
        for column, value in zip(columns, values, strict=True):
            found = self._columns.get(column)
            if found is not None:
                rows.append(found[0])
                parts.append(found[1] * value)
        if not rows:
            return np.zeros(len(self._texts))
        alike: np.ndarray[Any, Any] = np.bincount(
            np.concatenate(rows), weights=np.concatenate(parts), minlength=len(self._texts)
        )
        alike /= BLOCKS**0.5  # each is of length 1, with the share of words that no question has
        return alike
