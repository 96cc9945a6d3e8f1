"""Profanity: words on a block list, found in disguise too, and masked."""

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from models.content import MAX_TEXT_LENGTH
from models.utterance import Profanity, Understanding
from nlp.base import Component, Context
from nlp.folding import fold
from nlp.profanity_matcher import Hit, Matcher, lexicon, severity_of
from nlp.profanity_words import MILD, RUDE, SEVERE, STEMS
from nlp.project import Project

MAX_LISTED_WORDS = 5_000
MAX_MATCHERS = 32
"""Matchers kept for calls that bring their own words."""


class ProfanityFilter(Component):
    """Finds profane words, whole or disguised (f_u_c_k, fuuuck, fսck), and masks them.

    Works on better-profanity's lexicon. The mask has the length of the word.
    """

    kind = "profanity"
    gives: ClassVar[tuple[str, ...]] = ("profanity",)

    from_severity: int = Field(default=RUDE, ge=MILD, le=SEVERE)
    """How bad a word must be: 1 counts words such as drunk or naked too, 3 only the worst."""
    block: tuple[str, ...] = Field(default=(), max_length=MAX_LISTED_WORDS)
    """More words and phrases that count."""
    allow: tuple[str, ...] = Field(default=(), max_length=MAX_LISTED_WORDS)
    """Words and phrases that do not count."""
    mask: str = Field(default="*", min_length=1, max_length=1)
    """What stands for each letter."""

    _matcher: Matcher = PrivateAttr()
    _special: Any = PrivateAttr(default=None)

    def prepare(self, project: Project, models: Path | None) -> None:
        self._matcher = self._make((), ())
        self._special = lru_cache(maxsize=MAX_MATCHERS)(self._make)

    def read(self, understanding: Understanding, context: Context) -> str:
        found = self.find(understanding.text, context.options.block, context.options.allow)
        understanding.profanity = found
        return f"found {', '.join(found.words)}" if found.found else "no word of the block list"

    def find(self, text: str, block: tuple[str, ...] = (), allow: tuple[str, ...] = ()) -> Profanity:
        """What is profane in a text of any length up to 64 kB."""
        text = text[:MAX_TEXT_LENGTH]
        matcher = self._special(block, allow) if block or allow else self._matcher
        folded, places = fold(text)
        hits = matcher.find(folded)
        if not hits:
            return Profanity(masked=text)
        spans = _spans(hits, places)
        return Profanity(
            masked=self._masked(text, spans),
            words=tuple(dict.fromkeys(hit.word for hit in hits)),
            spans=tuple(spans),
            severity=max(hit.severity for hit in hits),
        )

    def _make(self, block: tuple[str, ...], allow: tuple[str, ...]) -> Matcher:
        words = {word: severity for word, severity in lexicon().items() if severity >= self.from_severity}
        words |= dict.fromkeys((*self.block, *block), RUDE)
        own = set(map(str.casefold, block))
        allowed = [word for word in (*self.allow, *allow) if word.casefold() not in own]
        return Matcher(words, allowed, [stem for stem in STEMS if severity_of(stem) >= self.from_severity])

    def _masked(self, text: str, spans: list[tuple[int, int]]) -> str:
        letters = list(text)
        for start, end in spans:
            for place in range(start, end):
                if not letters[place].isspace():
                    letters[place] = self.mask
        return "".join(letters)


def _spans(hits: list[Hit], places: list[int] | None) -> list[tuple[int, int]]:
    """Where the hits are in the text itself; those that overlap are one."""
    spans: list[tuple[int, int]] = []
    for hit in hits:
        start = hit.start if places is None else places[hit.start]
        end = hit.end if places is None else places[hit.end - 1] + 1
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
