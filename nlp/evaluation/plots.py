"""Plots: where the lines and boxes of a report's pictures lie. Drawing them is the template's part."""

from collections.abc import Sequence

import msgspec

from nlp.evaluation.metrics import Figures, IntentFigures
from nlp.evaluation.outcomes import Outcome
from nlp.evaluation.thresholds import Point, at, risk_coverage
from nlp.project import NONE_OF_THESE

SIDE = 300.0
"""Width and height of the square plots, in pixels; 0 is at the bottom."""

MAX_MATRIX = 20
MAX_BARS = 60
MAX_CURVE = 400
LABEL_LENGTH = 28


class Curve(msgspec.Struct, frozen=True):
    """Risk over coverage: a polyline, the largest risk on the axis, and where the threshold of the test lies."""

    line: str
    top: float
    mark_x: float
    mark_y: float
    mark: Point


class Cell(msgspec.Struct, frozen=True):
    """A field of the confusion matrix; `shade` is 0 to 1."""

    row: int
    column: int
    count: int
    shade: float
    right: bool


class Matrix(msgspec.Struct, frozen=True):
    """The intents that are confused most, and how often which was taken for which."""

    intents: tuple[str, ...]
    labels: tuple[str, ...]
    cells: tuple[Cell, ...]
    hidden: int


def curve(outcomes: Sequence[Outcome], threshold: float) -> Curve | None:
    """The risk-coverage curve; None where no utterance has an intent, or nothing is answered."""
    if not any(outcome.in_scope for outcome in outcomes):
        return None
    points = [point for point in risk_coverage(outcomes) if point.answered]
    if not points:
        return None
    step = max(1, len(points) // MAX_CURVE)
    thinned = [point for number, point in enumerate(points) if number % step == 0 or number == len(points) - 1]
    top = max(0.05, *(point.risk for point in points))
    mark = at(outcomes, threshold)
    line = " ".join(f"{_x(point.coverage):.1f},{_y(point.risk / top):.1f}" for point in thinned)
    return Curve(line, top, _x(mark.coverage), _y(mark.risk / top), mark)


def matrix(outcomes: Sequence[Outcome], figures: Figures) -> Matrix:
    """The confusion matrix of at most 20 intents: those in the most frequent confusions."""
    chosen: list[str] = []
    for row in figures.confusions:
        for intent in (row.expected, row.intent):
            if intent not in chosen and len(chosen) < MAX_MATRIX:
                chosen.append(intent)
    for figure in figures.intents:
        if figure.intent not in chosen and len(chosen) < MAX_MATRIX:
            chosen.append(figure.intent)
    order = sorted(chosen, key=lambda intent: (intent == NONE_OF_THESE, intent))
    place = {intent: number for number, intent in enumerate(order)}
    counts: dict[tuple[int, int], int] = {}
    for outcome in outcomes:
        if outcome.expected in place and outcome.intent in place:
            key = (place[outcome.expected], place[outcome.intent])
            counts[key] = counts.get(key, 0) + 1
    sums = [sum(count for (row, _), count in counts.items() if row == number) for number in range(len(order))]
    cells = tuple(
        Cell(row, column, count, count / sums[row], row == column) for (row, column), count in sorted(counts.items())
    )
    return Matrix(tuple(order), tuple(map(short, order)), cells, len(figures.intents) - len(order))


def bars(figures: Figures) -> tuple[IntentFigures, ...]:
    """The intents with the lowest F1, at most 60 of them."""
    tested = [row for row in figures.intents if row.support]
    return tuple(sorted(tested, key=lambda row: (row.f1, row.intent))[:MAX_BARS])


def short(label: str) -> str:
    """A label that fits beside a plot."""
    return label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "\u2026"


def _x(share: float) -> float:
    return SIDE * share


def _y(share: float) -> float:
    return SIDE * (1 - share)
