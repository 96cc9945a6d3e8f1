"""botkit: an open, self-hosted conversational platform; the one name that extensions import.

Names are imported when they are first used: `import botkit` alone costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from channels.base import Channel as Channel
    from channels.base import Inbound as Inbound
    from channels.base import Outgoing as Outgoing
    from channels.base import Sent as Sent
    from channels.base import WebhookRequest as WebhookRequest
    from channels.errors import AuthFailed as AuthFailed
    from channels.errors import BadRequest as BadRequest
    from channels.errors import BadSignature as BadSignature
    from channels.errors import OptedOut as OptedOut
    from channels.errors import RateLimited as RateLimited
    from channels.errors import Rejected as Rejected
    from channels.errors import SendError as SendError
    from channels.errors import Transient as Transient
    from channels.errors import Unreachable as Unreachable
    from channels.errors import WindowClosed as WindowClosed
    from flows.base import Node as Node
    from flows.templates import Template as Template
    from flows.templates import Value as Value
    from flows.turn import Turn as Turn
    from models.address import Address as Address
    from models.content import Buttons as Buttons
    from models.content import Choice as Choice
    from models.content import Text as Text
    from models.errors import BotkitError as BotkitError
    from models.event import Event as Event
    from models.flow import Outcome as Outcome
    from models.flow import green as green
    from models.flow import orange as orange
    from models.flow import red as red
    from models.message import Message as Message
    from models.session import Wait as Wait
    from models.utterance import Understanding as Understanding
    from nlp.base import Component as Component
    from nlp.base import Context as Context

__version__ = "0.1.0"

_HOMES = {
    "channels.base": ("Channel", "Inbound", "Outgoing", "Sent", "WebhookRequest"),
    "channels.errors": (
        "AuthFailed",
        "BadRequest",
        "BadSignature",
        "OptedOut",
        "RateLimited",
        "Rejected",
        "SendError",
        "Transient",
        "Unreachable",
        "WindowClosed",
    ),
    "flows.base": ("Node",),
    "flows.templates": ("Template", "Value"),
    "flows.turn": ("Turn",),
    "models.address": ("Address",),
    "models.content": ("Buttons", "Choice", "Text"),
    "models.errors": ("BotkitError",),
    "models.event": ("Event",),
    "models.flow": ("Outcome", "green", "orange", "red"),
    "models.message": ("Message",),
    "models.session": ("Wait",),
    "models.utterance": ("Understanding",),
    "nlp.base": ("Component", "Context"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'botkit' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
