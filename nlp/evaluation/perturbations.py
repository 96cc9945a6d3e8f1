"""Perturbation: an utterance as a hurried customer might write it: the same meaning in other letters."""

import random
import re
from collections.abc import Callable, Iterator
from functools import partial

from nlp.evaluation.phrases import PHRASES, Phrases
from nlp.language_codes import base_language

Perturbation = Callable[[str, random.Random], str]

NEIGHBOURS = {
    "a": "qsz", "b": "vgn", "c": "xdv", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok",
    "j": "hku", "k": "jli", "l": "kop", "m": "nj", "n": "bmh", "o": "ipl", "p": "ol", "q": "wa", "r": "etf",
    "s": "adw", "t": "ryg", "u": "yij", "v": "cbf", "w": "qes", "x": "zcd", "y": "tuh", "z": "xas",
}  # fmt: skip
"""The keys beside each key of a QWERTY keyboard."""

SMS = {
    "are": "r", "because": "cos", "before": "b4", "for": "4", "great": "gr8", "have": "hv", "late": "l8",
    "message": "msg", "please": "plz", "people": "ppl", "see": "c", "thanks": "thx", "the": "da", "to": "2",
    "today": "2day", "tomorrow": "2moro", "tonight": "2nite", "what": "wot", "when": "wen", "with": "w/", "you": "u",
    "your": "ur",
}  # fmt: skip
EMOJI = ("\U0001f600", "\U0001f62d", "\U0001f621", "\U0001f64f", "\U0001f44d", "\U0001f615")
VOWELS = re.compile("[aeiouäöüåæøœàáâãèéêëìíîïòóôõùúûőűąęıαεηιουωάέήίόύώаеёиоуыэюяіїєѝ]" r"(?=\w*\b)", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{4,}")


def typo(text: str, chance: random.Random) -> str:
    """One slip of a finger in a word of four letters or more: a neighbour, a swap, a letter lost or doubled."""
    words = list(WORD.finditer(text))
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)  # people get first letters right
    letter = text[at]
    slip = chance.randrange(4)
    if slip == 0 and letter.lower() in NEIGHBOURS:
        return text[:at] + chance.choice(NEIGHBOURS[letter.lower()]) + text[at + 1 :]
    if slip == 1:
        return text[:at] + text[at + 1] + letter + text[at + 2 :]
    if slip == 2:
        return text[:at] + text[at + 1 :]
    return text[:at] + letter + text[at:]


def two_typos(text: str, chance: random.Random) -> str:
    """Two slips."""
    return typo(typo(text, chance), chance)


def capitals(text: str, chance: random.Random) -> str:
    """All in capitals."""
    return text.upper()


def no_punctuation(text: str, chance: random.Random) -> str:
    """Small letters, and no punctuation but within numbers and words."""
    return " ".join(re.sub(r"(?<!\w)[^\w\s]+|[^\w\s]+(?!\w)", " ", text.lower()).split()) or text


def emoji(text: str, chance: random.Random) -> str:
    """One to three emoji at the end."""
    return text + " " + chance.choice(EMOJI) * chance.randint(1, 3)


def sms(text: str, chance: random.Random) -> str:
    """The spelling of text messages in English."""
    return re.sub(r"[^\W\d_]+", lambda match: SMS.get(match[0].lower(), match[0]), text)


def word_order(text: str, chance: random.Random) -> str:
    """Two words beside each other swapped."""
    words = text.split()
    if len(words) < 3:
        return text
    at = chance.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def greeting(text: str, chance: random.Random, phrases: Phrases) -> str:
    """A greeting before it."""
    return f"{chance.choice(phrases.greetings)}, {text}"


def politeness(text: str, chance: random.Random, phrases: Phrases) -> str:
    """Thanks or the like behind it."""
    return f"{text.rstrip('.!?')}, {chance.choice(phrases.endings)}"


def long_message(text: str, chance: random.Random, phrases: Phrases) -> str:
    """A sentence about something else before it, and one behind it."""
    before, behind = chance.sample(phrases.beside, 2)
    text = text.strip()
    return f"{before} {text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'} {behind}"


def long_letters(text: str, chance: random.Random) -> str:
    """A vowel drawn out."""
    vowels = list(VOWELS.finditer(text))
    if not vowels:
        return text
    at = chance.choice(vowels).start()
    return text[:at] + text[at] * chance.randint(3, 5) + text[at + 1 :]


ANYWHERE: dict[str, Perturbation] = {
    "capitals": capitals,
    "emoji": emoji,
    "long letters": long_letters,
    "no punctuation": no_punctuation,
    "two typos": two_typos,
    "typo": typo,
    "word order": word_order,
}
"""Those for texts in every language, by name."""

WITH_PHRASES = {"greeting": greeting, "long message": long_message, "politeness": politeness}
"""Those that add words, which have to be in the language of the text."""


def perturbations(language: str = "en") -> dict[str, Perturbation]:
    """Those for a language, by name; each takes a text and a source of chance, and gives one with the same meaning."""
    return dict(sorted(_perturbations(base_language(language))))


def _perturbations(language: str) -> Iterator[tuple[str, Perturbation]]:
    yield from ANYWHERE.items()
    if language == "en":
        yield "sms", sms
    if phrases := PHRASES.get(language):
        for name, change in WITH_PHRASES.items():
            yield name, partial(change, phrases=phrases)


def left_out(language: str) -> tuple[str, ...]:
    """Those that make no sense in a language."""
    return tuple(sorted({*WITH_PHRASES, "sms"} - perturbations(language).keys()))


def perturb(name: str, text: str, seed: int, language: str = "en") -> str:
    """A text changed; the same text, name and seed give the same, whatever else is changed before."""
    return perturbations(language)[name](text, random.Random(f"{seed}/{name}/{text}"))
