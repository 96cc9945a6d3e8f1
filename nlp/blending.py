"""Blending: how much of the say meaning, words and the likeness word by word have, learnt from held-out texts.

Each gives every intent a number, and a logistic model over these numbers gives the chances (stacking; Wolpert 1992).
What is right depends on how many examples there are: few tell little of words, and much by their likeness.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import minimize

from nlp.meaning import Blend, blended

Array = np.ndarray[Any, Any]

USUAL = {False: Blend(meaning=1.2, words=1.3, likeness=0.0), True: Blend(meaning=1.0, words=1.0, likeness=8.0)}
"""What is usually learnt, without and with the words of utterances: learning starts from here, and few examples move it
little. Chosen on draws from the training data of BANKING77 and CLINC150."""

PRIOR_EXAMPLES = 3
LARGEST = 50.0
STEPS = 100


class BlendLearning:
    """Collects held-out texts of each fold, then learns from all of them."""

    def __init__(self) -> None:
        self._numbers: list[tuple[Array, Array, Array]] = []
        self._truth: list[int] = []
        self._known = False

    def add(self, meant: Array, margins: Array, likeness: Array | None, truth: int, nothing: int | None) -> None:
        """What is said for each label about one text, as for `blended`, and which of them is right.

        The label `nothing` is no intent, and has no part in it.
        """
        self._known = self._known or likeness is not None
        rows = [meant, margins, np.zeros(len(meant)) if likeness is None else likeness]
        if nothing is not None:
            rows = [np.delete(row, nothing) for row in rows]
            truth -= truth > nothing
        self._numbers.append((rows[0], rows[1], rows[2]))
        self._truth.append(truth)

    def learn(self) -> Blend:
        """The blend that makes the held-out texts most likely, drawn to what is usual."""
        usual = USUAL[self._known]
        if not self._truth:
            return usual
        start = np.array(msgspec.structs.astuple(usual))
        numbers = [np.array(rows) for rows in zip(*self._numbers, strict=True)]
        found = minimize(
            _loss, start, args=(numbers, np.array(self._truth), start), jac=True, method="L-BFGS-B",
            bounds=[(0.0, LARGEST)] * 2 + [(0.0, LARGEST if self._known else 0.0)], options={"maxiter": STEPS},
        ).x  # fmt: skip
        return Blend(*(round(float(number), 4) for number in found))


def _loss(point: Array, numbers: Sequence[Array], truth: Array, usual: Array) -> tuple[float, Array]:
    """How unlikely the truth is, with its slope."""
    rows = np.arange(len(truth))
    chances = blended(Blend(*point.tolist()), *numbers)
    loss = -float(np.log(chances[rows, truth] + 1e-12).mean())
    chances[rows, truth] -= 1.0
    slope = np.array([float((chances * one).sum()) for one in numbers]) / len(truth)
    give = np.maximum(usual, 0.5)
    pull = PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(truth))
    off = (point - usual) / give
    return loss + pull * float((off**2).sum()), slope + 2 * pull * off / give
