"""Ordinals: first, 2nd, the twenty-third."""

import re

from models.utterance import Entity

ONES = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "hundredth": 100,
}  # fmt: skip
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
FIGURES = re.compile(r"(?<![\w.,])(\d{1,6})(st|nd|rd|th)(?!\w)", re.IGNORECASE)
ENDINGS = {1: "st", 2: "nd", 3: "rd"}
PHRASE = re.compile(
    rf"(?<![\w-])(?:(?P<tens>{'|'.join(TENS)})-)?(?P<ones>{'|'.join(ONES)})(?![\w-])", re.IGNORECASE
)  # fmt: skip
BEFORE_SECOND = re.compile(r"(?:the|my|your|our|her|his|their|every)[ ]{1,2}\Z", re.IGNORECASE)


def find_ordinals(text: str) -> list[Entity]:
    """Ordinals in order; the value is the number. A bare "second" is a time, unless something is called so."""
    found = []
    for match in FIGURES.finditer(text):
        value = int(match[1])
        right = "th" if value % 100 in (11, 12, 13) else ENDINGS.get(value % 10, "th")
        if match[2].lower() == right:
            found.append(Entity("ordinal", value, match.group(), *match.span(), "ordinals"))
    for match in PHRASE.finditer(text):
        tens, ones = match["tens"], match["ones"].lower()
        if tens and ONES[ones] > 9:
            continue
        if ones == "second" and not tens and not BEFORE_SECOND.search(text[max(0, match.start() - 8) : match.start()]):
            continue
        value = (TENS[tens.lower()] if tens else 0) + ONES[ones]
        found.append(Entity("ordinal", value, match.group(), *match.span(), "ordinals"))
    return sorted(found, key=lambda entity: entity.start)
