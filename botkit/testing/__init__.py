"""Testing: run a node of your own without a server, a customer or the time of day."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flows.base import Left, Node
from flows.parameters import event_parameters
from flows.turn import Incoming, Nlp, Scripts, Services, Turn
from models.address import Address, AddressKind
from models.content import Choice, Text, plain_text
from models.customer import Customer
from models.event import Event
from models.http import Http, HttpRequest, HttpResponse
from models.message import Message
from models.session import Frame, Session
from models.transaction import LogEntry
from models.utterance import Understanding

__all__ = ["NOW", "NodeRun", "run_node"]

NOW = 1_767_225_600_000
"""The time in every test: 1 January 2026, midnight in UTC."""
CUSTOMER = "+15550000001"
NUMBER = "60606"


class NodeRun(msgspec.Struct, frozen=True):
    """What a node did: `left` is the outcome it left by, or what it waits for; `sent` the texts it sent.

    `memory` and `offered` are what it has kept for `resume`.
    """

    left: Left
    outputs: dict[str, Any]
    variables: dict[str, Any]
    sent: list[str]
    log: list[LogEntry]
    memory: dict[str, Any] = {}
    offered: tuple[Choice, ...] = ()


class _Http:
    def __init__(self, answer: Callable[[HttpRequest], HttpResponse] | None) -> None:
        self._answer = answer

    async def request(self, request: HttpRequest) -> HttpResponse:
        if self._answer is None:
            raise AssertionError("this node calls HTTP: give run_node(http=...), a function from request to response")
        return self._answer(request)


class _NoNlp:
    async def read(
        self,
        text: str,
        *,
        want: tuple[str, ...],
        options: Mapping[str, Any] | None = None,
        timeout_seconds: float = 5.0,
    ) -> Understanding:
        raise AssertionError("this node reads text: give run_node(nlp=...)")

    async def method(self, method: str, text: str, *, now: int, timeout_seconds: float = 5.0) -> dict[str, Any]:
        raise AssertionError("this node reads text: give run_node(nlp=...)")


class _NoScripts:
    async def run(
        self,
        source: str,
        variables: Mapping[str, Any],
        *,
        lookup: Mapping[str, Any],
        timeout_seconds: float,
        outputs: tuple[str, ...] = (),
    ) -> tuple[Any, dict[str, Any]]:
        raise AssertionError("this node runs a script: give run_node(scripts=...)")


async def run_node(
    node: Node,
    text: str | None = "",
    *,
    resume: NodeRun | None = None,
    event: Message | Event | None = None,
    variables: Mapping[str, Any] | None = None,
    http: Callable[[HttpRequest], HttpResponse] | None = None,
    nlp: Nlp | None = None,
    scripts: Scripts | None = None,
    now: int = NOW,
) -> NodeRun:
    """Run a node once, after the customer wrote `text` (or after `event`).

    With `resume` it goes on where that run of it waits; a `text` of None then says that its time has come.
    """
    incoming: Incoming = event or (None if text is None else _message(text, now))
    kept = resume.variables if resume is not None else {}
    frame = Frame(flow="test", version=1, node=3, variables={**kept, **(variables or {})})
    offered = resume.offered if resume is not None else ()
    parameters: dict[str, Any] = {}
    if isinstance(incoming, Message | Event):
        parameters = event_parameters(incoming, keyword="", transaction_id="test", offered=offered)
    address = Address("sms", CUSTOMER, AddressKind.MSISDN)
    session = Session(
        id="test", service="test", lane="test", key=address.key, frames=[frame], channel="sms", asset="test",
        parameters=parameters, memory=dict(resume.memory) if resume is not None else {},
    )  # fmt: skip
    caller: Http = _Http(http)
    reader: Nlp = nlp or _NoNlp()
    runner: Scripts = scripts or _NoScripts()
    services = Services(caller, reader, runner)
    customer = Customer(key=address.key, addresses=(address,))
    turn = Turn(session, incoming, now=now, services=services, customer=customer, seed="test")
    turn.visit.node, turn.visit.kind = frame.node, node.kind
    left = await (node.run(turn) if resume is None else node.resume(turn))
    sent = [plain_text(delivery.content) for delivery in turn.deliveries]
    return NodeRun(left, turn.visit.outputs, frame.variables, sent, turn.visit.log, turn.memory, session.offered)


def _message(text: str, now: int) -> Message:
    return Message(
        asset="test", channel="sms", event="sms.mo", provider_id="test-1",
        sender=Address("sms", CUSTOMER, AddressKind.MSISDN), recipient=NUMBER, content=Text(text), received_at=now,
    )  # fmt: skip
