"""Project: what a designer wrote about language: intents, entities and the settings of the pipeline."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from nlp.errors import InvalidData
from nlp.knowledge import Article, read_knowledge
from nlp.language_codes import base_language, region_of
from nlp.yaml_lines import Place, read_yaml

NONE_OF_THESE = "none_of_these"
"""The label of utterances that belong to no intent: they teach what is out of scope."""

NONE_LABELS = frozenset({"oos", "out_of_scope", "nlu_fallback"})
"""What data sets call utterances that no intent is for. An intent of a project with such a name is one like others."""

HEAD_FOLDER, HEAD_CARD = "sentiment", "sentiment.json"
"""Where the head of sentiment lies among a project's models, and the file of it that is written last."""

MAX_INTENTS = 10_000
MAX_UTTERANCES = 200_000
MAX_UTTERANCE_LENGTH = 500
MAX_ENTITY_VALUES = 50_000
MAX_TITLE_LENGTH = 100
NAME = re.compile(r"[^\W\d][\w .-]{0,63}")
NAME_RULE = "begin with a letter, use letters, digits, '_', '.', '-' or spaces"
BROKEN_MARK = re.compile(r"\][({]")
SLOT = re.compile(r"\[([^\[\]]{1,200})\]\(([^()\[\]]{1,64})\)")


def none_label(intent: str) -> str:
    """What is doubtful about an intent that is called as data sets call "none of these"."""
    return f"intent {intent} is one like all others: if it stands for what the bot is not for, call it {NONE_OF_THESE}"


class Slot(msgspec.Struct, frozen=True):
    """A marked part of an utterance, `[1234](order_number)`, and where it stands in the text without marks."""

    entity: str
    text: str
    start: int
    end: int


class Utterance(msgspec.Struct, frozen=True):
    """Something a customer may say for an intent; the marks are taken out of `text`."""

    text: str
    intent: str
    slots: tuple[Slot, ...] = ()
    file: str = ""
    line: int = 0


class EntityRule(msgspec.Struct, frozen=True):
    """An entity of the designer: `values` (each with its synonyms), or regular expressions."""

    name: str
    values: dict[str, tuple[str, ...]] = {}
    patterns: tuple[str, ...] = ()
    file: str = ""
    line: int = 0


class Project(msgspec.Struct, frozen=True):
    """All that lies in a project's `nlp` folder."""

    folder: Path | None = None
    utterances: tuple[Utterance, ...] = ()
    entities: tuple[EntityRule, ...] = ()
    settings: dict[str, Any] = {}
    titles: dict[str, str] = {}
    """What customers are told of an intent, where the designer wrote it."""
    knowledge: tuple[Article, ...] = ()
    region: str = ""
    """The country that the code of the bot's language names: BR of pt-BR."""

    @property
    def intents(self) -> tuple[str, ...]:
        """The names of the intents, sorted, without `none_of_these`."""
        return tuple(sorted({row.intent for row in self.utterances} - {NONE_OF_THESE}))


def read_project(folder: Path) -> Project:
    """The `nlp` folder of a project; raises `InvalidData` with file and line. A folder that is missing is empty."""
    titles: dict[str, str] = {}
    utterances = tuple(row for file in _files(folder / "intents") for row in _utterances(file, folder, titles))
    if len(utterances) > MAX_UTTERANCES:
        raise InvalidData("intents", 0, f"a project has at most {MAX_UTTERANCES} utterances")
    if len({row.intent for row in utterances}) > MAX_INTENTS:
        raise InvalidData("intents", 0, f"a project has at most {MAX_INTENTS} intents")
    entities: dict[str, EntityRule] = {}
    for file in _files(folder / "entities"):
        for rule in _entities(file, folder):
            if other := entities.get(rule.name):
                message = f"entity {rule.name!r} is already in {other.file}:{other.line}: put them together"
                raise InvalidData(rule.file, rule.line, message)
            entities[rule.name] = rule
    settings_file = folder / "pipeline.yaml"
    settings = read_yaml(settings_file, folder).as_mapping().plain() if settings_file.is_file() else {}
    region = ""
    if isinstance(code := settings.get("language"), str):  # all rules know a language by its first part only
        settings["language"], region = base_language(code), region_of(code)
    return Project(
        folder=folder, utterances=utterances, entities=tuple(entities.values()), settings=settings, titles=titles,
        knowledge=read_knowledge(folder), region=region,
    )  # fmt: skip


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def _entries(file: Path, folder: Path) -> Iterator[Place]:
    """The top of a file: one mapping, or a list of them."""
    top = read_yaml(file, folder)
    if top.empty:
        return
    yield from top.items() if top.is_list else [top]


