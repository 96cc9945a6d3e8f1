"""EnglishHours: bare hours that the words around them make times: call me after 3, any time between 2 and 4."""

import re
from datetime import time

from nlp.clock import NOON, Clock
from nlp.english_calendar import DAYS, NO_NOUN, Rule, behind
from nlp.english_clock import HOURS

LOOKED_AT = 80
"""Characters before an hour in which its sentence says that it is about time."""

_hour = rf"(?:{'|'.join(HOURS)}|1\d|2[0-3]|[1-9])"
_or = r"(?:[ ](?:and|or|to|till|until)[ ]|[ ]?[-–][ ]?)"
_lead = "(?:after|before|by|around|until|till|from|between)"
_stop = rf"(?![ ]?(?:[-–]|,|and|or|to)[ ]?\d?{_hour}\b(?!{NO_NOUN}))(?![.,:]\d){NO_NOUN}"
_clear = rf"[ ]?(?:o['’ ]{{0,2}}clock|:[0-5]\d|[ap]\.?m\b)|[ ](?:on[ ])?(?:today|tomorrow|tonight|{'|'.join(DAYS)})\b"
_clear += (
    r"|[ ](?:is|works?|would[ ](?:be|work))[ ](?:fine|good|ok|okay|best|better|great|perfect(?:ly)?|well|for|with"
    r"|too|also)\b|[ ]works?[.!?]?$"
)

OR = re.compile(_or, re.IGNORECASE)
CLEAR = re.compile(rf"(?:{_or}{_hour})?(?:{_clear})", re.IGNORECASE)
"""What follows an hour and nothing that is counted: (and 4) o'clock, tomorrow."""

LEAD = re.compile(
    rf"(?<!\w)(?P<lead>{_lead}|at[ ](?:around|about)|no[ ](?:later|earlier)[ ]than|not[ ](?:before|after|until|till))"
    rf"[ ](?P<first>(?P<begin>{_hour})(?P<minute>[:.][0-5]\d)?(?:[ ]?(?P<half>[ap])\.?m\.?)?{_or})?\Z",
    re.IGNORECASE,
)
ABOUT_TIME = re.compile(
    r"\b(?:call(?:s|ed|ing)?|ring(?:ing)?|phon(?:e|ing)|contact(?:ed)?|reach|meet(?:ing)?|visit(?:ing)?|com(?:e|ing)"
    r"|arriv(?:e|es|ed|ing|al)|deliver(?:y|ed|ing|s)?|collect(?:ion|ed)?|(?:pick|picked|picking)(?:[ ]\w+){0,2}[ -]?up"
    r"|pickup|drop|book(?:ing)?|reserv(?:e|ation)|(?:re)?schedul(?:e|ed|ing)|appointment|slot|availab(?:le|ility)|free"
    r"|open(?:s|ing)?|clos(?:e|es|ed|ing)|home|back|(?:any|some|what|best|good)[ ]?times?"
    r"|see[ ](?:you|him|her|me|us|them)|(?:need|want|get)[ ](?:it|this|that|them)|(?:can|could)[ ](?:do|make)(?:[ ]it)?"
    r"|anything|earliest|latest|ideally|preferably)\b",
    re.IGNORECASE,
)
"""Words of calling, meeting and opening: an hour may follow."""

BY_HOW_MUCH = re.compile(
    r"\b(?:increas|rais|reduc|decreas|lower|cut|extend|multipl|divid|late|delayed|short|off|over|up|down)\w*"
    r"(?:[ ]\w+){0,5}[ ]by[ ]\Z",
    re.IGNORECASE,
)
WHOLE = re.compile(
    rf"\W{{0,5}}(?:after|before|until|till)[ ]{_hour}(?:{_or}{_hour})?(?:[ ](?:please|pls|thanks?))?\W{{0,5}}",
    re.IGNORECASE,
)
"""An answer that is nothing but an hour; "between 2 and 4" alone may count people."""

ON_THE_WAY = re.compile(
    r"\b(?:land(?:s|ed|ing)?|depart(?:s|ed|ing|ure)?|leav(?:e|es|ing)|left|take?s?[ ]off|boards?|boarding|flight|train"
    r"|bus|ferry|check[ -]?(?:in|out))\b"
    rf"|\b(?:today|tomorrow|{'|'.join(DAYS)})[ ]\Z",
    re.IGNORECASE,
)
"""Beside these, four figures behind "at" are a time: lands at 2355."""

YEARS = range(1_900, 2_060)
ENDS = re.compile(r"[.!?\n](?=\s)")
HINT = re.compile(
    rf"(?:after|before|by|around|about|until|till|from|between|than) (?:{_hour}|0\d)|\bat \d{{4}}\b", re.IGNORECASE
)
"""Every hour that stands so has one of these in it."""


def _bare(match: re.Match[str], clock: Clock) -> time | None:
    """An hour in a sentence about time."""
    text, start = match.string, match.start()
    before = ENDS.split(text[max(0, start - LOOKED_AT) : start])[-1]
    lead = LEAD.search(before)
    if lead is None or BY_HOW_MUCH.search(before):
        return None
    words, hour = lead["lead"].lower(), _number(match["hour"])
    if words == "between" and not (lead["first"] or OR.match(text, match.end())):
        return None
    if lead["half"]:
        return time(_after(_number(lead["begin"]), lead["half"].lower(), hour))
    clear = words not in ("around", "from") and CLEAR.match(text, match.end())
    if " " in words or lead["minute"] or clear or ABOUT_TIME.search(before, 0, lead.start()) or WHOLE.fullmatch(text):
        return time(hour)
    return None


def _after(begin: int, half: str, hour: int) -> int:
    """The hour that ends what begins in a half of the day: from 9am to 5 is until 17:00."""
    later = half == "p" or hour <= begin % NOON
    return hour + NOON if later and hour < NOON else hour


def _number(hour: str) -> int:
    return int(hour) if hour.isdigit() else HOURS[hour.lower()]


_to_clear = rf"{_or}{_hour}(?:[ ]?o['’ ]{{0,2}}clock|:[0-5]\d|[ ]?[ap]\.?m\b)"
_HOUR = re.compile(
    rf"(?:(?<=[a-z] )|(?<=[\d ][-–])|(?<=[-–] ))(?P<hour>{_hour})(?![\w/])"
    rf"(?:(?=[ ]?o['’ ]{{0,2}}clock|{_to_clear}|[-–]{_hour}{NO_NOUN})|{_stop})",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    rf"{behind('at by around until till before after')}(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?![\w/:%-]|[.,]\d)"
    rf"(?:(?=[ ](?:on[ ])?(?:today|tomorrow|tonight|{'|'.join(DAYS)})\b)|{NO_NOUN})",
    re.IGNORECASE,
)


def _four_figures(match: re.Match[str], clock: Clock) -> time | None:
    """Call me at 1400: in a sentence about time only; what may be a year is one, but for behind "at"."""
    text, start = match.string, match.start()
    before = ENDS.split(text[max(0, start - LOOKED_AT) : start])[-1]
    *_, lead = before.split()
    sentence = before[: before.rindex(lead)]
    if lead.lower() != "at" and int(match.group()) in YEARS:
        return None
    about_time = CLEAR.match(text, match.end()) or ABOUT_TIME.search(sentence) or ON_THE_WAY.search(sentence)
    return time(int(match["hour"]), int(match["minute"])) if about_time else None


RULES: tuple[Rule, ...] = ((_HOUR, _bare), (_FIGURES, _four_figures))
"""Tried when all others have had their turn."""
