"""Sentences: a request among other sentences is understood, and what is about nothing stays so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from nlp.intent_model import IntentModel
from nlp.intent_training import train_intents
from nlp.project import NONE_OF_THESE
from nlp.sentences import MAX_LENGTH, MOST_SENTENCES, likeliest, sentences_of, surer

CASES = YAML(typ="safe").load(Path(__file__).parent / "cases" / "sentences.yaml")
EXAMPLES = {
    "status": (
        "where is my order", "where is my parcel", "track my parcel", "when does my order arrive", "has my order left",
        "is my parcel on its way", "what is the status of my order", "my parcel has not arrived",
    ),
    "cancel": (
        "cancel my order", "i want to cancel", "please stop my order", "i do not want it any more", "undo my purchase",
        "cancel the purchase", "call off my order", "withdraw my order",
    ),
    "hours": (
        "when do you open", "when do you close", "are you open on sunday", "opening hours", "what are your hours",
        "until when is the shop open", "is the shop open now", "how long are you open",
    ),
    NONE_OF_THESE: (
        "tell me a joke", "who won the match yesterday", "i like pasta", "my phone is old", "he works at a bank",
        "the film was long", "we went to the zoo", "what is the capital of peru",
    ),
}  # fmt: skip
BESIDE = (
    "I bought shoes last week for my sister.", "The weather is lovely in Leeds today.", "We have two cats and a dog.",
    "My colleague saw an advert on television.",
)  # fmt: skip


@pytest.fixture(scope="module")
def model() -> IntentModel:
    pairs = [(text, intent) for intent, texts in EXAMPLES.items() for text in texts]
    return train_intents([text for text, _ in pairs], [intent for _, intent in pairs])


@pytest.mark.parametrize("case", CASES, ids=[repr(case["text"]) for case in CASES])
def test_sentences(case: dict[str, Any]) -> None:
    assert sentences_of(case["text"]) == case.get("sentences", [])


@pytest.mark.parametrize("request_, intent", [("Is the shop open?", "hours"), ("Cancel my order!", "cancel")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_request_among_other_sentences_is_found(model: IntentModel, request_: str, intent: str, place: int) -> None:
    beside = list(BESIDE[:2])
    beside.insert(place, request_)
    alone, among = model.scores(request_)[0], model.scores(" ".join(beside))[0]
    assert among.intent == intent
    assert 0.8 < among.confidence < alone.confidence
    run_on = model.scores(" ".join(beside).translate(dict.fromkeys(map(ord, ".!?"))))[0]
    assert run_on.confidence < 0.7


def test_the_sentence_that_made_it_surer_is_told(model: IntentModel) -> None:
    ranked, sentence = model.read(f"{BESIDE[0]} {BESIDE[1]} Is the shop open?")
    assert (ranked[0].intent, sentence) == ("hours", "Is the shop open?")
    assert model.read("Is the shop open?")[1] == ""


def test_what_is_about_nothing_stays_so(model: IntentModel) -> None:
    for count in range(1, len(BESIDE) + 1):
        assert model.scores(" ".join(BESIDE[:count]))[0].confidence < 0.5


def test_of_two_requests_both_are_likely() -> None:
    first, second, other = surer(
        np.array([0.4, 0.3, 0.2]), [np.array([0.9, 0.0, 0.0]), np.array([0.0, 0.9, 0.0])], 2, None
    )
    assert first == pytest.approx(0.5)
    assert second == pytest.approx(0.5)
    assert other == pytest.approx(0.0)


def test_several_texts_at_once_are_read_as_each_alone(model: IntentModel) -> None:
    texts = ["cancel", f"{BESIDE[0]} Cancel my order.", "", "zzz", f"Hello, {BESIDE[1]} When do you open? Thanks"]
    assert model.scores_many(texts) == [model.scores(text) for text in texts]


def test_only_so_many_sentences_of_texts_that_are_not_too_long(model: IntentModel) -> None:
    request = "Cancel my order!"
    assert sentences_of(f"{'Yes. ' * (MAX_LENGTH // 5)}{request}") == []
    early = " ".join([request, *["Some words of mine."] * MOST_SENTENCES])
    late = " ".join([*["Some words of mine."] * MOST_SENTENCES, request])
    assert model.scores(early)[0].confidence > model.scores(late)[0].confidence


CHANCES = st.lists(st.floats(0.001, 1.0), min_size=3, max_size=3).map(lambda row: np.array(row) / max(1.0, sum(row)))


@given(CHANCES, st.lists(st.none() | CHANCES, max_size=5), st.sampled_from([None, 0, 1]))
def test_the_likeliest_intent_stays_so_and_gets_no_less_sure(
    whole: "np.ndarray[Any, Any]", parts: "list[np.ndarray[Any, Any] | None]", nothing: int | None
) -> None:
    found = surer(whole, parts, max(2, len(parts)), nothing)
    first = likeliest(whole, nothing)
    intents = [label for label in range(3) if label != nothing]
    assert found[first] >= whole[first]
    assert found[first] >= max(found[intents]) - 1e-12
    assert found.min() >= 0
    assert found.sum() <= 1 + 1e-9
    claims = [part for part in parts if part is not None and likeliest(part, nothing) == first]
    if not any(part[first] > whole[first] for part in claims):
        assert (found == whole).all()
