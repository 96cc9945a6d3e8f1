"""Understood: what the nodes that find an intent have in common: their setting, and their outputs."""

from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator, Field

from models.utterance import IntentScore, Understanding

MAX_INTENTS = 500
NONE_OF_THESE = "none_of_these"
RANKED = 5
"""How many intents are listed in the output."""

OUTPUTS = {
    "intent": "the intent, empty for none of these",
    "confidence": "how likely it is, from 0 to 1",
    "intents": "the likeliest intents with their confidence",
    "entities.*": "the first value of each kind of entity: $(n3.entities.order_number)",
    "entity_list": "all entities with their place in the text",
    "language": "the language of the text",
}


def _each_once(intents: tuple[str, ...]) -> tuple[str, ...]:
    for intent in intents:
        if intents.count(intent) > 1:
            raise ValueError(f"the intent {intent!r} is named twice")
        if intent in (NONE_OF_THESE, "ambiguous", "onTimeout", "onError"):
            raise ValueError(f"{intent!r} is an outcome of its own: call the intent something else")
    return intents


Intents = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
    Field(min_length=1, max_length=MAX_INTENTS),
    AfterValidator(_each_once),
]
"""Intents that are outcomes of a node."""


def outputs_of(read: Understanding, intent: str) -> dict[str, Any]:
    """What was understood, as the node's outputs."""
    entities: dict[str, Any] = {}
    for entity in read.entities:
        entities.setdefault(entity.kind, msgspec.to_builtins(entity.value))
    return {
        "intent": intent,
        "confidence": round(read.confidence, 4),
        "intents": [{"intent": row.intent, "confidence": round(row.confidence, 4)} for row in read.intents[:RANKED]],
        "entities": entities,
        "entity_list": msgspec.to_builtins(read.entities),
        "language": read.language,
    }


def title_of(row: IntentScore) -> str:
    """An intent as a customer is told of it: its title, else its name in plain words."""
    if row.title:
        return row.title
    words = " ".join(row.intent.replace("_", " ").replace(".", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]
