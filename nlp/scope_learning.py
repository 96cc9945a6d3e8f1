"""ScopeLearning: how chances and neighbours of held-out texts become the chance that a text is in scope."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import minimize

from nlp.blending import BlendLearning
from nlp.meaning import Blend, Meaning
from nlp.scope import Evidence, Scope, read

Array = np.ndarray[Any, Any]

OUT_OF_SCOPE_SHARE = 0.2
"""How many messages are expected to be about nothing that the bot knows, when confidence is calibrated."""

USUAL = Scope(constant=-5.5, chance=1.3, nearness=10.0, nothing=-6.0, likeness=2.0, contrast=2.0)
"""What is usually learnt: it starts from here, and few examples move it little."""

GIVE = np.array([3.0, 1.0, 6.0, 6.0, 2.0, 2.0])
"""How far the constant and the weights of the evidence usually lie from that."""

PRIOR_EXAMPLES = 3
STEPS = 300


class ScopeLearning:
    """Collects held-out texts of each fold, then learns from all of them."""

    def __init__(self, nothing: int | None) -> None:
        self.nothing = nothing
        self._evidence: list[Evidence] = []
        self._kinds: list[int] = []  # 1 in scope, 0 of an intent held out whole, -1 said to be none of these
        self._blending = BlendLearning()

    def add(
        self, meaning: Meaning, margins: Array, vectors: Array, truth: Array, said: Sequence[Array] | None = None
    ) -> None:
        """Texts with what words say of them, their vectors, and their labels; -1 for an intent held out whole.

        `said` are the words of each text, as the encoder understands them.
        """
        for number, (words, vector, label) in enumerate(zip(margins, vectors, truth.tolist(), strict=True)):
            reading = read(meaning, words, vector, None if said is None else said[number], self.nothing)
            self._evidence.append(reading.evidence)
            self._kinds.append(-1 if label == self.nothing else int(label >= 0))
            if self._kinds[-1] == 1:
                self._blending.add(reading.meant, words, reading.likeness, label, self.nothing)

    def learn(self) -> tuple[Scope, Blend]:
        """The most likely scope and blend; what is usual where there is nothing to learn from."""
        return self._scope(), self._blending.learn()

    def _scope(self) -> Scope:
        kinds = np.array(self._kinds, dtype=np.int64)
        if not (kinds == 1).any() or not (kinds < 1).any():
            return USUAL
        evidence = np.column_stack([np.ones(len(kinds)), np.array(self._evidence)])
        found = _logistic(evidence, (kinds == 1).astype(np.float64), shares_of(kinds))
        return Scope(*(round(float(number), 4) for number in found))


def shares_of(kinds: Array) -> Array:
    """The weight of each text (kinds: 1 in scope, 0 of an intent held out whole, -1 said to be none of these).

    Those out of scope have their expected share, half of it each kind of them.
    """
    shares = np.zeros(len(kinds))
    outside = [kind for kind in (0, -1) if (kinds == kind).any()]
    shares[kinds == 1] = (1 - OUT_OF_SCOPE_SHARE) / (kinds == 1).sum()
    for kind in outside:
        shares[kinds == kind] = OUT_OF_SCOPE_SHARE / len(outside) / (kinds == kind).sum()
    return shares


def _logistic(evidence: Array, inside: Array, shares: Array) -> Array:
    """The weights of a logistic regression that is drawn to what is usual."""
    usual = np.array(msgspec.structs.astuple(USUAL))
    pull = PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(inside)) / GIVE**2

    def loss(weights: Array) -> tuple[float, Array]:
        logits = evidence @ weights
        off = weights - usual
        unlikely = float((shares * np.logaddexp(0.0, np.where(inside, -logits, logits))).sum())
        slope = evidence.T @ (shares * (1 / (1 + np.exp(-np.clip(logits, -50, 50))) - inside))
        return unlikely + float((pull * off**2).sum()) / 2, slope + pull * off

    found: Array = minimize(loss, usual, jac=True, method="BFGS", options={"maxiter": STEPS, "gtol": 1e-7}).x
    return found
