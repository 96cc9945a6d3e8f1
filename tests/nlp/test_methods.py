"""The NLP node's methods give the platform's outputs."""

from pathlib import Path
from typing import Any

import pytest
import spacy

from nlp.errors import InvalidRequest, MethodUnavailable
from nlp.methods import METHODS, lacking_methods, run_method
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import Project, read_project
from nlp.tokens import Tokens

from .conftest import NOW, cases, write_project
from .test_names import MODEL, with_model


@pytest.mark.parametrize("case", cases("methods"), ids=lambda case: f"{case['method']}: {case['text']}")
def test_method(pipeline: Pipeline, case: dict[str, Any]) -> None:
    outputs = run_method(pipeline, case["method"], case["text"], NOW)
    assert outputs == {
        "InputText": case["text"],
        "ResponsePayload": case["gives"],
        "Timestamp": "2026-11-22T10:00:00.000Z",
        **case["gives"],
    }


@pytest.mark.parametrize("case", cases("methods_of_bots"), ids=lambda case: f"{case['method']}: {case['text']}")
def test_method_of_a_bot_with_settings_of_its_own(tmp_path: Path, case: dict[str, Any]) -> None:
    pipeline = load_pipeline(read_project(write_project(tmp_path, pipeline=case["pipeline"])))
    outputs = run_method(pipeline, case["method"], case["text"], NOW)
    assert {name: outputs[name] for name in case["gives"]} == case["gives"]


@pytest.mark.parametrize(
    ("language", "example", "text", "corrected"),
    [
        ("bg", "къде е пратката ми", "къде е пртката ми", "къде е пратката ми"),
        ("uk", "де моя посилка", "де моя посилкаа", "де моя посилка"),
        ("sk", "kde je moja objednávka", "kde je moja objednavka", "kde je moja objednávka"),
        ("sk", "môj order", "where is my ordr please", "where is my ordr please"),
    ],
)
def test_spelling_in_a_language_that_cannot_be_told(
    tmp_path: Path, language: str, example: str, text: str, corrected: str
) -> None:
    intents = f"- intent: status\n  examples: [{example}]\n"
    folder = write_project(tmp_path, intents_a=intents, pipeline=f"language: {language}")
    found = run_method(load_pipeline(read_project(folder)), "Spell Check", text, NOW)
    assert found["CorrectedText"] == corrected


def test_language_detection(pipeline: Pipeline) -> None:
    outputs = run_method(pipeline, "Language Detection", "wo ist meine Bestellung", NOW)
    assert outputs["DetectedLanguage"] == "de"
    assert 0.5 < outputs["DetectionConfidence"] <= 1


@pytest.mark.parametrize("method", ["Lemmatization", "Part of Speech Tagging", "Parse Tree Generation"])
def test_what_needs_a_model_says_how_to_get_it(pipeline: Pipeline, method: str) -> None:
    with pytest.raises(MethodUnavailable, match="python -m spacy download en_core_web_sm"):
        run_method(pipeline, method, "some words", NOW)


def test_what_a_pipeline_can_never_do_is_known_beforehand(pipeline: Pipeline) -> None:
    lacking = lacking_methods(pipeline)
    assert lacking == lacking_methods()
    for method in METHODS:
        try:
            run_method(pipeline, method, "some words", NOW)
        except MethodUnavailable as error:
            assert lacking[method] == error.message
        else:
            assert method not in lacking
    named = Pipeline([Tokens(model="en_core_web_sm")])
    assert lacking_methods(named) == {}


@pytest.fixture(scope="module")
def with_words_explained() -> Pipeline:
    return load_pipeline(Project(settings={"components": [{"kind": "tokens", "model": MODEL}]}))


@with_model
@pytest.mark.parametrize("case", cases("methods_with_model"), ids=lambda case: f"{case['method']}: {case['text']}")
def test_method_with_a_model(with_words_explained: Pipeline, case: dict[str, Any]) -> None:
    outputs = run_method(with_words_explained, case["method"], case["text"], NOW)
    assert outputs["ResponsePayload"] == case["gives"]


@with_model
@pytest.mark.parametrize("text", ["\ud800\x00", "😀 \n", "\n \n", " \n\n is", "a" * 70_000, "it is late. " * 1_000])
def test_the_heads_of_any_text_are_among_its_words(with_words_explained: Pipeline, text: str) -> None:
    tree = run_method(with_words_explained, "Parse Tree Generation", text, NOW)["GeneratedParseTree"]
    words = run_method(with_words_explained, "Word Tokenization", text, NOW)["WordTokens"]
    assert [row["word"] for row in tree] == words
    assert all(words[row["head_index"]] == row["head"] for row in tree)


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("Lemmatization", "lemmas"),
        ("Part of Speech Tagging", "parts of speech"),
        ("Parse Tree Generation", "parse trees"),
    ],
)
def test_a_model_that_does_not_know(method: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.spacy_models.is_installed", lambda name: True)
    monkeypatch.setattr("spacy.load", lambda name, exclude: spacy.blank("en"))
    pipeline = load_pipeline(Project(settings={"components": [{"kind": "tokens", "model": "en_words_only"}]}))
    with pytest.raises(MethodUnavailable, match=f"gives no {what}: name another one"):
        run_method(pipeline, method, "some words", NOW)
    sentences = run_method(pipeline, "Sentence Tokenization", "It is late. Go.", NOW)["SentenceTokens"]
    assert sentences == ["It is late.", "Go."]


def test_there_are_thirteen_and_no_others(pipeline: Pipeline) -> None:
    assert len(METHODS) == 13
    with pytest.raises(InvalidRequest, match="'Mind Reading'"):
        run_method(pipeline, "Mind Reading", "some words", NOW)


@pytest.mark.parametrize(
    "method", sorted(set(METHODS) - {"Lemmatization", "Part of Speech Tagging", "Parse Tree Generation"})
)
@pytest.mark.parametrize("text", ["", "\ud800\x00", "😀", "a" * 70_000], ids=["empty", "broken", "emoji", "long"])
def test_any_text(pipeline: Pipeline, method: str, text: str) -> None:
    assert run_method(pipeline, method, text, NOW)["Timestamp"]


def test_profanity_filter_keeps_the_whole_of_a_long_text(pipeline: Pipeline) -> None:
    text = "word " * 2_000 + "shit"
    assert run_method(pipeline, "Profanity Filter", text, NOW)["FilteredText"] == "word " * 2_000 + "****"
