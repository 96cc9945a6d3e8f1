"""Slots: which entities are learnt from the marks in utterances, and what a text then has of them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.utterance import Entity
from nlp.entity_rules import WORD, shape_of
from nlp.project import Project

if TYPE_CHECKING:
    from nlp.slot_model import SlotModel

FEWEST_MARKS = 4
"""An entity is learnt from so many different marked values on, or from `MANY_MARKS`; before, just these are found."""

MAX_LEARNT_ENTITIES = 200
"""Of more than these, those with the most marks are learnt; of the others the marked values are found."""

MANY_MARKS = 30
"""From so many marks on it is the words around a value that decide, also about one that was marked: "may" is a month
and is not. With fewer, a marked value counts wherever it stands."""


def learnt_entities(project: Project) -> tuple[str, ...]:
    """The entities whose values are learnt from marks: those that have no list, no pattern and no common shape."""
    ruled = {rule.name for rule in project.entities}
    marked: dict[str, Counter[str]] = {}
    for utterance in project.utterances:
        for slot in utterance.slots:
            if slot.entity not in ruled:
                marked.setdefault(slot.entity, Counter())[slot.text.casefold()] += 1
    found = [
        name
        for name, texts in marked.items()
        if (len(texts) >= FEWEST_MARKS or texts.total() >= MANY_MARKS) and not shape_of(sorted(texts))
    ]
    most = sorted(found, key=lambda name: (-marked[name].total(), name))[:MAX_LEARNT_ENTITIES]
    return tuple(sorted(most))


def decided_entities(project: Project) -> frozenset[str]:
    """The learnt entities with so many marks that the words around a value decide."""
    counts = Counter(slot.entity for utterance in project.utterances for slot in utterance.slots)
    return frozenset(name for name in learnt_entities(project) if counts[name] >= MANY_MARKS)


FIRM = frozenset({"email", "url", "card", "iban", "phone"})
"""Nothing that was learnt takes the place of these: they are certain."""


class Slots:
    """Finds learnt entities: what the model is sure of, and marked values that it thinks likely."""

    def __init__(self, project: Project, model: "SlotModel", threshold: float) -> None:
        learnt = set(model.entities)
        self.kinds = frozenset(model.entities)
        self._model = model
        self._threshold = threshold
        self._marked = {
            (slot.entity, *WORD.findall(slot.text.casefold()))
            for utterance in project.utterances for slot in utterance.slots if slot.entity in learnt
        }  # fmt: skip

    def find(self, text: str, known: Sequence[Entity]) -> list[Entity]:
        """The slots of a text, in which rules have found what is `known`."""
        return [
            entity
            for entity in self._model.find(text, 0.0, known)
            if entity.confidence >= self._threshold
            or (entity.kind, *WORD.findall(entity.text.casefold())) in self._marked
        ]


def load_project_slots(project: Project, models: Path | None, threshold: float) -> Slots | None:
    """What was learnt from a project's marks; None where there is nothing to learn, or nowhere to look for it.

    Raises `InvalidModel` for a model that is missing or damaged.
    """
    if models is None or not project.intents or not learnt_entities(project):
        return None
    from nlp.slot_model import load_slots
    from nlp.training import model_folder, model_key

    key = model_key(project)
    return Slots(project, load_slots(model_folder(models, key), key), threshold)


def give_way(found: list[Entity], learnt: list[Entity], kinds: frozenset[str], own: frozenset[str]) -> list[Entity]:
    """`found`, and the slots that were `learnt`.

    What overlaps a slot goes, unless it is of the designer's `own` kinds, or certain as an address is. A marked value
    of another of the learnt `kinds` goes, too: the words around tell which of them it is.
    """
    if not learnt:
        return found
    taken = {at for row in learnt for at in range(row.start, row.end)}
    firm = (own - kinds) | FIRM
    return [row for row in found if row.kind in firm or taken.isdisjoint(range(row.start, row.end))] + learnt
