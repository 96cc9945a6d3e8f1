"""Matcher: finds block-listed words as people disguise them, in time that grows with the length only."""

import importlib.util
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from nlp.errors import Unavailable
from nlp.folding import fold
from nlp.profanity_words import (
    CENSORED,
    EVERYDAY,
    INNOCENT,
    INNOCENT_PHRASES,
    MILD,
    RUDE,
    SEVERE,
    SEVERE_STEMS,
    SPLIT_ENDINGS,
    SPLIT_WORDS,
    SQUEEZED_STEMS,
    STEMS,
)

TOKEN = re.compile(r"(?:[^\W_]|[@$!+*|])+")
PLAIN = re.compile(r"[^\W\d_]+")
LEET = str.maketrans("4@31!|05$7+89", "aaeiiiossttbg")
LEET_L = str.maketrans("4@31!|05$7+89", "aaelllosstt" + "bg")
EDGES = "!+*|"
JOINERS = " \t\n-_'’.,;:?/\"()"
"""What may stand between the words of a phrase, or at its end."""

COVERED = re.compile(r"(?<![^\W_])([a-z]{1,3})[#%&]{1,3}(?=[a-z]{1,7}(?![^\W_]))")
"""A sign that stands for letters within a word, as a star does: f#ck."""

TRIPLE = re.compile(r"(.)\1{2,}")
DOUBLE = re.compile(r"(.)\1+")
APOSTROPHES = ("'", "’")
MAX_WORD = 60
MAX_PHRASE = 20
MAX_GAP = 3
FEWEST_SPACED = 3
MAX_REMEMBERED = 10_000
"""Words that were found to be without fault, and need not be looked at when they come again."""

VOWELS = frozenset("aeiou")


class Hit(NamedTuple):
    """A word found from `start` to `end` of the folded text."""

    start: int
    end: int
    word: str
    severity: int


