"""ForeignShares: parts of a whole in six languages beside English: zwei Drittel, un tiers de."""

import re
from functools import lru_cache
from typing import NamedTuple

from models.utterance import Entity


class Shares(NamedTuple):
    """A language's words: one and more of a part, for thirds and quarters, and what follows of which a part is said.

    One part needs it, since "un tiers" is a third party, and quarters do: they may be rooms, or of an hour.
    """

    one: str
    counts: dict[str, int]
    thirds: str
    quarters: str
    of: str


SHARES = {
    "de": Shares("ein", {"zwei": 2, "drei": 3}, "drittel", "viertel", "(?:de[rs]|von|vom|[ms]eine[rs]|unsere[rs])"),
    "es": Shares("un", {"dos": 2, "tres": 3}, "tercios?", "cuartos?", "(?:del|de (?:el|las?|los|mi|su|tu|est[ea]))"),
    "fr": Shares("un", {"deux": 2, "trois": 3}, "tiers", "quarts?", "(?:de|du|des)"),
    "it": Shares("un", {"due": 2, "tre": 3}, "terz[oi]", "quart[oi]", "(?:d(?:el|ella|ei|elle|egli)|di un[ao]?)"),
    "nl": Shares("een", {"twee": 2, "drie": 3}, "derde", "kwart", "van"),
    "pt": Shares("um", {"dois": 2, "três": 3, "tres": 3}, "terços?", "quartos?", "(?:d[oa]s?|de uma?)"),
}  # fmt: skip
HINTS = {
    "de": ("drittel", "viertel"), "es": ("tercio", "cuarto"), "fr": ("tiers", "quart"), "it": ("terz", "quart"),
    "nl": ("derde", "kwart"), "pt": ("terço", "quarto"),
}  # fmt: skip
"""Every part has one of these in it."""


@lru_cache(maxsize=len(SHARES))
def _pattern(language: str) -> re.Pattern[str]:
    words = SHARES[language]
    return re.compile(
        rf"(?<![\w-])(?P<count>{words.one}|{'|'.join(words.counts)}|[23])[ ]"
        rf"(?:(?P<thirds>{words.thirds})|(?P<quarters>{words.quarters}))(?!\w)(?P<of>(?=[ ]{words.of}(?!\w)))?",
        re.IGNORECASE,
    )


def find_shares(text: str, language: str) -> list[Entity]:
    """Parts of a whole, rounded as in English. A quarter alone is mostly one of an hour, and none here."""
    lower = text.lower()
    if not any(hint in lower for hint in HINTS[language]):
        return []
    words, found = SHARES[language], []
    for match in _pattern(language).finditer(text):
        said = match["count"].lower()
        count = int(said) if said.isdigit() else words.counts.get(said, 1)
        parts = 3 if match["thirds"] else 4
        if count == parts or (parts == 4 and count < 3):
            continue
        if match["of"] is not None or (count > 1 and parts == 3):
            found.append(Entity("number", round(count / parts, 4), match.group(), *match.span(), "words"))
    return found
