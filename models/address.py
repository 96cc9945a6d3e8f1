"""Address: where a customer can be reached on one channel."""

from enum import StrEnum

import msgspec

from models.errors import InvalidValue

MAX_ADDRESS_LENGTH = 256


class AddressKind(StrEnum):
    """What an address is made of; kinds after `EMAIL` mean something on one asset only."""

    MSISDN = "msisdn"
    SHORTCODE = "shortcode"
    SENDER_ID = "sender_id"
    EMAIL = "email"
    CUSTOMERID = "customerid"
    VISITOR = "visitor"
    PSID = "psid"
    IGSID = "igsid"
    BSUID = "bsuid"
    CHAT_ID = "chat_id"
    PUSH_TOKEN = "push_token"  # noqa: S105
    OTHER = "other"


ASSET_SCOPED = frozenset(
    {AddressKind.VISITOR, AddressKind.PSID, AddressKind.IGSID, AddressKind.BSUID, AddressKind.CHAT_ID,
     AddressKind.PUSH_TOKEN, AddressKind.OTHER}
)  # fmt: skip


class Address(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A customer's address on a channel; `asset` is set where the value means nothing elsewhere."""

    channel: str
    value: str
    kind: AddressKind = AddressKind.OTHER
    asset: str = ""

    def __post_init__(self) -> None:
        if not self.value:
            raise InvalidValue("an address needs a value", field="value")
        if len(self.value) > MAX_ADDRESS_LENGTH:
            raise InvalidValue(f"an address has at most {MAX_ADDRESS_LENGTH} characters", field="value")
        if self.kind in ASSET_SCOPED and not self.asset:
            raise InvalidValue(f"an address of kind {self.kind.value} needs its asset", field="asset")

    @property
    def key(self) -> str:
        """The same text for the same customer: the number on every channel, else scoped by asset."""
        if self.asset:
            return f"{self.kind.value}:{self.asset}:{self.value}"
        return f"{self.kind.value}:{self.value}"
