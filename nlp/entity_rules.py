"""EntityRules: the designer's own entities: lists with synonyms, and regular expressions of linear time."""

import re
from collections import defaultdict
from typing import Any

import re2

from models.utterance import Entity
from nlp.english_words import english_words
from nlp.errors import InvalidData
from nlp.project import EntityRule, Project, Slot

MAX_PATTERN_LENGTH = 1_000
MAX_PATTERN_MEMORY = 8 * 1024 * 1024
MAX_WORDS_IN_VALUE = 12
SHORTEST_WITH_SLIP, LONG_WORD = 6, 9
"""Letters from which a word may have one slip, and two: shorter ones are too often another word."""
MAX_WORDS_WITH_SLIP = 100
MAX_COMPARED = 2_000
FEWEST_FOR_SHAPE = 2
WORD = re.compile(r"\w+|[^\w\s]")


class ValueList:
    """Finds the values of all list entities, whole words only, whatever their case, in one pass.

    With `slips`, a long word that is a slip or two away from a value is taken for it, unless it is one of the words
    `known` or a common English word, which are right as they are.
    """

    def __init__(self, *, slips: bool = False, known: frozenset[str] = frozenset()) -> None:
        self._slips = slips
        self._known = known
        self._long: dict[str, list[str]] = defaultdict(list)
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
            if len(key) == 1 and len(key[0]) >= SHORTEST_WITH_SLIP and key[0].isalpha() and len(meanings) == 1:
                self._long[key[0][0]].append(key[0])

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
        if self._slips:
            for word, match in list(zip(words, matches, strict=True))[:MAX_WORDS_WITH_SLIP]:
                if near := self._near(word):
                    likeness = round(1 - near[1] / len(word), 2)
                    for entity, value in self._values[near[0],]:
                        found.append(Entity(entity, value, match.group(), *match.span(), "like", likeness))
        return found

    def warm(self) -> None:
        """Load what telling slips takes, where there is a value long enough for one."""
        if self._slips and self._long:
            english_words()

    def _near(self, word: str) -> tuple[str, int] | None:
        """The value that a word is probably meant to be, and how many slips away it is."""
        if len(word) < SHORTEST_WITH_SLIP or not word.isalpha() or word in self._known or (word,) in self._values:
            return None
        near = self._long.get(word[0], ())
        if not near or word in english_words():
            return None
        from rapidfuzz.distance import OSA

        allowed = 2 if len(word) >= LONG_WORD else 1
        best = (allowed + 1, "")
        for value in near[:MAX_COMPARED]:
            if abs(len(value) - len(word)) <= allowed and word.removesuffix("s") != value.removesuffix("s"):
                best = min(best, (OSA.distance(word, value, score_cutoff=allowed), value))
        return (best[1], best[0]) if best[1] and best[0] <= allowed else None


class PatternList:
    """Finds what the designer's regular expressions match; group 1, where there is one, is the value."""

    def __init__(self) -> None:
        self._patterns: list[tuple[str, Any, str]] = []

    def add(self, entity: str, pattern: Any, source: str = "pattern") -> None:
        self._patterns.append((entity, pattern, source))

    def find(self, text: str) -> list[Entity]:
        found = []
        for entity, pattern, source in self._patterns:
            group = 1 if pattern.groups else 0
            for match in pattern.finditer(text):
                start, end = match.span(group)
                if 0 <= start < end:
                    found.append(Entity(entity, text[start:end], text[start:end], start, end, source))
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


def load_rules(
    project: Project, *, slips: bool = False, learnt: frozenset[str] = frozenset()
) -> tuple[ValueList, PatternList]:
    """The project's entities, with the values marked in its utterances; raises `InvalidData`.

    With `slips`, words that are a slip away from a listed value count as it. The marks of entities that are `learnt`
    are not listed: there is something better that finds them.
    """
    known = frozenset(word for row in project.utterances for word in WORD.findall(row.text.casefold()))
    values, patterns = ValueList(slips=slips, known=known if slips else frozenset()), PatternList()
    for rule in project.entities:
        for value, synonyms in rule.values.items():
            for words in (value, *synonyms):
                values.add(rule.name, words, value)
        for pattern in rule.patterns:
            patterns.add(rule.name, _compiled(rule, pattern))
    with_patterns = {rule.name for rule in project.entities if rule.patterns}
    marked: dict[str, list[str]] = defaultdict(list)
    for utterance in project.utterances:
        for slot in utterance.slots:
            if slot.entity not in with_patterns and slot.entity not in learnt:
                values.add(slot.entity, slot.text, slot.text)
                marked[slot.entity].append(slot.text)
    for entity, texts in sorted(marked.items()):
        if shape := shape_of(texts):
            patterns.add(entity, compile_pattern(shape), source="shape")
    return values, patterns


RUN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_|\s+")


def shape_of(texts: list[str]) -> str:
    """The regular expression that marked values have in common, or nothing.

    They have a shape if at least two different ones, each with a digit in it, are the same runs of letters, digits
    and signs: `AB-12` and `AB-345` are `AB-` and two or three digits, `A1` and `B22` a letter and one or two.
    """
    different = sorted(set(texts))
    runs = [RUN.findall(text) for text in different]
    if len(different) < FEWEST_FOR_SHAPE or any(not any(map(str.isdigit, text)) for text in different):
        return ""
    if len({tuple(map(_kind, row)) for row in runs}) != 1:
        return ""
    parts = []
    for column in zip(*runs, strict=True):
        kind, lengths = _kind(column[0]), sorted(map(len, column))
        if kind in ("digits", "letters") and (kind == "digits" or len(set(map(str.casefold, column))) > 1):
            sign = r"\d" if kind == "digits" else r"\pL"
            parts.append(f"{sign}{{{lengths[0]},{lengths[-1]}}}")
        else:
            parts.append(r"\s+" if kind == "blank" else re.escape(column[0]))
    return rf"\b{''.join(parts)}\b" if parts else ""


def _kind(run: str) -> str:
    if run.isdigit():
        return "digits"
    return "letters" if run.isalpha() else "blank" if run.isspace() else run


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
