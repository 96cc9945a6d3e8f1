"""Calibration: how margins of held-out texts become probabilities that are honest, of few examples too."""

import math
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import minimize

from nlp.intent_model import probabilities
from nlp.scope_learning import shares_of

Array = np.ndarray[Any, Any]

PRIOR_EXAMPLES = 5
"""What is usual counts as much as so many held-out texts."""

USUAL_SLOPE, USUAL_STRANGENESS = 5.6, 0.5
GIVE = np.array([0.2, 0.2, 0.15, 0.3])
"""How far the logarithm of the slope, the margin of "none of these", what strange words add to it, and what is added
to the label of that name usually lie from what is usual. Chosen, as are the usual values, on small projects that were
drawn from the training data of BANKING77 and CLINC150."""

FLATTEST, STEEPEST = 1.0, 20.0
LARGEST_MARGIN = 1.5
MOST_STRANGENESS = 0.7
"""Held-out texts of a template have no strange words, and those out of scope have: customers are not like that."""
STEPS = 100

MANY_INTENTS = 3
PAIR_SLOPE, PAIR_MARGIN = 6.8, 0.15


class Calibration(msgspec.Struct, frozen=True):
    """The slope of margins, the margin of "none of these", what a share of strange words adds to that margin,
    and what is added to the margin of the label `none_of_these`."""

    slope: float
    none_margin: float
    strangeness: float
    none_bias: float = 0.0


def usual_calibration(examples: float, *, taught: bool, intents: int = MANY_INTENTS) -> Calibration:
    """What calibration usually is for a number of examples an intent; `taught`: there are some for none of these.

    The fewer examples there are, the lower are the margins of what is in scope. Where they are not taught, two intents
    are told from each other and not from all else, so that one of them always claims a text; and one intent claims by
    its likeness (see `word_learning`), which the number of examples does not change.
    """
    margin = -0.14 + 0.2 * math.log(max(examples, 1.0) / 12) - 0.1 * taught
    usual = Calibration(USUAL_SLOPE, round(max(-LARGEST_MARGIN, margin), 4), USUAL_STRANGENESS)
    if taught or intents >= MANY_INTENTS:
        return usual
    if intents == 1:
        return USUAL_ALONE
    return Calibration(PAIR_SLOPE, round(usual.none_margin + PAIR_MARGIN, 4), MOST_STRANGENESS)


USUAL_ALONE = Calibration(slope=6.8, none_margin=-1.05, strangeness=0.7)
"""That of a single intent. Like what is usual for a pair, it is chosen on intents drawn from the training data of
CLINC150 and BANKING77, with 3 to 30 examples each: nothing can be held out whole there to learn it from."""


class HeldOut:
    """Texts that were held out, fold by fold: their margins, their share of strange words, their labels."""

    def __init__(self, nothing: int | None) -> None:
        self.nothing = nothing
        self._margins: list[Array] = []
        self._strange: list[Array] = []
        self._truth: list[Array] = []

    def add(self, margins: Array, strange: Array, truth: Array) -> None:
        """A row of margins a text; the truth is -1 for texts of an intent that was held out whole."""
        self._margins.append(margins)
        self._strange.append(strange)
        self._truth.append(truth)

    def learn(self, usual: Calibration) -> Calibration:
        """The calibration that makes these texts most likely, drawn to what is usual; that one where there are none."""
        truth = np.concatenate([np.zeros(0, dtype=np.int64), *self._truth])
        kinds = np.where(truth < 0, 0, np.where(truth == self.nothing, -1, 1))
        if not (kinds == 1).any():
            return usual
        likelihood = _Likelihood(
            np.concatenate(self._margins), np.concatenate(self._strange), truth, kinds, self.nothing, usual
        )
        low, high = math.log(FLATTEST), math.log(STEEPEST)
        found = minimize(
            likelihood, likelihood.usual, jac=True, method="L-BFGS-B", options={"maxiter": STEPS},
            bounds=[(low, high), (-LARGEST_MARGIN, LARGEST_MARGIN), (0.0, MOST_STRANGENESS), (-1.0, 1.0)],
        ).x  # fmt: skip
        slope, margin, strangeness, bias = (float(number) for number in found)
        return Calibration(round(math.exp(slope), 4), round(margin, 4), round(strangeness, 4), round(bias, 4))


class _Likelihood:
    """How unlikely a calibration makes the texts, with its slope; those out of scope have their expected share."""

    def __init__(
        self, margins: Array, strange: Array, truth: Array, kinds: Array, nothing: int | None, usual: Calibration
    ) -> None:
        self.margins = margins
        self.strange = strange
        self.nothing = nothing
        self.weights = shares_of(kinds)
        self.usual = np.array([math.log(usual.slope), usual.none_margin, usual.strangeness, usual.none_bias])
        self.pull = PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(truth)) / GIVE**2
        inside = kinds == 1
        self.rows = np.flatnonzero(inside)
        self.labels = truth[inside]
        self.outside = np.flatnonzero(~inside)

    def __call__(self, point: Array) -> tuple[float, Array]:
        slope = math.exp(point[0])
        none = point[1] + point[2] * self.strange
        margins = self.margins
        if self.nothing is not None:
            margins = margins.copy()
            margins[:, self.nothing] += point[3]
        chances = probabilities(margins, slope, none)
        rest = np.maximum(1.0 - chances.sum(axis=1), 0.0)
        given = np.zeros_like(chances)  # the chances of labels, and of none, once the truth is known
        given[self.rows, self.labels] = 1.0
        known = np.zeros(len(chances))
        known[self.rows] = chances[self.rows, self.labels]
        known[self.outside] = rest[self.outside]
        given_rest = np.zeros(len(chances))
        if self.nothing is not None:
            known[self.outside] += chances[self.outside, self.nothing]
            given[self.outside, self.nothing] = chances[self.outside, self.nothing] / (known[self.outside] + 1e-12)
        given_rest[self.outside] = rest[self.outside] / (known[self.outside] + 1e-12)
        away = (chances - given) * self.weights[:, None]
        away_rest = (rest - given_rest) * self.weights
        by_slope = slope * (float((away * margins).sum()) + float((away_rest * none).sum()))
        by_bias = slope * float(away[:, self.nothing].sum()) if self.nothing is not None else 0.0
        by_strange = slope * float((away_rest * self.strange).sum())
        step = np.array([by_slope, slope * float(away_rest.sum()), by_strange, by_bias])
        off = point - self.usual
        loss = -float((self.weights * np.log(known + 1e-12)).sum()) + float((self.pull * off**2).sum())
        return loss, step + 2 * self.pull * off
