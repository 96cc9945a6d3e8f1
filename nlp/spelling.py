"""Spelling: near misses put right: of the project's own words first, then of common English ones."""

import re
from collections import Counter
from collections.abc import Iterator

from nlp.american_spelling import is_american
from nlp.english_calendar import DAYS, MONTHS
from nlp.english_words import by_initial, english_words
from nlp.language import SMALL_WORDS
from nlp.numbers import ONES, SCALES, TENS
from nlp.profanity_matcher import lexicon
from nlp.project import Project
from nlp.proper_names import name_spans

WORD = re.compile(r"[^\W\d_]{4,40}")
CHUNK = re.compile(r"\S+")
CODE = re.compile(r"[\d@_#\\]|://|\w[.]\w")
"""What makes a chunk an address, a name in a network or a code, in which nothing is put right."""

SENTENCE_END = (".", "!", "?", ":", "\n", "…")
MAX_WORDS = 200
MAX_NEAR = 50
MAX_GAP = 10
RARER = 100
"""So much rarer than a word of the project is a word that is taken for a slip, although it is one: oder for order."""
LONG_WORD = 8
ENDINGS = ("s", "es", "ed", "ing", "ly")
COMMON = frozenset((*SMALL_WORDS["en"].split(), *MONTHS, *DAYS, *ONES, *TENS, *SCALES))
"""Words that are right although no utterance has them."""

_INFORMAL = (
    "insta whatsapp tiktok klarna paypal youtube snapchat airbnb uber lyft ebay deliveroo lmao rofl haha hahaha hehe"
    " heya hiya defo obvs probs deets merch peeps bruv thanx thnx tysm imho selfie selfies emoji emojis vibe vibes"
    " legit lowkey highkey yolo bestie rizz noob hype unfollow unsub unsubscribe hashtag influencer podcast vlog meme"
    " memes ebike escooter airpods iphone ipad macbook android fitbit covid lockdown crypto bitcoin contactless"
    " chatbot wanna gonna gotta kinda sorta dunno lemme gimme cuppa fave innit telly prolly sooo sooooo yesss nooo"
    " okey okay oops yikes yeah yeahh yass hmmm checkin checkins signup signups"
    " mins secs appt appts acct accts iban imei esim mbps kbps gbps kwh amex gmail hotmail gdpr cvv2 bday hubby"
    " tues weds thur thurs tmrw nite tonite pics vids ltrs approx qty addr msgs govt dept"
    " merci danke hola gracias grazie mille ciao adios bonjour obrigado obrigada hallo bitte salut prego buenos buenas"
)
INFORMAL = frozenset(_INFORMAL.split())
"""Words of chats, names and what is cut short, that the list of English words has not; and thanks from abroad."""

_NEGATED = "is are was were do does did have has had could would should"
_SHORTENED = "you're they're you've they've you'll they'll that's there's who's"
CONTRACTED = {f"{word}nt": f"{word}n't" for word in _NEGATED.split()}
CONTRACTED |= {word.replace("'", ""): word for word in _SHORTENED.split()}
"""Words that are written without their apostrophe, and are no others then."""

CONTRACTED |= {"alot": "a lot"}
NOT = "nt"
"""The end of contractions that are looked for by their likeness too: dosnt, wasent."""

SLIPS = {"oder": "order"}
"""Slips that the list of English words has as words."""

HASTE, ONE_OF_TWO = 5, 25
"""So many times likelier than a wrong letter or one too many is one left out, or two swapped; and a double that is
written once, or a letter that is written twice."""

DOUBLE = re.compile(r"(.)\1")


