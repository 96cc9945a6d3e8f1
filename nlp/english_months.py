"""EnglishMonths: months that stand alone and mean a time: in March, last June, by the end of May, March 2027."""

import re
from datetime import date, timedelta

from nlp.clock import Clock
from nlp.english_calendar import MONTHS, NO_NOUN, Rule, behind
from nlp.past_days import is_over

LOOKED_AT = 40

_month = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS) + "|sept"
_plain = "january|february|march|july|september|october|november|december"
"""Those that no person is called, nor any verb behind a word such as "for"."""

_in = behind("in during throughout")
_since = behind("since until till")
_for = behind("for from by before after")
_no_name = r"(?!['’]s\b|[ ](?:street|st|road|rd|avenue|lane|park|square|court)\b)"
_no_verb = r"(?![ ](?:i|we|you|he|she|they|it|be|not|have|never)\b)"
_to = r"[ ](?:and|to|till?|until)[ ]"
_edge = (
    r"(?:the[ ])?(?P<edge>end|beginning|start|middle)[ ]of[ ](?:(?P<which_edge>next|last|this)[ ])?"
    r"|(?P<part>early|mid)[ -](?:(?<=\bearly )in[ ])?"
)
_year = r"(?:,?[ ](?:of[ ])?(?P<year>20\d\d)(?!\w))?"

DONE_BY = re.compile(
    r"\b(?:was|were|got|been)[ ](?:\w+[ ]){1,3}by[ ]\Z"
    r"|\b(?:signed|written|told|called|asked|served|helped|seen|handled|treated|answered|e-?mailed|sent)"
    r"[ ](?:\w+[ ])?by[ ]\Z",
    re.IGNORECASE,
)

HINT = re.compile(r"\b(?:j(?:an|u[nl])|feb|ma[ry]|a(?:pr|ug)|sep|oct|nov|dec)", re.IGNORECASE)
"""Every month has one of these in it."""

JOINED = re.compile(rf"\b(?:between|from)[ ](?:{_month})(?:[ ]\d{{4}})?{_to}\Z", re.IGNORECASE)

DAY = re.compile(r"(?<![\w.,/:-])\d{1,2}(?:st|nd|rd|th)?[ ](?:of[ ])?\Z", re.IGNORECASE)


def _rule(lead: str, month: str, year: str = _year) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/])(?:{lead})(?P<month>{month})(?![\w/]){_no_name}{year}", re.IGNORECASE)


def _first(match: re.Match[str], clock: Clock) -> date | None:
    """The first day of a month, as a weekend is its Saturday; the last one of its end; today, where that is later.

    Without a year it is the next month of that name, this one included, or the last one where it is over.
    """
    named = match.groupdict()
    month = _number(match["month"])
    today = clock.now.date()
    which = (named.get("which") or named.get("which_edge") or "").lower()
    if which == "this" and match["month"] == "may":  # this may be a verb
        return None
    over = which == "last" or (not which and is_over(match.string, match.start()))
    year = _year_of(named.get("year"), today)
    if year is None:
        year = today.year
        if over and (month > today.month or (month == today.month and which == "last")):
            year -= 1
        elif not over and which != "this" and (month < today.month or (month == today.month and which == "next")):
            year += 1
    edge = (named.get("edge") or named.get("part") or "").lower()
    if edge == "end":
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    if edge in ("mid", "middle"):
        return date(year, month, 15)
    first = date(year, month, 1)
    return today if not (over or edge) and (year, month) == (today.year, today.month) else first


def _joined(match: re.Match[str], clock: Clock) -> date | None:
    """The May of "from March to May"."""
    before = match.string[max(0, match.start() - LOOKED_AT) : match.start()]
    return _first(match, clock) if JOINED.search(before) else None


def _alone(match: re.Match[str], clock: Clock) -> date | None:
    """March 2027; behind a day that the month has not, as in "29 February 2027", it is no time."""
    before = match.string[max(0, match.start() - LOOKED_AT) : match.start()]
    return None if DAY.search(before) else _first(match, clock)


def _by(match: re.Match[str], clock: Clock) -> date | None:
    """The May by which something has to be done; April and June may have done it."""
    return (
        None
        if DONE_BY.search(match.string[max(0, match.start() - LOOKED_AT) : match.start()])
        else _first(match, clock)
    )


def _number(name: str) -> int:
    return [full[:3] for full in MONTHS].index(name.lower()[:3]) + 1


def _year_of(said: str | None, today: date) -> int | None:
    if said is None or said.isdigit():
        return int(said) if said else None
    return today.year + {"next": 1, "last": -1, "this": 0}[said.lower().split()[0]]


FIRST_RULES: tuple[Rule, ...] = (
    (_rule(f"{_in}|{_since}|{_for}", _month, r",?[ ](?:of[ ])?(?P<year>(?:next|last|this)[ ]year)(?!\w)"), _first),
)
"""Tried before that for "next year"."""

RULES: tuple[Rule, ...] = (
    (_rule(_edge, _month), _first),
    (_rule(r"(?<!the )(?<!this )(?P<which>next|last|this)[ ]", _month), _first),
    (_rule(_in, _month), _first),
    (_rule(_since, _month, _no_verb + _year), _first),
    (_rule(_for, _plain), _first),
    (_rule(behind("by"), _month, _no_verb + _year + NO_NOUN), _by),
    (_rule(behind("from between"), _month, rf"{_year}(?={_to}(?:{_month})(?!\w))"), _first),
    (_rule(behind("and to till until"), _month), _joined),
    (_rule("", _month, r",?[ ](?P<year>20\d\d)(?!\w)"), _alone),
)
"""Tried after those for days that are named with their month."""
