"""ShortNumbers: 10k for ten thousand, 2x and x2 for two of a thing, 2 1/2; codes that begin with 0, which are none."""

import re

from models.utterance import Entity

HINT = re.compile(r"\d[kx×]|[x×]\d", re.IGNORECASE)
"""Every short number has one of these in it."""

_thing = (
    r"(?![ -]?(?:tvs?|television|video|videos|resolution|monitors?|screens?|displays?|uhd|ultra|hdr|cameras?|movies?"
    r"|streaming|run|runs|race|races|marathon|gold|ring|chain|carat|plan)\b)"
)
THOUSANDS = re.compile(
    r"(?:(?<![\w.,/:'’#-])|(?<=\dk-))(?!401k|0\d)(?P<figures>\d{1,3}(?:[.,]\d{1,2})?)k"
    rf"(?!\w|[./]\w|-(?!\d{{1,3}}k)){_thing}",
    re.IGNORECASE,
)
"""Not a 4k screen, a 10k run, 18k gold nor a 401k."""

TIMES = re.compile(r"(?<![\w.,/:'’#-])(?<!size )(?P<figures>[1-9]\d{0,2})[x×](?=[ ][^\W\d_]{2}|\W*$)", re.IGNORECASE)
TIMES_AFTER = re.compile(
    r"(?:(?<=[^\W\d_]{2}[ ])|(?<=[^\W\d_]\d[ ])|(?<=\()|\A)"
    r"(?<!bmw )(?<!model )(?<!type )(?<!version )(?<!series )(?<!bus )(?<!line )(?<!room )(?<!gate )(?<!size )"
    r"[x×](?P<figures>[1-9]\d{0,2})(?![\w/-]|[.,]\d)"
)
"""In small letters: an X5 is a car."""

FRACTION = re.compile(r"[ ]([1-7])/([2-8])(?![\w/]|[.,]\d)")
CODE = re.compile(r"[-+]?0\d(?:\d|(?![ ][^\W\d_]{2}))")
"""Figures that begin with 0 are a code, unless they are of two digits and count something: 05 boxes."""


def find_short_numbers(text: str) -> list[Entity]:
    """Numbers that are written with a letter, in order."""
    if not HINT.search(text):
        return []
    found = []
    for match in THOUSANDS.finditer(text):
        value = round(float(match["figures"].replace(",", ".")) * 1_000, 2)
        found.append(_number(int(value) if value == int(value) else value, match, "words"))
    for expression in (TIMES, TIMES_AFTER):
        found += [_number(int(match["figures"]), match, "figures") for match in expression.finditer(text)]
    return sorted(found, key=lambda row: row.start)


def with_fraction(number: Entity, text: str) -> Entity | None:
    """A whole number with the fraction that is written behind it, such as 2 1/2; None where there is none."""
    match = FRACTION.match(text, number.end)
    if match is None or not isinstance(number.value, int) or match[1] >= match[2]:
        return None
    share = round(int(match[1]) / int(match[2]), 4)
    value = number.value + (share if number.value >= 0 else -share)
    return Entity("number", value, text[number.start : match.end()], number.start, match.end(), number.source)


def _number(value: float, match: re.Match[str], source: str) -> Entity:
    return Entity("number", value, match.group(), *match.span(), source)
