"""Courtesy: what is said before and behind what a message is about, and how little it changes."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from nlp.courtesy import MAX_LENGTH, MOST, core
from nlp.intent_training import train_intents

CASES = YAML(typ="safe").load(Path(__file__).parent / "cases" / "courtesy.yaml")


@pytest.mark.parametrize("case", CASES, ids=[case["text"] for case in CASES])
def test_core(case: dict[str, Any]) -> None:
    assert core(case["text"]) == case.get("core", case["text"])


POLITE = st.lists(
    st.sampled_from(["hello", "hi", ", ", "thanks", "please", "? ", " order", "!", "\n", "- "]), max_size=30
)


@given(POLITE.map("".join) | st.text(max_size=600))
def test_it_takes_from_the_ends_and_leaves_a_word(text: str) -> None:
    found = core(text)
    assert found in text
    assert found == text or any(letter.isalnum() or letter == "_" for letter in found)


@pytest.mark.parametrize("text", ["hello, ", ", thanks", "-", " ", "hi.", "? ", "please ,", "hope you"])
def test_a_long_text_takes_little_more_than_a_short_one(text: str) -> None:
    def seconds(size: int) -> float:
        long = (text * size)[:size]
        times = []
        for _ in range(5):
            began = time.thread_time()
            for _ in range(20):
                core(long)
            times.append(time.thread_time() - began)
        return min(times)

    assert seconds(MAX_LENGTH) < 40 * seconds(MAX_LENGTH // 10) + 0.02


def test_a_greeting_in_front_changes_no_intent() -> None:
    texts = ["where is my order", "track my parcel", "has it left yet", "hello", "hi there", "good morning"]
    model = train_intents(texts, ["status"] * 3 + ["greeting"] * 3)
    assert model.scores("Good evening, where is my order, thank you so much") == model.scores("where is my order")
    assert model.scores("hello there!")[0].intent == "greeting"
    # without its courtesy next to nothing is left: then that is what it is about
    assert model.scores("hello, zzz")[0].intent == "greeting"


def test_long_texts_and_much_courtesy_are_left_alone() -> None:
    long = "hello, " + "order " * (MAX_LENGTH // 6)
    assert core(long) == long and core(long[: MAX_LENGTH - 1]) != long[: MAX_LENGTH - 1]
    assert core("hello, " * (MOST + 1) + "where is it") == "hello, where is it"
    assert core("where is it" + ", thanks" * (MOST + 1)) == "where is it, thanks"
