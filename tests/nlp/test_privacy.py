"""Privacy: personal data does not stay in what is kept."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.utterance import Entity
from nlp.privacy import find_personal, is_card, is_iban, mask
from tests.nlp.conftest import cases, takes_linear_time


@pytest.mark.parametrize(("text", "kept"), cases("privacy"))
def test_what_is_kept(text: str, kept: str) -> None:
    assert mask(text) == kept


def test_entities_of_the_designer_are_masked_where_their_kind_is_named() -> None:
    text = "order 12345 for Ann"
    found = [Entity("order_number", "12345", "12345", 6, 11), Entity("first_name", "Ann", "Ann", 16, 19)]
    assert mask(text, found) == text
    assert mask(text, found, kinds=("first_name",)) == "order 12345 for [first_name]"
    assert mask(text, found, kinds=("first_name", "order_number"), style="same_length") == "order ***** for ***"


def test_overlaps_are_one_mark_called_after_the_longest() -> None:
    text = "+44 20 7946 0958"
    assert mask(text, [Entity("phone", "", "+44 20 7946 0958", 0, 16), Entity("number", 44, "44", 1, 3)],
                kinds=("phone", "number")) == "[phone]"  # fmt: skip


@given(st.text(max_size=200), st.integers(0, 99))
def test_any_text_keeps_its_length_and_what_is_not_personal(text: str, number: int) -> None:
    assert len(mask(text, style="same_length")) == len(text)
    assert "ann@example.com" not in mask(f"{text} ann@example.com {number}")


@given(st.integers(2 * 10**14, 7 * 10**14 - 1))
def test_one_wrong_digit_is_no_card(number: int) -> None:
    right = [digit for digit in range(10) if is_card(f"{number}{digit}")]
    assert len(right) == 1


def test_cards_and_accounts_are_entities_too() -> None:
    found: list[Any] = find_personal("from GB82 WEST 1234 5698 7654 32 to 4111 1111 1111 1111")
    assert [(row.kind, row.value) for row in found] == [
        ("card", "4111111111111111"), ("iban", "GB82WEST12345698765432"),
    ]  # fmt: skip
    assert not is_iban("GB82") and not is_iban("ÄÖ82WEST12345698765432")


@pytest.mark.parametrize("unit", ["1- ", "1 ", "4111 ", "4111 1111-", "1a", "a.b@", "o'", "GB82 ", "+44 ", "001 "])
def test_masking_takes_linear_time(unit: str) -> None:
    assert takes_linear_time(mask, (unit * 8_000)[:16_000])
