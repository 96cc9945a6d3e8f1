"""World: a turn for one node, with answers prepared for all that it may ask."""

from collections.abc import Mapping
from typing import Any

import msgspec

from flows.parameters import event_parameters
from flows.turn import Incoming, NlpFailed, ScriptFailed, Services, Turn
from models.address import Address, AddressKind
from models.content import Media, Text
from models.customer import Customer
from models.delivery import Receipt
from models.event import Event
from models.http import HttpFailed, HttpRequest, HttpResponse
from models.message import Message
from models.session import Frame, Session
from models.utterance import Understanding

NOW = 1_800_000_000_000
NODE = 5


class World:
    """Fakes for HTTP, NLP and scripts: each gives what the case says, and keeps what it was asked."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case = case
        self.requests: list[HttpRequest] = []
        self.asked: list[Any] = []

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if kind := self.case.get("http_fails"):
            raise HttpFailed(f"the request failed: {kind}", kind)
        answer = self.case["http"]
        body = answer.get("json")
        return HttpResponse(
            status=answer.get("status", 200), reason=answer.get("reason", "OK"), headers=answer.get("headers", {}),
            body=msgspec.json.encode(body) if body is not None else answer.get("body", "").encode(), url=request.url,
        )  # fmt: skip

    async def read(
        self, text: str, *, want: tuple[str, ...], options: Mapping[str, Any] | None = None, timeout_seconds: float = 5
    ) -> Understanding:
        self.asked.append({"text": text, "want": list(want), "options": msgspec.to_builtins(dict(options or {}))})
        self._fail()
        return msgspec.convert({"text": text, **self.case["nlp"]}, Understanding)

    async def method(self, method: str, text: str, *, now: int, timeout_seconds: float = 5) -> dict[str, Any]:
        self.asked.append({"method": method, "text": text, "now": now})
        self._fail()
        return dict(self.case["nlp"])

    def _fail(self) -> None:
        if why := self.case.get("nlp_fails"):
            raise NlpFailed(f"NLP: {why}", timeout=why == "timeout")

    async def run(
        self, source: str, variables: Mapping[str, Any], *, lookup: Mapping[str, Any], timeout_seconds: float,
        outputs: tuple[str, ...] = (),
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        self.asked.append({"globals": dict(variables), "lookup": sorted(lookup), "outputs": list(outputs)})
        if kind := self.case.get("script_fails"):
            raise ScriptFailed(f"the script failed: {kind}", kind)
        return self.case["script"].get("value"), self.case["script"].get("made", {})

    def turn(self) -> Turn:
        """The turn that the case describes."""
        case = self.case
        event = incoming(case.get("event", {"text": "hello"}))
        session = Session(
            id="t1", service="demo", lane="lane", key="+4479", channel="sms", asset="sms-demo", steps=3, visits=7,
            frames=[Frame("orders", 1, NODE, dict(case.get("variables", {})))],
        )  # fmt: skip
        session.parameters.update(read_parameters(event, case.get("keyword", "")))
        turn = Turn(
            session, event, now=NOW, services=Services(self, self, self), seed="1",
            customer=Customer(key="c1", opted_out=frozenset(case.get("opted_out", ()))),
        )  # fmt: skip
        turn.visit.node = NODE
        return turn


def read_parameters(event: Incoming, keyword: str = "") -> dict[str, Any]:
    if isinstance(event, Message | Event):
        return event_parameters(event, keyword=keyword, transaction_id="t1")
    return {}


def incoming(written: Any) -> Incoming:
    """A message, event, receipt or None (the time has come) as the tables write it."""
    if written in (None, "timer"):
        return None
    if "state" in written:
        return msgspec.convert(
            {"asset": "sms-demo", "delivery_id": "1a3185c5000t1-3-0", "received_at": NOW, **written}, Receipt
        )
    name = written.get("event", "sms.mo")
    sender = Address(channel="sms", value="+447900000001", kind=AddressKind.MSISDN)
    if "payload" in written and "text" not in written:
        return Event(asset="a", event=name, provider_id="e1", channel="", payload=written["payload"], received_at=NOW)
    content = Media(**written["media"]) if "media" in written else Text(
        written.get("text", ""), payload=written.get("payload", "")
    )  # fmt: skip
    return Message(
        asset="sms-demo", channel=name.partition(".")[0], event=name, provider_id="m1", recipient="60606",
        sender=sender, content=content, received_at=NOW,
    )  # fmt: skip
