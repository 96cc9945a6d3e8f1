"""YAML data: a project's own files of utterances, and those of Rasa."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, ScalarNode

from nlp.errors import InvalidData
from nlp.evaluation.examples import Example, make_example
from nlp.project import SLOT, slots_of
from nlp.yaml_lines import Place, read_yaml

RASA_ENTITY = re.compile(r"\[([^\[\]]{1,1000})\](?:\(([^()]{1,1000})\)|(\{[^{}]{1,1000}\}))(?:\[[^\[\]]{1,100}\])?")
"""`[text](entity)` and `[text]{"entity": ...}`, with an optional group or role behind."""


def read_yaml_data(path: Path) -> Iterator[Example]:
    """Examples of a YAML file: `utterances:` by intent, intents with `examples`, or Rasa's `nlu:`."""
    try:
        top = read_yaml(path, path.parent)
    except InvalidData as error:  # with the name by which the file was asked for
        place = f"{error.file}:{error.line}: " if error.line else f"{error.file}: "
        raise InvalidData(str(path), error.line, error.message.removeprefix(place)) from None
    top = Place(str(path), top.line, top.node)
    if top.empty:
        raise top.error("the file is empty")
    if top.is_list:
        yield from (example for entry in top.items() for example in _intent(entry))
        return
    fields = top.as_mapping().fields(None)
    if "nlu" in fields:
        yield from _rasa(fields["nlu"])
    elif "utterances" in fields:
        yield from _by_intent(fields["utterances"])
    elif "intent" in fields:
        yield from _intent(top)
    else:
        raise top.error("there are no utterances here: 'utterances:', 'intent:' or Rasa's 'nlu:' is expected")


def _by_intent(place: Place) -> Iterator[Example]:
    """`order_status: [where is it, ...]` for each intent."""
    for intent, texts in place.as_mapping().fields(None).items():
        for text in texts.items():
            yield _marked(text, intent)


def _intent(entry: Place) -> Iterator[Example]:
    """`{intent: order_status, examples: [...]}`."""
    fields = entry.as_mapping().fields(None)
    if "intent" not in fields or "examples" not in fields:
        raise entry.error("an entry has an 'intent' and 'examples'")
    intent = fields["intent"].text()
    for text in fields["examples"].items():
        yield _marked(text, intent)


def _marked(place: Place, intent: str) -> Example:
    """An utterance with our own marks."""
    marked = place.text()
    return make_example(SLOT.sub(r"\1", marked), intent, place.file, place.line, slots_of(marked))


def _rasa(place: Place) -> Iterator[Example]:
    """Rasa's training data: https://legacy-docs-oss.rasa.com/docs/rasa/training-data-format."""
    for entry in place.items():
        fields = entry.as_mapping().fields(None)
        if "intent" not in fields:  # synonyms, regular expressions and lookup tables teach no intent
            continue
        if "examples" not in fields:
            raise entry.error("this intent has no 'examples'")
        intent = fields["intent"].text()
        for text, line in _rasa_texts(fields["examples"]):
            slots = slots_of(text, RASA_ENTITY, _rasa_entity)
            yield make_example(RASA_ENTITY.sub(r"\1", text), intent, entry.file, line, slots)


def _rasa_entity(match: re.Match[str]) -> str:
    """The entity of a mark, without group, role and value; nothing where it has none."""
    if match[2] is not None:
        return match[2].partition(":")[0].strip()  # older data has `(entity:value)`
    try:
        found = json.loads(match[3])
    except ValueError:
        return ""
    entity = found.get("entity") if isinstance(found, dict) else None
    return entity if isinstance(entity, str) else ""


def _rasa_texts(place: Place) -> Iterator[tuple[str, int]]:
    """A block of lines that begin with a dash, or a list of `text:` entries."""
    if place.is_list:
        for item in place.items():
            if isinstance(item.node, MappingNode):
                text: Any = item.fields(None).get("text")
                if text is None:
                    raise item.error("this example has no 'text'")
                yield text.text().strip().removeprefix("- "), text.line
            else:
                yield item.text(), item.line
        return
    block = place.text()
    first = place.line + (1 if isinstance(place.node, ScalarNode) and place.node.style in {"|", ">"} else 0)
    for number, row in enumerate(block.split("\n")):
        text = row.strip()
        if not text or text.startswith("#"):
            continue
        if not text.startswith("-"):
            raise InvalidData(place.file, first + number, "an example of Rasa begins with '- '")
        yield text[1:].strip(), first + number
