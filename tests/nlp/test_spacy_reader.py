"""What spaCy remembers of the texts it read: the words it knows answer as new ones do, and there is an end to them."""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from nlp import spacy_models
from nlp.errors import Unavailable
from nlp.spacy_models import SpacyReader, load_spacy

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


def installed(folder: Path, name: str) -> Path:
    """A small model as pip would have installed it; gives the folder of its data."""
    engine = spacy.blank("en")
    engine.meta.update(name=name.removeprefix("en_"), version="1.0")
    data = folder / name / f"{name}-1.0"
    data.parent.mkdir()
    engine.to_disk(data)
    (data.parent / "meta.json").write_bytes((data / "meta.json").read_bytes())
    load = "import spacy.util as u\n\ndef load(**more):\n    return u.load_model_from_init_py(__file__, **more)\n"
    (data.parent / "__init__.py").write_text(load, "utf-8")
    (folder / f"{name}-1.0.dist-info").mkdir()
    (folder / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n", "utf-8")
    return data


@pytest.mark.parametrize(
    ("file", "content"),
    [("vocab/key2row", b"\x90"), ("vocab/vectors", b""), ("vocab/lookups.bin", b"\x81\x90\x01"), ("config.cfg", b"[")],
)
def test_a_damaged_model_is_refused_whatever_spacy_trips_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: bytes
) -> None:
    name = f"en_damaged_{Path(file).stem}"
    data = installed(tmp_path, name)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_spacy(name).lang == "en"
    (data / file).write_bytes(content)
    with pytest.raises(Unavailable, match=f"the spaCy model {name} cannot be loaded: run"):
        load_spacy(name)
