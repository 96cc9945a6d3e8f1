"""The NLP node's methods give the platform's outputs."""

from typing import Any

import pytest

from nlp.errors import InvalidRequest, MethodUnavailable
from nlp.methods import METHODS, run_method
from nlp.pipeline import Pipeline

from .conftest import NOW, cases


@pytest.mark.parametrize("case", cases("methods"), ids=lambda case: f"{case['method']}: {case['text']}")
def test_method(pipeline: Pipeline, case: dict[str, Any]) -> None:
    outputs = run_method(pipeline, case["method"], case["text"], NOW)
    assert outputs == {
        "InputText": case["text"],
        "ResponsePayload": case["gives"],
        "Timestamp": "2026-11-22T10:00:00.000Z",
        **case["gives"],
    }


def test_language_detection(pipeline: Pipeline) -> None:
    outputs = run_method(pipeline, "Language Detection", "wo ist meine Bestellung", NOW)
    assert outputs["DetectedLanguage"] == "de"
    assert 0.5 < outputs["DetectionConfidence"] <= 1


@pytest.mark.parametrize("method", ["Lemmatization", "Part of Speech Tagging", "Parse Tree Generation"])
def test_what_needs_a_model_says_how_to_get_it(pipeline: Pipeline, method: str) -> None:
    with pytest.raises(MethodUnavailable, match="python -m spacy download en_core_web_sm"):
        run_method(pipeline, method, "some words", NOW)


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
