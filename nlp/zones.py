"""Zones: a time zone that is named behind a time: 9am EST, 17:00 UTC, noon Pacific time."""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo

from nlp.clock import Clock, Found, zone

OFFSETS = {
    "UTC": 0, "GMT": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AEST": 10, "AEDT": 11, "JST": 9, "SGT": 8,
}  # fmt: skip
"""Hours before UTC. Only what most people take for the same zone: IST is India's, Israel's and Ireland's."""

PLACES = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "EASTERN": "America/New_York", "CENTRAL": "America/Chicago", "MOUNTAIN": "America/Denver",
    "PACIFIC": "America/Los_Angeles", "UK": "Europe/London", "LONDON": "Europe/London",
}  # fmt: skip
_short = "|".join((*OFFSETS, *(word.lower() for word in OFFSETS if word != "WEST"), "ET", "CT", "MT", "PT"))
BEHIND = re.compile(
    r"[ ]?\(?(?:GMT|UTC)[ ]?(?P<offset>[+-](?:1[0-4]|0?\d)(?::?(?:00|30|45))?)\)?(?!\w|[.:]\d)"
    rf"|[ ]?\(?(?P<short>{_short})\)?(?![\w'’]|[ ]?[+-]\d)"
    r"|[ ](?P<place>(?i:eastern|central|mountain|pacific|uk|london))(?i:[ ](?:standard[ ]|daylight[ ])?time)(?!\w)"
)


def with_zones(found: list[Found], text: str) -> list[Found]:
    """Times with the zones that are named behind them, if any are; the 5:30 of GMT+5:30 is no time of its own."""
    kept: list[Found] = []
    for row in sorted(found):
        if not kept or row.start >= kept[-1].end:
            kept.append(_with_zone(row, text))
    return kept


def _with_zone(row: Found, text: str) -> Found:
    match = BEHIND.match(text, row.end) if isinstance(row.value, time | datetime) else None
    return (
        row._replace(end=match.end(), zone=(match["offset"] or match["short"] or match["place"]).upper())
        if match
        else row
    )


def in_own_zone(row: Found, clock: Clock) -> Found:
    """What a time with a zone is in the customer's own: of one without a day, as it is today."""
    if not row.zone:
        return row
    there = _zone(row.zone)
    alone = isinstance(row.value, time)
    day = row.value if isinstance(row.value, datetime) else clock.now.astimezone(there)
    moment = day.replace(tzinfo=there)
    if isinstance(row.value, time):
        moment = moment.replace(hour=row.value.hour, minute=row.value.minute)
    own = moment.astimezone(clock.now.tzinfo).replace(tzinfo=None)
    return row._replace(value=own.time() if alone else own)


def _zone(name: str) -> tzinfo:
    if name in PLACES:
        return zone(PLACES[name])
    if name not in OFFSETS:
        hours, minutes = (name[:-2].rstrip(":"), int(name[-2:])) if len(name) > 3 else (name, 0)
        away = timedelta(hours=abs(int(hours)), minutes=minutes)
        return timezone(-away if name.startswith("-") else away)
    return UTC if not OFFSETS[name] else timezone(timedelta(hours=OFFSETS[name]))
