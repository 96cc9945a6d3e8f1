"""Calibration: confidence that is honest, from many held-out texts, from few, and from none."""

from typing import Any

import numpy as np
import pytest

from nlp.intent_calibration import Calibration, HeldOut, usual_calibration
from nlp.intent_model import IntentModel, probabilities
from nlp.intent_training import train_intents
from nlp.project import NONE_OF_THESE

USUAL = Calibration(slope=5.0, none_margin=-0.2, strangeness=0.5)
LABELS = 4
NOTHING = 3


def said(calibration: Calibration, margins: Any, strange: Any) -> Any:
    """Chances of the labels and of none, as the model gives them."""
    margins = margins.copy()
    margins[:, NOTHING] += calibration.none_bias
    chances = probabilities(margins, calibration.slope, calibration.none_margin + calibration.strangeness * strange)
    return np.hstack([chances, 1 - chances.sum(axis=1, keepdims=True)])


def drawn(truth: Calibration, count: int, seed: int = 0) -> HeldOut:
    """Texts whose labels were drawn with just the chances that a calibration gives; one in five is out of scope."""
    random = np.random.default_rng(seed)
    margins = random.normal(-0.1, 0.6, (count, LABELS))
    strange = random.uniform(0, 1, count)
    chances = said(truth, margins, strange)
    labels = np.array([random.choice(LABELS + 1, p=row / row.sum()) for row in chances])
    inside, told, hidden = labels < NOTHING, labels == NOTHING, labels == LABELS
    share = 4 * (told.sum() + hidden.sum()) / inside.sum()  # of what is in scope, so much makes four in five
    held_out = HeldOut(NOTHING)
    kept = inside.copy()
    kept[inside] = random.uniform(size=inside.sum()) < share
    for rows, label in ((kept, labels), (told, labels), (hidden, np.full(count, -1))):
        held_out.add(margins[rows], strange[rows], label[rows])
    return held_out


@pytest.mark.parametrize("slope", [3.0, 8.0])
def test_many_texts_overrule_what_is_usual(slope: float) -> None:
    found = drawn(Calibration(slope, -0.1, 0.3, 0.1), 20_000).learn(USUAL)
    assert found.slope == pytest.approx(slope, rel=0.1)
    assert found.strangeness == pytest.approx(0.3, abs=0.15)


def test_few_texts_move_it_little_and_none_not_at_all() -> None:
    far = Calibration(15.0, 0.6, 0.0)
    few, many = (drawn(far, count).learn(USUAL).slope for count in (40, 3_000))
    assert USUAL.slope < few < many
    assert HeldOut(NOTHING).learn(USUAL) == USUAL
    only_strange = HeldOut(None)
    only_strange.add(np.zeros((2, LABELS)), np.zeros(2), np.array([-1, -1]))
    assert only_strange.learn(USUAL) == USUAL


def test_it_stays_within_its_bounds() -> None:
    held_out = HeldOut(None)
    held_out.add(np.eye(LABELS)[np.arange(4_000) % LABELS], np.zeros(4_000), np.arange(4_000) % LABELS)
    found = held_out.learn(USUAL)
    assert 1.0 <= found.slope <= 20.0
    assert -1.5 <= found.none_margin <= 1.5
    assert found.strangeness >= 0


def test_the_same_texts_give_the_same_bits() -> None:
    assert drawn(USUAL, 500).learn(USUAL) == drawn(USUAL, 500).learn(USUAL)


def test_more_examples_raise_the_margin_of_none() -> None:
    few, many = usual_calibration(5, taught=False), usual_calibration(100, taught=False)
    assert few.none_margin < many.none_margin
    assert usual_calibration(12, taught=True).none_margin < usual_calibration(12, taught=False).none_margin
    assert usual_calibration(0, taught=False).none_margin >= -1.5


ORDERS = ("where is my order", "track my order", "is my order late", "when will my order come", "has my order left")
CANCELS = ("cancel it please", "please cancel this", "i want to cancel", "cancel that now", "can you cancel")
RETURNS = ("send it back", "i return these shoes", "how do i return it", "take the shoes back", "return my shoes")
STRANGE = (
    *("what is the weather", "tell me a joke", "who won the match", "play some music", "how old are you"),
    *("book a table", "sing a song", "what time is it", "i love you", "set an alarm", "is it going to rain"),
    *("what is two and two", "do you like cats", "read me the news", "turn the light off", "call my mother"),
)


def test_many_examples_of_none_do_not_silence_the_intents() -> None:
    """Where most examples are of none of these, most messages are not."""
    texts = [*ORDERS, *CANCELS, *RETURNS]
    intents = ["where"] * 5 + ["cancel"] * 5 + ["return"] * 5
    model = train_intents([*texts, *STRANGE], [*intents, *[NONE_OF_THESE] * len(STRANGE)])
    asked = {"track the order please": "where", "cancel this now": "cancel", "can i return the shoes": "return"}
    for text, intent in asked.items():
        best = model.scores(text)[0]
        assert (best.intent, best.confidence > 0.5) == (intent, True), (text, best)
    assert model.scores("tell me about the weather")[0].confidence < 0.4


ORDERS_TOO = (
    *("where has my order got to", "any news of my order", "when do i get my order", "order status please"),
    *("is my order on its way", "how long until my order comes", "my order is not here yet", "did you send my order"),
)


def refused(model: IntentModel) -> float:
    """The share of strange texts that no intent wins."""
    best = [model.scores(text, 1) for text in STRANGE]
    return sum(not scores or scores[0].confidence < 0.5 for scores in best) / len(best)


@pytest.mark.parametrize("examples", [ORDERS, ORDERS + ORDERS_TOO], ids=["few", "more"])
def test_a_single_intent_is_understood_of_more_examples_too(examples: tuple[str, ...]) -> None:
    model = train_intents(examples, ["where"] * len(examples))
    for text in ("where did my order go", "when is my order coming", "is the order late", "track the order"):
        assert model.scores(text)[0].confidence > 0.5, text
    assert refused(model) >= 0.8


def test_two_intents_do_not_share_the_rest_of_the_world() -> None:
    model = train_intents([*ORDERS, *CANCELS], ["where"] * 5 + ["cancel"] * 5)
    for text, intent in {"track the order": "where", "is the order late": "where", "please cancel": "cancel"}.items():
        best = model.scores(text)[0]
        assert (best.intent, best.confidence > 0.5) == (intent, True), (text, best)
    assert refused(model) >= 0.8


def test_words_that_no_example_has_make_it_less_sure() -> None:
    model = train_intents([*ORDERS, *CANCELS, *RETURNS], ["where"] * 5 + ["cancel"] * 5 + ["return"] * 5)
    sure = [
        model.scores(text)[0].confidence for text in ("track my order", "track my order zig", "track my order zig zag")
    ]
    assert sure == sorted(sure, reverse=True)
    assert model.strangeness > 0
    assert model.vocabulary.read("track my order zig")[2] == 0.25
    assert model.vocabulary.read("")[2] == 0.0
