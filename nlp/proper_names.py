"""ProperNames: where a text names a person, a street or a town, as people write them on phones: without capitals."""

import re

from nlp.postcodes import find_postcodes

_word = r"[^\W\d_][\w'’-]{0,39}"
_streets = "street|st|road|rd|avenue|ave|lane|ln|crescent|cres|terrace|boulevard|blvd|gardens|gdns|grove|mews"
_others = "drive|close|court|way|place|square|park|hill|house|row|walk|rise|view|green"
STREET = re.compile(
    rf"(?<!\w)(?P<name>{_word})[ ](?:{_streets})(?!\w)"
    rf"|(?<![\w.,])\d{{1,5}}[a-z]?,?[ ](?P<named>(?:{_word}[ ]){{1,3}}?)(?:{_streets}|{_others})(?!\w)",
    re.IGNORECASE,
)
"""Elmhurst Road; 12 Great Elmhurst Close: words such as close say it only behind a house number."""

PERSON = re.compile(
    rf"(?<!\w)(?:(?:my|the|his|her|our|last|first|full|sur|cardholder|account|patient)[ ]?)?(?:name|surname)"
    rf"(?:[ ]is|['’]?s|:)[ ]{{1,2}}(?P<name>{_word}(?:[ ]{_word})?)"
    rf"|(?<!\w)(?:mr|mrs|ms|miss|dr|prof)\.?[ ](?P<named>{_word})",
    re.IGNORECASE,
)
TOWN = re.compile(rf"(?P<name>(?:{_word}[ ,]{{1,2}}){{1,3}})\Z")
LOOKED_AT = 60


def name_spans(text: str) -> list[tuple[int, int]]:
    """Where a name stands that no list of words has to know."""
    spans = [
        match.span(group) for shape in (STREET, PERSON) for match in shape.finditer(text)
        for group in ("name", "named") if match[group]
    ]  # fmt: skip
    for code in find_postcodes(text) if any(map(str.isdigit, text)) else ():
        if town := TOWN.search(text, max(0, code.start - LOOKED_AT), code.start):
            spans.append(town.span("name"))
    return spans
