"""Send: say something to the customer."""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from flows.base import Node
from flows.durations import Duration
from flows.parameters import timestamp
from flows.templates import Template
from flows.turn import Turn
from models.address import MAX_ADDRESS_LENGTH, Address, AddressKind
from models.content import MAX_CHOICES, Buttons, Choice, Content, Media, Text
from models.customer import MSISDN_CHANNELS, Customer
from models.delivery import (
    MAX_FALLBACK_STEPS,
    MAX_WITHIN_SECONDS,
    STATE_RANK,
    DeliveryState,
    FallbackStep,
    Receipt,
    SendOutcome,
)
from models.errors import InvalidValue
from models.flow import Outcome, green, orange, red
from models.keyword import fold
from models.session import Wait

MAX_TEXT_LENGTH = 4_000
MAX_TITLE_LENGTH = 100
DAY = 24 * 3600
NOTHING = Template("")

CODES = {
    SendOutcome.ACCEPTED: 7501, SendOutcome.DELIVERED: 7500, SendOutcome.READ: 7500,
    SendOutcome.UNREACHABLE: 7203, SendOutcome.OPTED_OUT: 7109, SendOutcome.WINDOW_CLOSED: 7112,
    SendOutcome.RATE_LIMITED: 7202, SendOutcome.TRANSIENT: 7202, SendOutcome.REJECTED: 7201, SendOutcome.AUTH: 7114,
}  # fmt: skip
"""The platform's delivery status codes for what became of a message."""
EXPIRED = 7208
ADDRESS_KINDS = {"email": AddressKind.EMAIL, "inapp": AddressKind.CUSTOMERID}

_SETTINGS = ConfigDict(
    extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True, hide_input_in_errors=True
)
ChannelName = Annotated[str, Field(max_length=64)]


class QuickReply(BaseModel):
    """An answer that the customer can tap."""

    model_config = _SETTINGS

    title: Template
    """What she sees."""
    payload: Template = NOTHING
    """What comes back when she taps it; the title if empty."""


class Step(BaseModel):
    """A way to reach the customer."""

    model_config = _SETTINGS

    channel: ChannelName
    """The channel: `whatsapp`, `sms`, `inapp`."""
    asset: str = ""
    """The number or app to send from; the service's own for this channel if empty."""
    success: Literal["submitted", "delivered", "read"] = "submitted"
    """How far the message must come for this way to have worked."""
    within: Duration = Field(default=0, le=MAX_WITHIN_SECONDS)
    """How long that may take before the next way is tried; 0 is no limit."""


def _quick_reply(value: Any) -> Any:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return {"title": value}
    if not isinstance(value, dict | QuickReply):
        raise ValueError("expected text, or a title with a payload")
    return value


TitleOrReply = Annotated[QuickReply, BeforeValidator(_quick_reply, json_schema_input_type=str | float | QuickReply)]


