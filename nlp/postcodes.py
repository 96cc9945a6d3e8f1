"""Postcodes: those that are known by their shape, and plain figures that are called so."""

import re

from models.utterance import Entity

_AREAS = (
    "AB AL BA BB BD BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY EC EH EN EX FK FY GL"
    " GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY LA LD LE LL LN LS LU ME MK ML NE NG NN NP NR NW OL OX PA"
    " PE PH PL PO PR RG RH RM SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB WA WC WD WF WN WR WS"
    " WV YO ZE B E G L M N S W"
)
BRITISH = rf"(?:{_AREAS.replace(' ', '|')})\d[A-Z\d]?"
INWARD = r"\d[ABD-HJLNP-UW-Z]{2}"
CANADIAN = r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d"
SHAPES = {
    "GB": rf"(?:{BRITISH}[ ]?{INWARD}|GIR[ ]?0AA)",
    "CA": CANADIAN,
    "NL": r"[1-9]\d{3}[ ](?!SA|SD|SS)[A-Z]{2}",
    "IE": r"[AC-FHKNPRTV-Y]\d[\dW][ ]?[\dAC-FHKNPRTV-Y]{4}",
    "PL": r"\d{2}-\d{3}",
    "PT": r"\d{4}-\d{3}",
    "BR": r"\d{5}-\d{3}",
    "US": r"\d{5}-\d{4}",
}
"""Countries whose postcodes look like nothing else; in capitals, as people write them."""

SHAPE = re.compile(r"(?<![\w-])(?:" + "|".join(f"(?P<{country}>{shape})" for country, shape in SHAPES.items())
                   + r")(?![\w-])")  # fmt: skip
SMALL = re.compile(
    rf"(?<![\w-])(?:(?P<GB>{BRITISH}(?:[ ]|(?<=\w{{3}})){INWARD})|(?P<CA>{CANADIAN}))(?![\w-])", re.IGNORECASE
)
"""Those of them that may be in small letters; without a blank only where they are long enough for no code."""

NO_INWARD = re.compile(r"\d(?:st|nd|rd|th|gb|tb|lb|xl|xs|ft|hz|px|pt|gr|hr|hrs|pp)\Z", re.IGNORECASE)
"""What a number and two letters are where a postcode in small letters would end so: 2nd, 4gb, 5xl."""

SIZE = re.compile(r"\bsizes?[ :]{1,3}\Z", re.IGNORECASE)
FARTHEST_SIZE = 10
CALLED = re.compile(
    r"(?<!\w)(?:post[ -]?code|postal[ ]code|zip(?:[ -]?code)?|pin[ ]?code|plz|postleitzahl|code[ ]postal|"
    r"c[oó]digo[ ]postal|cep|cap|postcode)(?:[ ]is|[ ]ist|[ ]est|[ ]es|[ ]é|:)?[ ]{0,2}"
    rf"(?P<code>\d{{4,6}}|\d{{3}}[ ]\d{{2,3}}|{BRITISH}[ ]?{INWARD}|{CANADIAN})(?![\w-])",
    re.IGNORECASE,
)


def find_postcodes(text: str) -> list[Entity]:
    """Postcodes in order, in capitals; plain figures only where they are called a postcode, zip, PLZ and so on."""
    found = {
        match.start(): Entity("postcode", match.group().upper(), match.group(), *match.span(), match.lastgroup or "")
        for match in (*SMALL.finditer(text), *SHAPE.finditer(text))
        if not _is_other(text, match)
    }
    for match in CALLED.finditer(text):
        start, end = match.span("code")
        if start not in found:
            found[start] = Entity("postcode", match["code"].upper(), match["code"], start, end, "called")
    return [found[start] for start in sorted(found)]


def _is_other(text: str, match: re.Match[str]) -> bool:
    """Whether what looks like a postcode is a size, or ends in an ordinal or a unit."""
    if SIZE.search(text, max(0, match.start() - FARTHEST_SIZE), match.start()):
        return True
    return match.lastgroup == "GB" and not match.group().isupper() and NO_INWARD.search(match.group()) is not None
