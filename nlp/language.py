"""Language: which of a few languages a text is in, by its alphabet, its small words and its letter sequences."""

import math
import re
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from models.utterance import Understanding
from nlp.base import Component, Context
from nlp.language_codes import base_language
from nlp.language_grams import LANGUAGES, evidence, table
from nlp.language_words import said_in
from nlp.project import Project

SMALL_WORDS = {
    "de": "der die das und ist nicht ich wo mein meine ein eine zu mit für auf wie was hallo danke bitte kann sie es"
          " wir haben bestellung den von im dem auch guten",
    "en": "the and is not i where my a an to with for on how what hello thanks please can you it we have order of in"
          " this that are was do does hi want need when your me there no",
    "es": "el la los las y es no yo dónde donde mi un una con para por en cómo qué hola gracias favor puede usted"
          " pedido del está quiero mis se lo al buenos",
    "fr": "le la les et est pas je où mon ma une un avec pour sur comment quoi bonjour merci plaît peut vous il nous"
          " commande du des dans ce que qui de au",
    "it": "il lo gli e è non io dove mio mia un una con per su come cosa ciao grazie favore può lei noi ordine del"
          " della che di sono ho vorrei questo",
    "nl": "de het een en is niet ik waar mijn met voor op hoe wat hallo dank bedankt alsjeblieft kan u wij heb"
          " bestelling van dit dat zijn er ben goed naar",
    "pl": "i jest nie ja gdzie mój moje z dla na jak co cześć dziękuję proszę może pan pani to w się do zamówienie czy"
          " mam chcę ten są",
    "pt": "o os as e é não eu onde meu minha um uma com para por em como que olá obrigado obrigada favor pode você"
          " pedido do da está quero na no",
    "sv": "och är inte jag var min mitt en ett med för på hur vad hej tack snälla kan du det vi har beställning av den"
          " som till om god",
    "tr": "ve bir bu değil ben nerede benim ile için nasıl ne merhaba teşekkürler lütfen var mı mi sipariş siparişim"
          " çok de da o şu istiyorum",
}  # fmt: skip
ALPHABETS = (
    ("ru", re.compile("[а-яё]", re.IGNORECASE)), ("el", re.compile("[α-ωάέήίόύώ]", re.IGNORECASE)),
    ("ar", re.compile("[\u0600-\u06ff]")), ("he", re.compile("[\u0590-\u05ff]")), ("hi", re.compile("[\u0900-\u097f]")),
    ("ja", re.compile("[\u3040-\u30ff]")), ("ko", re.compile("[\uac00-\ud7af]")), ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)  # fmt: skip
KIN = {
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "sr", "tg", "uk"), "ru"),
    **dict.fromkeys(("fa", "ps", "ur"), "ar"), **dict.fromkeys(("mr", "ne"), "hi"), "yi": "he",
}  # fmt: skip
"""Languages that cannot be told, by the one whose alphabet theirs looks like."""

GREEK = re.compile("[\u00b5\u0370-\u03ff]")
LATIN = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff]")
"""Small letters that names and borrowed words have in every language."""

KNOWN = frozenset(LANGUAGES) | {code for code, _ in ALPHABETS}
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
LETTERS = re.compile(r"[^\W\d_]")
MAX_WORDS, MAX_LETTERS = 100, 1_000
SMALL_WORD, FOREIGN_LETTERS = 2.0, 4.0
"""What a word counts for its language, in nats: a small word that no other has, and one in an alphabet of its own."""

DOUBT, STICKY = 3.0, 8.0
"""Nats that the language expected is ahead at the start: a word or two say little, and less against what the
customer wrote in before."""

OWN_WORD = 8.0
"""Nats that a first word which only one of the languages has, such as hola, counts for that one."""

STRANGE = 8.0
"""Nats by which a language that the bot does not speak has to lead, so that the text is taken to be in none of its."""

TEMPERATURE = 2.0
"""Letter sequences overlap, so that they say less together than each by itself: chosen so that confidence is honest
for texts of two words and for sentences."""


