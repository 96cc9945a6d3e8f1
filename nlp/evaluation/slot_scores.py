"""Slot scores: whether the values that a test file marks are found, to the letter, and what else is taken for one."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import msgspec

from models.utterance import Entity
from nlp.evaluation.examples import Example

MAX_SLOT_MISSES = 200


@runtime_checkable
class Finder(Protocol):
    """Finds entities in a text."""

    def entities(self, text: str) -> list[Entity]: ...


class SlotRow(msgspec.Struct, frozen=True):
    """An entity: how often it is marked (`support`), how often it was found, and how often that was right."""

    entity: str
    support: int
    found: int
    right: int
    precision: float
    recall: float
    f1: float


class SlotMiss(msgspec.Struct, frozen=True, omit_defaults=True):
    """A marked value that was not found as it is marked; `instead` is what was found there, or nothing."""

    text: str
    entity: str
    value: str
    instead: str = ""
    file: str = ""
    line: int = 0


class Surplus(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that was found and is not marked so."""

    text: str
    entity: str
    value: str
    file: str = ""
    line: int = 0


class SlotScores(msgspec.Struct, frozen=True):
    """Over all marked values of a test, and by entity, the weakest first.

    `by_utterance`: whether all the values of a text were found, and nothing else was taken for one.
    """

    utterances: int
    all: SlotRow
    entities: tuple[SlotRow, ...]
    misses: tuple[SlotMiss, ...] = ()
    surplus: tuple[Surplus, ...] = ()
    by_utterance: dict[str, bool] = {}

    @property
    def sentence(self) -> str:
        """The figures in one line."""
        row = self.all
        return (
            f"{row.right} of {row.support} marked values found ({row.recall:.1%}),"
            f" {row.precision:.1%} of what was found is right, F1 {row.f1:.3f}"
        )


def score_slots(finder: object, examples: Sequence[Example]) -> SlotScores | None:
    """The scores on the examples of files that mark values; None where there are none, or nothing finds entities.

    All utterances of such a file count, and of what is found only the kinds that the test marks.
    """
    files = {example.file for example in examples if example.slots}
    if not files or not isinstance(finder, Finder):
        return None
    asked = [example for example in examples if example.file in files]
    kinds = {slot.entity for example in asked for slot in example.slots}
    support, found, right = Counter[str](), Counter[str](), Counter[str]()
    misses: list[SlotMiss] = []
    surplus: list[Surplus] = []
    by_utterance: dict[str, bool] = {}
    for example in asked:
        entities = [entity for entity in finder.entities(example.text) if entity.kind in kinds]
        spans = {(entity.kind, entity.start, entity.end) for entity in entities}
        found.update(kind for kind, *_ in spans)
        marked = {(slot.entity, slot.start, slot.end) for slot in example.slots}
        by_utterance[example.text] = spans == marked
        for kind, start, end in sorted(spans - marked, key=lambda span: span[1:]):
            surplus.append(Surplus(example.text, kind, example.text[start:end], example.file, example.line))
        for slot in example.slots:
            support[slot.entity] += 1
            if (slot.entity, slot.start, slot.end) in spans:
                right[slot.entity] += 1
                continue
            instead = [row for row in entities if row.start < slot.end and slot.start < row.end]
            shown = ", ".join(f"{row.text} ({row.kind})" for row in instead)
            misses.append(SlotMiss(example.text, slot.entity, slot.text, shown, example.file, example.line))
    rows = [_row(kind, support[kind], found[kind], right[kind]) for kind in sorted(kinds)]
    return SlotScores(
        len(asked), _row("all", support.total(), found.total(), right.total()),
        tuple(sorted(rows, key=lambda row: (row.f1, row.entity))), tuple(misses[:MAX_SLOT_MISSES]),
        tuple(surplus[:MAX_SLOT_MISSES]), by_utterance,
    )  # fmt: skip


def _row(entity: str, support: int, found: int, right: int) -> SlotRow:
    precision, recall = right / found if found else 0.0, right / support if support else 0.0
    return SlotRow(entity, support, found, right, precision, recall, 2 * right / (found + support))
