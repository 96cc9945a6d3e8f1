"""Explanation: why an utterance was missed, from the examples that the model learnt from."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec

from nlp.doubles import folded
from nlp.evaluation.outcomes import Outcome
from nlp.project import NONE_OF_THESE

MANY = 8
"""Words that are listed, and words of an utterance that are looked at for neighbours, the rarest first."""


class Neighbour(msgspec.Struct, frozen=True):
    """The example of an intent that shares most words with an utterance; `likeness` is 0 to 1."""

    text: str
    intent: str
    likeness: float


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A miss: what was expected and found, why in a sentence, and what could be done about it."""

    text: str
    expected: str
    intent: str
    confidence: float
    because: str
    advice: str = ""
    unknown_words: tuple[str, ...] = ()
    place: str = ""


class Explainer:
    """Looks a miss up in the examples: which words are new, and which examples are near it."""

    def __init__(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        self.rows = [
            (text, intent, frozenset(folded(text).split())) for text, intent in zip(texts, intents, strict=True)
        ]
        counts = Counter(word for _, _, words in self.rows for word in words)
        total = max(len(self.rows), 1)
        self.weights = {word: math.log((1 + total) / (1 + count)) + 0.1 for word, count in counts.items()}
        self.newness = math.log(1 + total) + 0.1
        self.by_word: dict[str, list[int]] = defaultdict(list)
        for number, (_, _, words) in enumerate(self.rows):
            for word in words:
                self.by_word[word].append(number)

    def explain(self, outcome: Outcome, threshold: float) -> Explanation:
        """Why an outcome is wrong, in words."""
        words = list(dict.fromkeys(folded(outcome.text).split()))
        unknown = tuple(word for word in words if word not in self.weights and not word.isdecimal())
        because, advice = self._reason(outcome, threshold, unknown)
        return Explanation(
            outcome.text, outcome.expected, outcome.intent, outcome.confidence, because, advice, unknown[:MANY],
            outcome.place,
        )  # fmt: skip

    def nearest(self, text: str, intent: str) -> Neighbour | None:
        """The example of an intent that is most like a text, by the words that both have (rare ones weigh more)."""
        words = set(folded(text).split())
        rarest = sorted((word for word in words if word in self.weights), key=lambda word: (-self.weights[word], word))
        rows = {number for word in rarest[:MANY] for number in self.by_word[word] if self.rows[number][1] == intent}
        best = max(((self._likeness(words, self.rows[number][2]), -number) for number in rows), default=None)
        return None if best is None else Neighbour(*self.rows[-best[1]][:2], best[0])

    def _likeness(self, first: set[str], second: frozenset[str]) -> float:
        shared = math.fsum(self.weights[word] for word in first & second)
        total = math.fsum(self.weights.get(word, self.newness) for word in first | second)
        return shared / total if total else 0.0

    def _reason(self, outcome: Outcome, threshold: float, unknown: tuple[str, ...]) -> tuple[str, str]:
        expected, best = outcome.expected, outcome.best
        new = f"; no example has {_listed(unknown)}" if unknown else ""
        if not outcome.scores:
            return f"no word of it is in any example{new}", f"give {expected} examples with such words"
        if expected == NONE_OF_THESE:
            near = self.nearest(outcome.text, best)
            like = f", like {near.text!r}" if near else ""
            return (
                f"it sounds like {best} ({outcome.confidence:.2f}){like}{new}",
                "give none_of_these examples of this kind, or raise the threshold",
            )
        if best == expected:
            return (
                f"the right intent was first, but with {outcome.confidence:.2f}, less than {threshold:g}{new}",
                f"give {expected} examples with such words",
            )
        rank = next((place for place, row in enumerate(outcome.scores, start=1) if row.intent == expected), 0)
        right = f"{expected} came {_ordinal(rank)} ({outcome.scores[rank - 1].confidence:.2f})" if rank else (
            f"{expected} was not among the first {len(outcome.scores)}"
        )  # fmt: skip
        wrong, own = self.nearest(outcome.text, best), self.nearest(outcome.text, expected)
        like = f", like {wrong.text!r}" if wrong else ""
        because = f"{best} was first ({outcome.confidence:.2f}){like}; {right}"
        if own is None:
            because += f"; no example of {expected} shares a word with it"
        return because + new, f"give {expected} examples of this kind" + (
            f"; check whether {wrong.text!r} belongs to {best}" if wrong and wrong.likeness > 0.8 else ""
        )


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(repr(word) for word in words[:MANY])
    return shown + (", ..." if len(words) > MANY else "")


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(number, f"number {number}")
