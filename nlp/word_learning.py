"""Learning from words: a linear model of one against all, with what naive Bayes says of each term added to it."""

import warnings
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

Array = np.ndarray[Any, Any]

SEED = 0
PENALTY = 1.0
TOLERANCE = 0.03
"""When learning is near enough: a third of what liblinear itself takes for this method. No draw of the training data of
BANKING77 and CLINC150 gained from more, and 0.0001 takes up to twice as long."""

BAYES_WEIGHT, BAYES_SMOOTHING = 0.03, 0.1
"""How much the logarithm of a term's chance under an intent adds to its weight. A linear machine of few examples
learns little of a term that it does not need; naive Bayes counts them all (Wang and Manning, 2012, "Baselines and
Bigrams"). Chosen, with the penalty, on draws from the training data of BANKING77 and CLINC150."""

MEANING_PENALTY = 30.0
TABLE_WEIGHT, TABLE_STEPS = 0.2, 60
"""How much what the word table says adds to a margin, and when its learning stops: chosen on parts of the training
data of BANKING77 and on the validation data of CLINC150."""

CROWD = 3.0
"""An intent with this many times as many examples as the middling one is held back, so that small ones are heard."""

ALONE_BIAS = -1.3
"""Where there is one intent only: a text has to be half like its examples, and a little more."""


def learn_words(rows: Any, meanings: Array | None, targets: Array, count: int, says: Array) -> tuple[Array, Array]:
    """Weights (columns by labels) and bias for labels 0 to `count`; `says` is how much each row counts.

    A label without rows gets no weight and a bias that never wins. `meanings` is what the word table says of each
    row: a model of its own, much faster to fit than both in one, whose logits are added and whose weights come last.
    """
    weights, bias = _learn_terms(rows, targets, count, says)
    if meanings is None:
        return weights, bias
    more = np.zeros((meanings.shape[1], count))
    present = np.unique(targets)
    if len(present) > 1:
        machine = LogisticRegression(C=MEANING_PENALTY, max_iter=TABLE_STEPS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # ConvergenceWarning is one
            machine.fit(meanings, targets, sample_weight=says)
        logits = machine.coef_.T * TABLE_WEIGHT
        starts = machine.intercept_ * TABLE_WEIGHT
        if len(present) == 2:
            logits, starts = np.hstack([-logits, logits]) / 2, np.array([-starts[0], starts[0]]) / 2
        more[:, present] = logits
        bias[present] += starts
    return np.vstack([weights, more]), bias


def _learn_terms(rows: Any, targets: Array, count: int, says: Array) -> tuple[Array, Array]:
    present = np.unique(targets)
    weights = np.zeros((rows.shape[1], count))
    bias = np.full(count, -10.0)
    if len(present) == 1:  # nothing to tell it from: how near a text is to the middle of what is known
        middle = np.asarray(rows.mean(axis=0)).ravel()
        weights[:, present[0]] = 2 * middle / max(float(np.linalg.norm(middle)), 1e-9) / np.sqrt(2)
        bias[present[0]] = ALONE_BIAS
        return weights, bias
    machine = LinearSVC(C=PENALTY, tol=TOLERANCE, random_state=SEED, max_iter=2_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an example an intent is few, and said in the report
        machine.fit(rows, targets, sample_weight=says)
    if len(present) == 2:
        weights[:, present] = np.stack([-machine.coef_[0], machine.coef_[0]], axis=1)
        bias[present] = [-machine.intercept_[0], machine.intercept_[0]]
    else:
        weights[:, present] = machine.coef_.T
        bias[present] = machine.intercept_
    weights[:, present] += BAYES_WEIGHT * _bayes(rows, targets, present, says)
    return weights, bias


def _bayes(rows: Any, targets: Array, present: Array, says: Array) -> Array:
    """The logarithm of each term's chance under each label that is present, less its mean over them."""
    places = (np.searchsorted(present, targets), np.arange(len(targets)))
    members = csr_matrix((says, places), shape=(len(present), len(targets)))
    counts = (members @ rows).toarray().T + BAYES_SMOOTHING
    chances = np.log(counts / counts.sum(axis=0))
    centred: Array = chances - chances.mean(axis=1, keepdims=True)
    return centred


def crowd_says(targets: Array) -> Array:
    """How much each example counts: all alike, unless an intent is crowded."""
    counts = np.bincount(targets)
    limit = CROWD * float(np.median(counts[counts > 0]))
    says: Array = np.minimum(1.0, np.sqrt(limit / np.maximum(counts, 1)))[targets]
    return says
