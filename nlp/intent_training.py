"""Training of the intent model: a linear model through scikit-learn, then its calibration.

Nothing here depends on a clock, a hash seed or the number of processors: the same utterances give
the same bits.
"""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import msgspec
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlp.counted_texts import CountedTexts, Known
from nlp.encoder import load_encoder
from nlp.errors import InvalidData, Unavailable
from nlp.features import LENGTHS, LENGTHS_OF_MANY
from nlp.intent_calibration import Calibration, HeldOut, usual_calibration
from nlp.intent_model import Encoder, IntentModel
from nlp.meaning import Blend, Meaning, packed
from nlp.project import NONE_OF_THESE
from nlp.scope import Scope
from nlp.scope_learning import ScopeLearning
from nlp.word_learning import MEANING_PENALTY, crowd_says, learn_words
from nlp.word_likeness import WordLikeness, words_of
from nlp.word_table import WordTable

Array = np.ndarray[Any, Any]
Tier = Literal["default", "onnx"]
Progress = Callable[[str, float], None]
"""Is told the step that training is at, and the share of all the work that is done, 0 to 1."""


MAX_INTENTS = 2_000
EMBEDDED_AT_ONCE = 200
MEANING_STEPS, MEANING_TOLERANCE = 300, 3e-4

RARITY = 0.5
"""The power to which the inverse document frequency of a term is raised: among short texts, rare terms are many."""

NAME_SAYS = 2.0
"""The name of an intent is an example of it that counts as so many. That is worth 1 of 100 messages where there are
ten examples of each intent, and nothing where there are a hundred."""

NAME_PARTS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")

FOLDS = 5
UNSEEN_GROUPS = 8
MAX_ASKED = 2_000
"""So many held-out texts of a fit are asked what is in scope and what has the say: enough to learn ten numbers from."""

FEW_EXAMPLES = 1_000
"""Below this, a piece of a word that one example alone has is known too: most of what the examples of a small bot have
in common with what is said to it is in one of them. Of more examples, it tells nothing, and is a third of the model."""

MANY_EXAMPLES = 2_000
"""From here on one held-out part is enough to calibrate on, and training takes twice a fit, not ten times."""


class _Words(msgspec.Struct, frozen=True):
    """The terms known, and the weights (a row a term, then a row a number of the word table) and bias of each label."""

    known: Known
    weights: Any
    bias: Any


class _Material(msgspec.Struct, frozen=True):
    """The examples, and after the first `examples` rows of everything the names of the intents."""

    texts: CountedTexts
    targets: Any
    examples: int
    says: Any
    meanings: Any
    """What the word table says of each text; None without one."""

    vectors: Any
    said: Any
    """The words of each text as the encoder understands them; None where it tells nothing of them."""

    def with_names(self, rows: Array) -> Array:
        """These rows of examples, and those of the names of their intents."""
        names = np.arange(self.examples, len(self.targets))
        return np.concatenate([rows, names[np.isin(self.targets[names], self.targets[rows])]])

    def learn_words(self, rows: Array, count: int) -> _Words:
        """What is learnt from the words of some rows and nothing else."""
        known = self.texts.learn(rows, RARITY, 1 if self.examples < FEW_EXAMPLES else 2)
        matrix, _ = known.matrix(rows)
        meanings = None if self.meanings is None else self.meanings[rows]
        return _Words(known, *learn_words(matrix, meanings, self.targets[rows], count, self._says(rows)))

    def margins(self, words: _Words, rows: Array) -> tuple[Array, Array]:
        """What the words of some rows say for each label, and their shares of strange words."""
        matrix, strange = words.known.matrix(rows)
        margins = matrix @ words.weights[: len(words.known)] + words.bias
        if self.meanings is not None:
            margins = margins + self.meanings[rows] @ words.weights[len(words.known) :]
        return margins, strange

    def learn_meaning(self, rows: Array, count: int) -> Meaning:
        """What is learnt from the vectors of some rows; names are no neighbours of anything."""
        return _learn_meaning(
            self.vectors[rows], self.targets[rows], count, self._says(rows), rows < self.examples,
            None if self.said is None else [self.said[row] for row in rows],
        )  # fmt: skip

    def _says(self, rows: Array) -> Array:
        says: Array = self.says[rows] * crowd_says(self.targets[rows])
        return says


def name_of(intent: str) -> str:
    """The words in the name of an intent."""
    return " ".join(NAME_PARTS.sub(" ", intent).split()).lower()


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
    nothing = labels.index(NONE_OF_THESE) if NONE_OF_THESE in labels else None
    encoder = None if tier == "default" else encoder or load_encoder()
    table = table if tier == "default" else None
    material = _material(texts, intents, labels, table, encoder, tell)
    everything = np.arange(len(material.targets))
    with threadpool_limits(1):  # sums in one order, whatever the number of processors
        tell("learning", 0.6)
        words = material.learn_words(everything, len(labels))
        meaning = None if encoder is None else material.learn_meaning(everything, len(labels))
        tell("calibrating", 0.8)
        calibration, scope, blend = _calibrate(material, labels, nothing)
    bias = words.bias
    if nothing is not None and meaning is None:
        bias[nothing] += calibration.none_bias
    small, steps = packed(words.weights)
    tell("done", 1.0)
    return IntentModel(
        labels, words.known.vocabulary(), small, steps, bias.astype(np.float32), slope=calibration.slope,
        none_margin=calibration.none_margin, strangeness=calibration.strangeness, key=key,
        meaning=meaning, scope=scope, blend=blend, encoder=encoder, table=table,
    )  # fmt: skip