class Spelling:
    """Knows the words of a project's utterances and entities, and common English ones.

    A word is misspelt when it is unknown and one that is known is one slip away (two, if it is long): a letter too
    many, too few, wrong, or two swapped. The project's own come first, since that is what its customers write about;
    of the others the most used one. Everything else stays as it is: addresses, codes, what is in capitals, and names,
    which in English have a capital within a sentence. A bot of another language knows its own words only.
    """

    def __init__(self, project: Project, *, english: bool = True) -> None:
        self._english = english
        counts: Counter[str] = Counter()
        for utterance in project.utterances:
            counts.update(WORD.findall(utterance.text.lower()))
        for rule in project.entities:
            for value, synonyms in rule.values.items():
                counts.update(WORD.findall(" ".join((value, *synonyms)).lower()))
        self._known = dict(sorted(counts.items()))
        self._by_initial: dict[str, list[str]] = {}
        for word in self._known:
            self._by_initial.setdefault(word[0], []).append(word)

    def correct(self, text: str) -> str:
        """The text with misspelt words put right."""
        shouted = text.isupper() and len(text.split()) > 1
        words = [match for chunk in CHUNK.finditer(text) for match in self._doubtful(text, chunk, shouted=shouted)]
        slips = [(word, right) for word in words[:MAX_WORDS] if (right := self._nearest(word.group().lower()))]
        names = name_spans(text) if slips and self._english else []  # most texts have no slip, and need not be searched
        for match, right in reversed(slips):
            if not any(start <= match.start() < end for start, end in names):
                text = text[: match.start()] + _in_case_of(match.group(), right) + text[match.end() :]
        return text

    def _doubtful(self, text: str, chunk: re.Match[str], *, shouted: bool) -> Iterator[re.Match[str]]:
        """The words between two blanks that may be slips."""
        if CODE.search(chunk.group()) or (chunk.group().isupper() and (not shouted or "-" in chunk.group())):
            return
        before = text[max(0, chunk.start() - MAX_GAP) : chunk.start()].rstrip(" \t\"'”’)")
        begins = not before or before.endswith(SENTENCE_END)
        foreign = self._english and not chunk.group().isascii()
        for match in WORD.finditer(text, *chunk.span()):
            opens = begins and not any(map(str.isalnum, text[chunk.start() : match.start()]))
            if foreign and not match.group().isascii():  # müller, straße: not even a slip is English
                continue
            if shouted or opens or not self._english or not match.group()[0].isupper():
                yield match

    def _nearest(self, word: str) -> str:
        from rapidfuzz.distance import OSA

        if (
            word in self._known
            or word in INFORMAL
            or word in COMMON
            or word in lexicon()
            or any(word.removesuffix(ending) in self._known for ending in ENDINGS)
        ):
            return ""
        if self._english and word in CONTRACTED:
            return CONTRACTED[word]
        allowed = 2 if len(word) >= LONG_WORD else 1
        best: tuple[int, bool, int, str] = (allowed + 1, False, 0, "")
        for other in self._by_initial.get(word[0], ()):
            if abs(len(other) - len(word)) <= allowed:
                distance = OSA.distance(word, other, score_cutoff=allowed)
                wrong_letter = len(other) == len(word) and sorted(other) != sorted(word)
                best = min(best, (distance, wrong_letter, -self._known[other], other))
        counts = english_words() if self._english else {}
        if self._english and word not in counts and is_american(word, counts):
            return ""
        if best[0] <= allowed and counts.get(word, 0) * RARER <= counts.get(best[3], 1):
            return best[3]
        if not self._english:
            return ""
        return SLIPS.get(word, "") if word in counts else self._common(word, allowed)

    def _common(self, word: str, allowed: int) -> str:
        """The most used English word that is this near."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if word.endswith(NOT):
            slips = [plain for plain in CONTRACTED if OSA.distance(word, plain, score_cutoff=1) <= 1]
            if slips:
                return CONTRACTED[max(slips, key=len)]  # a letter is rather left out than put in
        near = process.extract(
            word, by_initial().get(word[0], ()), scorer=OSA.distance, score_cutoff=allowed, limit=MAX_NEAR
        )  # fmt: skip
        counts = english_words()
        ranked = sorted((distance, -_likelihood(word, found, counts[found]), found) for found, distance, _ in near)
        return ranked[0][2] if ranked else ""


def _likelihood(word: str, meant: str, count: int) -> float:
    """How often a word is used, more where haste is enough to write it so."""
    short, long = sorted((word, meant), key=len)
    if any(long[: at.start()] + long[at.start() + 1 :] == short for at in DOUBLE.finditer(long)):
        return float(count * ONE_OF_TWO)
    return float(count * HASTE if len(word) < len(meant) or sorted(word) == sorted(meant) else count)


def _in_case_of(original: str, word: str) -> str:
    if original.isupper():
        return word.upper()
    return word.capitalize() if original[0].isupper() else word
