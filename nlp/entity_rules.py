"""EntityRules: the designer's own entities: lists with synonyms, and regular expressions of linear time."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
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
SHORTEST_PLURAL = 3
"""Letters from which a listed word has a plural with s or es."""

APOSTROPHES = ("'", "’")
ELIDED = frozenset(
    "l d j m t s n c qu jusqu lorsqu puisqu quoiqu un dell all nell dall sull quell bell".split()  # noqa: SIM905
)
"""What stands before an apostrophe in French and Italian without being a part of the word behind it."""

NONE: frozenset[int] = frozenset()
MAX_WORDS_WITH_SLIP = 100
MAX_COMPARED = 2_000
FEWEST_FOR_SHAPE = 2
WORD = re.compile(r"\w+|[^\w\s]")


class ValueList:
    """Finds the values of all list entities, whole words only, whatever their case, in one pass; their plurals, too.

    With `slips`, a long word that is a slip or two away from a value, or from a word of one of several words, is taken
    for it, unless it is one of the words `known` or a common English word, which are right as they are.
    """

    def __init__(self, *, slips: bool = False, known: frozenset[str] = frozenset()) -> None:
        self._slips = slips
        self._known = known
        self._long: dict[str, list[str]] = defaultdict(list)
        self._values: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        self._lengths: dict[str, set[int]] = defaultdict(set)
        self._gaps: dict[tuple[int, str, tuple[str, ...]], list[str]] = defaultdict(list)
        self._shapes: set[tuple[int, int]] = set()
        self._parts: set[str] = set()

    def add(self, entity: str, words: str, value: str) -> None:
        """Let `words` mean `value`; the first meaning of an entity's words stays."""
        key = tuple(WORD.findall(words.casefold()))
        if not 0 < len(key) <= MAX_WORDS_IN_VALUE:
            return
        meanings = self._values[key]
        if all(name != entity for name, _ in meanings):
            meanings.append((entity, value))
            self._lengths[key[0]].add(len(key))
            if self._slips and len(meanings) == 1:
                self._expect_slips(key)

    def _expect_slips(self, key: tuple[str, ...]) -> None:
        """Keep where a slip may be: each long word by the other words of its value."""
        long = [place for place, word in enumerate(key) if len(word) >= SHORTEST_WITH_SLIP and word.isalpha()]
        if len(key) == 1:
            self._long[key[0][0]] += [key[place] for place in long]
            return
        self._parts.update(key)
        for place in long:
            self._gaps[place, key[place][0], (*key[:place], *key[place + 1 :])].append(key[place])
            self._shapes.add((len(key), place))

    def find(self, text: str) -> list[Entity]:
        if not self._values:
            return []
        matches = list(WORD.finditer(text))
        words = [match.group().casefold() for match in matches]
        found = []
        for at, word in enumerate(words):
            lengths: Set[int] = self._lengths.get(word, NONE)
            if len(lengths) != 1 or 1 not in lengths:
                lengths = lengths | {1}  # it may be the plural of one word
            for length in lengths:
                if at + length <= len(words) and (meanings := self._meanings(words, at, length)):
                    if _cuts_word(matches, words, at, length):
                        continue
                    start, end = matches[at].start(), matches[at + length - 1].end()
                    found += [Entity(entity, value, text[start:end], start, end, "list") for entity, value in meanings]
        if self._slips and (self._long or self._gaps):
            for at, word in enumerate(words[:MAX_WORDS_WITH_SLIP]):
                for first, key, likeness in self._near(words, at, word):
                    if _cuts_word(matches, words, first, len(key)):
                        continue
                    start, end = matches[first].start(), matches[first + len(key) - 1].end()
                    for entity, value in self._values[key]:
                        found.append(Entity(entity, value, text[start:end], start, end, "like", likeness))
        return found

    def _meanings(self, words: list[str], at: int, length: int) -> list[tuple[str, str]]:
        """What words mean, as they are listed or else in the plural."""
        before, last = tuple(words[at : at + length - 1]), words[at + length - 1]
        if exact := self._values.get((*before, last)):
            return exact
        for one in _singulars(last):
            if found := self._values.get((*before, one)):
                return found
        return []

    def warm(self) -> None:
        """Load what telling slips takes, where there is a value long enough for one."""
        if self._slips and (self._long or self._gaps):
            english_words()

    def _near(self, words: list[str], at: int, word: str) -> list[tuple[int, tuple[str, ...], float]]:
        """Which values a word is probably meant to be, or to be a part of: where they begin, their words, how alike."""
        if len(word) < SHORTEST_WITH_SLIP - 1 or not word.isalpha() or word in self._known or word in self._parts:
            return []
        whole = self._long.get(word[0], ()) if len(word) >= SHORTEST_WITH_SLIP and (word,) not in self._values else ()
        gaps = list(self._gaps_at(words, at)) if self._gaps else []
        if not (whole or gaps) or word in english_words():
            return []
        found: list[tuple[int, tuple[str, ...], float]] = []
        if near := _nearest(word, whole):
            found.append((at, (near[0],), near[1]))
        for first, rest, candidates in gaps:
            if near := _nearest(word, candidates):
                place = at - first
                found.append((first, (*rest[:place], near[0], *rest[place:]), near[1]))
        return found

    def _gaps_at(self, words: list[str], at: int) -> Iterator[tuple[int, tuple[str, ...], list[str]]]:
        """The values of several words that all other words around a place are of."""
        for length, place in self._shapes:
            first = at - place
            if first >= 0 and first + length <= len(words):
                rest = (*words[first:at], *words[at + 1 : first + length])
                if candidates := self._gaps.get((place, words[at][0], rest)):
                    yield first, rest, candidates


