"""Message: something a customer said, as every channel tells it."""

import msgspec

from models.address import Address
from models.content import Content
from models.errors import InvalidValue


class Message(msgspec.Struct, frozen=True, omit_defaults=True, tag="message", gc=False):
    """One incoming message, normalised.

    `event` is the channel event that flows accept (`sms.mo`, `inapp.message`), `provider_id` the
    provider's id of it: together with `asset` it tells a second delivery of the same message from a
    new one. `sent_at` is the provider's own time, `received_at` ours, both in milliseconds since 1970.
    """

    asset: str
    channel: str
    event: str
    provider_id: str
    sender: Address
    recipient: str
    content: Content
    received_at: int = 0
    sent_at: int = 0
    name: str = ""
    extra: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not self.provider_id:
            raise InvalidValue("a message needs the provider's id or a hash", field="provider_id")
        if not self.event:
            raise InvalidValue("a message needs the channel event that it is, such as sms.mo", field="event")

    @property
    def text(self) -> str:
        return self.content.text