class Matcher:
    """Words, phrases and stems to find, and those to leave in peace. Made once; it remembers words without fault."""

    def __init__(
        self,
        words: dict[str, int],
        allowed: Iterable[str] = (),
        stems: Iterable[str] = STEMS,
        signs: Iterable[str] = (),
    ) -> None:
        self._allowed, self._allowed_phrases = _split(dict.fromkeys((*INNOCENT_PHRASES, *allowed), 0))
        for word in self._allowed:
            words = {key: value for key, value in words.items() if key != word}
        self._words, self._phrases = _split(words)
        self._starred = {key: word for word in sorted(self._words) for key in _starred(word, self._words[word])}
        self._usual: dict[tuple[str, int], list[str]] = {}
        for word in CENSORED:
            if word in self._words and self._words[word] >= RUDE:
                self._usual.setdefault((word[0], len(word)), []).append(word)
        kept = [stem for stem in stems if stem not in self._allowed]
        self._stems = re.compile("|".join(sorted(kept, key=len, reverse=True)) or "(?!)")
        exact = sorted(set(map(exact_form, signs)) - {""}, key=len, reverse=True)
        self._exact = re.compile("|".join(map(_whole, exact))) if exact else None
        self._squeezed = re.compile("|".join(stem for stem in SQUEEZED_STEMS if stem in kept) or "(?!)")
        self._clean: set[str] = set()

    def find(self, folded: str) -> list[Hit]:
        """Every hit in a folded text, from the left."""
        exact = [] if self._exact is None else [Hit(*row.span(), row[0], RUDE) for row in self._exact.finditer(folded)]
        if "#" in folded or "%" in folded or "&" in folded:
            folded = COVERED.sub(lambda row: row[1] + "*" * (len(row[0]) - len(row[1])), folded)
        tokens = [(match.start(), match.end(), match.group()) for match in TOKEN.finditer(folded)]
        spared = self._spared(tokens)
        hits = exact
        clean = self._clean
        for number, (start, end, token) in enumerate(tokens):
            if token in clean:
                continue
            if number not in spared and (hit := self._word(token)):
                hits.append(Hit(start, end, *hit))
            elif token in SPLIT_WORDS and (split := self._split_hit(tokens[number : number + 2], folded)):
                hits.append(split)
            elif number not in spared and token not in SPLIT_WORDS and len(token) <= MAX_WORD:
                self._remember(token)
        if self._phrases:
            hits += self._phrase_hits(tokens, spared)
        hits += self._spaced_hits(tokens)
        return sorted(hits)

    def _remember(self, token: str) -> None:
        if len(self._clean) >= MAX_REMEMBERED:
            self._clean.clear()
        self._clean.add(token)

    def _word(self, token: str) -> tuple[str, int] | None:
        if token in self._allowed:
            return None
        if token in self._words:
            return token, self._words[token]
        if PLAIN.fullmatch(token) and not TRIPLE.search(token):
            return self._stem(token)
        letters, digits = sum(map(str.isalpha, token)), sum(map(str.isdigit, token))
        if digits > letters or not (letters or "@" in token):  # a number, a road, a part number
            return None
        for form in _forms(token):
            if form in self._allowed:
                return None
            if form in self._words:
                return form, self._words[form]
        if "*" in token and (word := self._starred.get(token.strip("!+|")) or self._censored(token.strip("!+|"))):
            return word, self._words[word]
        for form in _forms(token):
            if hit := self._stem(form):
                return hit
        return None

    def _censored(self, token: str) -> str:
        """The word that was starred out, where its letters and its length leave one of the usual ones."""
        usual = self._usual.get((token[0], len(token)), ())
        return next((word for word in usual if all(map(lambda said, own: said in ("*", own), token, word))), "")

    def _stem(self, word: str) -> tuple[str, int] | None:
        match = self._stems.search(word)
        if match is None and (len(word) < 5 or not (match := self._squeezed.search(DOUBLE.sub(r"\1", word)))):
            return None
        stem = match.group()
        if any(innocent in word for innocent in INNOCENT.get(stem, ())):
            return None
        return stem, severity_of(stem)

    def _spared(self, tokens: list[tuple[int, int, str]]) -> set[int]:
        """The tokens of innocent phrases."""
        spared: set[int] = set()
        for number, (_, _, token) in enumerate(tokens):
            for phrase in self._allowed_phrases.get(token, ()):
                if tuple(row[2].strip(EDGES) for row in tokens[number : number + len(phrase)]) == phrase:
                    spared.update(range(number, number + len(phrase)))
        return spared

    def _phrase_hits(self, tokens: list[tuple[int, int, str]], spared: set[int]) -> list[Hit]:
        hits = []
        for number, (start, _, token) in enumerate(tokens):
            for phrase, severity in self._phrases.get(token.strip(EDGES), {}).items():
                last = number + len(phrase)
                if number in spared or tuple(row[2].strip(EDGES) or row[2] for row in tokens[number:last]) != phrase:
                    continue
                hits.append(Hit(start, tokens[last - 1][1], " ".join(phrase), severity))
        return hits

    def _split_hit(self, parts: list[tuple[int, int, str]], folded: str) -> Hit | None:
        """A word with one gap in it: "fu ck", where neither part is a word."""
        if len(parts) < 2 or parts[1][0] - parts[0][1] != 1:
            return None
        (start, _, first), (_, end, second) = parts
        if folded[max(0, start - 1) : start] in APOSTROPHES or folded[end : end + 1] in APOSTROPHES:  # it's, sh it's
            return None
        for rest in SPLIT_WORDS[first]:
            if second.startswith(rest) and second[len(rest) :] in SPLIT_ENDINGS and (hit := self._word(first + second)):
                return Hit(start, end, *hit)
        return None

    def _spaced_hits(self, tokens: list[tuple[int, int, str]]) -> list[Hit]:
        """Words spelt with a sign between the letters: "f u c k", "f_u_c_k"."""
        hits = []
        run: list[tuple[int, int, str]] = []
        for token in [*tokens, (1 << 60, 1 << 60, "")]:
            if len(token[2]) == 1 and (not run or token[0] - run[-1][1] <= MAX_GAP):
                run.append(token)
                continue
            if len(run) >= FEWEST_SPACED and (hit := self._joined("".join(row[2] for row in run))):
                hits.append(Hit(run[0][0], run[-1][1], *hit))
            run = [token] if len(token[2]) == 1 else []
        return hits

    def _joined(self, letters: str) -> tuple[str, int] | None:
        """A spelt word, which an "a" or "I" may stand before."""
        for form in (*_forms(letters), letters[1:]):
            if form in self._words:
                return form, self._words[form]
        return self._stem(letters.translate(LEET)) if len(letters) > FEWEST_SPACED else None