def _nearest(word: str, listed: Sequence[str]) -> tuple[str, float] | None:
    """The listed word that a word is a slip or two away from, and how alike they are."""
    from rapidfuzz.distance import OSA

    allowed = 2 if len(word) >= LONG_WORD else 1
    best = (allowed + 1, "")
    for value in listed[:MAX_COMPARED]:
        if abs(len(value) - len(word)) <= allowed and word.removesuffix("s") != value.removesuffix("s"):
            best = min(best, (OSA.distance(word, value, score_cutoff=allowed), value))
    return (best[1], round(1 - best[0] / len(word), 2)) if best[1] and best[0] <= allowed else None


def _singulars(word: str) -> Iterator[str]:
    """What a word may be the plain plural of."""
    if len(word) > SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss") and word.isalpha():
        yield word[:-1]
        if len(word) > SHORTEST_PLURAL + 1 and word.endswith("es"):
            yield word[:-2]


def _cuts_word(matches: list[re.Match[str]], words: list[str], at: int, length: int) -> bool:
    """Whether these words begin or end at an apostrophe within a word, as the s of "what's" and the m of "I'm" do.

    What is elided (l'iphone) and a possessive s (the tee's) leave a word of three letters or more whole.
    """
    first, last, end = words[at], words[at + length - 1], at + length
    joined = at >= 2 and words[at - 1] in APOSTROPHES and words[at - 2][-1].isalnum() and _touch(matches, at - 2, at)
    if joined and (len(first) < SHORTEST_PLURAL or words[at - 2] not in ELIDED):
        return True
    if end + 1 < len(words) and words[end] in APOSTROPHES and _touch(matches, end - 1, end + 1):
        return words[end + 1][0].isalnum() and (len(last) < SHORTEST_PLURAL or words[end + 1] != "s")
    return False


def _touch(matches: list[re.Match[str]], first: int, last: int) -> bool:
    return all(matches[at].end() == matches[at + 1].start() for at in range(first, last))


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
    with_values = {rule.name for rule in project.entities if rule.values}
    with_patterns = {rule.name for rule in project.entities if rule.patterns}
    marked: dict[str, list[str]] = defaultdict(list)
    for utterance in project.utterances:
        for slot in utterance.slots:
            if slot.entity not in with_patterns and slot.entity not in learnt:
                values.add(slot.entity, slot.text, listed(values, slot) if slot.entity in with_values else slot.text)
                marked[slot.entity].append(slot.text)
    for entity, texts in sorted(marked.items()):
        if shape := shape_of(texts):
            patterns.add(entity, compile_pattern(shape), source="shape")
    return values, patterns


def listed(values: ValueList, slot: Slot) -> str:
    """What marked words mean: the one listed value that they hold ("a filling" is a filling), or what they say."""
    held = {found.value for found in values.find(slot.text) if found.kind == slot.entity}
    return str(held.pop()) if len(held) == 1 else slot.text


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
