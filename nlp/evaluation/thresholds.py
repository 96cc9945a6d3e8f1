"""Thresholds: the risk and the coverage of every threshold, and the one that a stated goal asks for."""

import math
from collections.abc import Sequence

import msgspec

from nlp.errors import InvalidRequest
from nlp.evaluation.metrics import wilson
from nlp.evaluation.outcomes import Outcome

STEPS = 20
DIGITS = 3


class Point(msgspec.Struct, frozen=True):
    """What a threshold does. `coverage`: of the utterances with an intent, the share that is answered.

    `risk`: of all that is answered, the share with the wrong answer; an utterance without an intent that is
    answered counts as wrong. `none_recall`: of those without an intent, the share that is not answered; None
    where there are none. `accuracy`: right decisions among all. `risk_high`: the end of the risk's 95 % interval.
    """

    threshold: float
    answered: int
    wrong: int
    coverage: float
    risk: float
    risk_high: float
    accuracy: float
    none_recall: float | None


class Goal(msgspec.Struct, frozen=True):
    """What a threshold is chosen for: at most so much risk, at least so much coverage, or else right decisions."""

    max_risk: float | None = None
    min_coverage: float | None = None


class Choice(msgspec.Struct, frozen=True):
    """The point for a goal, why it is that one, and whether the goal is met; if not, it is the nearest."""

    point: Point
    because: str
    met: bool = True


def risk_coverage(outcomes: Sequence[Outcome]) -> list[Point]:
    """A point for each threshold that decides differently, from answering everything to answering nothing.

    Reference: Geifman and El-Yaniv, 2017, "Selective Classification for Deep Neural Networks".
    Raises `InvalidRequest` where no utterance has an intent.
    """
    known = [outcome for outcome in outcomes if outcome.in_scope]
    strange = len(outcomes) - len(known)
    if not known:
        raise InvalidRequest(
            "no utterance has an intent: a threshold needs some that have, and better some that have none"
        )
    scored = [outcome for outcome in outcomes if outcome.scores]  # without any, there is no answer at any threshold
    rows = sorted(scored, key=lambda outcome: -outcome.confidence)
    points = []
    answered = right = wrong_none = answered_known = 0
    for number, row in enumerate(rows):
        answered += 1
        answered_known += row.in_scope
        wrong_none += not row.in_scope
        right += row.in_scope and row.best == row.expected
        following = rows[number + 1].confidence if number + 1 < len(rows) else 0.0
        if following == row.confidence and number + 1 < len(rows):
            continue
        threshold = _between(following, row.confidence) if number + 1 < len(rows) else 0.0
        points.append(_point(threshold, answered, right, answered_known, wrong_none, len(known), strange))
    points.reverse()
    if not rows or rows[0].confidence < 1:
        points.append(_point(1.0, 0, 0, 0, 0, len(known), strange))
    return points


def _between(low: float, high: float) -> float:
    """A short number above `low` and not above `high`, near their middle."""
    for digits in range(DIGITS, 17):
        middle = round((low + high) / 2, digits)
        if low < middle <= high:
            return middle
    return high


def _point(
    threshold: float, answered: int, right: int, answered_known: int, answered_strange: int, known: int, strange: int
) -> Point:
    wrong = answered - right
    return Point(
        threshold=threshold,
        answered=answered,
        wrong=wrong,
        coverage=answered_known / known,
        risk=wrong / answered if answered else 0.0,
        risk_high=wilson(wrong, answered)[1],
        accuracy=(right + strange - answered_strange) / (known + strange),
        none_recall=1 - answered_strange / strange if strange else None,
    )


def choose(points: Sequence[Point], goal: Goal, count: int, usual: Point | None = None) -> Choice:
    """The threshold for a goal; where it cannot be reached, the one that comes nearest. `count`: of utterances.

    Without a goal it is the highest that has as many right decisions as the best, give or take one standard error:
    a few utterances cannot tell those apart, and a wrong answer does more harm than a question
    (the rule of one standard error: Breiman et al., 1984, "Classification and Regression Trees", section 3.4.3).
    Where no utterance without an intent was tried it is not below that of `usual`: what such utterances would get
    nobody has seen.
    """
    answering = [point for point in points if point.answered]
    if not answering:
        return Choice(points[0], "no utterance gets an answer, whatever the threshold", met=False)
    if goal != Goal():
        return _for_goal(answering, goal)
    most = max(point.accuracy for point in answering)
    error = math.sqrt(most * (1 - most) / count)
    cautious = max((point for point in answering if point.accuracy >= most - error), key=lambda point: point.threshold)
    if usual is not None and cautious.none_recall is None and cautious.threshold < usual.threshold:
        return Choice(usual, "the usual one, as no utterance without an intent was tried: a lower one answers those")
    return Choice(cautious, f"the most cautious within a standard error of the most right decisions ({most:.1%})")


def _for_goal(points: Sequence[Point], goal: Goal) -> Choice:
    covering = [point for point in points if point.coverage >= (goal.min_coverage or 0.0)]
    if not covering:
        nearest = max(points, key=lambda point: (point.coverage, -point.risk))
        return Choice(nearest, f"the largest coverage is {nearest.coverage:.1%}", met=False)
    enough = f" with a coverage of at least {goal.min_coverage:.1%}" if goal.min_coverage else ""
    safest = min(covering, key=lambda point: (point.risk, -point.coverage))
    if goal.max_risk is None:
        return Choice(safest, f"the smallest risk{enough}")
    fit = [point for point in covering if point.risk <= goal.max_risk]
    if not fit:
        return Choice(safest, f"the smallest risk{enough} is {safest.risk:.1%}", met=False)
    best = max(fit, key=lambda point: (point.coverage, -point.risk))
    return Choice(best, f"the largest coverage with a risk of at most {goal.max_risk:.1%}")


def table(outcomes: Sequence[Outcome], steps: int = STEPS) -> list[Point]:
    """The points at thresholds of equal distance, for people to read."""
    return [at(outcomes, step / steps) for step in range(steps + 1)]


def at(outcomes: Sequence[Outcome], threshold: float) -> Point:
    """What this threshold does."""
    known = sum(outcome.in_scope for outcome in outcomes)
    answered = [outcome for outcome in outcomes if outcome.scores and outcome.confidence >= threshold]
    right = sum(outcome.in_scope and outcome.best == outcome.expected for outcome in answered)
    in_scope = sum(outcome.in_scope for outcome in answered)
    return _point(
        threshold, len(answered), right, in_scope, len(answered) - in_scope, max(known, 1), len(outcomes) - known
    )
