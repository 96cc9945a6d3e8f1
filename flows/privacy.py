"""Privacy: which personal data is masked in what is kept of a conversation."""

from collections.abc import Iterable
from typing import Any

from models.utterance import Entity, Understanding
from nlp.privacy import Style, mask


class Privacy:
    """Masks entities of `kinds`; none where a project asks for none.

    Cards, IBANs, e-mail addresses and phone numbers with a prefix are known by their looks, wherever they stand;
    other kinds where a node of the same step has understood the text.
    """

    def __init__(self, kinds: Iterable[str] = (), style: Style = "label") -> None:
        self.set(kinds, style)

    def set(self, kinds: Iterable[str], style: Style) -> None:
        """From now on, mask these."""
        self.kinds = frozenset(kinds)
        self.style: Style = style

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def mask(self, text: str, entities: Iterable[Entity] = ()) -> str:
        """The text as it may be kept."""
        return mask(text, entities, kinds=self.kinds, style=self.style) if self.kinds and text else text

    def redactions(self, text: str, read: Understanding) -> list[tuple[str, str]]:
        """What is to be masked of an understood text, each with its mask: the whole, then what it names."""
        named = [entity for entity in read.entities if entity.kind in self.kinds]
        if not named:
            return []
        pairs = [(text, self.mask(text, named))]
        for entity in named:
            for said in (entity.text, *_texts(entity.value)):
                pairs.append((said, mask(said, [_whole(entity, said)], kinds=self.kinds, style=self.style)))
        return pairs


def _whole(entity: Entity, text: str) -> Entity:
    return Entity(entity.kind, text, text, 0, max(1, len(text)))


def _texts(value: Any) -> list[str]:
    """The texts in an entity's value."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return []
