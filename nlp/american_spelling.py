"""AmericanSpelling: words that are right as Americans write them, though the list of English words is British."""

import re
from collections.abc import Container, Iterator

_OTHER_WORDS = (
    "airplane airplanes aluminum artifact artifacts check checks cozy diarrhea donut donuts enrollment enrollments"
    " fulfillment installment installments jewelry maneuver maneuvers math meager moms mustache offense offenses pajama"
    " pajamas plow practiced practicing pretense skeptic skeptical skepticism skillful specialty specialties willful"
    " woolen"
)
OTHER_WORDS = frozenset(_OTHER_WORDS.split())
"""Those that no rule tells."""

OR = re.compile(
    r"(?P<stem>\w*[aeiou]\w*)or(?P<end>s|ed|ing|ings|ful|able|less|al|er|ers|ly|hood|hoods|ite|ites)?", re.ASCII
)
""" "Labor" and "neighborhood"; in "sorce" no vowel stands before, and it is a slip."""

ER = re.compile(r"(?P<stem>\w+[bt])er(?P<end>s?)", re.ASCII)
ONE_L = re.compile(r"(?P<base>\w*[aeiou]\w*[aei]l)(?P<end>ed|ing|er|ers|or|ors)", re.ASCII)
""" "Canceled" and "dialing"; "caled" is a slip, and so is "controled"."""

FEWEST_LETTERS_OF_GREEK = 5


def is_american(word: str, british: Container[str]) -> bool:
    """Whether a word in small letters is the American spelling of one in a list of British ones."""
    return word in OTHER_WORDS or any(other in british for other in _british(word, british))


def _british(word: str, british: Container[str]) -> Iterator[str]:
    """What the word might be in British spelling."""
    if match := OR.fullmatch(word):
        yield f"{match['stem']}our{match['end'] or ''}"
    if match := ER.fullmatch(word):
        yield f"{match['stem']}re{match['end']}"
    if (match := ONE_L.fullmatch(word)) and match["base"] in british:
        yield f"{match['base']}l{match['end']}"
    if "yz" in word:
        yield word.replace("yz", "ys")
    if len(word) >= FEWEST_LETTERS_OF_GREEK:
        for at, letter in enumerate(word):  # anemia, pediatric, estrogen
            if letter == "e":
                yield f"{word[:at]}a{word[at:]}"
                yield f"{word[:at]}o{word[at:]}"
