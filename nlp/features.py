"""Features: a text as a sparse row of word and character n-grams, the same in training and at work."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, pairwise

MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3\u08ca-\u08e1\u08e3-\u0963"
    "\u0971-\u0df3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
    "\u0f39\u0f71-\u0f84\u0f8d-\u0fbc\u102b-\u103e\u1056-\u109d\u17b4-\u17d3\u17dd\u3099\u309a"
)
"""What is written on a letter, and is no letter to `\\w`: accents, the points of Hebrew and Arabic, the vowels of
Dhivehi, of the scripts of India, of Thai, Lao, Tibetan, Burmese and Khmer. Without them, a word falls apart
into its consonants."""

JOINER = "\u200d"
"""Within words of Sinhala, Hindi or Malayalam it says how letters look: some keyboards write it, some do not."""

WORD = re.compile(rf"[\w{MARKS}]+(?:['’][\w{MARKS}]+)?|[^\w\s.,;:'\"()\-]")
DIGITS = re.compile(r"\d+")
WORDS_OF_A_CHOICE = 3
"""A text of so few words may choose from a menu: there, it matters which number it has."""

LENGTHS, LENGTHS_OF_MANY = (2, 5), (3, 4)
"""The pieces of words, in letters. Where there are thousands of texts, three and four tell as much as two to five, and
training takes half the time; where there are few, a slip of a finger costs 0.3 points more with them."""

_DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
DENSE = re.compile(f"[{_DENSE}]")
"""Scripts without spaces, or with a syllable in a letter: there, two letters say as much as four elsewhere."""

_BESIDE = rf"(?:(?!\d)[{_DENSE}]){{0,3}}"
CHOICE = re.compile(rf"(?<!\w)(?<!^[.,:/-])(?<![\d\s][.,:/-])(?<!\d\s){_BESIDE}(\d{{1,2}}){_BESIDE}(?!\w|[.,:/\s-]\d)")
"""A number of a menu's line: "2", "No.2", "option-2"; with what dense scripts write beside it too: "2番", "2번".
Not those that belong to more figures: times, dates, parts of a number."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
UNSPACED = re.compile(f"[{_UNSPACED}]")
"""Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese. All of a sentence would be a word
there, and one that nobody has said before."""

UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
LETTER = re.compile(f".[{MARKS}]*")
"""A letter with what is written on it: a mark alone would be a sign, which makes no text strange."""

MAX_WORDS = 300
MAX_WORD_LENGTH = 40
MAX_CACHED_WORDS = 20_000