class Send(Node):
    """Sends a message: back where the customer wrote from, on another channel, or on the first that reaches her.

    The flow goes on at once by `onSuccess`. With `wait_for: submitted` it waits, and leaves by `onSubmit` or
    `onTimeout`; with `delivered` or `read` by `onDeliveryReportSuccess`, `onDeliveryReportFail` (red) or
    `onTimeout`. In any case there are `onError` (nothing to send) and `onPolicyFail` (she wants no messages, or
    it expired), both red.
    """

    kind = "send"
    category = "channels"
    waits = True
    static_references = True
    outputs = {
        "send.id": "our id of the message",
        "send.deliveryStatusCode": "7501 submitted, 7500 delivered, else why not",
        "send.deliveryStatusDescription": "the status in words",
        "send.sentDateTime": "when it was handed over",
        "send.gatewayTid": "the provider's id of the message",
    }

    text: Template = NOTHING
    """What to say, with `$(name)` for variables. With media, the words beneath it."""
    quick_replies: tuple[TitleOrReply, ...] = Field(default=(), max_length=MAX_CHOICES)
    """Answers to tap: texts, or titles with a payload. Channels without them show a numbered list.

    The number or the title, typed, brings the same payload as a tap.
    """
    media: Template = NOTHING
    """The https address of a picture, film, sound or file."""
    media_type: Literal["image", "video", "audio", "file"] = "image"
    """What the media is."""
    channel: ChannelName = ""
    """The channel to send on; the one that the customer wrote by if empty."""
    asset: str = ""
    """The number or app to send from, on this channel."""
    to: Template = NOTHING
    """The address to send to, on this channel; the customer's own if empty."""
    fallback: tuple[Step, ...] = Field(default=(), max_length=MAX_FALLBACK_STEPS)
    """Ways to reach her, in the order in which they are tried."""
    wait_for: Literal["none", "submitted", "delivered", "read"] = "none"
    """What to wait for before the flow goes on."""
    timeout: Duration = Field(default=DAY, gt=0, le=MAX_WITHIN_SECONDS)
    """How long to wait for it."""
    expires_in: Duration = Field(default=0, le=MAX_WITHIN_SECONDS)
    """How long the message is worth sending; 0 is no limit."""

    @cached_property
    def _steps(self) -> tuple[FallbackStep, ...]:
        steps = [
            FallbackStep(channel=step.channel, asset=step.asset, success=step.success, within_seconds=step.within)
            for step in self.fallback
        ]
        if self.channel:
            steps.append(FallbackStep(channel=self.channel, asset=self.asset))
        return tuple(steps)

    @field_validator("quick_replies")
    @classmethod
    def _can_be_told_apart(cls, replies: tuple[QuickReply, ...]) -> tuple[QuickReply, ...]:
        seen = set()
        for reply in replies:
            if reply.title.paths:
                continue
            title = reply.title.source.strip()
            if not title:
                raise ValueError("a quick reply needs a title: what the customer sees")
            if fold(title) in seen:
                raise ValueError(f"two quick replies are called {title[:40]!r}: give each a title of its own")
            seen.add(fold(title))
        return replies

    @model_validator(mode="after")
    def _makes_sense(self) -> "Send":
        if not self.text and not self.media:
            raise ValueError("there is nothing to send: write a text, or name media")
        if len(self.text.source) > MAX_TEXT_LENGTH:
            raise ValueError(f"a text has at most {MAX_TEXT_LENGTH} characters")
        if self.media and self.quick_replies:
            raise ValueError("media and quick replies cannot be in one message: send two")
        if self.channel and self.fallback:
            raise ValueError("name one channel, or an ordered list of them under fallback, not both")
        if (self.asset or self.to) and not self.channel:
            raise ValueError("an asset or an address needs its channel")
        if self.to and not self.asset and _address_kind(self.channel) is AddressKind.OTHER:
            raise ValueError(f"an address on {self.channel} means something on one asset only: name the asset")
        return self

    def may_wait(self) -> bool:
        return self.wait_for != "none"

    def outcome_list(self) -> tuple[Outcome, ...]:
        if self.wait_for == "none":
            ways: tuple[Outcome, ...] = (green("onSuccess", "the message is on its way"),)
        elif self.wait_for == "submitted":
            ways = (green("onSubmit", "the provider took it"), orange("onTimeout", "no news came in time"))
        else:
            ways = (
                green("onDeliveryReportSuccess", f"it was {self.wait_for}"),
                orange("onTimeout", "no news came in time"),
                red("onDeliveryReportFail", "it did not arrive"),
            )
        return (
            *ways,
            red("onError", "there was nothing to send, or it could not be sent"),
            red("onPolicyFail", "the customer does not want it, or it expired"),
        )

    def run_now(self, turn: Turn) -> Wait | str:
        try:
            content = self._content(turn)
            steps = self._addressed(turn)
        except InvalidValue as error:
            turn.fail(str(error), 3001)
            return "onError"
        if turn.customer.opted_out and not _goes_elsewhere(steps, turn.customer):
            channels = {step.channel for step in steps} or {turn.session.channel}
            if channels <= turn.customer.opted_out:
                why = f"the customer wants no messages on {' or '.join(sorted(channels))}"
                code = CODES[SendOutcome.OPTED_OUT]
                turn.fail(why, code)
                turn.output({"send.deliveryStatusCode": code, "send.deliveryStatusDescription": why})
                return "onPolicyFail"
        delivery_id = turn.send(content, steps, expires_in_seconds=self.expires_in)
        if isinstance(content, Buttons):
            turn.offer(content.choices)
        turn.output({"send.id": delivery_id})
        if self.wait_for == "none":
            return "onSuccess"
        until = turn.now + int(self.timeout * 1000)
        turn.memory.update({"delivery_id": delivery_id, "until": until})
        return turn.wait(delivery_id=delivery_id, until=until)

    def resume_now(self, turn: Turn) -> Wait | str:
        news = turn.event
        if not isinstance(news, Receipt):
            return "onTimeout"
        expired = news.state is DeliveryState.EXPIRED
        turn.output(
            {
                "send.id": news.delivery_id,
                "send.deliveryStatusCode": EXPIRED if expired else _code(news),
                "send.deliveryStatusDescription": news.description or news.state.value,
                "send.sentDateTime": timestamp(news.sent_at or news.received_at),
                "send.gatewayTid": news.message_id,
            }
        )
        if expired or news.outcome is SendOutcome.OPTED_OUT:
            return "onPolicyFail"
        if news.state is DeliveryState.FAILED:
            turn.fail(news.description or "the message could not be delivered", _code(news))
            return "onError" if self.wait_for == "submitted" else "onDeliveryReportFail"
        if STATE_RANK[news.state] >= STATE_RANK[DeliveryState(self.wait_for)]:
            return "onSubmit" if self.wait_for == "submitted" else "onDeliveryReportSuccess"
        return turn.wait(delivery_id=turn.memory["delivery_id"], until=turn.memory["until"])

    def _content(self, turn: Turn) -> Content:
        text = turn.text(self.text)
        if len(text) > MAX_TEXT_LENGTH:
            turn.warn(f"the text was cut to {MAX_TEXT_LENGTH} characters")
            text = text[:MAX_TEXT_LENGTH]
        if self.media.source:
            return Media(url=turn.text(self.media).strip(), media=self.media_type, caption=text)
        if not text.strip():
            raise InvalidValue("the text is empty, so nothing was sent", field="text")
        if not self.quick_replies:
            return Text(text)
        choices = tuple(
            Choice(title=title[:MAX_TITLE_LENGTH], payload=turn.text(reply.payload))
            for reply in self.quick_replies
            if (title := turn.text(reply.title).strip())
        )
        return Buttons(text=text, choices=choices) if choices else Text(text)

    def _addressed(self, turn: Turn) -> tuple[FallbackStep, ...]:
        if not self.to.source:
            return self._steps
        value = turn.text(self.to).strip()
        kind = _address_kind(self.channel)
        asset = self.asset if kind is AddressKind.OTHER else ""
        if not 1 <= len(value) <= MAX_ADDRESS_LENGTH:
            raise InvalidValue("the address is empty or too long", field="to")
        address = Address(channel=self.channel, value=value, kind=kind, asset=asset)
        return (FallbackStep(channel=self.channel, asset=self.asset, address=address),)


def _goes_elsewhere(steps: tuple[FallbackStep, ...], customer: Customer) -> bool:
    """Whether a message is for somebody else, who has a wish of her own: the outbox knows it."""
    own = {address.key for address in customer.addresses}
    return any(step.address is not None and step.address.key not in own for step in steps)


def _address_kind(channel: str) -> AddressKind:
    if channel in MSISDN_CHANNELS:
        return AddressKind.MSISDN
    return ADDRESS_KINDS.get(channel, AddressKind.OTHER)


def _code(news: Receipt) -> int:
    if news.outcome is SendOutcome.ACCEPTED:
        match news.state:
            case DeliveryState.DELIVERED | DeliveryState.READ:
                return CODES[SendOutcome.DELIVERED]
            case DeliveryState.FAILED:
                return CODES[SendOutcome.TRANSIENT]
    return CODES[news.outcome]
