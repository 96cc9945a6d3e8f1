"""Addresses: who is the same customer, and where she can be reached."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.address import ASSET_SCOPED, Address, AddressKind
from models.customer import MSISDN_CHANNELS, Customer
from tests.models.values import addresses, text, words

NUMBER = "+15550000001"
phone = Address("sms", NUMBER, AddressKind.MSISDN)
everywhere = sorted(set(AddressKind) - ASSET_SCOPED)
asset_ids = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)


@given(st.sampled_from(everywhere), words, text, text)
def test_one_number_is_one_customer_on_every_channel(kind: AddressKind, value: str, one: str, other: str) -> None:
    assert Address(one, value, kind).key == Address(other, value, kind).key


@given(st.sampled_from(sorted(ASSET_SCOPED)), words, words, asset_ids, asset_ids)
def test_scoped_addresses_never_match_across_assets(
    kind: AddressKind, value: str, other: str, asset: str, elsewhere: str
) -> None:
    assume(asset != elsewhere)
    assert Address("web", value, kind, asset).key != Address("web", other, kind, elsewhere).key
    assert Address("web", value, kind, asset).key == Address("app", value, kind, asset).key


@given(addresses, addresses)
def test_kinds_never_match(one: Address, other: Address) -> None:
    if one.kind is not other.kind:
        assert one.key != other.key


@given(st.sampled_from(AddressKind), words, words, asset_ids)
def test_other_values_never_match(kind: AddressKind, value: str, other: str, asset: str) -> None:
    assume(value != other)
    scope = asset if kind in ASSET_SCOPED else ""
    assert Address("web", value, kind, scope).key != Address("web", other, kind, scope).key


def test_keys_are_forever() -> None:
    assert phone.key == "msisdn:+15550000001"
    assert Address("web", "v1", AddressKind.VISITOR, "shop").key == "visitor:shop:v1"


VISITOR = Address("inapp", "v1", AddressKind.VISITOR, "shop")
ELSEWHERE = Address("inapp", "v2", AddressKind.VISITOR, "blog")
SECOND = Address("sms", "+15550000002", AddressKind.MSISDN)
TEAM = Address("whatsapp", "+15550000009", AddressKind.MSISDN, "wa-team")
ANN = Customer("ann", addresses=(VISITOR, phone, SECOND, TEAM))


@pytest.mark.parametrize(
    ("customer", "channel", "asset", "found"),
    [
        (ANN, "sms", "sms-demo", phone),
        (ANN, "inapp", "shop", VISITOR),
        (ANN, "inapp", "blog", None),
        (ANN, "email", "post", None),
        (ANN, "rcs", "rcs-demo", Address("rcs", NUMBER, AddressKind.MSISDN)),
        (ANN, "whatsapp", "wa-team", TEAM),
        (ANN, "whatsapp", "wa-shop", Address("whatsapp", NUMBER, AddressKind.MSISDN)),
        (Customer("bob", addresses=(VISITOR, ELSEWHERE)), "inapp", "blog", ELSEWHERE),
        (Customer("bob", addresses=(VISITOR,)), "sms", "sms-demo", None),
        (Customer("bob"), "sms", "sms-demo", None),
    ],
)
def test_where_a_customer_is_reached(customer: Customer, channel: str, asset: str, found: Address | None) -> None:
    assert customer.address_on(channel, asset) == found


@pytest.mark.parametrize("channel", sorted(MSISDN_CHANNELS))
def test_a_phone_number_serves_every_telephone_channel(channel: str) -> None:
    found = Customer("ann", addresses=(phone,)).address_on(channel, "any")
    assert found is not None
    assert (found.channel, found.value, found.key) == (channel, NUMBER, phone.key)


@given(st.lists(addresses, max_size=4).map(tuple), st.sampled_from(["sms", "inapp", "email"]), asset_ids)
def test_never_an_address_of_another_asset(known: tuple[Address, ...], channel: str, asset: str) -> None:
    found = Customer("ann", addresses=known).address_on(channel, asset)
    assert found is None or found.asset in ("", asset)


def test_the_msisdn_is_the_first_phone_number() -> None:
    assert ANN.msisdn == NUMBER
    assert Customer("bob", addresses=(VISITOR,)).msisdn == ""
