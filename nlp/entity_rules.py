"""EntityRules: the designer's own entities: lists with synonyms, and regular expressions of linear time."""

import re
from collections import defaultdict
from typing import Any

import re2

from models.utterance import Entity
from nlp.errors import InvalidData
from nlp.project import EntityRule, Project, Slot

MAX_PATTERN_LENGTH = 1_000
MAX_PATTERN_MEMORY = 8 * 1024 * 1024
MAX_WORDS_IN_VALUE = 12
WORD = re.compile(r"\w+|[^\w\s]")


class ValueList:
    """Finds the values of all list entities, whole words only, whatever their case, in one pass."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        self._lengths: dict[str, set[int]] = defaultdict(set)

    def add(self, entity: str, words: str, value: str) -> None:
        """Let `words` mean `value`; the first meaning of an entity's words stays."""
        key = tuple(WORD.findall(words.casefold()))
        if not 0 < len(key) <= MAX_WORDS_IN_VALUE:
            return
        meanings = self._values[key]
        if all(name != entity for name, _ in meanings):
            meanings.append((entity, value))
            self._lengths[key[0]].add(len(key))

    def find(self, text: str) -> list[Entity]:
        if not self._values:
            return []
        matches = list(WORD.finditer(text))
        words = [match.group().casefold() for match in matches]
        found = []
        for at, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                start, end = matches[at].start(), matches[min(at + length, len(matches)) - 1].end()
                for entity, value in self._values.get(tuple(words[at : at + length]), ()):
                    found.append(Entity(entity, value, text[start:end], start, end, "list"))
        return found


class PatternList:
    """Finds what the designer's regular expressions match; group 1, where there is one, is the value."""

    def __init__(self) -> None:
        self._patterns: list[tuple[str, Any]] = []

    def add(self, entity: str, pattern: Any) -> None:
        self._patterns.append((entity, pattern))

    def find(self, text: str) -> list[Entity]:
        found = []
        for entity, pattern in self._patterns:
            group = 1 if pattern.groups else 0
            for match in pattern.finditer(text):
                start, end = match.span(group)
                if 0 <= start < end:
                    found.append(Entity(entity, text[start:end], text[start:end], start, end, "pattern"))
        return found


def compile_pattern(pattern: str) -> Any:
    """A pattern for `PatternList`, whatever the case; raises `ValueError` that says what is wrong."""
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(f"a pattern has at most {MAX_PATTERN_LENGTH} characters")
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MAX_PATTERN_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"this regular expression cannot be used: {text or 'it is not valid'}") from None
    if compiled.groups > 1:
        raise ValueError("a pattern has at most one group, around the value: write other groups as (?:...)")
    return compiled


def load_rules(project: Project) -> tuple[ValueList, PatternList]:
    """The project's entities, with the values marked in its utterances; raises `InvalidData`."""
    values, patterns = ValueList(), PatternList()
    for rule in project.entities:
        for value, synonyms in rule.values.items():
            for words in (value, *synonyms):
                values.add(rule.name, words, value)
        for pattern in rule.patterns:
            patterns.add(rule.name, _compiled(rule, pattern))
    with_patterns = {rule.name for rule in project.entities if rule.patterns}
    for utterance in project.utterances:
        for slot in utterance.slots:
            if slot.entity not in with_patterns:
                values.add(slot.entity, slot.text, slot.text)
    return values, patterns


def check_rules(project: Project) -> None:
    """Every pattern compiles, and finds what the utterances mark for it; raises `InvalidData`."""
    load_rules(project)
    by_name = {rule.name: rule for rule in project.entities}
    compiled = {rule.name: [_compiled(rule, row) for row in rule.patterns] for rule in project.entities}
    for utterance in project.utterances:
        for slot in utterance.slots:
            rule = by_name.get(slot.entity)
            if rule and rule.patterns and not rule.values and not _finds(compiled[rule.name], utterance.text, slot):
                where = f"{rule.file}:{rule.line}"
                message = f"{slot.text!r} is marked as {slot.entity}, but its pattern ({where}) does not find it"
                raise InvalidData(utterance.file, utterance.line, message)


def _finds(patterns: list[Any], text: str, slot: Slot) -> bool:
    return any(
        match.group(1 if pattern.groups else 0) == slot.text for pattern in patterns for match in pattern.finditer(text)
    )


def _compiled(rule: EntityRule, pattern: str) -> Any:
    try:
        return compile_pattern(pattern)
    except ValueError as error:
        raise InvalidData(rule.file, rule.line, f"entity {rule.name!r}: {error}") from None
