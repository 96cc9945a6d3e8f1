"""Suggestions: whether following `botkit nlp check` brings more than adding examples anywhere, and what it promises.

Small projects drawn from CLINC150: of each intent ten training utterances, of which the ten intents that the check
suggests first get ten more; in comparison ten intents drawn by lot, and all. Judged on the validation part, at 0.5.
"""

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from bench.nlp import Row
from bench.nlp.clinc import data_file
from nlp.evaluation.classifier import train_classifier
from nlp.evaluation.data_checks import check_by_training
from nlp.evaluation.examples import Example

SEEDS, QUICK_SEEDS = 10, 2
INTENTS, EXAMPLES, FOLLOWED = 60, 10, 10
LOTS = 3
THRESHOLD = 0.5
DATA = f"CLINC150, {INTENTS} intents of {EXAMPLES}"

Said = Sequence[tuple[str, str]]


def rows(quick: bool) -> Iterable[Row]:
    """Points of accuracy gained: by the suggestions, by lot, by all; and what the check had promised."""
    found = json.loads(data_file().read_text("utf-8"))
    gains: dict[str, list[float]] = defaultdict(list)
    for seed in range(QUICK_SEEDS if quick else SEEDS):
        for name, value in _draw(found["train"], found["val"], seed).items():
            gains[name].append(value)
    for name, values in gains.items():
        yield _row(name, statistics.mean(values), "points", statistics.stdev(values))
    better = sum(own > lot for own, lot in zip(gains[FIRST], gains[BY_LOT], strict=True))
    yield _row("draws in which the suggestions bring more than lots", 100 * better / len(gains[FIRST]), "%", None)


FIRST, BY_LOT = "gain of doubling the ten suggested first", f"the same for ten by lot, mean of {LOTS}"


def _draw(train: Said, val: Said, seed: int) -> dict[str, float]:
    dice = np.random.default_rng(seed)
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in train:
        by_intent[intent].append(text)
    names = sorted(dice.choice(sorted(by_intent), INTENTS, replace=False).tolist())
    chosen = {name: dice.choice(by_intent[name], 2 * EXAMPLES, replace=False).tolist() for name in names}
    tested = [(text, intent) for text, intent in val if intent in chosen]
    base = [(text, name) for name in names for text in chosen[name][:EXAMPLES]]

    def gain(intents: Iterable[str]) -> float:
        more = [(text, name) for name in intents for text in chosen[name][EXAMPLES:]]
        return _right([*base, *more], tested) - before

    before = _right(base, tested)
    _, suggestions = check_by_training([Example(*row) for row in base], train_classifier, THRESHOLD)
    followed = [row.intent for row in suggestions[:FOLLOWED]]
    lots = [dice.choice(names, FOLLOWED, replace=False).tolist() for _ in range(LOTS)]
    return {
        FIRST: gain(followed),
        "what the check promised for them": sum(row.gain for row in suggestions[:FOLLOWED]),
        BY_LOT: statistics.mean(gain(lot) for lot in lots),
        "the same for all sixty": gain(names),
        "what the check promised for all": sum(row.gain for row in suggestions),
    }


def _right(train: Said, tested: Said) -> float:
    model = train_classifier([text for text, _ in train], [intent for _, intent in train])
    right = 0
    for text, intent in tested:
        best = model.scores(text)[:1]
        right += bool(best) and best[0].intent == intent and best[0].confidence >= THRESHOLD
    return 100 * right / len(tested)


def _row(metric: str, value: float, unit: str, spread: float | None) -> Row:
    return Row(bench="suggestions", data=DATA, tier="default", metric=metric, value=value, unit=unit, spread=spread)
