"""Training of the intent model: a linear model through scikit-learn, then its calibration.

Nothing here depends on a clock, a hash seed or the number of processors: the same utterances give
the same bits.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from nlp.encoder import load_encoder
from nlp.errors import InvalidData, Unavailable
from nlp.features import Vocabulary, learn_vocabulary
from nlp.intent_model import Encoder, IntentModel, probabilities
from nlp.meaning import Meaning, Scope, packed
from nlp.project import NONE_OF_THESE
from nlp.scope_learning import OUT_OF_SCOPE_SHARE, ScopeLearning
from nlp.word_table import WordTable

Array = np.ndarray[Any, Any]
Tier = Literal["default", "onnx"]
Progress = Callable[[str, float], None]
"""Is told the step that training is at, and the share of all the work that is done, 0 to 1."""


MAX_INTENTS = 2_000
EMBEDDED_AT_ONCE = 200

PENALTY = 0.5
MEANING_PENALTY = 30.0
MEANING_STEPS, MEANING_TOLERANCE = 300, 1e-4
TABLE_WEIGHT, TABLE_STEPS = 0.2, 60
"""How much what the word table says adds to a margin, and when its learning stops: chosen, with the penalty, on parts
of the training data of BANKING77 and on the validation data of CLINC150."""

CROWD = 3.0
"""An intent with this many times as many examples as the middling one is held back, so that small ones are heard."""

SEED = 0
FOLDS = 5
UNSEEN_GROUPS = 8
MANY_EXAMPLES = 2_000
"""From here on one held-out part is enough to calibrate on, and training takes twice a fit, not ten times."""

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
    table: WordTable | None = None,
    progress: Progress | None = None,
) -> IntentModel:
    """A model of at least one utterance.

    The tier `onnx` takes the encoder of this machine where none is given. With a `table` the default tier knows what
    words mean, and the model needs the same table at work. Raises `Unavailable` where there is
    none, and `InvalidData` for more than `MAX_INTENTS`.
    """
    if tier not in get_args(Tier):
        raise Unavailable(f"there is no tier {tier!r}: {' and '.join(get_args(Tier))} are known")
    labels = tuple(sorted(set(intents)))
    if len(labels) > MAX_INTENTS:
        raise InvalidData(
            "intents",
            0,
            f"there are {len(labels)} intents, but a model holds at most {MAX_INTENTS}: put together those that get"
            " the same kind of answer, and tell them apart by entities",
        )
    tell = progress or (lambda _step, _share: None)
    tell("reading", 0.0)
    numbers = {label: number for number, label in enumerate(labels)}
    targets = np.array([numbers[intent] for intent in intents])
    nothing = numbers.get(NONE_OF_THESE)
    vocabulary = learn_vocabulary(texts)
    terms = len(vocabulary)
    rows = _matrix(vocabulary, texts)
    if table is not None and tier == "default":
        rows = hstack([rows, csr_matrix(table.rows(texts).astype(np.float64))], format="csr")
    else:
        table = None
    if tier == "default":
        encoder = None
    elif encoder is None:
        encoder = load_encoder()
    vectors = None if encoder is None else _vectors(encoder, texts, tell)
    with threadpool_limits(1):  # sums in one order, whatever the number of processors
        tell("learning", 0.6)
        weights, bias = _fit(rows, targets, len(labels), terms)
        meaning = None if vectors is None else _learn_meaning(vectors, targets, len(labels), nothing)
        tell("calibrating", 0.8)
        slope, none_margin, scope = _calibrate(rows, vectors, targets, labels, terms)
    small, steps = packed(weights)
    tell("done", 1.0)
    return IntentModel(
        labels, vocabulary, small, steps, bias.astype(np.float32),
        slope=slope, none_margin=none_margin, key=key,
        meaning=meaning, scope=scope, encoder=encoder, table=table,
    )  # fmt: skip


def _vectors(encoder: Encoder, texts: Sequence[str], tell: Progress) -> Array:
    parts = []
    for start in range(0, len(texts), EMBEDDED_AT_ONCE):
        tell("reading the meaning", 0.1 + 0.5 * start / len(texts))
        parts.append(encoder.embed(texts[start : start + EMBEDDED_AT_ONCE]))
    return np.concatenate(parts)


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


def _fit(rows: Any, targets: Array, count: int, terms: int) -> tuple[Array, Array]:
    """Weights (columns by labels) and bias of a one-against-all linear model for labels 0 to `count`.

    A label without rows gets no weight and a bias that never wins. The columns from `terms` on are the
    meaning of words: a model of its own, much faster to fit than both in one, whose logits are added.
    """
    weights, bias = _fit_terms(rows[:, :terms], targets, count)
    meanings = np.zeros((rows.shape[1] - terms, count))
    present = np.unique(targets)
    if len(meanings) and len(present) > 1:
        machine = LogisticRegression(C=MEANING_PENALTY, max_iter=TABLE_STEPS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # ConvergenceWarning is one
            machine.fit(rows[:, terms:].toarray(), targets, sample_weight=_says(targets))
        logits = machine.coef_.T * TABLE_WEIGHT
        starts = machine.intercept_ * TABLE_WEIGHT
        if len(present) == 2:
            logits, starts = np.hstack([-logits, logits]) / 2, np.array([-starts[0], starts[0]]) / 2
        meanings[:, present] = logits
        bias[present] += starts
    return np.vstack([weights, meanings]), bias


def _fit_terms(rows: Any, targets: Array, count: int) -> tuple[Array, Array]:
    present = np.unique(targets)
    weights = np.zeros((rows.shape[1], count))
    bias = np.full(count, -10.0)
    if len(present) == 1:  # nothing to tell it from: how near a text is to the middle of what is known
        middle = np.asarray(rows.mean(axis=0)).ravel()
        weights[:, present[0]] = 2 * middle / max(float(np.linalg.norm(middle)), 1e-9) / np.sqrt(2)
        bias[present[0]] = ALONE_BIAS
        return weights, bias
    machine = LinearSVC(C=PENALTY, random_state=SEED, max_iter=2_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an example an intent is few, and said in the report
        machine.fit(rows, targets, sample_weight=_says(targets))
    if len(present) == 2:
        weights[:, present] = np.stack([-machine.coef_[0], machine.coef_[0]], axis=1)
        bias[present] = [-machine.intercept_[0], machine.intercept_[0]]
    else:
        weights[:, present] = machine.coef_.T
        bias[present] = machine.intercept_
    return weights, bias


def _says(targets: Array) -> Array | None:
    """How much each example counts; None where all count alike, since no intent is crowded."""
    counts = np.bincount(targets)
    limit = CROWD * float(np.median(counts[counts > 0]))
    if counts.max() <= limit:
        return None
    says: Array = np.minimum(1.0, np.sqrt(limit / np.maximum(counts, 1)))[targets]
    return says


def _learn_meaning(vectors: Array, targets: Array, count: int, nothing: int | None) -> Meaning:
    """A multinomial logistic regression over vectors; a label without rows is never chosen."""
    present = np.unique(targets)
    weights = np.zeros((vectors.shape[1], count), dtype=np.float32)
    bias = np.full(count, -50.0, dtype=np.float32)
    if len(present) == 1:
        bias[present] = 0.0
    else:
        machine = LogisticRegression(C=MEANING_PENALTY, max_iter=MEANING_STEPS, tol=MEANING_TOLERANCE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # near enough is good enough, and always the same
            machine.fit(vectors, targets, sample_weight=_says(targets))
        if len(present) == 2:
            weights[:, present] = np.stack([-machine.coef_[0] / 2, machine.coef_[0] / 2], axis=1)
            bias[present] = [-machine.intercept_[0] / 2, machine.intercept_[0] / 2]
        else:
            weights[:, present] = machine.coef_.T
            bias[present] = machine.intercept_
    order = np.argsort(targets, kind="stable")
    if nothing is not None:
        order = order[targets[order] != nothing]
    neighbours, scales = packed(vectors[order])
    starts = np.searchsorted(targets[order], np.arange(count + 1))
    return Meaning(weights, bias, neighbours, scales, starts)


def _calibrate(
    rows: Any, vectors: Array | None, targets: Array, labels: tuple[str, ...], terms: int
) -> tuple[float, float, Scope | None]:
    """Slope and margin of "none of these" that make held-out texts most likely; with vectors, the scope too.

    Texts in scope are held out by example; texts out of scope are those of intents that are held out
    whole, since they stand for what the designer did not think of, and those of `none_of_these`.
    """
    seen: list[tuple[Array, Array]] = []
    unseen: list[Array] = []
    scoping = ScopeLearning(labels.index(NONE_OF_THESE) if NONE_OF_THESE in labels else None)
    for fit, known, unknown in _plan(targets, labels):
        if len(np.unique(targets[fit])) < 2:
            continue
        weights, bias = _fit(rows[fit], targets[fit], len(labels), terms)
        known_margins, unknown_margins = rows[known] @ weights + bias, rows[unknown] @ weights + bias
        seen.append((known_margins, targets[known]))
        unseen.append(unknown_margins)
        if vectors is not None:
            meaning = _learn_meaning(vectors[fit], targets[fit], len(labels), scoping.nothing)
            taught = np.isin(targets[known], targets[fit])
            scoping.add(meaning, known_margins[taught], vectors[known[taught]], targets[known[taught]])
            scoping.add(meaning, unknown_margins, vectors[unknown], np.full(len(unknown), -1))
    scope = None if vectors is None else scoping.learn()
    if not seen or not sum(len(part) for _, part in seen):
        return DEFAULT_SLOPE, DEFAULT_NONE_MARGIN, scope
    margins = np.concatenate([part for part, _ in seen])
    truth = np.concatenate([part for _, part in seen])
    strange = np.concatenate(unseen)
    return *_most_likely(margins, truth, strange), scope


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
    nones = np.linspace(-1.2, 1.2, 25)
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
