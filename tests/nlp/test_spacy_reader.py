"""What spaCy remembers of the texts it read: the words it knows answer as new ones do, and there is an end to them."""

import random
import time
from typing import Any

import pytest

from nlp import spacy_models
from nlp.spacy_models import SpacyReader

spacy = pytest.importorskip("spacy", reason='spaCy is not installed: run `pip install "botkit[nlp]"`')


def words(document: Any) -> list[str]:
    return [word.text for word in document]


def strange_text(seed: int, count: int = 20) -> str:
    lot = random.Random(seed)
    return " ".join("".join(lot.choices("abcdefghijklmnop", k=8)) for _ in range(count))


def test_words_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SpacyReader(spacy.blank("en"))
    monkeypatch.setattr(spacy_models, "KEPT_WORDS", len(reader.engine.vocab) + 50)
    monkeypatch.setattr(spacy_models, "MEMORY", 1_000)
    most = 0
    for seed in range(100):
        reader.read(strange_text(seed), words)
        most = max(most, len(reader.engine.vocab.strings))
    at_first = len(spacy.blank("en").vocab.strings)
    assert most < at_first + 700  # of the 2,000 words and 8,000 of their parts that were read


def test_first_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SpacyReader(spacy.blank("en"))
    monkeypatch.setattr(spacy_models, "MEMORY", 200)
    reader.read(strange_text(0), words)
    monkeypatch.setattr(spacy_models, "KEPT_WORDS", len(reader.engine.vocab))
    for seed in range(1, 20):
        reader.read(strange_text(seed), words)
    assert all(word in reader.engine.vocab.strings for word in strange_text(0).split())


@pytest.mark.parametrize("words_only", [True, False])
def test_same_words_before_and_after(monkeypatch: pytest.MonkeyPatch, words_only: bool) -> None:
    text = "Isn't it $5.00 (or so)? See https://example.com/a-b, e.g. today\n\n  :-)"
    engine = spacy.blank("en")
    engine.add_pipe("sentencizer")
    fresh = words(engine(text))
    reader = SpacyReader(engine)
    monkeypatch.setattr(spacy_models, "KEPT_WORDS", len(engine.vocab) + 10)
    monkeypatch.setattr(spacy_models, "MEMORY", 300)
    for seed in range(30):
        assert reader.read(text, words, words_only=words_only) == fresh
        assert len(reader.read(strange_text(seed), words)) == 20


@pytest.mark.parametrize("words_only", [True, False])
@pytest.mark.parametrize("sign", ["£", "(", "😀", "'s"])
def test_a_long_run_of_signs_takes_no_longer_than_others(sign: str, words_only: bool) -> None:
    engine = spacy.blank("en")
    engine.add_pipe("sentencizer")
    text = f"Isn't it? {sign * (4_000 // len(sign))} a-b  x{'y' * 1_000}z."
    began = time.process_time()
    found = SpacyReader(engine).read(text, spelled, words_only=words_only)
    assert time.process_time() - began < 1.5
    assert "".join(word + space for word, space in found) == text
    said = [word for word, _ in found]
    assert said[:4] == ["Is", "n't", "it", "?"]
    assert said[-6:] == ["a", "-", "b", " ", f"x{'y' * 1_000}z", "."]
    assert set(said[4:-6]) == {sign}


def test_a_long_run_of_letters_with_marks_is_cut_in_no_word() -> None:
    engine = spacy.blank("en")
    for word in ("ที่" * 300, "ကျွန်တော့်" * 90, "a\u0301" * 500):
        assert SpacyReader(engine).read(f"{word} yes", spelled) == [(word, " "), ("yes", "")]


def spelled(document: Any) -> list[tuple[str, str]]:
    return [(word.text, word.whitespace_) for word in document]


def test_an_error_leaves_it_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SpacyReader(spacy.blank("en"))
    monkeypatch.setattr(spacy_models, "KEPT_WORDS", 0)
    monkeypatch.setattr(spacy_models, "MEMORY", 10)
    with pytest.raises(ZeroDivisionError):
        reader.read("one two three", lambda document: 1 // 0)
    assert reader.read("four five six", words) == ["four", "five", "six"]


def test_text_longer_than_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SpacyReader(spacy.blank("en"))
    monkeypatch.setattr(spacy_models, "KEPT_WORDS", 0)
    monkeypatch.setattr(spacy_models, "MEMORY", 10)
    assert len(reader.read(strange_text(1, 500), words)) == 500
