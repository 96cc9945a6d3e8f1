"""Training of the intent model: a linear model through scikit-learn, then its calibration.

Nothing here depends on a clock, a hash seed or the number of processors: the same utterances give
the same bits.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from nlp.errors import Unavailable
from nlp.features import Vocabulary, learn_vocabulary
from nlp.intent_model import IntentModel, probabilities
from nlp.project import NONE_OF_THESE

Array = np.ndarray[Any, Any]
Tier = Literal["default", "onnx"]
Progress = Callable[[str, float], None]
"""Is told the step that training is at, and the share of all the work that is done, 0 to 1."""


class Encoder(Protocol):
    """What turns texts into vectors of meaning; the fingerprint is that of its weights."""

    @property
    def fingerprint(self) -> str: ...

    def embed(self, texts: Sequence[str], /) -> Array:
        """One row of length 1 a text, float32."""


PENALTY = 0.5
SEED = 0
FOLDS = 5
UNSEEN_GROUPS = 8
MANY_EXAMPLES = 2_000
"""From here on one held-out part is enough to calibrate on, and training takes twice a fit, not ten times."""

OUT_OF_SCOPE_SHARE = 0.2
"""How many messages are expected to be about nothing that the bot knows, when confidence is calibrated."""

DEFAULT_SLOPE, DEFAULT_NONE_MARGIN = 7.0, -0.3
"""What the calibration usually is: it starts from here, and few examples move it little."""

ALONE_BIAS = -1.3
"""Where there is one intent only: a text has to be half like its examples, and a little more."""

PRIOR_EXAMPLES = 10
STEEPEST = 20.0


def train_intents(
    texts: Sequence[str],
    intents: Sequence[str],
    key: str = "",
    *,
    tier: Tier = "default",
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> IntentModel:
    """A model of at least one utterance; the tier `onnx` needs an encoder, and raises `Unavailable` without."""
    if tier == "onnx" and encoder is None:
        raise Unavailable("the tier onnx needs an encoder: run `botkit nlp get-model`")
    tell = progress or (lambda _step, _share: None)
    tell("reading", 0.0)
    labels = tuple(sorted(set(intents)))
    numbers = {label: number for number, label in enumerate(labels)}
    targets = np.array([numbers[intent] for intent in intents])
    vocabulary = learn_vocabulary(texts)
    rows = _matrix(vocabulary, texts)
    tell("learning", 0.2)
    weights, bias = _fit(rows, targets, len(labels))
    tell("calibrating", 0.6)
    slope, none_margin = _calibrate(rows, targets, labels)
    tell("done", 1.0)
    return IntentModel(
        labels, vocabulary, weights.astype(np.float32), bias.astype(np.float32),
        slope=slope, none_margin=none_margin, key=key,
    )  # fmt: skip


def _matrix(vocabulary: Vocabulary, texts: Sequence[str]) -> Any:
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        row_columns, row_values = vocabulary.row(text)
        columns += row_columns
        values += row_values
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(texts), len(vocabulary)), dtype=np.float64)


def _fit(rows: Any, targets: Array, count: int) -> tuple[Array, Array]:
    """Weights (terms by labels) and bias of a one-against-all linear model for labels 0 to `count`.

    A label without rows gets no weight and a bias that never wins.
    """
    present = np.unique(targets)
    weights = np.zeros((rows.shape[1], count))
    bias = np.full(count, -10.0)
    if len(present) == 1:  # nothing to tell it from: how near a text is to the middle of what is known
        middle = np.asarray(rows.mean(axis=0)).ravel()
        weights[:, present[0]] = 2 * middle / max(float(np.linalg.norm(middle)), 1e-9) / np.sqrt(2)
        bias[present[0]] = ALONE_BIAS
        return weights, bias
    machine = LinearSVC(C=PENALTY, random_state=SEED, max_iter=2_000)
    machine.fit(rows, targets)
    if len(present) == 2:
        weights[:, present] = np.stack([-machine.coef_[0], machine.coef_[0]], axis=1)
        bias[present] = [-machine.intercept_[0], machine.intercept_[0]]
    else:
        weights[:, present] = machine.coef_.T
        bias[present] = machine.intercept_
    return weights, bias


def _calibrate(rows: Any, targets: Array, labels: tuple[str, ...]) -> tuple[float, float]:
    """Slope and margin of "none of these" that make held-out texts most likely.

    Texts in scope are held out by example; texts out of scope are those of intents that are held out
    whole, since they stand for what the designer did not think of, and those of `none_of_these`.
    """
    seen: list[tuple[Array, Array]] = []
    unseen: list[Array] = []
    for fit, known, unknown in _plan(targets, labels):
        if len(np.unique(targets[fit])) < 2:
            continue
        weights, bias = _fit(rows[fit], targets[fit], len(labels))
        seen.append((rows[known] @ weights + bias, targets[known]))
        unseen.append(rows[unknown] @ weights + bias)
    if not seen or not sum(len(part) for _, part in seen):
        return DEFAULT_SLOPE, DEFAULT_NONE_MARGIN
    margins = np.concatenate([part for part, _ in seen])
    truth = np.concatenate([part for _, part in seen])
    strange = np.concatenate(unseen)
    return _most_likely(margins, truth, strange)


def _plan(targets: Array, labels: tuple[str, ...]) -> list[tuple[Array, Array, Array]]:
    """Rows to fit on, rows to test as known, rows to test as unknown: for each fit."""
    place = np.zeros(len(targets), dtype=np.int64)  # the how-manieth of its intent a row is
    for number in range(len(labels)):
        mine = np.flatnonzero(targets == number)
        place[mine] = np.arange(len(mine))
    intents = [number for number, label in enumerate(labels) if label != NONE_OF_THESE]
    nothing = np.zeros(0, dtype=np.int64)
    if len(targets) >= MANY_EXAMPLES:
        hidden = np.isin(targets, intents[::FOLDS]) if len(intents) > 2 else np.zeros(len(targets), dtype=bool)
        held_out = place % FOLDS == FOLDS - 1
        return [(np.flatnonzero(~hidden & ~held_out), np.flatnonzero(~hidden & held_out), np.flatnonzero(hidden))]
    plan = [
        (np.flatnonzero(place % FOLDS != fold), np.flatnonzero(place % FOLDS == fold), nothing) for fold in range(FOLDS)
    ]
    groups = min(UNSEEN_GROUPS, len(intents)) if len(intents) > 2 else 0
    for group in range(groups):
        hidden = np.isin(targets, intents[group::groups])
        plan.append((np.flatnonzero(~hidden), nothing, np.flatnonzero(hidden)))
    return plan


def _most_likely(margins: Array, truth: Array, strange: Array) -> tuple[float, float]:
    """The best of a grid of slopes and margins, then of two finer grids around it."""
    if not len(strange):  # nothing to learn the margin from: it stays where it usually is
        steps = np.geomspace(1.0, STEEPEST, 120)
        losses = [_loss(margins, truth, strange, slope, DEFAULT_NONE_MARGIN) for slope in steps]
        return round(float(steps[int(np.argmin(losses))]), 4), DEFAULT_NONE_MARGIN
    slopes = np.geomspace(1.0, STEEPEST, 14)
    nones = np.linspace(-1.2, 0.4, 17)
    best = (DEFAULT_SLOPE, DEFAULT_NONE_MARGIN)
    for _ in range(3):
        candidates = [(slope, none) for slope in slopes for none in nones]
        losses = [_loss(margins, truth, strange, slope, none) for slope, none in candidates]
        best = candidates[int(np.argmin(losses))]
        step, width = slopes[1] / slopes[0], nones[1] - nones[0]
        slopes = np.geomspace(best[0] / step, best[0] * step, 7)
        nones = np.linspace(best[1] - width, best[1] + width, 7)
    return round(float(best[0]), 4), round(float(best[1]), 4)


def _loss(margins: Array, truth: Array, strange: Array, slope: float, none: float) -> float:
    chances = probabilities(margins, slope, none)
    unusual = math.log(slope / DEFAULT_SLOPE) ** 2 + ((none - DEFAULT_NONE_MARGIN) / 0.3) ** 2
    doubt = unusual * PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(truth))
    loss = doubt - float(np.log(chances[np.arange(len(truth)), truth] + 1e-12).mean())
    if not len(strange):
        return loss
    rest = 1.0 - probabilities(strange, slope, none).sum(axis=1)
    outside = -float(np.log(np.maximum(rest, 1e-12)).mean())
    return (1 - OUT_OF_SCOPE_SHARE) * loss + OUT_OF_SCOPE_SHARE * outside