class Language(Component):
    """The language of a text, among those that the bot speaks.

    It takes the language that the customer wrote in before, at first the project's own, unless the words speak
    clearly for another.
    """

    kind = "language"
    gives: ClassVar[tuple[str, ...]] = ("language",)

    languages: tuple[str, ...] = ()
    """The languages to choose from, such as en, de. Empty: only the project's own."""

    shortest: int = Field(default=3, ge=1, le=100)
    """Letters from which a text is looked at: "ok" is a word in every language."""

    @field_validator("languages")
    @classmethod
    def _check_languages(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(map(base_language, languages)))
        if unknown := [language for language in found if language not in KNOWN]:
            raise ValueError(f"{unknown[0]!r} cannot be told from others: {', '.join(sorted(KNOWN))} can")
        return found

    def read(self, understanding: Understanding, context: Context) -> str:
        if not self.languages or context.options.language:
            understanding.language, understanding.language_confidence = context.language, 1.0
            return "given, not detected"
        previous = context.options.previous_language
        if len(LETTERS.findall(understanding.text[:MAX_LETTERS])) < self.shortest:
            understanding.language, understanding.language_confidence = context.language, 0.0
            return f"{context.language}: too short to tell"
        language, confidence = detect(
            understanding.text, self.languages, expected=context.language, ahead=STICKY if previous else DOUBT,
            first=not previous,
        )  # fmt: skip
        understanding.language, understanding.language_confidence = language, confidence
        return f"{language} with {confidence:.2f}"

    def prepare(self, project: Project, models: Path | None) -> None:
        if self.languages:
            languages_of_words()
            table()


@lru_cache(maxsize=1)
def languages_of_words() -> dict[str, tuple[str, ...]]:
    """The languages in which a small word occurs."""
    found: dict[str, list[str]] = {}
    for language, words in SMALL_WORDS.items():
        for word in set(words.split()):
            found.setdefault(word, []).append(language)
    return {word: tuple(sorted(languages)) for word, languages in sorted(found.items())}


def detect(
    text: str, languages: tuple[str, ...] = (), expected: str = "", *, ahead: float = DOUBT, first: bool = False
) -> tuple[str, float]:
    """The language of a text among `languages` (empty: all known ones) and how sure that is, 0 to 1.

    The one `expected` is ahead by so many nats; where it cannot be told itself, it is what looks like its kin. Without
    a word there is no language but that one, else "und".
    Where it is the `first` that somebody writes, a greeting or the like that only one of the languages has decides.
    """
    among = sorted(languages or KNOWN)
    points = _points(text, sorted({*among, *KNOWN}))
    if first and (own := said_in(WORD.findall(text.lower()), among)):
        points[own] = max(points.values()) + OWN_WORD
    if not any(points.values()):
        return expected or "und", 0.0
    language = max(among, key=points.__getitem__)
    strange = max(points.values()) - points[language]
    if strange > STRANGE:  # in none of them: which of them it is most like says nothing
        return expected or language, round(math.exp(-strange / TEMPERATURE), 3)
    if expected in among:
        points[expected] += ahead
        among = _written_so(text, among)
        language = max(among, key=points.__getitem__)
    best = points[language]
    said = expected if not languages and KIN.get(expected) == language else language
    return said, round(1 / sum(math.exp((points[other] - best) / TEMPERATURE) for other in among), 3)


def _written_so(text: str, languages: list[str]) -> list[str]:
    """Those that have any of the letters, all if none has: a text all in Greek ones is not English, whatever she wrote
    before. A Greek letter alone is a sign: 5 Ω."""
    words = WORD.findall(text.lower())[:MAX_WORDS]
    letters = "".join(word for word in words if len(word) > 1 or not GREEK.match(word))
    if LATIN.search(letters):
        return languages
    found = [code for code, alphabet in ALPHABETS if alphabet.search(letters)]
    if "zh" in found:  # Japanese has its signs, too
        found.append("ja")
    return [language for language in languages if language in found] or languages


def _points(text: str, languages: list[str]) -> dict[str, float]:
    """What speaks for each language, in nats; all 0 where nothing does."""
    words = WORD.findall(text.lower())[:MAX_WORDS]
    if not words:
        return dict.fromkeys(languages, 0.0)
    points = evidence(text, languages)
    small = languages_of_words()
    for word in words:
        for language, alphabet in ALPHABETS:
            if language in points and alphabet.search(word):
                points[language] += FOREIGN_LETTERS * (2 if language in ("ja", "ko") else 1)
        for language in (known := small.get(word, ())):
            points[language] += SMALL_WORD / len(known)
    return points
