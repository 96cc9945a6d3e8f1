"""Training of the slot model: the marks in utterances teach which words stand where values stand.

Nothing here depends on a clock, a hash seed or the number of processors: the same utterances give the same bits.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from nlp.entities import SOME_DAY, find_by_rule, settle
from nlp.entity_rules import WORD
from nlp.meaning import packed
from nlp.project import Project, Slot, Utterance
from nlp.slot_features import features_of, words_of
from nlp.slot_model import SlotModel, chances, legal_tags

Array = np.ndarray[Any, Any]

MAX_LEARNT = 20_000
LEAST_OTHERS = 200
"""Utterances without marks teach where no slots are: as many as with marks, and these at least."""

SEED = 0
MOST_PASSES, FEWEST_PASSES, PASSED_WORDS = 12, 4, 20_000
RATE, SLOWER = 0.2, 0.3
HIDDEN = 0.1
"""How often a word itself is hidden, so that what stands around it is learnt, too."""

PLAIN = 0.3
"""How often an utterance is read as if it was in small letters: customers write so."""

FEWEST_SEEN = 2
"""A feature that only one word has teaches nothing of others."""


class _Row(msgspec.Struct, frozen=True):
    """An utterance: the features of its words, those of each word together, and its tags."""

    features: Any
    words: Any
    own: Any
    tags: Any


def examples_of(project: Project, entities: Sequence[str]) -> list[Utterance]:
    """The utterances to learn from, in a fixed order, each once.

    One without marks that has a marked value in it is left out: it may have been forgotten.
    """
    known = set(entities)
    with_marks: dict[str, Utterance] = {}
    others: dict[str, Utterance] = {}
    values: dict[str, set[tuple[str, ...]]] = {}
    for row in sorted(project.utterances, key=lambda row: (row.text, msgspec.json.encode(row.slots))):
        slots = [slot for slot in row.slots if slot.entity in known]
        (with_marks if slots else others).setdefault(row.text, row)
        for slot in slots:
            if words := tuple(WORD.findall(slot.text.casefold())):
                values.setdefault(words[0], set()).add(words)
    plain = [row for text, row in sorted(others.items()) if text not in with_marks and not _has_value(text, values)]
    count = max(LEAST_OTHERS, len(with_marks))
    step = max(1.0, len(plain) / count)
    thinned = [plain[int(number * step)] for number in range(min(count, len(plain)))]
    return [row for _, row in sorted(with_marks.items())][:MAX_LEARNT] + thinned[:MAX_LEARNT]


def _has_value(text: str, values: dict[str, set[tuple[str, ...]]]) -> bool:
    words = WORD.findall(text.casefold())
    return any(
        tuple(words[at : at + len(value)]) == value for at, word in enumerate(words) for value in values.get(word, ())
    )


def train_slots(
    utterances: Sequence[Utterance], entities: Sequence[str], language: str = "en",
    progress: Callable[[float], None] | None = None,
) -> SlotModel:  # fmt: skip
    """A model of these entities in utterances of a language; `progress` is told the share that is done."""
    rows, features = _rows(utterances, entities, language)
    legal, first = legal_tags(len(entities))
    tags = len(legal)
    weights = np.zeros((len(features), tags), dtype=np.float32)
    transitions = np.zeros((tags, tags), dtype=np.float32)
    mean_weights, mean_transitions = weights.copy(), transitions.copy()
    words = sum(len(row[0].tags) for row in rows)
    passes = max(FEWEST_PASSES, min(MOST_PASSES, round(MOST_PASSES * PASSED_WORDS / max(words, 1))))
    dice = np.random.default_rng(SEED)
    taken = 0
    for number in range(passes):
        rate = np.float32(RATE / (1 + SLOWER * number))
        for place, which in enumerate(dice.permutation(len(rows))):
            if progress is not None and place % 100 == 0:
                progress((number + place / len(rows)) / passes)
            row = rows[which][int(dice.random() < PLAIN)]
            _learn(row, weights, transitions, legal, first, rate, dice.random(len(row.tags)) < HIDDEN)
        if number >= passes // 2:  # the mean of the later passes depends less on the order (Collins 2002)
            mean_weights += weights
            mean_transitions += transitions
            taken += 1
    small, steps = packed(mean_weights / max(taken, 1))
    return SlotModel(entities, features, small, steps, mean_transitions / np.float32(max(taken, 1)))


def _learn(
    row: _Row, weights: Array, transitions: Array, legal: Array, first: Array, rate: np.float32, hidden: Array
) -> None:
    """A step towards making the tags of an utterance likelier."""
    kept = ~(row.own & hidden[row.words])
    features, words = row.features[kept], row.words[kept]
    starts = np.searchsorted(words, np.arange(len(row.tags) + 1))
    says = np.add.reduceat(weights[features], starts[:-1], axis=0)
    single, pairs = chances(says, np.where(legal, np.exp(transitions), np.float32(0)), first)
    single[np.arange(len(row.tags)), row.tags] -= 1
    for at, away in enumerate(single):
        weights[features[starts[at] : starts[at + 1]]] -= rate * away
    np.add.at(pairs, (row.tags[:-1], row.tags[1:]), -1)
    transitions -= rate * pairs * legal


def _rows(
    utterances: Sequence[Utterance], entities: Sequence[str], language: str
) -> tuple[list[tuple[_Row, _Row]], list[str]]:
    """Each utterance as it is written and in small letters; and the features, which are numbered by their place."""
    numbers = {name: number for number, name in enumerate(entities)}
    read = []
    counts: Counter[str] = Counter()
    for utterance in utterances:
        words = words_of(utterance.text)
        if not words:
            continue
        ruled = settle(find_by_rule(utterance.text, language, now=SOME_DAY))
        ways = [features_of(words, ruled, plain=plain) for plain in (False, True)]
        for own, around in ways[0]:
            counts.update(own)
            counts.update(around)
        for _, around in ways[1]:
            counts.update(feature for feature in around if feature.startswith("s"))
        tags = _tags(utterance.slots, [(word.start, word.end) for word in words], numbers)
        read.append((ways, tags))
    features = sorted({"any", *(feature for feature, count in counts.items() if count >= FEWEST_SEEN)})
    known = {feature: number for number, feature in enumerate(features)}
    return [(_row(ways[0], tags, known), _row(ways[1], tags, known)) for ways, tags in read], features


def _row(way: list[tuple[list[str], list[str]]], tags: list[int], known: dict[str, int]) -> _Row:
    found: list[tuple[int, int, bool]] = []
    for at, (own, around) in enumerate(way):
        found += [(known[feature], at, False) for feature in around if feature in known]
        found += [(known[feature], at, True) for feature in own if feature in known]
    features, words, owns = (np.array(column) for column in zip(*found, strict=True))
    return _Row(features, words, owns, np.array(tags))


def _tags(slots: Sequence[Slot], words: Sequence[tuple[int, int]], numbers: dict[str, int]) -> list[int]:
    tags = [0] * len(words)
    for slot in slots:
        if slot.entity not in numbers:
            continue
        begun = False
        for at, (start, end) in enumerate(words):
            if slot.start <= start and end <= slot.end:
                tags[at] = 2 * numbers[slot.entity] + (2 if begun else 1)
                begun = True
    return tags
