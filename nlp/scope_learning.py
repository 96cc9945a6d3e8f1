"""ScopeLearning: how chances and neighbours of held-out texts become the chance that a text is in scope."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp.blending import BlendLearning
from nlp.meaning import FAINTEST, Blend, Meaning, Scope, evidence_of, mixed, nearness, shortlist, softmax

Array = np.ndarray[Any, Any]

OUT_OF_SCOPE_SHARE = 0.2
"""How many messages are expected to be about nothing that the bot knows, when confidence is calibrated."""

USUAL = Scope(constant=-5.5, chance=1.3, nearness=12.0, nothing=-6.0)
"""What is usually learnt: it starts from here, and few examples move it little."""

GIVE = np.array([3.0, 1.0, 6.0, 6.0])
"""How far the constant and the weights of the evidence usually lie from that."""

PRIOR_EXAMPLES = 3
STEPS = 30


class ScopeLearning:
    """Collects held-out texts of each fold, then learns from all of them."""

    def __init__(self, nothing: int | None) -> None:
        self.nothing = nothing
        self._evidence: list[tuple[float, float, float, float]] = []
        self._kinds: list[int] = []  # 1 in scope, 0 of an intent held out whole, -1 said to be none of these
        self._blending = BlendLearning()

    def add(
        self, meaning: Meaning, margins: Array, vectors: Array, truth: Array, said: Sequence[Array] | None = None
    ) -> None:
        """Texts with what words say of them, their vectors, and their labels; -1 for an intent held out whole.

        `said` are the words of each text, as the encoder understands them.
        """
        for number, (words, vector, label) in enumerate(zip(margins, vectors, truth.tolist(), strict=True)):
            meant = meaning.logits(vector)
            among, nothing = evidence_of(mixed(words, softmax(meant)), self.nothing)
            near = meaning.near(vector, shortlist(among))
            self._evidence.append((1.0, math.log(float(among.max()) + FAINTEST), nearness(near), nothing))
            self._kinds.append(-1 if label == self.nothing else int(label >= 0))
            if self._kinds[-1] == 1:
                likeness = meaning.likeness(None if said is None else said[number], near)
                self._blending.add(meant, words, likeness, label, self.nothing)

    def learn(self) -> tuple[Scope, Blend]:
        """The most likely scope and blend; what is usual where there is nothing to learn from."""
        return self._scope(), self._blending.learn()

    def _scope(self) -> Scope:
        kinds = np.array(self._kinds, dtype=np.int64)
        if not (kinds == 1).any() or not (kinds < 1).any():
            return USUAL
        found = _logistic(np.array(self._evidence), (kinds == 1).astype(np.float64), shares_of(kinds))
        constant, chance, near, none = (round(float(number), 4) for number in found)
        return Scope(constant, chance, near, none)


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
    """Newton's method for a logistic regression that is drawn to what is usual."""
    usual = np.array([USUAL.constant, USUAL.chance, USUAL.nearness, USUAL.nothing])
    pull = 1.0 / GIVE**2 * PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(inside))
    found = usual.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(evidence @ found, -50, 50)))
        slope = evidence.T @ (shares * (chance - inside)) + pull * (found - usual)
        curve = (evidence * (shares * np.maximum(chance * (1 - chance), 1e-6))[:, None]).T @ evidence + np.diag(pull)
        step = np.linalg.solve(curve, slope)
        found = found - np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-7:
            break
    return found
