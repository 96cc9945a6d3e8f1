"""Splits: utterances cut into folds, each intent shared out evenly, the same for the same seed."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

from nlp.doubles import folded
from nlp.errors import InvalidRequest

MAX_FOLDS = 50
MAX_RUNS = 100


def stratified_folds(texts: Sequence[str], intents: Sequence[str], folds: int, seed: int) -> list[list[int]]:
    """Rows of each fold. Each intent is dealt out in turn; the same words never lie in two folds.

    An intent with fewer examples than folds is missing from some of them.
    Raises `InvalidRequest` where there are fewer utterances than folds.
    """
    if not 2 <= folds <= MAX_FOLDS:
        raise InvalidRequest(f"cross-validation needs 2 to {MAX_FOLDS} folds")
    groups: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        groups[folded(text)].append(number)
    if len(groups) < folds:
        raise InvalidRequest(f"{len(groups)} different utterances cannot be cut into {folds} folds")
    by_intent: dict[str, list[list[int]]] = defaultdict(list)
    for rows in groups.values():
        by_intent[intents[rows[0]]].append(rows)
    chance = random.Random(seed)
    parts: list[list[int]] = [[] for _ in range(folds)]
    turn = 0
    for intent in sorted(by_intent):
        mine = by_intent[intent]
        chance.shuffle(mine)
        for rows in mine:  # the turn goes on from intent to intent, so that folds stay equally large
            parts[turn % folds].extend(rows)
            turn += 1
    return [sorted(part) for part in parts]


def runs(
    texts: Sequence[str], intents: Sequence[str], folds: int, count: int, seed: int = 0
) -> Iterator[tuple[int, list[int], list[int]]]:
    """(run, rows to train on, rows to test) of each fold of each of `count` runs."""
    if not 1 <= count <= MAX_RUNS:
        raise InvalidRequest(f"cross-validation takes 1 to {MAX_RUNS} runs")
    for run in range(count):
        parts = stratified_folds(texts, intents, folds, seed + run)
        for part in parts:
            held_out = set(part)
            yield run, [row for row in range(len(texts)) if row not in held_out], part
