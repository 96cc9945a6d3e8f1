"""Answers by words and meaning, where the tier has a sentence encoder: found without a word in common, and kept."""

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp.answers import Answers, Index
from nlp.encoder import load_encoder, shared_encoder
from nlp.encoder_making import make_encoder
from nlp.errors import Unavailable
from nlp.knowledge import Article
from nlp.pipeline import Pipeline
from nlp.project import Project

from . import tiny_bert
from .test_tiers import Synonyms

ARTICLES = (
    Article(("where is my order", "track order"), "It comes tomorrow."),
    Article(("cancel order", "please cancel it"), "It is cancelled."),
    Article(("hello bot",), "Hello."),
)
ONNX = {"components": ["answers", {"kind": "intents", "tier": "onnx", "encoder": "theirs"}]}


class Asked(Synonyms):
    """Says which encoder was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def give(self, source: str) -> "Asked":
        self.sources.append(source)
        return self


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr("nlp.encoder.shared_encoder", asked.give)
    return asked


def pipeline(settings: dict[str, Any], models: Path | None = None, **own: Any) -> Pipeline:
    made = Pipeline([Answers.load(own)], Project(knowledge=ARTICLES, settings=settings), models=models)
    made.warm(("answers",))
    return made


def best(made: Pipeline, text: str) -> tuple[str, float]:
    answers = made.read(text, want=("answers",)).answers
    return (answers[0].text, answers[0].score) if answers else ("", 0.0)


def test_a_question_without_a_word_in_common_is_found(encoder: Asked) -> None:
    assert best(pipeline({}), "abort")[0] == "Hello."  # like "bot"
    assert best(pipeline(ONNX), "abort")[0] == "It is cancelled."


@pytest.mark.parametrize(
    ("settings", "own", "sources"),
    [
        ({}, {}, []),
        (ONNX, {}, ["theirs"]),
        (ONNX, {"tier": "default"}, []),
        ({}, {"tier": "onnx"}, ["minilm"]),
        (ONNX, {"tier": "onnx", "encoder": "mine"}, ["mine"]),
    ],
)
def test_it_does_as_the_intents_do_unless_told_otherwise(
    encoder: Asked, settings: dict[str, Any], own: dict[str, Any], sources: list[str]
) -> None:
    pipeline(settings, **own)
    assert encoder.sources == sources


def test_without_knowledge_no_encoder_is_loaded(encoder: Asked) -> None:
    Pipeline([Answers()], Project(settings=ONNX)).warm(("answers",))
    assert encoder.sources == []


def test_the_vectors_of_the_questions_are_kept(encoder: Asked, tmp_path: Path) -> None:
    cold = best(pipeline(ONNX, tmp_path), "where is the parcel")
    (file,) = (tmp_path / "knowledge").iterdir()
    written = file.stat().st_mtime_ns
    encoder.asked.clear()
    warm = pipeline(ONNX, tmp_path)
    assert encoder.asked == []
    assert best(warm, "where is the parcel") == cold
    assert file.stat().st_mtime_ns == written


def test_a_folder_that_cannot_be_written_costs_only_time(encoder: Asked, tmp_path: Path) -> None:
    (tmp_path / "knowledge").write_text("a file where the folder should be")
    assert best(pipeline(ONNX, tmp_path), "track order") == ("It comes tomorrow.", 1.0)


def test_scores_lie_between_0_and_1_and_the_question_itself_has_1(encoder: Asked) -> None:
    made = pipeline(ONNX)
    for article in ARTICLES:
        for question in article.questions:
            assert best(made, question) == (article.answer, pytest.approx(1.0, abs=1e-4))
    for text in ("", " ", "xyzzy", "order hello cancel", "\x00", "a" * 10_000):
        found = made.read(text, want=("answers",)).answers
        assert found is not None and all(0 <= row.score <= 1 for row in found)
    assert made.read(" ", want=("answers",)).answers == []


def test_a_text_has_the_same_bits_after_others() -> None:
    index = Index([article.questions for article in ARTICLES], Synonyms())
    alone = index.nearest("stop the parcel", 3)
    for text in ("hello", "order", "where is it", "cancel"):
        index.nearest(text, 3)
    assert index.nearest("stop the parcel", 3) == alone


def test_an_encoder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path))
    with pytest.raises(Unavailable, match="run `botkit nlp get-model`"):
        pipeline({}, tier="onnx")


def test_components_share_an_encoder_as_long_as_one_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))
    make_encoder(tiny_bert.write(tmp_path / "model"), "tiny")
    first = shared_encoder("tiny")
    assert shared_encoder("tiny") is first
    assert np.array_equal(first.embed(["where"]), load_encoder("tiny").embed(["where"]))
    first._mark = True  # type: ignore[attr-defined]
    del first
    gc.collect()
    assert not hasattr(shared_encoder("tiny"), "_mark")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("has the courier got my delivery yet", "It comes tomorrow."),
        ("abort the purchase", "It is cancelled."),
        ("when does my parcel come", "It comes tomorrow."),
    ],
)
def test_the_real_encoder_finds_what_words_do_not(text: str, answer: str) -> None:
    try:
        made = pipeline({}, tier="onnx")
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert best(made, text)[0] == answer
    assert best(pipeline({}), text)[0] != answer
