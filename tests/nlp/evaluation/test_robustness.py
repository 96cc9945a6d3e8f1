"""Robustness and latency: changes that keep the meaning, the same for the same seed, and honest percentiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.utterance import IntentScore
from nlp.courtesy import GREETINGS
from nlp.errors import InvalidRequest
from nlp.evaluation.latency import measure_latency, spread
from nlp.evaluation.perturbations import perturb, perturbations
from nlp.evaluation.phrases import PHRASES
from nlp.evaluation.robustness import measure_robustness
from nlp.pipeline import Pipeline
from nlp.profanity import ProfanityFilter

from .outcomes import examples


@pytest.mark.parametrize("name", sorted(perturbations()))
@given(text=st.text(max_size=40), seed=st.integers(0, 5))
def test_any_text_can_be_changed(name: str, text: str, seed: int) -> None:
    assert perturb(name, text, seed) == perturb(name, text, seed)


@pytest.mark.parametrize(
    ("name", "text", "changed"),
    [
        ("capitals", "where is it", "WHERE IS IT"),
        ("no punctuation", "Where's my order, 1.50?", "where's my order 1.50"),
        ("sms", "what are you doing before tomorrow", "wot r u doing b4 2moro"),
        ("word order", "two words", "two words"),
        ("typo", "a bc 1234", "a bc 1234"),
    ],
)
def test_changes(name: str, text: str, changed: str) -> None:
    assert perturb(name, text, 0) == changed


@pytest.mark.parametrize("text, middle", [("where is it", "Where is it."), (" Now? ", "Now?")])
def test_a_long_message_has_a_sentence_on_either_side(text: str, middle: str) -> None:
    for seed in range(20):
        before, behind = perturb("long message", text, seed).split(f" {middle} ")
        assert {before, behind} < set(PHRASES["en"].beside)
        assert before != behind


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_what_is_added_is_in_the_language_of_the_text(language: str) -> None:
    assert all(len(set(added)) >= 5 for added in PHRASES[language])
    assert PHRASES.keys() == GREETINGS.keys()
    others = {text for code in PHRASES.keys() - {language} for text in PHRASES[code].beside}
    for seed in range(10):
        for code in (language, f"{language}-XX"):
            before, behind = perturb("long message", "Xyz.", seed, code).split(" Xyz. ")
            assert others.isdisjoint({before, behind})


def test_what_nobody_wrote_for_a_language_is_left_out_and_named() -> None:
    rows = examples(("къде е пратката", "a"))
    found = measure_robustness(Shy(), rows, 0.5, language="bg")
    assert found.left_out == ("greeting", "long message", "politeness", "sms")
    assert found.left_out == tuple(sorted(perturbations().keys() - {row.name for row in found.perturbations}))
    assert {row.changed for row in found.perturbations if row.name in ("typo", "long letters")} == {1}
    assert measure_robustness(Shy(), rows, 0.5, language="de").left_out == ("sms",)
    assert measure_robustness(Shy(), rows, 0.5).left_out == ()


def test_a_typo_is_one_slip_inside_a_word() -> None:
    for seed in range(200):
        changed = perturb("typo", "where is my parcel", seed)
        assert changed[0] == "w"
        assert abs(len(changed) - len("where is my parcel")) <= 1
    assert len({perturb("typo", "where is my parcel", seed) for seed in range(50)}) > 10


class Shy:
    """Understands small letters only."""

    def scores(self, text: str) -> list[IntentScore]:
        return [IntentScore("a", 0.9 if text == text.lower() else 0.1)]


def test_what_hurts_comes_first() -> None:
    rows = examples(*((f"say the word number {letter}", "a") for letter in "bcdefghijk"))
    found = measure_robustness(Shy(), rows, 0.5)
    worst = found.perturbations[0]
    assert (worst.name, worst.right_before, worst.right, worst.loss) == ("capitals", 10, 0, 1.0)
    assert worst.test.significant
    assert worst.broken[0].changed == "SAY THE WORD NUMBER B"
    others = {row.name: row.loss for row in found.perturbations[1:]}
    assert others["emoji"] == 0
    assert found == measure_robustness(Shy(), rows, 0.5)


def test_percentiles_are_measured_values() -> None:
    row = spread("x", [float(value) for value in range(1, 101)])
    assert (row.p50, row.p95, row.p99, row.mean) == (50, 95, 99, 50.5)
    assert spread("x", [7.0]).p99 == 7.0


def test_latency_by_component() -> None:
    pipeline = Pipeline([ProfanityFilter()])
    found = measure_latency(pipeline, ["hello", "bye"], ["profanity"], repeat=3)
    assert (found.messages, [row.name for row in found.components]) == (6, ["profanity"])
    assert 0 <= found.cpu.p50 <= found.cpu.p95 <= found.cpu.p99
    with pytest.raises(InvalidRequest, match="1 to 100000 messages"):
        measure_latency(pipeline, [], ["profanity"])
