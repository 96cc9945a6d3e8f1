"""ProperNames: where a text names a person, a street or a town, as people write them on phones: without capitals."""

import re

from nlp.postcodes import find_postcodes

_word = r"[^\W\d_][\w'’-]{0,39}"
_streets = "street|st|road|rd|avenue|ave|lane|ln|crescent|cres|terrace|boulevard|blvd|gardens|gdns|grove|mews"
_others = "drive|close|court|way|place|square|park|hill|house|row|walk|rise|view|green"
_objects = "my|our|your|the|an?|this|that|it|them|all|to|on|with|for|of|from|please"
STREET = re.compile(
    rf"(?<!\w)(?P<name>{_word})[ ](?:{_streets})(?!\w)"
    rf"|(?<![\w.,])\d{{1,5}}[a-z]?,?[ ](?P<named>(?:{_word}[ ]){{1,3}}?)(?:{_streets}|{_others})(?!\w)"
    rf"(?![ ](?:{_objects})\b)",
    re.IGNORECASE,
)
"""Elmhurst Road; 12 Great Elmhurst Close: words such as close say it only behind a house number, and with no object."""

_said_of_names = r"mis|inc|wro?n?g|spel|(?:not|on|the|in|still|too|cut|also)\b"
PERSON = re.compile(
    rf"(?<!\w)(?:(?:my|the|his|her|our|last|first|full|sur|cardholder|account|patient)[ ]?)?(?:name|surname)"
    rf"(?:[ ]is|['’]?s|:)[ ]{{1,2}}(?!{_said_of_names})(?P<name>{_word}(?:[ ]{_word})?)"
    rf"|(?<!\w)(?:mr|mrs|ms|miss|dr|prof)\.?[ ](?P<named>{_word})",
    re.IGNORECASE,
)
_before_towns = "to|in|at|is|from|for|near|by|my|our|the|and|of|post|code|postcode|address|house"
TOWN = re.compile(rf"(?<!\w)(?P<name>(?:(?!(?:{_before_towns})\b){_word}[ ,]{{1,2}}){{1,3}})\Z", re.IGNORECASE)
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
