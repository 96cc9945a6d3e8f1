"""Event: something happened that is not a message: a postback, a webhook call, a typing sign."""

from typing import Any

import msgspec

from models.address import Address
from models.errors import InvalidValue


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag="event", gc=False):
    """One incoming event: `event` names it (`inapp.postback`, `webhook.paid`, `custom.signup`)."""

    asset: str
    event: str
    provider_id: str
    channel: str = ""
    sender: Address | None = None
    payload: dict[str, Any] = {}
    received_at: int = 0
    sent_at: int = 0

    def __post_init__(self) -> None:
        if not self.event:
            raise InvalidValue("an event needs a name", field="event")
        if not self.provider_id:
            raise InvalidValue("an event needs an id", field="provider_id")
