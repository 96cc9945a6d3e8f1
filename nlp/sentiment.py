"""Sentiment: whether a text sounds positive, neutral or negative, by VADER's lexicon and rules."""

import re
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from models.utterance import Sentiment, Understanding
from nlp import emoji, sentiment_phrases
from nlp.base import Component, Context
from nlp.emoji import as_words
from nlp.encoder import check_encoder
from nlp.errors import Unavailable
from nlp.project import Project
from nlp.sentiment_phrases import SERVICE_WORDS, phrases_as_words
from nlp.sentiment_words import LANGUAGES, Lexicon

SIGNS = emoji.LEXICON | sentiment_phrases.LEXICON
"""Words that stand for emoji and for phrases, in every language."""

OTHER_WORD = re.compile(r"\w{2,}")
MAX_RATED_LENGTH = 1_000
"""Characters that are rated: VADER's time grows with the square of the length."""

SARCASM = re.compile(
    r"\b(?:thanks|thank you|cheers)\b(?:[ ]\w+){0,3}[ ]for nothing\b"
    r"|\byeah,?[ ]right\b"
    r"|\b(?:thanks|thank you|cheers)\b(?:[ ]\w+){0,3}[ ]for[ ](?:ruining|wasting|losing|breaking|ignoring|destroying"
    r"|forgetting|overcharging|lying|messing|letting me down)\b"
    r"|\b(?P<praise>great|fantastic|brilliant|wonderful|perfect|lovely)\.{1,3}[ ]just[ ](?P=praise)\b"
    r"|\b(?:great|fantastic|brilliant|wonderful|perfect|awesome|lovely|super)\b[,.!]+[ ](?:\w+[ ]){0,3}"
    r"(?:broken|late|wrong|lost|delayed|cancelled|crashed|down)[ ]again\b"
    r"|\b(?:great|fantastic|brilliant|wonderful|perfect|awesome|lovely|super)\b[,.!]*[ ]"
    r"(?:(?:and|so|yet)[ ])?(?:another|again|now)\b[^.!?]{0,60}"
    r"\b(?:delay\w*|wait\w*|problem\w*|error\w*|broken|late|wrong|lost|hours?|days?|weeks?|cancel\w*|crash\w*|down)\b"
    r"|\b(?:i )?(?:just )?love (?:waiting|being ignored|paying twice|being charged|how (?:you|nobody|no one))\b",
    re.IGNORECASE,
)
"""Praise that is none. A few set phrases only: what needs knowledge of the world goes unnoticed."""

SARCASTIC_SCORE = -0.5


class SentimentScore(Component):
    """How a text sounds, from -1 to 1.

    English by VADER, with emoji and some set phrases of sarcasm; German, French, Spanish, Italian and Portuguese by
    small lexicons. A text of which no word is known is neutral, and the reason says so.
    """

    kind = "sentiment"
    heeds: ClassVar[tuple[str, ...]] = ("language",)
    gives: ClassVar[tuple[str, ...]] = ("sentiment",)

    neutral_band: float = Field(default=0.05, ge=0, le=1)
    """A score this close to 0 is neutral."""

    head: str = ""
    """The encoder of a head that `botkit nlp train-sentiment` trained, such as `minilm`: it rates English texts in
    VADER's place. Empty: VADER alone."""

    _engine: Any = PrivateAttr(default=None)
    _head: Any = PrivateAttr(default=None)
    _lexicons: dict[str, Lexicon] = PrivateAttr(default_factory=dict)

    def check_machine(self, project: Project) -> None:
        if self.head:
            check_encoder(self.head)

    def prepare(self, project: Project, models: Path | None) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self._engine = SentimentIntensityAnalyzer()
        scores = SIGNS | SERVICE_WORDS
        self._engine.lexicon.update(scores)
        for word in [word for word, score in scores.items() if not score]:
            del self._engine.lexicon[word]  # VADER takes what is 0 and in capitals for blame
        self._lexicons.update({language: Lexicon(words) for language, words in LANGUAGES.items()})
        if self.head:
            self._head = self._load_head(models)

    def _load_head(self, models: Path | None) -> Any:
        try:
            from nlp.encoder import load_general_encoder
            from nlp.sentiment_head import CARD_FILE, FOLDER, load_head
        except ImportError as error:
            raise Unavailable(f'the head of sentiment needs {error.name}: run `pip install "botkit[onnx]"`') from None
        folder = models / FOLDER if models else None
        if folder is None or not (folder / CARD_FILE).is_file():
            raise Unavailable("there is no head of sentiment: run `botkit nlp train-sentiment FILE`, or set no `head`")
        return load_head(folder, load_general_encoder(self.head, "sentiment"))

    def polarity(self, text: str) -> dict[str, float]:
        """What VADER says of a text, emoji understood: pos, neg, neu, compound."""
        text = phrases_as_words(as_words(text[:MAX_RATED_LENGTH]), "en")
        return dict(self._engine.polarity_scores(text))

    def read(self, understanding: Understanding, context: Context) -> str:
        chosen = context.options.neutral_band
        band = self.neutral_band if chosen is None else min(max(chosen, 0.0), 1.0)
        score, because = self.rate(understanding.text, understanding.language or context.language)
        label = "neutral" if abs(score) < band or not score else "positive" if score > 0 else "negative"
        understanding.sentiment = Sentiment(label=label, score=score)
        return f"score {score:+.2f}, neutral within {band:g}{because}"

    def rate(self, text: str, language: str = "en") -> tuple[float, str]:
        """The score of a text, and what is to be said of it."""
        if len(text) > MAX_RATED_LENGTH:
            half = MAX_RATED_LENGTH // 2
            text = f"{text[:half]} {text[-half:]}"
        text = as_words(text)
        plain, text = text, phrases_as_words(text, language)
        lexicon = self._lexicons.get(language)
        if lexicon is not None:
            score = lexicon.rate(text, SIGNS)
            if score is not None:
                return round(score, 4), f", by the small lexicon of {language}"
        score = float(self._engine.polarity_scores(text if language == "en" else _signs_of(text))["compound"])
        by = ""
        if self._head is not None and language == "en" and text.strip():
            score, by = self._head.rate(plain, self.polarity(plain)), ", by the trained head"
        if score > 0 and SARCASM.search(plain):
            return min(-score, SARCASTIC_SCORE), ", praise that is none"
        if not score and language != "en":
            return 0.0, f": no word of it is known in {language}"
        return score, by


def _signs_of(text: str) -> str:
    """A text of another language without its words, so that VADER hears no English in them: "die", "war", "no"."""
    return OTHER_WORD.sub(lambda match: match.group() if match.group() in SIGNS else " ", text)