def words_of(text: str) -> list[str]:
    """The words in the form in which they are compared: folded, every number alike.

    Where there are no spaces between words, every two letters that are neighbours are a word, with their marks. Of a
    choice such as "2" or "option 2", the number itself is one more; it is a sign, as which number it is makes no text
    strange.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace(JOINER, "")
    plain, numbers = DIGITS.subn("0", folded)
    words = WORD.findall(plain)[:MAX_WORDS]
    if numbers and sum(word[0].isalnum() for word in words) <= WORDS_OF_A_CHOICE:
        words += [f"#{int(number)}" for number in CHOICE.findall(folded)]
    if UNSPACED.search(folded):
        words = [part for word in words for part in _parts(word)][:MAX_WORDS]
    return [word[:MAX_WORD_LENGTH] for word in words]


def _parts(word: str) -> Iterable[str]:
    for run in UNSPACED_RUN.findall(word):
        letters = LETTER.findall(run) if UNSPACED.match(run) else []
        if len(letters) > 1:
            yield from map("".join, pairwise(letters))
        else:
            yield run


def character_terms(word: str, lengths: tuple[int, int] = LENGTHS) -> list[str]:
    """The pieces of a word of so many characters, from two on in dense scripts; its ends are marked by a space.

    The number of a choice has none: 12 is no kin to 1, and "2 pizzas" would be all 2, as pieces of strange words are
    not known.
    """
    if word[0] == "#" and len(word) > 1:
        return []
    padded = f" {word} "
    shortest, longest = lengths
    if DENSE.search(word):
        shortest = min(shortest, 2)
    return [
        padded[start : start + length]
        for length in range(shortest, longest + 1)
        for start in range(len(padded) - length + 1)
    ]


class Vocabulary:
    """The terms known from training: each has a column and a weight (its inverse document frequency).

    Words and pieces of words are two blocks, each scaled to length 1. A word that was never seen makes
    its block longer, and so the known ones weaker: a text full of strange words is claimed by no intent.
    """

    def __init__(
        self, words: Sequence[str], pieces: Sequence[str], weights: Sequence[float],
        lengths: tuple[int, int] = LENGTHS,
    ) -> None:  # fmt: skip
        self.terms = [*words, *pieces]
        self.words = {term: column for column, term in enumerate(words)}
        self.pieces = {term: column for column, term in enumerate(pieces, len(words))}
        self.weights = list(weights)
        self.strangeness = (max(self.weights, default=1.0) + math.log(2)) ** 2  # that of a word in no text
        self.lengths = lengths
        self._columns: dict[str, list[int]] = {}
        self._last: tuple[str | None, tuple[list[int], list[float], float]] = (None, ([], [], 0.0))

    def __len__(self) -> int:
        return len(self.weights)

    def row(self, text: str) -> tuple[list[int], list[float]]:
        """The columns, in order, and values of a text. Both are empty when no term is known."""
        columns, values, _ = self.read(text)
        return columns, values

    def read(self, text: str) -> tuple[list[int], list[float], float]:
        """The `row` of a text, and which share of its words is in no text that was trained, 0 to 1.

        It is remembered until the next text: who asks what a text says asks next which words of it said so.

        Signs and emoji are terms, but no strange words: one more of them says nothing about what a text is about.
        """
        last = self._last
        if last[0] == text:
            return last[1]
        words = words_of(text)
        known = self.words
        columns = [known[term] for term in (*words, *map(" ".join, pairwise(words))) if term in known]
        proper = [word for word in words if word[0].isalnum() or word[0] == "_"]
        strange = sum([word not in known for word in proper])
        columns, values = self._block(columns, strange)
        pieces, more_values = self._block([*chain.from_iterable(map(self._columns_of, words))], 0)
        read = (columns + pieces, values + more_values, strange / len(proper) if proper else 0.0)
        self._last = text, read
        return read

    def _block(self, columns: list[int], strange: int) -> tuple[list[int], list[float]]:
        """The columns, which may be there more than once, in order and each once, and their values."""
        weights = self.weights
        counts = Counter(columns)
        columns = sorted(counts)
        values = [weights[column] for column in columns]
        if len(columns) < counts.total():
            for place, column in enumerate(columns):
                if counts[column] > 1:
                    values[place] *= 1.0 + math.log(counts[column])
        length = math.sqrt(math.fsum([value * value for value in values]) + strange * self.strangeness)
        return columns, [value / length for value in values]

    def _columns_of(self, word: str) -> list[int]:
        columns = self._columns.get(word)
        if columns is None:
            if len(self._columns) >= MAX_CACHED_WORDS:
                self._columns.clear()
            known = self.pieces
            columns = self._columns[word] = [
                known[term] for term in character_terms(word, self.lengths) if term in known
            ]
        return columns


def learn_vocabulary(
    texts: Iterable[str],
    rarity: float = 1.0,
    lengths: tuple[int, int] = LENGTHS,
    telling: Callable[[Collection[str]], Mapping[str, float]] | None = None,
    fewest: int = 2,
) -> Vocabulary:
    """The vocabulary of the training texts; pieces of words that fewer than `fewest` texts have are left out.

    `rarity` is the power of the inverse document frequency: the less, the less a rare term stands out. `telling` says
    how much a word tells in the language at large, which few texts cannot know: a pair tells the product of its words,
    a piece as much as the words that have it on average.
    """
    word_counts: Counter[str] = Counter()
    piece_counts: Counter[str] = Counter()
    pieces_of: dict[str, frozenset[str]] = {}
    total = 0
    for text in texts:
        total += 1
        words = words_of(text)
        word_counts.update({*words, *(f"{first} {second}" for first, second in pairwise(words))})
        for word in words:
            if word not in pieces_of:
                pieces_of[word] = frozenset(character_terms(word, lengths))
        piece_counts.update(frozenset().union(*(pieces_of[word] for word in words)))
    words = sorted(word_counts)
    pieces = sorted(term for term, count in piece_counts.items() if count >= fewest or total == 1)
    counts = [word_counts[term] for term in words] + [piece_counts[term] for term in pieces]
    weights = [(math.log((1 + total) / (1 + count)) + 1.0) ** rarity for count in counts]
    if telling is not None:
        tells = telling(pieces_of.keys())
        having: dict[str, list[float]] = {term: [] for term in pieces}
        for word, own in pieces_of.items():
            for term in own & having.keys():
                having[term].append(tells[word])
        factors = [math.prod(tells[word] for word in term.split(" ")) for term in words]
        factors += [math.fsum(row) / len(row) for row in having.values()]
        weights = [weight * factor for weight, factor in zip(weights, factors, strict=True)]
    return Vocabulary(words, pieces, weights, lengths)
