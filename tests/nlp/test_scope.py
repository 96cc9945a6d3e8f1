"""Scope: what a text is like, what that tells of its being in scope, and how that is learnt."""

from typing import Any

import numpy as np
import pytest

from nlp.meaning import Meaning
from nlp.scope import Evidence, Scope, in_scope, read
from nlp.scope_learning import USUAL, ScopeLearning
from nlp.word_likeness import WordLikeness, packed_words

COUNT, NOTHING = 4, 1
DIMENSIONS = 8


def meaning(*, words: bool = True, strangers: bool = True) -> Meaning:
    """Label `i` is about direction `i`, with two utterances; label 1 is "none of these"."""
    labels = [label for label in range(COUNT) if strangers or label != NOTHING]
    vectors = np.repeat(np.eye(DIMENSIONS)[labels], 2, axis=0)
    starts = np.searchsorted(np.repeat(labels, 2), np.arange(COUNT + 1))
    said = [packed_words(vector[None]) for vector in vectors]
    return Meaning(
        10 * np.eye(DIMENSIONS)[:, :COUNT], np.zeros(COUNT), np.rint(vectors * 127).astype(np.int8),
        np.full(len(vectors), 1 / 127, dtype=np.float32), starts, WordLikeness.of(said, DIMENSIONS) if words else None,
    )  # fmt: skip


def text(**directions: float) -> Any:
    found = np.zeros(DIMENSIONS, dtype=np.float32)
    for name, share in directions.items():
        found[int(name[1:])] = share
    return found / np.linalg.norm(found)


def evidence(vector: Any, **kind: bool) -> Evidence:
    said = packed_words(vector[None])
    return read(meaning(**kind), None, vector, said, NOTHING).evidence


def test_a_text_like_an_utterance_has_all_evidence_for_it() -> None:
    found = evidence(text(d2=1))
    assert found.chance == pytest.approx(0, abs=0.01) and found.nothing == pytest.approx(0, abs=0.01)
    assert found.nearness == pytest.approx(2 / 5, abs=0.01), "two of the nearest five are the same, three are foreign"
    assert found.likeness == pytest.approx(1, abs=0.02) and found.contrast == pytest.approx(1, abs=0.02)


def test_a_text_like_none_of_these_has_it_against_it() -> None:
    found = evidence(text(d1=1))
    assert found.nothing > 0.99 and found.chance < -8
    assert found.nearness == pytest.approx(0, abs=0.01) and found.contrast == pytest.approx(-1, abs=0.02)


def test_what_is_not_known_tells_nothing() -> None:
    assert evidence(text(d2=1), words=False)[3:] == (0, 0)
    without = evidence(text(d2=1), strangers=False)
    assert without.likeness == pytest.approx(1, abs=0.02) and without.contrast == 0
    lonely = Meaning(
        np.zeros((DIMENSIONS, COUNT)), np.zeros(COUNT), np.zeros((0, DIMENSIONS), dtype=np.int8),
        np.zeros(0, dtype=np.float32), np.zeros(COUNT + 1, dtype=np.int64),
    )  # fmt: skip
    found = read(lonely, None, text(d0=1), None, NOTHING)
    assert found.likeness is None and found.evidence.nearness == 0


def test_labels_that_were_not_looked_at_are_as_little_like_it_as_the_least_of_the_others() -> None:
    found = read(meaning(), None, text(d0=1, d2=0.5), packed_words(text(d0=1, d2=0.5)[None]), NOTHING).likeness
    assert found is not None
    assert found[0] > found[2] > found[3] and found[NOTHING] == found[3]


def test_each_piece_of_evidence_moves_the_chance_as_its_weight_says() -> None:
    plain = Evidence(-0.1, 0.7, 0.1, 0.7, 0.2)
    for place, weight in enumerate(("chance", "nearness", "nothing", "likeness", "contrast")):
        more = Evidence(*(value + 0.1 * (at == place) for at, value in enumerate(plain)))
        weights = dict.fromkeys(Scope.__struct_fields__, 0.0) | {weight: 3.0}
        assert in_scope(Scope(**weights), more) > in_scope(Scope(**weights), plain)
    assert in_scope(USUAL, Evidence(-0.05, 0.75, 0.0, 0.8, 0.3)) > 0.9
    assert in_scope(USUAL, Evidence(-1.5, 0.35, 0.4, 0.45, -0.1)) < 0.1


def learnt(count: int) -> Scope:
    """From so many texts in scope and as many out of it, which only the contrast tells apart."""
    learning = ScopeLearning(NOTHING)
    dice = np.random.default_rng(1)
    for number in range(count):
        inside = number % 2 == 0
        strength = dice.uniform(0.3, 0.6)
        vector = text(d0=1, d1=1 - strength if inside else 1 + strength)
        learning.add(
            meaning(), np.zeros((1, COUNT)), vector[None], np.array([0 if inside else NOTHING]),
            [packed_words(vector[None])],
        )  # fmt: skip
    return learning.learn()[0]


def test_it_learns_what_tells_them_apart_and_little_from_few() -> None:
    assert ScopeLearning(NOTHING).learn()[0] == USUAL
    few, many = learnt(4), learnt(200)
    assert USUAL.contrast < few.contrast < many.contrast
    assert learnt(200) == many, "the same texts, the same bits"
