"""Postcodes: those that are known by their shape, and plain figures that are called so."""

import re

from models.utterance import Entity

SHAPES = {
    "GB": r"(?:[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}|GIR[ ]?0AA)",
    "CA": r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d",
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
CALLED = re.compile(
    r"(?<!\w)(?:post[ -]?code|postal[ ]code|zip(?:[ -]?code)?|pin[ ]?code|plz|postleitzahl|code[ ]postal|"
    r"c[oó]digo[ ]postal|cep|cap|postcode)(?:[ ]is|[ ]ist|[ ]est|[ ]es|[ ]é|:)?[ ]{0,2}"
    r"(?P<code>\d{4,6}|\d{3}[ ]\d{2,3})(?![\w-])",
    re.IGNORECASE,
)


def find_postcodes(text: str) -> list[Entity]:
    """Postcodes in order, in capitals; plain figures only where they are called a postcode, zip, PLZ and so on."""
    found = {
        match.start(): Entity("postcode", match.group().upper(), match.group(), *match.span(), match.lastgroup or "")
        for match in SHAPE.finditer(text)
    }
    for match in CALLED.finditer(text):
        start, end = match.span("code")
        if start not in found:
            found[start] = Entity("postcode", match["code"], match["code"], start, end, "called")
    return [found[start] for start in sorted(found)]
