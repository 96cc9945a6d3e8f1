"""Cross-validation: fair folds, nothing tested that was learnt, and no difference where there is none."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.utterance import IntentScore
from nlp.doubles import folded
from nlp.errors import InvalidRequest
from nlp.evaluation.cross_validation import cross_validate
from nlp.evaluation.splits import runs, stratified_folds

from .outcomes import Fixed, examples

DATA = examples(*((f"{intent} {number}", intent) for intent in ("a", "b", "c") for number in range(20)))


class Oracle:
    """Knows the first word, except in a share of the texts; complains when it is tested on what it learnt."""

    def __init__(self, texts: Sequence[str], every: int) -> None:
        self.learnt = set(texts)
        self.every = every

    def scores(self, text: str) -> list[IntentScore]:
        assert text not in self.learnt
        wrong = self.every and int(text.split()[1]) % self.every == 0
        return [IntentScore("c" if wrong else text[0], 0.9)]


@given(
    rows=st.lists(st.tuples(st.text("xyz ", min_size=1), st.sampled_from("abc")), min_size=5, max_size=60),
    folds=st.integers(2, 5), seed=st.integers(0, 3),
)  # fmt: skip
def test_folds(rows: list[tuple[str, str]], folds: int, seed: int) -> None:
    texts, intents = [row[0] for row in rows], [row[1] for row in rows]
    if len({folded(text) for text in texts}) < folds:
        with pytest.raises(InvalidRequest, match="cannot be cut"):
            stratified_folds(texts, intents, folds, seed)
        return
    parts = stratified_folds(texts, intents, folds, seed)
    assert sorted(row for part in parts for row in part) == list(range(len(rows)))
    words = [{folded(texts[row]) for row in part} for part in parts]
    assert sum(map(len, words)) == len(set().union(*words))
    assert parts == stratified_folds(texts, intents, folds, seed)


def test_every_fold_has_its_share_of_each_intent() -> None:
    texts, intents = [row.text for row in DATA], [row.intent for row in DATA]
    for _, train, test in runs(texts, intents, 5, 2):
        assert Counter(intents[row] for row in test) == {"a": 4, "b": 4, "c": 4}
        assert not set(train) & set(test)


def test_a_better_pipeline_is_found_and_an_equal_one_is_not() -> None:
    trainers = [
        ("all", lambda texts, intents: Oracle(texts, 0)),
        ("same", lambda texts, intents: Oracle(texts, 0)),
        ("half", lambda texts, intents: Oracle(texts, 2)),
    ]
    told: list[tuple[int, int]] = []
    found = cross_validate(trainers, DATA, folds=5, count=2, progress=lambda *done: told.append(done))
    assert [each.mean for each in found.pipelines[:2]] == [1.0, 1.0]
    assert [difference.test.significant for difference in found.differences] == [False, True]
    assert found.differences[1].sentence.startswith("half is worse than all by 33.3 points (p < 0.001")
    assert "do not differ significantly" in found.differences[0].sentence
    assert [row.text for row in found.pipelines[0].outcomes] == [row.text for row in DATA]
    assert told[-1] == (30, 30)


@pytest.mark.parametrize(
    ("rows", "folds", "says"),
    [
        (DATA[:20], 5, "needs two intents or more"),
        (DATA[18:22], 5, "4 different utterances cannot be cut into 5 folds"),
        (DATA, 1, "2 to 50 folds"),
    ],
)
def test_too_little(rows: list, folds: int, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InvalidRequest, match=says):
        cross_validate([("x", lambda texts, intents: Fixed({}))], rows, folds=folds)
