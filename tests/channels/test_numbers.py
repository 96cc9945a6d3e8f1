"""Numbers as people and providers write them, in the one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.errors import BadRequest
from channels.numbers import MAX_CACHED_NUMBERS, MAX_WRITTEN_LENGTH, _address, msisdn, phone_address


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("+447911123456", "msisdn", "+447911123456"),
        ("447911123456", "msisdn", "+447911123456"),
        (" 447911123456 ", "msisdn", "+447911123456"),
        ("0044 7911 123456", "msisdn", "+447911123456"),
        ("+44 (0)7911 123456", "msisdn", "+447911123456"),
        ("+1 (555) 000-0001", "msisdn", "+15550000001"),
        ("+2905612", "msisdn", "+2905612"),  # Saint Helena: seven digits in all
        ("+5215512345678", "msisdn", "+525512345678"),  # Mexico: the 1 is gone
        ("5215512345678", "msisdn", "+525512345678"),
        ("+525512345678", "msisdn", "+525512345678"),
        ("+541123456789", "msisdn", "+5491123456789"),  # Argentina: mobiles have a 9
        ("+5491123456789", "msisdn", "+5491123456789"),
        ("+54 011 15 2345 6789", "msisdn", "+5491123456789"),
        ("60606", "shortcode", "60606"),
        ("2255", "shortcode", "2255"),
        ("123", "shortcode", "123"),
        ("Acme Bank", "sender_id", "Acme Bank"),
        ("TAXI24", "sender_id", "TAXI24"),
    ],
)
def test_what_is_written(written: str, kind: str, value: str) -> None:
    address = phone_address(written)
    assert (address.kind.value, address.value, address.channel) == (kind, value, "sms")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "+",
        "+1",
        "12",
        "+0123456789",
        "+1234567890123456",
        "abcdefghijkl",
        "Bánk",
        "+44 7911",
        "--",
        "1" * (MAX_WRITTEN_LENGTH + 1),
        "+44/7911\x00123456",
    ],
)
def test_what_is_no_number(written: str) -> None:
    with pytest.raises(BadRequest) as caught:
        phone_address(written, field="From")
    assert caught.value.field == "From"


def test_national_numbers_need_a_region() -> None:
    assert phone_address("07911 123456", region="GB").value == "+447911123456"
    assert phone_address("7911123456", region="GB").value == "+447911123456"
    assert phone_address("+33612345678", region="GB").value == "+33612345678"
    assert phone_address("60606", region="GB").kind.value == "shortcode"


def test_a_landline_keeps_its_form() -> None:
    assert phone_address("+541123456789", channel="voice").value == "+541123456789"


def test_msisdn_takes_numbers_only() -> None:
    assert msisdn("447911123456") == "+447911123456"
    with pytest.raises(BadRequest, match="to: 'ACME' is not a phone number"):
        msisdn("ACME")


@given(st.text(max_size=60) | st.from_regex(r"\+?[0-9 ()-]{1,20}", fullmatch=True))
def test_the_form_is_stable(written: str) -> None:
    try:
        address = phone_address(written)
    except BadRequest:
        return
    assert phone_address(address.value) == address


def test_the_memory_is_bounded() -> None:
    assert _address.cache_info().maxsize == MAX_CACHED_NUMBERS
