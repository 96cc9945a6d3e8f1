"""Thresholds: risk and coverage as they are counted by hand, and the threshold for a stated goal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import InvalidRequest
from nlp.evaluation.metrics import measure
from nlp.evaluation.outcomes import Outcome, at_threshold
from nlp.evaluation.thresholds import Goal, at, choose, risk_coverage, table
from nlp.project import NONE_OF_THESE

from .outcomes import outcome

ROWS = [
    outcome("1", "a", "a", ("a", 0.9)),
    outcome("2", "a", "a", ("a", 0.8)),
    outcome("3", "a", "b", ("b", 0.6)),
    outcome("4", NONE_OF_THESE, "a", ("a", 0.4)),
    outcome("5", "b", "b", ("b", 0.3)),
]


def test_by_hand() -> None:
    points = risk_coverage(ROWS)
    assert [(point.answered, point.wrong) for point in points] == [(5, 2), (4, 2), (3, 1), (2, 0), (1, 0), (0, 0)]
    assert [point.coverage for point in points] == pytest.approx([1.0, 0.75, 0.75, 0.5, 0.25, 0.0])
    assert [point.threshold for point in points] == pytest.approx([0.0, 0.35, 0.5, 0.7, 0.85, 1.0])
    assert [point.none_recall for point in points] == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("goal", "threshold", "met"),
    [
        (Goal(max_risk=0.0), 0.7, True),
        (Goal(max_risk=0.4), 0.0, True),
        (Goal(max_risk=0.35), 0.5, True),
        (Goal(min_coverage=0.75), 0.5, True),
        (Goal(min_coverage=1.0), 0.0, True),
        (Goal(max_risk=0.0, min_coverage=0.9), 0.0, False),
        (Goal(max_risk=0.3, min_coverage=0.75), 0.5, False),
        (Goal(), 0.85, True),
    ],
)
def test_goals(goal: Goal, threshold: float, met: bool) -> None:
    choice = choose(risk_coverage(ROWS), goal, len(ROWS))
    assert choice.point.threshold == pytest.approx(threshold)
    assert choice.met is met


SILENT = [outcome("6", "a", NONE_OF_THESE)]


@pytest.mark.parametrize(
    ("rows", "goal", "because"),
    [
        (ROWS, Goal(max_risk=0.3, min_coverage=0.75), "the smallest risk with a coverage of at least 75.0% is 33.3%"),
        (ROWS[2:4], Goal(max_risk=0.2), "the smallest risk is 100.0%"),
        (ROWS + SILENT, Goal(min_coverage=0.9), "the largest coverage is 80.0%"),
        (ROWS + SILENT, Goal(max_risk=1.0, min_coverage=0.9), "the largest coverage is 80.0%"),
        (SILENT, Goal(max_risk=0.0), "no utterance gets an answer, whatever the threshold"),
        (SILENT, Goal(), "no utterance gets an answer, whatever the threshold"),
    ],
)
def test_a_goal_out_of_reach_has_the_nearest_figure(rows: list[Outcome], goal: Goal, because: str) -> None:
    choice = choose(risk_coverage(rows), goal, len(rows))
    assert (choice.met, choice.because) == (False, because)


def test_where_nothing_out_of_scope_was_tried_it_is_not_below_the_usual_one() -> None:
    rows = [outcome(str(number), "a", "a", ("a", 0.1 + 0.01 * number)) for number in range(60)]
    lowest = choose(risk_coverage(rows), Goal(), len(rows))
    assert lowest.point.threshold < 0.5
    choice = choose(risk_coverage(rows), Goal(), len(rows), at(rows, 0.5))
    assert choice.point.threshold == 0.5 and "no utterance without an intent" in choice.because
    assert choice.point.answered == sum(row.confidence >= 0.5 for row in rows)
    strange = [*rows, outcome("x", NONE_OF_THESE, "a", ("a", 0.05))]
    assert choose(risk_coverage(strange), Goal(), len(strange), at(strange, 0.5)).point.threshold < 0.5


OUTCOMES = st.lists(
    st.builds(
        lambda expected, best, confidence: outcome("x", expected, best, *[(best, confidence)] * (confidence < 1.01)),
        st.sampled_from(["a", "b", NONE_OF_THESE]), st.sampled_from(["a", "b"]),
        st.floats(0.01, 1.02).map(lambda value: round(value, 2)),
    ),
    min_size=1, max_size=30,
).filter(lambda rows: any(row.in_scope for row in rows))  # fmt: skip


@given(rows=OUTCOMES)
def test_a_point_tells_what_its_threshold_does(rows: list[Outcome]) -> None:
    for point in [*risk_coverage(rows), *table(rows)]:
        decided = at_threshold(rows, point.threshold)
        answered = [row for row in decided if row.intent != NONE_OF_THESE]
        assert point.answered == len(answered)
        assert point.wrong == sum(not row.right for row in answered)
        assert point.accuracy == pytest.approx(measure(decided).accuracy)


@given(rows=OUTCOMES)
def test_without_a_goal_caution_costs_a_standard_error_at_most(rows: list[Outcome]) -> None:
    chosen = choose(risk_coverage(rows), Goal(), len(rows)).point
    answering = [step / 100 for step in range(101) if any(row.confidence >= step / 100 for row in rows)]
    right = {threshold: measure(at_threshold(rows, threshold)).accuracy for threshold in [0.0, *answering]}
    most = max(right.values())
    enough = most - (most * (1 - most) / len(rows)) ** 0.5
    assert chosen.accuracy >= enough - 1e-9
    mine = at_threshold(rows, chosen.threshold)
    higher = [threshold for threshold in right if threshold > chosen.threshold]
    assert all(right[threshold] < enough + 1e-9 for threshold in higher if at_threshold(rows, threshold) != mine)


def test_nothing_in_scope() -> None:
    with pytest.raises(InvalidRequest, match="no utterance has an intent"):
        risk_coverage([outcome("1", NONE_OF_THESE, "a", ("a", 0.9))])