def _forms(token: str) -> list[str]:
    """The ways to read a disguised word, each once: signs for letters, letters repeated, stars between."""
    forms: dict[str, None] = {}
    for body in (token, token.strip(EDGES), token.replace("*", "")):
        if not body:
            continue
        for table in (LEET, LEET_L):
            plain = body.translate(table)
            forms[plain] = None
            if TRIPLE.search(plain):
                forms[TRIPLE.sub(r"\1\1", plain)] = None
                forms[TRIPLE.sub(r"\1", plain)] = None
    return [form for form in forms if len(form) <= MAX_WORD] or list(forms)[:1]


def _split(words: dict[str, int]) -> tuple[dict[str, int], dict[str, dict[tuple[str, ...], int]]]:
    """Single words, and phrases by their first word; all folded as texts are."""
    single: dict[str, int] = {}
    phrases: dict[str, dict[tuple[str, ...], int]] = {}
    for word, severity in words.items():
        parts = tuple(TOKEN.findall(fold(word)[0]))
        if len(parts) > 1:
            parts = tuple(part.strip(EDGES) or part for part in parts)
        if len(parts) == 1:
            single[parts[0]] = severity
        elif 1 < len(parts) <= MAX_PHRASE and any(len(part) > 1 for part in parts):
            phrases.setdefault(parts[0], {})[parts] = severity
            if severity > MILD:
                single["".join(parts)] = severity
    return single, phrases


def exact_form(entry: str) -> str:
    """An entry that is found as it is written: folded, without the signs that end a sentence."""
    plain = " ".join(fold(entry)[0].split())
    return plain.strip(" .,;:?!\"'") or plain


def needs_exact_form(entry: str) -> bool:
    """Whether an entry is no word or phrase: it has signs or emoji in it, only single letters, or is very long."""
    folded = fold(entry)[0]
    parts = TOKEN.findall(folded)
    if len(parts) == 1 or (1 < len(parts) <= MAX_PHRASE and any(len(part) > 1 for part in parts)):
        return bool(TOKEN.sub("", folded).strip(JOINERS))
    return True


def _whole(entry: str) -> str:
    """The pattern of an entry that is no part of a longer word."""
    pattern = r"\s+".join(map(re.escape, entry.split(" ")))
    return (r"(?<!\w)" if entry[:1].isalnum() else "") + pattern + (r"(?!\w)" if entry[-1:].isalnum() else "")


def _starred(word: str, severity: int) -> list[str]:
    """How a rude word is written by those who star it out: f*ck, f**k, s**t."""
    if severity < RUDE or not 4 <= len(word) <= 8 or not PLAIN.fullmatch(word):
        return []
    first_vowel = next((place for place, letter in enumerate(word) if place and letter in VOWELS), 0)
    keys = [word[0] + "*" * (len(word) - 2) + word[-1]]
    if word in SQUEEZED_STEMS:
        keys.append(word[0] + "*" * (len(word) - 1))
    if first_vowel:
        keys.append(word[:first_vowel] + "*" + word[first_vowel + 1 :])
    return keys


@lru_cache(maxsize=1)
def lexicon() -> dict[str, int]:
    """better-profanity's words with how bad each is; only its list is read, the package is not imported."""
    spec = importlib.util.find_spec("better_profanity")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable('the profanity word list is not installed: run `pip install "botkit[nlp]"`')
    path = Path(spec.submodule_search_locations[0]) / "profanity_wordlist.txt"
    words = [line.strip().lower() for line in path.read_text(encoding="utf-8").splitlines()]
    return {word: severity_of(word) for word in words if word}


def severity_of(word: str) -> int:
    """1 mild, 2 rude, 3 severe."""
    if word in EVERYDAY:
        return MILD
    if any(stem in word for stem in SEVERE_STEMS):
        return SEVERE
    return RUDE
