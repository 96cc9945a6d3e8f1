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
    from channels.base import WebhookReply as WebhookReply
    from channels.base import WebhookRequest as WebhookRequest
    from channels.base import message_hash as message_hash
    from channels.errors import AuthFailed as AuthFailed
    from channels.errors import BadItems as BadItems
    from channels.errors import BadRequest as BadRequest
    from channels.errors import BadSignature as BadSignature
    from channels.errors import OptedOut as OptedOut
    from channels.errors import RateLimited as RateLimited
    from channels.errors import Rejected as Rejected
    from channels.errors import SendError as SendError
    from channels.errors import Transient as Transient
    from channels.errors import Unreachable as Unreachable
    from channels.errors import WindowClosed as WindowClosed
    from channels.numbers import phone_address as phone_address
    from channels.secrets import require as require
    from flows.base import Node as Node
    from flows.templates import Template as Template
    from flows.templates import Value as Value
    from flows.turn import NlpFailed as NlpFailed
    from flows.turn import ScriptFailed as ScriptFailed
    from flows.turn import Turn as Turn
    from models.address import Address as Address
    from models.address import AddressKind as AddressKind
    from models.content import Buttons as Buttons
    from models.content import Choice as Choice
    from models.content import ListPicker as ListPicker
    from models.content import Location as Location
    from models.content import Media as Media
    from models.content import Text as Text
    from models.content import plain_text as plain_text
    from models.delivery import DeliveryState as DeliveryState
    from models.delivery import FallbackStep as FallbackStep
    from models.delivery import Receipt as Receipt
    from models.delivery import SendOutcome as SendOutcome
    from models.errors import BotkitError as BotkitError
    from models.event import Event as Event
    from models.flow import Outcome as Outcome
    from models.flow import green as green
    from models.flow import orange as orange
    from models.flow import red as red
    from models.http import Http as Http
    from models.http import HttpFailed as HttpFailed
    from models.http import HttpRequest as HttpRequest
    from models.http import HttpResponse as HttpResponse
    from models.message import Message as Message
    from models.session import Wait as Wait
    from models.utterance import Entity as Entity
    from models.utterance import IntentScore as IntentScore
    from models.utterance import Sentiment as Sentiment
    from models.utterance import Token as Token
    from models.utterance import Understanding as Understanding
    from nlp.base import Component as Component
    from nlp.base import Context as Context
    from nlp.errors import Unavailable as Unavailable

__version__ = "0.1.0"

_HOMES = {
    "channels.base": (
        "Channel",
        "Inbound",
        "Outgoing",
        "Sent",
        "WebhookReply",
        "WebhookRequest",
        "message_hash",
    ),
    "channels.errors": (
        "AuthFailed",
        "BadItems",
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
    "channels.numbers": ("phone_address",),
    "channels.secrets": ("require",),
    "flows.base": ("Node",),
    "flows.templates": (
        "Template",
        "Value",
    ),
    "flows.turn": (
        "NlpFailed",
        "ScriptFailed",
        "Turn",
    ),
    "models.address": (
        "Address",
        "AddressKind",
    ),
    "models.content": (
        "Buttons",
        "Choice",
        "ListPicker",
        "Location",
        "Media",
        "Text",
        "plain_text",
    ),
    "models.delivery": (
        "DeliveryState",
        "FallbackStep",
        "Receipt",
        "SendOutcome",
    ),
    "models.errors": ("BotkitError",),
    "models.event": ("Event",),
    "models.flow": (
        "Outcome",
        "green",
        "orange",
        "red",
    ),
    "models.http": (
        "Http",
        "HttpFailed",
        "HttpRequest",
        "HttpResponse",
    ),
    "models.message": ("Message",),
    "models.session": ("Wait",),
    "models.utterance": (
        "Entity",
        "IntentScore",
        "Sentiment",
        "Token",
        "Understanding",
    ),
    "nlp.base": (
        "Component",
        "Context",
    ),
    "nlp.errors": ("Unavailable",),
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
