"""Service: a workspace of assets and the rules that say which flow an event starts."""

from typing import Any, Literal

import msgspec

from models.errors import InvalidValue


class Asset(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number or an app on a channel, and the provider behind it. `settings` are the channel's own."""

    id: str
    channel: str
    provider: str = ""
    number: str = ""
    settings: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not self.id:
            raise InvalidValue("an asset needs an id", field="id")
        if not self.channel:
            raise InvalidValue("an asset needs a channel", field="channel")


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A test on an event: `variable` is an event output such as `sms.message`."""

    variable: str
    operator: str
    value: Any = ""


class InvokeFlow(msgspec.Struct, frozen=True, tag="flow"):
    """Start the flow's live version."""

    flow: str


class SendReply(msgspec.Struct, frozen=True, tag="send"):
    """Answer on the channel that the event came by."""

    text: str


class NotifyUrl(msgspec.Struct, frozen=True, tag="notify"):
    """Tell another system, signed with the hub secret."""

    url: str


RuleAction = InvokeFlow | SendReply | NotifyUrl


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event sets off. `keyword` is compared with the first word; `*` or nothing takes anything.

    A rule with a keyword other than `*`, or with conditions, is *specific*: it goes before waiting
    sessions. One without is the catch-all: it takes what nobody waits for.
    """

    name: str
    event: str
    actions: tuple[RuleAction, ...]
    asset: str = ""
    keyword: str = ""
    conditions: tuple[Condition, ...] = ()
    join: Literal["and", "or"] = "and"
    only_without_session: bool = False
    active: bool = True

    def __post_init__(self) -> None:
        if self.keyword and self.keyword.split() != [self.keyword]:
            raise InvalidValue("a keyword is one word", field="keyword")

    @property
    def specific(self) -> bool:
        return self.keyword not in ("", "*") or bool(self.conditions)


class Consent(msgspec.Struct, frozen=True, omit_defaults=True):
    """The words by which a customer leaves, comes back and asks for help, and what she is told.

    A message that is one of these words and nothing else, in any case, is handled before every rule.
    Sources: the providers' own defaults (Twilio's advanced opt-out, AWS's list).
    """

    channels: frozenset[str] = frozenset({"sms", "mms", "rcs", "whatsapp"})
    stop: tuple[str, ...] = ("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL")
    start: tuple[str, ...] = ("START", "UNSTOP")
    help: tuple[str, ...] = ("HELP", "INFO")
    stop_reply: str = "You are unsubscribed and will get no more messages. Text START to come back."
    start_reply: str = "Welcome back. Text STOP at any time to leave."
    help_reply: str = "Text STOP to leave, START to come back."


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    """A service: its assets, its rules in order, and what it says when nothing else fits."""

    id: str
    name: str = ""
    assets: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    default_reply: str = ""
    consent: Consent = Consent()
    live: bool = True

    def __post_init__(self) -> None:
        if not self.id:
            raise InvalidValue("a service needs an id", field="id")
