"""ProfanityNames: whether a rude word is somebody's name: "can I speak to Dick", but "you Dick"."""

import re

NAMES = frozenset({"dick"})
"""Rude words that people are called."""

LOOKED_AT = 40

INTRODUCED = re.compile(
    r"(?:\b(?:(?:speak(?:ing)?|spoke|talk(?:ed|ing)?)[ ]to|i['’]?m|i[ ]am|name['’]s|it['’]s|mr|sir|uncle|dear|hi|hello"
    r"|thank[ ]you|good[ ](?:morning|afternoon|evening)|through[ ]to|agent|colleague|manager|boss|friend|husband|father"
    r"|dad|brother|son|grandfather|neighbour|neighbor|partner"
    r"|call(?:ed)?|ask(?:ed)?|met|meet(?:ing)?|contact(?:ed)?|phoned?|emailed|is|does|did|has|was|with|from|and|for)"
    r"|\bmr\.|\b(?:regards|thanks|cheers|sincerely),?)\s{1,2}\Z",
    re.IGNORECASE,
)
GOES_ON = re.compile(
    r"['’]s[ ]|,?[ ](?:from|said|says|told|helped|answered|promised|sent|called|rang|works?)\b"
    r"|[ ](?!(?:Head|Face|Wad|Sucker|Moves?|Pics?|Joke|Energy)\b)[A-Z][a-z]+"
)
ADDRESSED = re.compile(
    r"\b(?:(?<!thank )you|your|my|his|a|an|the|this|that|such|suck|big|little|small|stupid|fucking|total|complete"
    r"|absolute|what|eat|of|no|some|any)\s{1,2}\Z",
    re.IGNORECASE,
)
"""What stands before no name."""


def is_name(text: str, start: int, end: int) -> bool:
    """Whether the word at a place is written as a name, and stands as one."""
    if not text[start:end].istitle():
        return False
    before = text[max(0, start - LOOKED_AT) : start]
    if ADDRESSED.search(before):
        return False
    return INTRODUCED.search(before) is not None or GOES_ON.match(text, end) is not None
