"""Metrics: figures of a test: by intent, over all, out of scope, and how honest the confidence is."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import msgspec

from nlp.evaluation.outcomes import Outcome

BINS = 10
Z_95 = 1.959963984540054


class IntentFigures(msgspec.Struct, frozen=True):
    """One intent: how much of what was called so was right, how much of what is so was found."""

    intent: str
    support: int
    precision: float
    recall: float
    f1: float


class Confusion(msgspec.Struct, frozen=True):
    """How often one intent was taken for another."""

    expected: str
    intent: str
    count: int


class Bin(msgspec.Struct, frozen=True):
    """Outcomes whose confidence lies in a range: the mean confidence, and the share that was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


class Figures(msgspec.Struct, frozen=True):
    """The figures of a test. None where the test holds nothing to measure it by.

    `accuracy`: right answers among all, none of these included, with `low` and `high` its 95 % interval
    (Wilson, 1927). `in_scope_accuracy`: of utterances that have an intent. `best_guess_accuracy`: of the same,
    whatever the threshold. `none_recall`: of those that have none, how many got none. `auroc`: the chance that one
    with an intent is more confident than one without. `calibration_error`: Naeini et al., 2015, over ten bins.
    """

    count: int
    right: int
    accuracy: float
    low: float
    high: float
    macro_f1: float
    in_scope: int
    out_of_scope: int
    in_scope_accuracy: float | None
    best_guess_accuracy: float | None
    none_recall: float | None
    auroc: float | None
    calibration_error: float
    intents: tuple[IntentFigures, ...]
    confusions: tuple[Confusion, ...]
    bins: tuple[Bin, ...]


def measure(outcomes: Sequence[Outcome]) -> Figures:
    """All figures of at least one outcome."""
    known = [outcome for outcome in outcomes if outcome.in_scope]
    strange = [outcome for outcome in outcomes if not outcome.in_scope]
    right = sum(outcome.right for outcome in outcomes)
    low, high = wilson(right, len(outcomes))
    intents = by_intent(outcomes)
    bins = calibration_bins(outcomes)
    return Figures(
        count=len(outcomes),
        right=right,
        accuracy=right / len(outcomes),
        low=low,
        high=high,
        macro_f1=_mean([row.f1 for row in intents if row.support]),
        in_scope=len(known),
        out_of_scope=len(strange),
        in_scope_accuracy=_share([outcome.right for outcome in known]),
        best_guess_accuracy=_share([outcome.best == outcome.expected for outcome in known]),
        none_recall=_share([outcome.right for outcome in strange]),
        auroc=auroc([outcome.confidence for outcome in known], [outcome.confidence for outcome in strange]),
        calibration_error=sum(bin.count * abs(bin.confidence - bin.accuracy) for bin in bins) / len(outcomes),
        intents=intents,
        confusions=confusions(outcomes),
        bins=bins,
    )


def by_intent(outcomes: Sequence[Outcome]) -> tuple[IntentFigures, ...]:
    """Every intent that was expected or found, by name; where nothing was found, precision is 0."""
    expected = Counter(outcome.expected for outcome in outcomes)
    found = Counter(outcome.intent for outcome in outcomes)
    both = Counter(outcome.intent for outcome in outcomes if outcome.right)
    rows = []
    for intent in sorted({*expected, *found}):
        precision = both[intent] / found[intent] if found[intent] else 0.0
        recall = both[intent] / expected[intent] if expected[intent] else 0.0
        f1 = 2 * both[intent] / (expected[intent] + found[intent])
        rows.append(IntentFigures(intent, expected[intent], precision, recall, f1))
    return tuple(rows)


def confusions(outcomes: Sequence[Outcome]) -> tuple[Confusion, ...]:
    """What was taken for what, the most frequent first."""
    counts = Counter((outcome.expected, outcome.intent) for outcome in outcomes if not outcome.right)
    return tuple(
        Confusion(expected, intent, count)
        for (expected, intent), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that a positive scores above a negative, ties counting half (Mann and Whitney, 1947)."""
    if not positive or not negative:
        return None
    ranked = sorted([(score, True) for score in positive] + [(score, False) for score in negative])
    below, wins = 0, 0.0
    for _, group in groupby(ranked, key=lambda item: item[0]):
        tied = [is_positive for _, is_positive in group]
        ups = sum(tied)
        downs = len(tied) - ups
        wins += ups * (below + downs / 2)
        below += downs
    return wins / (len(positive) * len(negative))


def calibration_bins(outcomes: Sequence[Outcome], count: int = BINS) -> tuple[Bin, ...]:
    """Outcomes by the confidence of the best intent, in ranges of equal width; empty ones are left out.

    Right is what the best guess has right: an utterance without an intent is never right here, so confidence
    in it counts as false confidence.
    """
    groups: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(min(int(outcome.confidence * count), count - 1), []).append(outcome)
    rows = []
    for number, group in sorted(groups.items()):
        confidence = math.fsum(outcome.confidence for outcome in group) / len(group)
        accuracy = sum(outcome.in_scope and outcome.best == outcome.expected for outcome in group) / len(group)
        rows.append(Bin(number / count, (number + 1) / count, len(group), confidence, accuracy))
    return tuple(rows)


def wilson(right: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """The interval in which a share lies with 95 % (Wilson, 1927); it holds for small counts too."""
    if not count:
        return 0.0, 1.0
    share = right / count
    middle = share + z * z / (2 * count)
    width = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low = 0.0 if right == 0 else (middle - width) / scale  # exactly, which the sum would miss by rounding
    high = 1.0 if right == count else (middle + width) / scale
    return low, high


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
