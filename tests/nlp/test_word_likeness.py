"""Likeness word by word, and how much of the say it gets: learnt from held-out texts, if there are enough."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.blending import USUAL, BlendLearning
from nlp.encoder import load_encoder
from nlp.errors import Unavailable
from nlp.meaning import COMPARED, Blend, Meaning, blended
from nlp.word_likeness import WORD_DIMENSIONS, WORD_STEPS, WordLikeness, packed_words, words_of

DIMENSIONS = 6


def rows(dice: np.random.Generator, count: int) -> Any:
    found = dice.standard_normal((count, DIMENSIONS))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_likeness_is_the_mean_of_the_best_cosine_of_each_word(counts: list[int], said: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    utterances = [packed_words(rows(dice, count)) for count in counts]
    text = packed_words(rows(dice, said))
    chosen = dice.permutation(len(counts)).tolist()
    found = WordLikeness.of(utterances, DIMENSIONS).likeness(text, chosen)
    for number, likeness in zip(chosen, found, strict=True):
        cosines = (text / WORD_STEPS) @ (utterances[number] / WORD_STEPS).T
        assert likeness == pytest.approx(cosines.max(axis=1).mean(), abs=1e-5)


def test_an_utterance_is_as_like_itself_as_can_be_whatever_the_order_of_its_words() -> None:
    words = packed_words(rows(np.random.default_rng(1), 4))
    assert WordLikeness.of([words], DIMENSIONS).likeness(words[::-1], [0])[0] == pytest.approx(1.0, abs=0.02)


def test_the_likest_of_the_nearest_utterances_speaks_for_its_label() -> None:
    dice = np.random.default_rng(2)
    vectors = rows(dice, 3 * (COMPARED + 2)).astype(np.float32)
    said = [packed_words(rows(dice, 3)) for _ in vectors]
    starts = np.array([0, COMPARED + 2, 2 * (COMPARED + 2), 2 * (COMPARED + 2), len(vectors)])
    meaning = Meaning(
        np.zeros((DIMENSIONS, 4)), np.zeros(4), np.rint(vectors * 127).astype(np.int8),
        np.full(len(vectors), 1 / 127, dtype=np.float32), starts, WordLikeness.of(said, DIMENSIONS),
    )  # fmt: skip
    vector, text = vectors[0], packed_words(rows(dice, 2))
    near = meaning.near(vector, [0, 1, 2])
    assert [row.label for row in near] == [0, 1], "label 2 has no utterances"
    found = meaning.likest(text, near)
    assert found is not None
    for row, likeness in zip(near, found, strict=True):
        nearest = row.first + np.argsort(-row.cosines)[:COMPARED]
        assert likeness == meaning.words.likeness(text, nearest.tolist()).max()  # type: ignore[union-attr]
    assert meaning.likest(None, near) is None


def held_out(seed: int, count: int, sure: tuple[float, float, float]) -> tuple[list[Any], list[int]]:
    """Texts of which each number tells the truth as well as `sure` says."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, 4, count)
    numbers = [dice.standard_normal((count, 4)) + share * np.eye(4)[truth] for share in sure]
    return list(zip(*numbers, strict=True)), truth.tolist()


def test_what_tells_the_truth_gets_the_say_and_the_chances_are_honest() -> None:
    learning = BlendLearning()
    for (meant, margins, likeness), label in zip(*held_out(3, 3_000, (2.0, 0.0, 1.0)), strict=True):
        learning.add(meant, margins, likeness, label, None)
    blend = learning.learn()
    assert blend.meaning == pytest.approx(2.0, abs=0.3) and blend.likeness == pytest.approx(1.0, abs=0.3)
    assert blend.words < 0.15


def test_with_nothing_to_learn_from_it_is_what_is_usual_and_with_little_near_it() -> None:
    assert BlendLearning().learn() == USUAL[False]
    learning = BlendLearning()
    for (meant, margins, likeness), label in zip(*held_out(4, 2, (9.0, 9.0, 9.0)), strict=True):
        learning.add(meant, margins, likeness, label, None)
    blend, usual = learning.learn(), USUAL[True]
    assert all(0.5 * old < new < 2 * old for new, old in zip(
        (blend.meaning, blend.words, blend.likeness), (usual.meaning, usual.words, usual.likeness), strict=True
    ))  # fmt: skip


def test_none_of_these_has_no_part_in_it() -> None:
    plain, with_nothing = BlendLearning(), BlendLearning()
    for (meant, margins, likeness), label in zip(*held_out(5, 200, (1.0, 0.5, 0.5)), strict=True):
        plain.add(meant, margins, likeness, label, None)
        wide = [np.insert(row, 1, 50.0) for row in (meant, margins, likeness)]
        with_nothing.add(wide[0], wide[1], wide[2], label + (label >= 1), 1)
    assert plain.learn() == with_nothing.learn()


def test_without_likeness_it_has_no_say() -> None:
    learning = BlendLearning()
    for (meant, margins, _), label in zip(*held_out(6, 100, (1.0, 1.0, 0.0)), strict=True):
        learning.add(meant, margins, None, label, None)
    assert learning.learn().likeness == 0


def test_a_blend_of_one_number_is_its_softmax() -> None:
    chances = blended(Blend(1.0, 0.0, 0.0), np.log([0.2, 0.3, 0.5]), np.array([9.0, 0, 0]), np.array([0, 9.0, 0]))
    assert chances == pytest.approx([0.2, 0.3, 0.5])


def test_the_real_encoder_tells_of_words_in_their_text() -> None:
    try:
        encoder = load_encoder()
    except Unavailable as reason:
        pytest.skip(str(reason))
    found = words_of(encoder, ["I sat on the bank of the river", "the bank blocked my card", "", "money"])
    assert found is not None
    river, money, nothing, word = found
    assert river.dtype == np.int8 and river.shape == (8, WORD_DIMENSIONS)
    for words in found:
        assert np.linalg.norm(words / WORD_STEPS, axis=1) == pytest.approx(1.0, abs=0.05)
    assert len(nothing) >= 1 and len(word) == 1
    cosine = (river[4] / WORD_STEPS) @ (money[1] / WORD_STEPS)
    assert cosine < 0.9, "the same word in two texts is not the same"
    again = words_of(encoder, ["the bank blocked my card"])
    assert again is not None and (again[0] == money).all()
