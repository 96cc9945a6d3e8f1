"""EnglishClock: times of day as people say them: seven thirty, ten past six, eight in the evening, from 2 to 4pm."""

import re
from datetime import datetime, time, timedelta

from nlp.clock import NOON, Clock
from nlp.english_calendar import AT, AT_PART, COUNT, NAMED_DAY, NO_NOUN, Rule, behind, counted, in_half, pattern
from nlp.numbers import ONES

HOURS = {word: value for word, value in ONES.items() if 1 <= value <= NOON}
NAMED_HOURS = {"noon": NOON, "midday": NOON, "midnight": 0}
MINUTES = {
    "oh five": 5, "o five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "twenty five": 25, "thirty": 30,
    "thirty five": 35, "forty": 40, "forty five": 45, "fifty": 50, "fifty five": 55,
}  # fmt: skip
PAST = {"half past": 30, "half": 30, "quarter past": 15, "quarter to": -15, "quarter of": -15,
        "quarter after": 15, "quarter till": -15}  # fmt: skip

_hour = "(?P<hour>" + "|".join(HOURS) + ")"
_any_hour = "(?P<hour>" + "|".join(HOURS) + r"|1[0-2]|[1-9])"
_minute = "(?P<minute>" + "|".join(word.replace(" ", "[ -]") for word in sorted(MINUTES, key=len, reverse=True)) + ")"
_named_hour = _any_hour.replace(")", "|" + "|".join(NAMED_HOURS) + ")")
_half = r"[ ]?(?P<half>[ap]\.?m)\.?"
_told = rf"(?:{_half}|{AT_PART})"
_is = behind("at by around about until till before after since it's its is")


def _spoken(match: re.Match[str], clock: Clock) -> time:
    """An hour, with minutes after it: seven, seven thirty, seven pm."""
    named = match.groupdict()
    more = named.get("minute") or named.get("more")
    minute = MINUTES[more.lower().replace("-", " ")] if more else 0
    hour = _hour_of(named)
    if named.get("half"):
        hour = in_half(hour, named["half"])
    return time(hour, minute)


def _hour_of(named: dict[str, str]) -> int:
    word = named["hour"].lower()
    return int(word) if word.isdigit() else (HOURS | NAMED_HOURS)[word]


def hour_behind(match: re.Match[str]) -> time:
    """What `HOUR_BEHIND_A_DAY` found."""
    return time(_hour_of(match.groupdict()), int(match["minute"] or 0))


def _past(match: re.Match[str], clock: Clock) -> time:
    """Half past five, quarter to six, ten past six, twenty to eight."""
    named = match.groupdict()
    if named.get("part"):
        minutes = PAST[" ".join(named["part"].lower().split())]
    else:
        minutes = counted(named["count"]) * (-1 if named["way"].lower() in ("to", "before") else 1)
    hour = _hour_of(named)
    if abs(minutes) >= 60:
        raise ValueError
    if named.get("half"):  # "quarter to 12 am" is before midnight: the half is that of the hour named
        hour = in_half(hour, named["half"])
    return (datetime(2000, 1, 2, hour) + timedelta(minutes=minutes)).time()  # noqa: DTZ001


def _from(match: re.Match[str], clock: Clock) -> time:
    """The first hour of "from 2 to 4pm": in the half of the second, or before it in the other ("11-1pm")."""
    first, last = _hour_of({"hour": match["hour"]}), _hour_of({"hour": match["last"]})
    half = match["half"] or ("am" if match["last_part"].lower() == "morning" else "pm")
    hour = in_half(first, half)
    if hour > in_half(last, half):
        hour = (hour + NOON) % 24
    return time(hour, int(match["minute"] or 0))


FROM_HALF = re.compile(
    rf"(?<![\w/.,:-])(?P<begin>{'|'.join(HOURS)}|1[0-2]|[1-9])(?:[:.](?P<more>[0-5]\d))?[ ]?(?P<half>[ap])\.?m\.?"
    r"(?:[ ]?[-–][ ]?|[ ](?:to|till|until)[ ])\Z",
    re.IGNORECASE,
)


