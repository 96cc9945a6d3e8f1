"""Contrast: what the top layers of an encoder learn from: batches of texts of several intents, and how well it went.

Texts of an intent are to lie nearer to each other than to those of the others: supervised contrastive learning (Khosla
et al. 2020, https://arxiv.org/abs/2004.11362).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp.meaning import softmax

Array = np.ndarray[Any, Any]

TEMPERATURE, BATCH, TOGETHER = 0.05, 64, 4
TEMPERATURES = np.geomspace(0.02, 0.5, 14)

HELD_OUT, FEWEST_TO_HOLD_OUT = 10, 5
"""One utterance in so many is held out, of the intents that have so many at least."""


def held_out(truth: Array, left_alone: Sequence[bool], random: np.random.Generator) -> Array:
    """Which rows are held out: the same share of each label that is not left alone and has enough."""
    held = np.zeros(len(truth), dtype=bool)
    for label, alone in enumerate(left_alone):
        mine = np.flatnonzero(truth == label)
        if not alone and len(mine) >= FEWEST_TO_HOLD_OUT:
            held[random.permutation(mine)[: max(1, round(len(mine) / HELD_OUT))]] = True
    return held


def batches(learnt: Array, truth: Array, random: np.random.Generator) -> list[Array]:
    """All rows that are learnt from, once, in random batches in which a label has `TOGETHER` rows or more if it can."""
    groups: list[Array] = []
    for label in np.unique(truth[learnt]):
        mine = random.permutation(learnt[truth[learnt] == label])
        groups += np.array_split(mine, max(1, len(mine) // TOGETHER))
    order = random.permutation(len(groups))
    size = BATCH // TOGETHER
    return [np.concatenate([groups[number] for number in order[at : at + size]]) for at in range(0, len(order), size)]


def some(learnt: Array, truth: Array, most: int) -> list[Array]:
    """The first so many of each label's rows."""
    return [learnt[truth[learnt] == label][:most] for label in np.unique(truth[learnt])]


def contrastive_loss(embedded: Any, truth: Any, nothing: int | None) -> Any:
    """How badly texts of a label are told from all others (Khosla et al. 2020, equation 2).

    Texts of `nothing` are others to all, each other too.
    """
    import torch

    self = torch.eye(len(truth), dtype=torch.bool)
    chances = (embedded @ embedded.T / TEMPERATURE).masked_fill(self, -1e9).log_softmax(dim=1)
    alike = (truth[:, None] == truth[None]) & ~self
    if nothing is not None:
        alike &= (truth != nothing)[:, None]
    counts = alike.sum(dim=1)
    losses = -(chances * alike).sum(dim=1) / counts.clamp(min=1)
    return losses.sum() / (counts > 0).sum().clamp(min=1)


def held_out_loss(embedded: Array, truth: Array, held: Array, nothing: int | None) -> float:
    """How badly held-out texts are told apart by the middles of the labels' other texts: a mean cross-entropy.

    It is that of the temperature at which it is least: learning draws texts together and so changes what a cosine is
    worth, which the model of intents finds out for itself.
    """
    middles = np.zeros((int(truth.max()) + 1, embedded.shape[1]))
    np.add.at(middles, truth[~held], embedded[~held])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    cosines = embedded[held] @ middles.T
    if nothing is not None:
        cosines[:, nothing] = -np.inf
    rows = np.arange(len(cosines))
    losses = [
        -float(np.log(np.maximum(softmax(cosines / temperature)[rows, truth[held]], 1e-12)).mean())
        for temperature in TEMPERATURES
    ]
    return min(losses)
