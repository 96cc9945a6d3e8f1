"""WordTable: related words come near each other, the same bits on every run, and no trust in changed files."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.distillation import distil, vocabulary_of
from nlp.errors import InvalidModel
from nlp.word_table import (
    ARRAYS_FILE,
    CARD_FILE,
    MAX_TEXT_LENGTH,
    MAX_WORD_LENGTH,
    MAX_WORDS,
    WordTable,
    load_table,
)  # fmt: skip

Array = np.ndarray[Any, Any]

VOCABULARY = (
    "[PAD]", "[UNK]", "[", "the", "money", "cash", "refund", "weather", "rain", "un", "##paid", "##ing", "cafe", "!",
)  # fmt: skip
SUBJECTS = {"money": 0, "cash": 0, "refund": 0, "paid": 0, "weather": 1, "rain": 1}


class Meanings:
    """An encoder that knows the subject of a word, and else only that words differ."""

    fingerprint = "meanings-1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], /) -> Array:
        self.asked += texts
        rows = []
        for text in texts:
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
            row = np.random.default_rng(seed).standard_normal(16) * 0.2
            if text in SUBJECTS:
                row[SUBJECTS[text]] += 2.0
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32)


@pytest.fixture(scope="module")
def table() -> WordTable:
    return distil(VOCABULARY, Meanings(), dimensions=8)


def nearness(table: WordTable, one: str, other: str) -> float:
    return float(table.row(one) @ table.row(other))


def test_words_of_one_meaning_are_near(table: WordTable) -> None:
    assert nearness(table, "money", "cash") > 0.7
    assert nearness(table, "money", "cash") > nearness(table, "money", "rain") + 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Money", "money"),
        ("café", "cafe"),
        ("money money", "money"),
        ("money, cash", "cash money"),
        ("money xyzzy", "money"),  # what cannot be made of known pieces is passed over
        ("money\x00", "money"),
        ("the_money", "the money"),
    ],
)
def test_texts_that_are_the_same_to_the_table(table: WordTable, one: str, other: str) -> None:
    assert nearness(table, one, other) == pytest.approx(1.0, abs=1e-3)


def test_a_word_is_made_of_the_longest_known_pieces(table: WordTable) -> None:
    pieces = [table.pieces[piece] for piece in ("un", "##paid", "##ing")]
    total = (table.values[pieces].astype(np.float32) * table.scales[pieces, None]).sum(axis=0)
    assert table.row("unpaiding") == pytest.approx(total / np.linalg.norm(total), abs=1e-6)
    assert not table.row("paiding").any()  # no word starts with this piece


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂🙂", "xyzzy", "\n\x00\t"])
def test_a_text_without_a_known_word_means_nothing(table: WordTable, text: str) -> None:
    row = table.row(text)
    assert row.shape == (table.dimensions,) and row.dtype == np.float32 and not row.any()


def test_the_signs_of_the_encoder_are_no_words() -> None:
    encoder = Meanings()
    table = distil(VOCABULARY, encoder, dimensions=8)
    assert "[PAD]" not in table.pieces and "[" in table.pieces
    assert "paid" in encoder.asked and "##paid" not in encoder.asked


def test_long_texts_and_words_are_bounded(table: WordTable) -> None:
    many = "money " * MAX_WORDS
    assert np.array_equal(table.row(many + "rain " * 1000), table.row(many))
    assert np.array_equal(table.row("x" * MAX_TEXT_LENGTH + " money"), table.row(""))
    assert np.array_equal(table.row("un" + "paid" * MAX_WORD_LENGTH), table.row(""))
    assert not table.row("z" * 1_000_000).any()


@given(st.lists(st.text(max_size=30), max_size=6))
def test_many_texts_are_read_as_each_on_its_own(texts: list[str]) -> None:
    table = distil(VOCABULARY, Meanings(), dimensions=8)
    rows = table.rows(texts)
    assert rows.shape == (len(texts), table.dimensions)
    assert all(np.array_equal(row, table.row(text)) for row, text in zip(rows, texts, strict=True))
    assert np.isfinite(rows).all()


def test_the_same_encoder_gives_the_same_bytes(table: WordTable, tmp_path: Path) -> None:
    table.save(tmp_path / "one")
    again = distil(VOCABULARY, Meanings(), dimensions=8)
    again.save(tmp_path / "two")
    for name in (ARRAYS_FILE, CARD_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    loaded = load_table(tmp_path / "one")
    assert loaded is not None
    assert (loaded.fingerprint, loaded.encoder) == (table.fingerprint, "meanings-1")
    assert np.array_equal(loaded.row("my cash refund"), table.row("my cash refund"))


def test_there_may_be_no_table(tmp_path: Path) -> None:
    assert load_table(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        (ARRAYS_FILE, lambda data: data[:-1] + b"x", "changed after it was made"),
        (ARRAYS_FILE, lambda data: b"", "changed after it was made"),
        (CARD_FILE, lambda data: data.replace(b'"format": 1', b'"format": 9'), "format 9"),
        (CARD_FILE, lambda data: b"{", "words.json"),
        (CARD_FILE, lambda data: data.replace(b'"encoder"', b'"coder"'), "coder"),
    ],
)
def test_a_changed_file_is_refused(table: WordTable, tmp_path: Path, name: str, change: Any, reason: str) -> None:
    table.save(tmp_path)
    path = tmp_path / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InvalidModel, match=reason) as caught:
        load_table(tmp_path)
    assert "botkit nlp distil" in str(caught.value)


def test_a_file_that_is_gone_is_refused(table: WordTable, tmp_path: Path) -> None:
    table.save(tmp_path)
    (tmp_path / ARRAYS_FILE).unlink()
    with pytest.raises(InvalidModel, match="cannot be read"):
        load_table(tmp_path)


@pytest.mark.parametrize(
    ("pieces", "values", "scales", "reason"),
    [
        (["a", "a"], np.zeros((2, 3), np.int8), np.ones(2, "<f4"), "twice"),
        (["a", "b"], np.zeros((1, 3), np.int8), np.ones(2, "<f4"), "number of rows"),
        (["a", "b"], np.zeros((2, 3), np.float32), np.ones(2, "<f4"), "number of rows"),
        (["a", "b"], np.zeros((2, 0), np.int8), np.ones(2, "<f4"), "size of a row"),
        (["a", "b"], np.zeros((2, 3), np.int8), np.array([1, np.nan], "<f4"), "not a number"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(
    tmp_path: Path, pieces: list[str], values: Array, scales: Array, reason: str
) -> None:
    table = WordTable(["a", "b"], values, scales)
    table.pieces = _Pieces(pieces)
    table.save(tmp_path)
    with pytest.raises(InvalidModel, match=reason):
        load_table(tmp_path)


class _Pieces(dict[str, int]):
    """Pieces as a damaged file may have them: the same one twice."""

    def __init__(self, pieces: Sequence[str]) -> None:
        super().__init__()
        self._all = pieces

    def __iter__(self) -> Any:
        return iter(self._all)


@pytest.mark.parametrize(
    ("vocabulary", "reason"), [([], "2 to"), (["a"], "2 to"), (["[CLS]", "a"], "2 to"), (["a", "b", "a"], "twice")]
)
def test_a_vocabulary_that_is_no_use_is_refused(vocabulary: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        distil(vocabulary, Meanings())


def test_distilling_says_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    distil(VOCABULARY, Meanings(), dimensions=8, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 12), (12, 12)]


def test_the_vocabulary_is_that_of_the_encoder_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": {"b": 1, "a": 2, "[PAD]": 0}}}))
    assert vocabulary_of(tmp_path) == ["[PAD]", "b", "a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"model": {"type": "Unigram", "vocab": []}}', "needs WordPiece"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"model": {"type": "WordPiece"}}', "vocab"),
    ],
)
def test_a_tokenizer_of_another_kind_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(InvalidModel, match=reason):
        vocabulary_of(tmp_path)