def _until(match: re.Match[str], clock: Clock) -> time | None:
    """The last hour of "3pm-4": the next one of that name behind the first."""
    lead = FROM_HALF.search(match.string, max(0, match.start() - 20), match.start())
    if lead is None:
        return None
    first = time(in_half(_hour_of({"hour": lead["begin"]}), lead["half"]), int(lead["more"] or 0))
    last = time(_hour_of(match.groupdict()) % NOON, int(match["minute"] or 0))
    later = last.replace(hour=last.hour + NOON)
    return later if last <= first < later else last


_first = rf"{_any_hour}(?:[:.](?P<minute>[0-5]\d))?"
_last = (
    rf"{_any_hour.replace('hour', 'last')}(?:[:.][0-5]\d)?"
    r"(?:[ ]?(?P<half>[ap]\.?m)|[ ]in[ ]the[ ](?P<last_part>morning|afternoon|evening))(?!\w)"
)
HINT = re.compile(
    rf"\b(?:{'|'.join(HOURS)})\b|\d[ ]{{0,2}}(?:[-–]|and|to|till|until|past|after|minutes?)|"
    r"m\.? ?(?:[-–]|to |till |until ) ?\d|"
    r"(?:around|about|by|after|before|from|half|past|quarter|of|to) \d|"
    r"(?:past|after|to|before|half|of|till) (?:noon|mid)",
    re.IGNORECASE,
)  # fmt: skip
"""Every time that is said so has one of these in it."""

HOUR_BEHIND_A_DAY = re.compile(
    rf"[ ,]{{1,2}}(?:(?:at|around|about|by|after|before|from)[ ])?(?P<hour>{'|'.join(HOURS)}|[01]?\d|2[0-3])"
    rf"(?:\.(?P<minute>[0-5]\d))?(?![\w.]\d){NO_NOUN}",
    re.IGNORECASE,
)

RULES: tuple[Rule, ...] = (
    (pattern(rf"(?:a[ ])?(?P<part>(?:half|quarter)[ ]{{1,2}}past|quarter[ ]{{1,2}}to)[ ]{{1,2}}{_named_hour}"
             rf"{_told}?"), _past),
    (pattern(rf"(?:a[ ])?(?P<part>quarter[ ](?:of|after|till)|half)[ ]{_named_hour}"
             rf"(?:{_told}|(?:[ ]o['’ ]{{0,2}}clock)?{NO_NOUN})"), _past),
    (pattern(rf"{COUNT}(?:[ ]minutes?)?[ ](?P<way>past)[ ]{_named_hour}{_told}?"), _past),
    (pattern(rf"{COUNT}(?:[ ]minutes?)?[ ](?P<way>after)[ ]{_named_hour}(?:{_told}|{NO_NOUN})"), _past),
    (pattern(rf"{_is}(?P<count>five|ten|twenty(?:[ -]five)?|5|10|20|25)(?:[ ]minutes)?[ ](?P<way>to|before)[ ]"
             rf"{_named_hour}(?:{_told}|{NO_NOUN})"), _past),
    (pattern(rf"{_hour}[ -]{_minute}{_told}"), _spoken),
    (pattern(rf"{AT}{_hour}[ -]{_minute}{NO_NOUN}"), _spoken),
    (pattern(rf"{_hour}(?:-{_minute}{NO_NOUN}|[ ]{_minute.replace('minute', 'more')}(?=[ ]{NAMED_DAY}))"), _spoken),
    (pattern(rf"{_hour}{_told}"), _spoken),
    (pattern(rf"{_hour}[ ]o['’ ]{{0,2}}clock{AT_PART}?"), _spoken),
    (pattern(rf"(?<=\bat ){_hour}{NO_NOUN}"), _spoken),
    (re.compile(rf"(?<![\w/.,:-]){_first}(?=[ ]?[-–][ ]?{_last})", re.IGNORECASE), _from),
    (re.compile(rf"(?:(?<=[m.][-–])|(?<=[m.] [-–] )|(?<=[m.] to )|(?<=[m.] till )|(?<=[m.] until )){_any_hour}"
                rf"(?:[:.](?P<minute>[0-5]\d))?{NO_NOUN}", re.IGNORECASE), _until),
    (re.compile(rf"(?:(?<=\bbetween )|(?<=\bfrom )){_first}(?=[ ](?:and|to|till|until)[ ]{_last})", re.IGNORECASE),
     _from),
)  # fmt: skip
"""Tried in this order, and before those for times in figures."""
