"""Significance: whether a difference between two classifiers is more than luck."""

import math
from collections.abc import Sequence

import msgspec

LEVEL = 0.05
"""A difference is called significant where chance alone makes one as large less often than this."""

MAX_STEPS = 10_000

LEAST_TOLD = 0.001


def p_told(p_value: float) -> str:
    """The p-value as it is told: never 0, which no test finds."""
    return f"p = {p_value:.3f}" if p_value >= LEAST_TOLD else f"p < {LEAST_TOLD}"


class Paired(msgspec.Struct, frozen=True):
    """Two classifiers on the same utterances: what only the second has right, only the first, and the p-value."""

    better: int
    worse: int
    p_value: float

    @property
    def significant(self) -> bool:
        return self.p_value < LEVEL


def mcnemar(better: int, worse: int) -> Paired:
    """McNemar's test in its exact, two-sided form: a fair coin for every utterance they differ on.

    Reference: McNemar, 1947; the exact form is the sign test on the pairs that differ.
    """
    count = better + worse
    if not count:
        return Paired(better, worse, 1.0)
    fewer = min(better, worse)
    tail = math.fsum(_binomial_half(number, count) for number in range(fewer + 1))
    return Paired(better, worse, min(1.0, 2 * tail))


def _binomial_half(number: int, count: int) -> float:
    """The chance of `number` heads in `count` fair tosses."""
    logarithm = math.lgamma(count + 1) - math.lgamma(number + 1) - math.lgamma(count - number + 1)
    return math.exp(logarithm - count * math.log(2))


class Resampled(msgspec.Struct, frozen=True):
    """The mean difference over runs of cross-validation, Student's t of it (0 where all are equal), and the p-value."""

    difference: float
    t: float
    p_value: float
    runs: int

    @property
    def significant(self) -> bool:
        return self.p_value < LEVEL


def corrected_resampled_t(differences: Sequence[float], test_share: float) -> Resampled:
    """The corrected resampled t-test over the differences of paired runs, two-sided.

    Folds share training data, so the plain t-test finds differences that are not there; the variance is
    multiplied by 1/runs + test/train instead of 1/runs (Nadeau and Bengio, 2003, "Inference for the
    Generalization Error", Machine Learning 52). `test_share`: tested utterances per utterance trained on.
    """
    runs = len(differences)
    if runs < 2:
        return Resampled(differences[0] if differences else 0.0, 0.0, 1.0, runs)
    mean = math.fsum(differences) / runs
    variance = math.fsum((difference - mean) ** 2 for difference in differences) / (runs - 1)
    if variance <= 1e-18:  # the same in every run: there is no t, and a sign test says how much that tells
        return Resampled(mean, 0.0, 1.0 if abs(mean) < 1e-12 else min(1.0, 2.0 ** (1 - runs)), runs)
    t = mean / math.sqrt((1 / runs + test_share) * variance)
    return Resampled(mean, t, student_two_sided(t, runs - 1), runs)


def student_two_sided(t: float, freedom: int) -> float:
    """The chance that Student's t is at least as far from 0, by the incomplete beta function."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, as a continued fraction (DLMF 8.17.22; Lentz's method)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    c, d = 1.0, 1.0 / (1 - (a + b) * x / (a + 1) or tiny)
    value = d
    for step in range(1, MAX_STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        change = 1.0
        for term in (even, odd):
            d = 1.0 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            change = c * d
            value *= change
        if abs(change - 1) < 1e-14:
            break
    return min(1.0, front * value)
