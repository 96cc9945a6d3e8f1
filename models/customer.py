"""Customer: a person, and the addresses she is known by."""

import msgspec

from models.address import Address, AddressKind
from models.errors import InvalidValue


class Customer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A customer with her identities; the first address of a channel is the preferred one."""

    key: str
    customerid: str = ""
    name: str = ""
    language: str = ""
    addresses: tuple[Address, ...] = ()
    opted_out: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.key:
            raise InvalidValue("a customer needs a key", field="key")

    @property
    def msisdn(self) -> str:
        """The phone number in E.164, or nothing."""
        for address in self.addresses:  # asked twice a message: a loop costs a third of a generator
            if address.kind is AddressKind.MSISDN:
                return address.value
        return ""

    def is_known_as(self, name: str) -> bool:
        """Whether it is her id or one of her addresses."""
        return name == self.customerid or any(address.value == name for address in self.addresses)

    def address_on(self, channel: str, asset: str) -> Address | None:
        """The address to use on `asset`, or None: an own one first, else the phone number where it serves."""
        for address in self.addresses:
            if address.channel == channel and address.asset in ("", asset):
                return address
        if channel in MSISDN_CHANNELS and self.msisdn:
            return Address(channel=channel, value=self.msisdn, kind=AddressKind.MSISDN)
        return None


MSISDN_CHANNELS = frozenset({"sms", "mms", "rcs", "whatsapp", "voice"})
"""Channels on which a phone number is an address, so that one leads to the other."""
