"""Profanity: words on a block list, found in disguise too, and masked."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, field_validator

from models.content import MAX_TEXT_LENGTH
from models.utterance import Profanity, Understanding
from nlp.base import Component, Context
from nlp.folding import fold
from nlp.language_codes import base_language
from nlp.profanity_backend import BetterProfanity
from nlp.profanity_categories import category_of
from nlp.profanity_languages import INNOCENT_IN, KNOWN, stems_of, words_of
from nlp.profanity_matcher import Hit, Matcher, lexicon, needs_exact_form, severity_of
from nlp.profanity_names import NAMES, is_name
from nlp.profanity_words import MILD, MORE_ENGLISH, RUDE, SEVERE, STEMS
from nlp.project import Project

MAX_LISTED_WORDS = 5_000
NONE: frozenset[str] = frozenset()
MAX_MATCHERS = 32
"""Matchers kept for calls that bring their own words."""


class ProfanityFilter(Component):
    """Finds profane words, whole or disguised (f_u_c_k, fuuuck, fսck), and masks them.

    Works on better-profanity's lexicon, and on short lists for other languages. The mask has the length of the word.
    """

    kind = "profanity"
    heeds: ClassVar[tuple[str, ...]] = ("language",)
    gives: ClassVar[tuple[str, ...]] = ("profanity",)

    from_severity: int = Field(default=RUDE, ge=MILD, le=SEVERE)
    """How bad a word must be: 1 counts words such as drunk or naked too, 3 only the worst."""
    languages: tuple[Literal["de", "en", "es", "fr", "it", "pt"], ...] = ()
    """The languages whose words count; empty: English, and the project's own."""
    backend: Literal["matcher", "better_profanity"] = "matcher"
    """Who looks: botkit's own matcher, or better-profanity's, which is slower and reads 500 characters."""
    block: tuple[str, ...] = Field(default=(), max_length=MAX_LISTED_WORDS)
    """More words, phrases, signs and emoji that count."""
    allow: tuple[str, ...] = Field(default=(), max_length=MAX_LISTED_WORDS)
    """Words and phrases that do not count."""
    mask: str = Field(default="*", min_length=1, max_length=1)
    """What stands for each letter."""

    _spoken: tuple[str, ...] = PrivateAttr(default=("en",))
    _matcher: Matcher = PrivateAttr()
    _other: BetterProfanity | None = PrivateAttr(default=None)
    _special: Any = PrivateAttr(default=None)

    @field_validator("block", "allow")
    @classmethod
    def _can_be_found(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        for number, entry in enumerate(entries, 1):
            if not fold(entry)[0].strip():
                raise ValueError(f"entry {number} is {entry!r}, which no text has: expected a word, a phrase or a sign")
        return entries

    def prepare(self, project: Project, models: Path | None) -> None:
        own = base_language(str(project.settings.get("language", "en")))
        self._spoken = self.languages or tuple(name for name in KNOWN if name in ("en", own))
        self._matcher = self._make((), ())
        self._special = lru_cache(maxsize=MAX_MATCHERS)(self._make)
        if self.backend == "better_profanity":
            self._other = BetterProfanity((*self._foreign(), *self.block), self.allow)

    def read(self, understanding: Understanding, context: Context) -> str:
        innocent = INNOCENT_IN.get(understanding.language, NONE)
        found = self.find(understanding.text, context.options.block, context.options.allow, innocent=innocent)
        understanding.profanity = found
        if not found.found:
            return "no word of the block list"
        return f"found {', '.join(found.words)} ({', '.join(found.categories)})"

    def find(
        self, text: str, block: tuple[str, ...] = (), allow: tuple[str, ...] = (), *, innocent: frozenset[str] = NONE
    ) -> Profanity:
        """What is profane in a text of any length up to 64 kB; `innocent`: words that mean no harm in its language."""
        text = text[:MAX_TEXT_LENGTH]
        if self._other is not None and not (block or allow):
            return self._found(
                text, [(start, end, word, severity_of(word)) for start, end, word in self._other.find(text)]
            )
        matcher = self._special(block, allow) if block or allow else self._matcher
        folded, places = fold(text)
        hits = matcher.find(folded)
        if not hits:
            return Profanity(masked=text)
        if places is not None:
            hits = [Hit(places[hit.start], places[hit.end - 1] + 1, hit.word, hit.severity) for hit in hits]
        blocked = {word.casefold() for word in (*self.block, *block)}
        return self._found(
            text, [hit for hit in hits if hit.word in blocked or not _means_no_harm(hit, text, innocent)]
        )

    def _found(self, text: str, hits: Sequence[tuple[int, int, str, int]]) -> Profanity:
        """Hits, from the left, as what is said of the text."""
        if not hits:
            return Profanity(masked=text)
        words = tuple(dict.fromkeys(word for _, _, word, _ in hits))
        spans = _joined([(start, end) for start, end, _, _ in hits])
        return Profanity(
            masked=self._masked(text, spans),
            words=words,
            spans=tuple(spans),
            severity=max(severity for _, _, _, severity in hits),
            categories=tuple(sorted({category_of(word) for word in words})),
        )

    def _foreign(self) -> dict[str, int]:
        """The words of the other languages that count."""
        found: dict[str, int] = {}
        for language in self._spoken:
            if language != "en":
                found.update(words_of(language))
        return {word: severity for word, severity in found.items() if severity >= self.from_severity}

    def _make(self, block: tuple[str, ...], allow: tuple[str, ...]) -> Matcher:
        english = lexicon() | MORE_ENGLISH if "en" in self._spoken else {}
        words = {word: severity for word, severity in english.items() if severity >= self.from_severity}
        words |= self._foreign()
        words |= {word: RUDE for word in (*self.block, *block) if not needs_exact_form(word)}
        own = set(map(str.casefold, block))
        allowed = [word for word in (*self.allow, *allow) if word.casefold() not in own]
        stems = [stem for stem in STEMS if severity_of(stem) >= self.from_severity] if english else []
        stems += [
            stem for name in self._spoken if name != "en" and self.from_severity <= RUDE for stem in stems_of(name)
        ]
        return Matcher(words, allowed, stems, filter(needs_exact_form, (*self.block, *block)))

    def _masked(self, text: str, spans: list[tuple[int, int]]) -> str:
        letters = list(text)
        for start, end in spans:
            for place in range(start, end):
                if not letters[place].isspace():
                    letters[place] = self.mask
        return "".join(letters)


def _means_no_harm(hit: Hit, text: str, innocent: frozenset[str]) -> bool:
    return hit.word in innocent or (hit.word in NAMES and is_name(text, hit.start, hit.end))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that overlap are one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
