"""CountedTexts: thousands of texts at once become what a vocabulary makes of each of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.counted_texts import CountedTexts
from nlp.features import LENGTHS, LENGTHS_OF_MANY, learn_vocabulary

WORDS = st.sampled_from(["order", "orders", "the", "a", "Ünïcode", "don't", "12345", "!", "\U0001f600", "_", "日本"])
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=20), min_size=1, max_size=12)


@given(TEXTS, st.sampled_from([LENGTHS, LENGTHS_OF_MANY]), st.sampled_from([1, 2, 3]), st.data())
def test_a_part_of_the_texts_teaches_what_the_vocabulary_learns_from_it_and_reads_the_others_alike(
    texts: list[str], lengths: tuple[int, int], fewest: int, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, unique=True))
    plain = learn_vocabulary([texts[row] for row in rows], 0.5, lengths, fewest=fewest)
    known = CountedTexts(texts, lengths).learn(np.array(rows), 0.5, fewest)
    assert len(known) == len(plain)
    assert known.vocabulary().terms == plain.terms
    assert known.vocabulary().weights == plain.weights
    assert known.vocabulary().lengths == plain.lengths == lengths
    matrix, strange = known.matrix(np.arange(len(texts)))
    assert matrix.shape == (len(texts), len(plain))
    for row, text in enumerate(texts):
        columns, values, share = plain.read(text)
        assert matrix[row].indices.tolist() == columns
        assert matrix[row].data == pytest.approx(values, rel=1e-12)
        assert strange[row] == share


def test_rows_may_be_read_in_any_order_and_more_than_once() -> None:
    known = CountedTexts(["cancel my order", "where is it", "cancel it"]).learn(np.array([0, 2]))
    once, _ = known.matrix(np.array([0, 1, 2]))
    again, strange = known.matrix(np.array([2, 2, 0]))
    assert (again.toarray() == once.toarray()[[2, 2, 0]]).all()
    assert strange.tolist() == [0, 0, 0]
