"""Numbers: phone numbers in E.164, short codes and sender ids, told apart.

Providers write the same number with and without "+", with spaces, with "00". A customer is found by
her number, so every adapter turns what it gets into the one form here, and only here.
"""

import re
from functools import lru_cache

from channels.errors import BadRequest
from models.address import Address, AddressKind

MAX_WRITTEN_LENGTH = 40
MAX_SENDER_ID_LENGTH = 11
SHORTEST_NUMBER = 7
MAX_CACHED_NUMBERS = 16_384

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_BARE = re.compile(r"[1-9][0-9]{8,14}")
_SHORTCODE = re.compile(r"[0-9]{3,8}")
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[\x20-\x7e]+")
_MEXICO_OLD_MOBILE = re.compile(r"\+521([0-9]{10})")
_ARGENTINA_WITHOUT_9 = re.compile(r"\+54([1-8][0-9]{9})")

_ON_MOBILES_ONLY = frozenset({"sms", "mms", "rcs", "whatsapp"})


def phone_address(written: str, *, channel: str = "sms", field: str = "from", region: str = "") -> Address:
    """The address that a provider or a person wrote: a number, a short code or an alphanumeric sender id.

    `region` (`GB`) is the country of numbers in national form. Raises `BadRequest` that names `field`.
    """
    try:
        return _address(written, channel, region)
    except ValueError as error:
        raise BadRequest(str(error), field=field) from None


def msisdn(written: str, *, channel: str = "sms", field: str = "to", region: str = "") -> str:
    """A phone number in E.164 with "+"; raises `BadRequest` that names `field` for anything else."""
    address = phone_address(written, channel=channel, field=field, region=region)
    if address.kind is not AddressKind.MSISDN:
        raise BadRequest(f"{written.strip()!r} is not a phone number: write it like +447911123456", field=field)
    return address.value


@lru_cache(maxsize=MAX_CACHED_NUMBERS)
def _address(written: str, channel: str, region: str) -> Address:
    if len(written) > MAX_WRITTEN_LENGTH:
        raise ValueError(f"a number has at most {MAX_WRITTEN_LENGTH} characters")
    text = written.strip()
    if not text:
        raise ValueError("there is no number")
    # Well-formed international numbers are taken as they are: numbering plans change faster than tables do.
    if _E164.fullmatch(text):
        return _mobile(channel, text)
    if not region and _BARE.fullmatch(text):
        return _mobile(channel, f"+{text}")
    if any(letter.isalpha() for letter in text):
        return Address(channel=channel, value=_sender_id(text), kind=AddressKind.SENDER_ID)
    number = _parsed(text, region)
    if number:
        return _mobile(channel, number)
    if _SHORTCODE.fullmatch(text):
        return Address(channel=channel, value=text, kind=AddressKind.SHORTCODE)
    raise ValueError(f"{text!r} is not a phone number: write it like +447911123456")


def _sender_id(text: str) -> str:
    if len(text) > MAX_SENDER_ID_LENGTH or not _SENDER_ID.fullmatch(text):
        raise ValueError(f"{text!r} is no sender id: up to {MAX_SENDER_ID_LENGTH} letters, digits and spaces")
    return text


def _parsed(text: str, region: str) -> str:
    """The number in E.164 if the numbering plans know such a one, else nothing."""
    import phonenumbers  # 0.1 s of tables, which most messages never need

    digits = sum(letter.isdigit() for letter in text)
    international = text.startswith(("+", "00"))
    if digits < SHORTEST_NUMBER:
        return ""
    if text.startswith("00"):
        text = f"+{text[2:]}"
    elif not region and not text.startswith("+"):
        text = f"+{text}"
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return ""
    # Seven or eight bare digits are a short code unless they are a number that some plan really has.
    known = phonenumbers.is_possible_number if international or digits > 8 else phonenumbers.is_valid_number
    if not known(number):
        return ""
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written


def _mobile(channel: str, number: str) -> Address:
    """Mexico dropped the 1 after +52, Argentina's mobiles have a 9 after +54: write both the one way."""
    if number.startswith("+52"):
        number = _MEXICO_OLD_MOBILE.sub(r"+52\1", number)
    elif number.startswith("+54") and channel in _ON_MOBILES_ONLY:
        number = _ARGENTINA_WITHOUT_9.sub(r"+549\1", number)
    return Address(channel=channel, value=number, kind=AddressKind.MSISDN)