def _material(
    texts: Sequence[str], intents: Sequence[str], labels: tuple[str, ...], table: WordTable | None,
    encoder: Encoder | None, tell: Progress,
) -> _Material:  # fmt: skip
    numbers = {label: number for number, label in enumerate(labels)}
    names = {label: name_of(label) for label in labels if label != NONE_OF_THESE and len(labels) > 1}
    named = [label for label, name in names.items() if name]
    everything = [*texts, *(names[label] for label in named)]
    vectors, said = (None, None) if encoder is None else _vectors(encoder, everything, tell)
    return _Material(
        texts=CountedTexts(everything, LENGTHS_OF_MANY if len(texts) >= MANY_EXAMPLES else LENGTHS),
        targets=np.array([numbers[intent] for intent in [*intents, *named]]),
        examples=len(texts),
        says=np.repeat([1.0, NAME_SAYS], [len(texts), len(named)]),
        meanings=None if table is None else table.rows(everything),
        vectors=vectors,
        said=said,
    )


def _vectors(encoder: Encoder, texts: Sequence[str], tell: Progress) -> tuple[Array, list[Array] | None]:
    """The vector of each text, and its words, where the encoder tells of them."""
    parts, said = [], list[Array]()
    for start in range(0, len(texts), EMBEDDED_AT_ONCE):
        tell("reading the meaning", 0.1 + 0.5 * start / len(texts))
        some = texts[start : start + EMBEDDED_AT_ONCE]
        parts.append(encoder.embed(some))
        said += words_of(encoder, some) or ()
    return np.concatenate(parts), said if len(said) == len(texts) else None


def _learn_meaning(
    vectors: Array, targets: Array, count: int, says: Array, near: Array,
    said: Sequence[Array] | None,
) -> Meaning:  # fmt: skip
    """A multinomial logistic regression over vectors; a label without rows is never chosen. `near`: the neighbours."""
    present = np.unique(targets)
    weights = np.zeros((vectors.shape[1], count), dtype=np.float32)
    bias = np.full(count, -50.0, dtype=np.float32)
    if len(present) == 1:
        bias[present] = 0.0
    else:
        machine = LogisticRegression(C=MEANING_PENALTY, max_iter=MEANING_STEPS, tol=MEANING_TOLERANCE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # near enough is good enough, and always the same
            machine.fit(vectors, targets, sample_weight=says)
        if len(present) == 2:
            weights[:, present] = np.stack([-machine.coef_[0] / 2, machine.coef_[0] / 2], axis=1)
            bias[present] = [-machine.intercept_[0] / 2, machine.intercept_[0] / 2]
        else:
            weights[:, present] = machine.coef_.T
            bias[present] = machine.intercept_
    order = np.argsort(targets, kind="stable")
    order = order[near[order]]
    neighbours, scales = packed(vectors[order])
    starts = np.searchsorted(targets[order], np.arange(count + 1))
    words = None if said is None else WordLikeness.of([said[row] for row in order], said[0].shape[1])
    return Meaning(weights, bias, neighbours, scales, starts, words if words is not None and len(words.words) else None)


def _calibrate(
    material: _Material, labels: tuple[str, ...], nothing: int | None
) -> tuple[Calibration, Scope | None, Blend | None]:
    """The calibration that makes held-out texts most likely; with vectors, scope and blend too.

    Texts in scope are held out by example; texts out of scope are those of intents that are held out
    whole, since they stand for what the designer did not think of, and those of `none_of_these`. The words of
    held-out texts are as unknown to a fold as those of a customer are to the bot.
    """
    examples = material.targets[: material.examples]
    held_out = HeldOut(nothing)
    scoping = ScopeLearning(nothing)
    for fit, known, unknown in _plan(examples, labels):
        if len(np.unique(examples[fit])) < 2:
            continue
        rows = material.with_names(fit)
        tested = np.concatenate([known, unknown])
        truth = np.concatenate([examples[known], np.full(len(unknown), -1)])
        margins, strange = material.margins(material.learn_words(rows, len(labels)), tested)
        held_out.add(margins, strange, truth)
        if material.vectors is not None:
            meaning = material.learn_meaning(rows, len(labels))
            taught = (truth < 0) | np.isin(truth, examples[fit])
            chosen = some_of(np.flatnonzero(taught), truth, nothing)
            asked = tested[chosen]
            said = None if material.said is None else [material.said[row] for row in asked]
            scoping.add(meaning, margins[chosen], material.vectors[asked], truth[chosen], said)
    intents = [label for label in labels if label != NONE_OF_THESE]
    in_scope = int((examples != nothing).sum()) if nothing is not None else len(examples)
    usual = usual_calibration(in_scope / max(len(intents), 1), taught=nothing is not None, intents=len(intents))
    if material.vectors is None:
        return held_out.learn(usual), None, None
    return held_out.learn(usual), *scoping.learn()


def some_of(places: Array, truth: Array, nothing: int | None) -> Array:
    """Of many places of held-out texts, evenly so many as `MAX_ASKED`, and all that are said to be none of these."""
    if len(places) <= MAX_ASKED:
        return places
    strangers = truth[places] == (-2 if nothing is None else nothing)
    others = places[~strangers]
    evenly = others[np.linspace(0, len(others) - 1, MAX_ASKED).round().astype(np.int64)]
    return np.sort(np.concatenate([evenly, places[strangers]]))


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
