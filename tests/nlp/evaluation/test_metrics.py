"""Metrics: the same figures as scikit-learn and SciPy give, and sense where there is little to measure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.evaluation.metrics import auroc, calibration_bins, confusions, measure, wilson
from nlp.evaluation.significance import corrected_resampled_t, mcnemar, student_two_sided
from nlp.project import NONE_OF_THESE

from .outcomes import outcome

LABELS = st.sampled_from(["a", "b", "c", NONE_OF_THESE])


@given(rows=st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40))
def test_as_scikit_learn_counts(rows: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, found = [row[0] for row in rows], [row[1] for row in rows]
    figures = measure([outcome(str(number), *row) for number, row in enumerate(rows)])
    labels = sorted({*truth, *found})
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, found, labels=labels, zero_division=0
    )
    assert [row.intent for row in figures.intents] == labels
    assert [row.support for row in figures.intents] == support.tolist()
    for column, values in (("precision", precision), ("recall", recall), ("f1", f1)):
        assert [getattr(row, column) for row in figures.intents] == pytest.approx(values.tolist())
    assert figures.accuracy == pytest.approx(metrics.accuracy_score(truth, found))
    assert figures.low <= figures.accuracy <= figures.high
    assert sum(row.count for row in figures.confusions) == figures.count - figures.right


SCORES = st.lists(st.floats(0, 1).map(lambda value: round(value, 1)), min_size=1, max_size=20)


@given(positive=SCORES, negative=SCORES)
def test_auroc_as_scikit_learn(positive: list[float], negative: list[float]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth = [1] * len(positive) + [0] * len(negative)
    assert auroc(positive, negative) == pytest.approx(metrics.roc_auc_score(truth, positive + negative))


def test_what_cannot_be_measured_is_none() -> None:
    figures = measure([outcome("x", "a", "a", ("a", 0.9))])
    assert (figures.none_recall, figures.auroc, figures.in_scope_accuracy) == (None, None, 1.0)
    figures = measure([outcome("x", NONE_OF_THESE, NONE_OF_THESE)])
    assert (figures.none_recall, figures.auroc, figures.in_scope_accuracy, figures.best_guess_accuracy) == (
        1.0, None, None, None,
    )  # fmt: skip


def test_calibration() -> None:
    rows = [outcome(str(number), "a", "a", ("a" if number < 8 else "b", 0.8)) for number in range(10)]
    assert measure(rows).calibration_error == pytest.approx(0.0)
    (bin,) = calibration_bins(rows)
    assert [bin.count, bin.confidence, bin.accuracy] == pytest.approx([10, 0.8, 0.8])
    sure = [outcome("x", NONE_OF_THESE, NONE_OF_THESE, ("a", 1.0))]
    assert measure(sure).calibration_error == 1.0


def test_confusions_by_count_then_name() -> None:
    rows = [outcome("1", "a", "b"), outcome("2", "a", "b"), outcome("3", "c", "a"), outcome("4", "b", "c")]
    assert [(row.expected, row.intent, row.count) for row in confusions(rows)] == [
        ("a", "b", 2), ("b", "c", 1), ("c", "a", 1),
    ]  # fmt: skip


@given(better=st.integers(0, 300), worse=st.integers(0, 300))
def test_mcnemar_as_scipy(better: int, worse: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(better, better + worse, 0.5).pvalue if better + worse else 1.0
    assert mcnemar(better, worse).p_value == pytest.approx(expected)
    assert mcnemar(better, worse).p_value == mcnemar(worse, better).p_value


@given(t=st.floats(-50, 50), freedom=st.integers(1, 200))
def test_student_as_scipy(t: float, freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert student_two_sided(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), abs=1e-6)


def test_corrected_t() -> None:
    """The correction makes a difference less certain than the plain t-test would."""
    stats = pytest.importorskip("scipy.stats")
    differences = [0.02, 0.01, 0.03, 0.00, 0.02, 0.01, 0.02, 0.03, 0.01, 0.02]
    found = corrected_resampled_t(differences, 1 / 9)
    plain = stats.ttest_1samp(differences, 0.0)
    assert found.p_value > plain.pvalue
    assert found.t == pytest.approx(plain.statistic * (0.1 / (0.1 + 1 / 9)) ** 0.5)
    assert corrected_resampled_t([0.0] * 5, 0.25).p_value == 1.0
    assert corrected_resampled_t([0.01] * 10, 0.25).significant
    assert not corrected_resampled_t([0.2, 0.2], 1.0).significant, "that two folds differ alike says little"
    assert not corrected_resampled_t([0.5], 0.25).significant


def test_wilson() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert list(wilson(31, 41)) == pytest.approx([0.607, 0.862], abs=1e-3)
    assert wilson(5, 5)[1] == pytest.approx(1.0)
