"""Units: quantities such as "5 kg" or "twenty pounds", by a list of everyday units."""

import re
from collections.abc import Sequence

from models.utterance import Entity
from nlp.numbers import DECIMAL_COMMA

UNITS = {
    "kilogram": "kg kgs kilo kilos kilogram kilograms", "gram": "g gram grams", "milligram": "mg",
    "pound": "lb lbs", "ounce": "oz ounce ounces", "tonne": "tonne tonnes",
    "kilometre": "km kms kilometre kilometres kilometer kilometers", "metre": "m metre metres meter meters",
    "centimetre": "cm centimetre centimetres centimeter centimeters", "millimetre": "mm",
    "mile": "mile miles mi", "yard": "yard yards yd", "foot": "foot feet ft", "inch": "inch inches",
    "litre": "l litre litres liter liters", "millilitre": "ml", "gallon": "gallon gallons", "pint": "pint pints",
    "second": "second seconds sec secs", "minute": "minute minutes min mins", "hour": "hour hours hr hrs",
    "day": "day days", "week": "week weeks", "month": "month months", "year": "year years",
    "degree celsius": "°c celsius", "degree fahrenheit": "°f fahrenheit", "percent": "% percent",
    "kilobyte": "kb", "megabyte": "mb", "gigabyte": "gb", "kilowatt hour": "kwh", "watt": "w watt watts",
    "kilometre per hour": "km/h kph", "mile per hour": "mph",
    "US dollar": "$ usd dollar dollars", "euro": "€ eur euro euros", "pound sterling": "£ gbp pounds quid",
    "Indian rupee": "₹ inr rupee rupees", "yen": "¥ jpy yen",
}  # fmt: skip
NAMES = {short: unit for unit, shorts in UNITS.items() for short in shorts.split()}
BEFORE = {"$": "US dollar", "€": "euro", "£": "pound sterling", "₹": "Indian rupee", "¥": "yen"}
SAID_OTHERWISE = frozenset(
    {"second", "minute", "hour", "day", "week", "month", "year"}
    | {"US dollar", "euro", "pound sterling", "Indian rupee", "yen"}
)
"""Quantities that are durations or amounts."""
SHARES = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75, "couple": 2, "": 1}
_measures = (
    "kilo|kilogram|kg|gram|pound|lb|ounce|tonne|kilomet(?:re|er)|km|met(?:re|er)|centimet(?:re|er)|cm|mile|yard|foot|inch"
    "|lit(?:re|er)|millilit(?:re|er)|ml|gallon|pint"
)
MEASURE = re.compile(f"[ ](?:{_measures})", re.IGNORECASE)
PHRASE = re.compile(
    r"(?<![\w-])(?:(?:a[ ])?(?P<share>half|quarter|three[ ]quarters|couple[ ]of)(?:[ ](?:of[ ])?an?)?|an?)"
    rf"[ ](?P<unit>{_measures})s?(?!\w)(?P<more>[ ]and[ ]a[ ]half(?!\w|[ ](?!of\b)[^\W\d_]))?(?P<of>(?=[ ]of[ ]))?",
    re.IGNORECASE,
)
"""A litre of, half a kilo, a couple of pints: measures without a number."""

AND_A_HALF = re.compile(r"[ ]and[ ]a[ ]half(?!\w|[ ](?!of\b)[^\W\d_])", re.IGNORECASE)
""" "Two kilos and a half", not "two kilos and a half litre"."""

AFTER = re.compile(r"[ ]{0,2}-?(°[cf]|km/h|[%$€£₹¥]|[a-z]{1,12})(?![a-z])", re.IGNORECASE)
_free = r"(?<![\w.,:/-])"
GLUED_TO = rf"(?=\d)(?:(?<![\w.,-])|(?<={_free}\d-)|(?<={_free}\d\d-)|(?<={_free}\d\d\d-))"
"""Where figures begin that have their unit behind them: 5kg, and the 3kg of 2-3kg."""

_unit = r"(km/h|[a-z]{1,4})(?:(?![\w/])|(?=[2²3³](?![\w/])))"
GLUED = re.compile(
    rf"{GLUED_TO}([1-9]\d{{0,2}}(?:,\d{{3}}){{1,4}}(?:\.\d{{1,9}})?|\d{{1,12}}(?:\.\d{{1,9}})?){_unit}", re.I
)
GLUED_WITH_COMMA = re.compile(
    rf"{GLUED_TO}([1-9]\d{{0,2}}(?:\.\d{{3}}){{1,4}}(?:,\d{{1,9}})?|\d{{1,12}}(?:[.,]\d{{1,9}})?){_unit}", re.I
)
"""The same where the comma comes before the fraction."""


THOUSANDS = re.compile(r"\.(?=\d{3}(?:\D|\Z))")
PER_CENT = re.compile(r"[ ]per cent(?!\w)", re.IGNORECASE)
NETWORK = re.compile("[2-6]G")
"""A mobile network, and no grams."""