def _utterances(file: Path, folder: Path, titles: dict[str, str]) -> Iterator[Utterance]:
    for entry in _entries(file, folder):
        fields = entry.as_mapping().fields({"intent", "examples", "about", "title"})
        intent = _name(fields.get("intent"), entry, "intent")
        if title := fields.get("title"):
            _add_title(titles, intent, title)
        examples = fields.get("examples")
        if examples is None:
            raise entry.error(f"intent {intent!r} has no 'examples': list some things that customers say")
        for example in examples.items():
            yield parse_utterance(example.text(), intent, example)


def _add_title(titles: dict[str, str], intent: str, place: Place) -> None:
    text = " ".join(place.text().split())
    if not 1 <= len(text) <= MAX_TITLE_LENGTH:
        raise place.error(f"a title has 1 to {MAX_TITLE_LENGTH} characters: customers see it on a button")
    if titles.setdefault(intent, text) != text:
        raise place.error(f"intent {intent!r} has the title {titles[intent]!r} already: give it one only")


def parse_utterance(marked: str, intent: str, place: Place) -> Utterance:
    """An utterance without its marks: `my order [1234](order_number)` is `my order 1234`."""
    bare = SLOT.sub(r"\1", marked)
    text = " ".join(bare.split())
    if not text:
        raise place.error("an example needs words")
    empty = any(not (match[1].strip() and match[2].strip()) for match in SLOT.finditer(marked))
    if empty or BROKEN_MARK.search(bare):
        raise place.error(f"a mark in {marked!r} is broken: it is written [what was said](entity), and holds no other")
    if len(text) > MAX_UTTERANCE_LENGTH:
        raise place.error(f"an example has at most {MAX_UTTERANCE_LENGTH} characters")
    slots = slots_of(marked)
    for slot in slots:
        if not NAME.fullmatch(slot.entity):
            raise place.error(f"{slot.entity!r} is no name of an entity: {NAME_RULE}")
    return Utterance(text=text, intent=intent, slots=slots, file=place.file, line=place.line)


def slots_of(
    marked: str, pattern: re.Pattern[str] = SLOT, entity_of: Callable[[re.Match[str]], str] = lambda match: match[2]
) -> tuple[Slot, ...]:
    """The marked parts of an utterance; group 1 of the pattern is what was said, and `entity_of` names its entity."""
    slots = []
    for match in pattern.finditer(marked):
        words, entity = " ".join(match[1].split()), entity_of(match).strip()
        end = len(" ".join(pattern.sub(r"\1", marked[: match.end()]).split()))
        if words and entity:
            slots.append(Slot(entity=entity, text=words, start=end - len(words), end=end))
    return tuple(slots)


def _entities(file: Path, folder: Path) -> Iterator[EntityRule]:
    for entry in _entries(file, folder):
        fields = entry.as_mapping().fields({"entity", "values", "pattern", "patterns", "about"})
        name = _name(fields.get("entity"), entry, "entity")
        patterns = [fields["pattern"].text()] if "pattern" in fields else []
        patterns += [item.text() for item in fields["patterns"].items()] if "patterns" in fields else []
        values = _values(fields["values"]) if "values" in fields else {}
        if not values and not patterns:
            raise entry.error(f"entity {name!r} needs 'values' or a 'pattern'")
        yield EntityRule(name=name, values=values, patterns=tuple(patterns), file=entry.file, line=entry.line)


def _values(place: Place) -> dict[str, tuple[str, ...]]:
    """A list of values, or a mapping of each value to its synonyms."""
    values: dict[str, tuple[str, ...]]
    if place.is_list:
        values = {item.text(): () for item in place.items()}
    else:
        values = {
            key: tuple(synonym.text() for synonym in item.items()) if not item.empty else ()
            for key, item in place.as_mapping().fields(None).items()
        }
    if sum(1 + len(synonyms) for synonyms in values.values()) > MAX_ENTITY_VALUES:
        raise place.error(f"an entity has at most {MAX_ENTITY_VALUES} values and synonyms")
    if not all(word.strip() for value, synonyms in values.items() for word in (value, *synonyms)):
        raise place.error("a value needs at least one letter or digit")
    return values


def _name(place: Place | None, entry: Place, what: str) -> str:
    if place is None:
        raise entry.error(f"this entry has no {what!r}: name it")
    name = place.text().strip()
    if not NAME.fullmatch(name):
        raise place.error(f"{name!r} is no name: {NAME_RULE}")
    return name