LAST = re.compile(r"[ ](?:tall|high|long|wide)\b|[ ]?[.,;!?)]?(?:\s*\Z|\n)", re.IGNORECASE)
INCHES = re.compile(rf"[ ,]{{0,2}}(?P<count>1[01]|\d)(?:[ ]?(?:in\b|[\"”″])|(?={LAST.pattern}))", re.IGNORECASE)
"""What follows the feet of a height."""

APOSTROPHE = re.compile("['’′]")
FEET_AND_INCHES = re.compile(
    r"(?<![\w.,'’′])(?P<feet>[1-9])['’′][ ]?(?P<inches>1[01]|\d)(?:[\"”″]|['’]{2})?(?![\w'’′\"])"
)
""" 5'11", as people write how tall they are."""

LENGTHS = frozenset({"metre", "centimetre", "millimetre", "kilometre", "foot", "inch", "yard", "mile"})
POWERS = {"2": "square", "²": "square", "3": "cubic", "³": "cubic"}


def powered(unit: str, text: str, end: int) -> tuple[str, int]:
    """A unit and where it ends, with the power that may be written behind it: 5 m2 are no metres."""
    power = POWERS.get(text[end : end + 1], "") if unit in LENGTHS else ""
    if not power or text[end + 1 : end + 2].isalnum():
        return unit, end
    return f"{power} {unit}", end + 1


def find_units(text: str, numbers: Sequence[Entity], language: str = "en") -> list[Entity]:
    """Quantities in order; the value is `{"value": 5, "unit": "kilogram"}`. `numbers` are those of the text.

    `language` says how figures are written.
    """
    comma = language in DECIMAL_COMMA
    found = [quantity for number in numbers if (quantity := _quantity(number, text))]
    for match in (GLUED_WITH_COMMA if comma else GLUED).finditer(text):
        if (unit := NAMES.get(match[2].lower())) and not NETWORK.fullmatch(match.group()):
            plain = THOUSANDS.sub("", match[1]).replace(",", ".") if comma else match[1].replace(",", "")
            value = float(plain) if "." in plain else int(plain)
            unit, end = powered(unit, text, match.end())
            if not text[end : end + 1].isalnum():
                found.append(_entity(value, unit, text, match.start(), end))
    if numbers:
        found += _heights(found, numbers, text)
    ends = {quantity.end for quantity in found}  # of two and a half kilos, the half is told
    for match in PHRASE.finditer(text) if MEASURE.search(text) else ():
        if match.end() in ends:
            continue
        share, unit = (match["share"] or "").lower().removesuffix(" of"), match["unit"].lower()
        if match["of"] is None and (unit == "pound" or not (share or match["more"])):  # a pound a day, my foot
            continue
        measure, times = "pound" if unit == "pound" else NAMES.get(unit), SHARES.get(share)
        if measure and times:  # none of a kılo
            found.append(_entity(times + (0.5 if match["more"] else 0), measure, text, match.start(), match.end()))
    return sorted(found, key=lambda entity: entity.start)


def _heights(found: Sequence[Entity], numbers: Sequence[Entity], text: str) -> list[Entity]:
    """The inches that follow feet, and both of 5'11"."""
    starts = {number.start: number for number in numbers}
    more = []
    for row in found:
        if row.value["unit"] == "foot":
            if match := INCHES.match(text, row.end):
                more.append(_entity(int(match["count"]), "inch", text, match.start("count"), match.end()))
                continue
            said = starts.get(row.end + 1)
            if said and said.source == "words" and 0 <= said.value < 12 and LAST.match(text, said.end):
                more.append(_entity(said.value, "inch", text, said.start, said.end))
    for match in FEET_AND_INCHES.finditer(text) if APOSTROPHE.search(text) else ():
        more.append(_entity(int(match["feet"]), "foot", text, match.start(), match.start("inches")))
        more.append(_entity(int(match["inches"]), "inch", text, match.start("inches"), match.end()))
    return more


def _quantity(number: Entity, text: str) -> Entity | None:
    sign = text[number.start - 1 : number.start]
    if sign in BEFORE:
        return _entity(number.value, BEFORE[sign], text, number.start - 1, number.end)
    if per_cent := PER_CENT.match(text, number.end):
        return _entity(number.value, "percent", text, number.start, per_cent.end())
    match = AFTER.match(text, number.end)
    unit = NAMES.get(match[1].lower()) if match else None
    if match and match[1].lower() in ("pound", "pounds") and text[match.end() : match.end() + 4].lower() == " of ":
        unit = "pound"
    if match is None or not unit:
        return None
    more = AND_A_HALF.match(text, match.end()) if unit not in SAID_OTHERWISE and isinstance(number.value, int) else None
    value = number.value + 0.5 if more else number.value
    unit, end = powered(unit, text, (more or match).end())
    return _entity(value, unit, text, number.start, end)


def _entity(value: float, unit: str, text: str, start: int, end: int) -> Entity:
    return Entity("quantity", {"value": value, "unit": unit}, text[start:end], start, end, "units")
