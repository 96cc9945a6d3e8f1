"""Arbitration: the table of who gets a message."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from botkit.arbitration import Arbiter, Fire, Hold, Resume
from flows.parameters import event_parameters
from models.address import Address, AddressKind
from models.content import Text
from models.message import Message
from models.service import Condition, InvokeFlow, Rule, Service
from models.session import Frame, Session, Wait

CASES = YAML(typ="safe").load((Path(__file__).parent / "arbitration.yaml").read_text("utf-8"))
HERE = Address("sms", "+15550000001", AddressKind.MSISDN)


def rule(row: dict[str, Any]) -> Rule:
    return Rule(
        name=row["name"],
        event=row.get("event", "sms.mo"),
        actions=(InvokeFlow(row["flow"]),),
        asset=row.get("asset", ""),
        keyword=row.get("keyword", ""),
        conditions=tuple(Condition(**condition) for condition in row.get("conditions", ())),
        only_without_session=row.get("only", False),
        active=row.get("active", True),
    )


def session(row: dict[str, Any]) -> Session:
    address = Address("sms", row["address"], AddressKind.MSISDN) if "address" in row else HERE
    return Session(
        id=row["id"], service="s", lane="l", key=row.get("key", ""), frames=[Frame(row["flow"], 1, 3)],
        address=address, channel="sms", asset="a",
        wait=Wait(
            events=tuple(row.get("events", ())), keywords=tuple(row.get("keywords", ())), address=row.get("from", ""),
            until=99,
        ),
    )  # fmt: skip


def plain(decision: Fire | Resume | Hold) -> str:
    match decision:
        case Fire(rule=name, keyword=keyword):
            return f"fire {name} {keyword}".strip()
        case Resume(session_id=id, keyword=keyword):
            return f"resume {id} {keyword}".strip()
        case Hold(session_id=id, keyword=keyword):
            return f"hold {id} {keyword}".strip()


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_who_gets_a_message(case: dict[str, Any]) -> None:
    arbiter = Arbiter(Service("s", rules=tuple(map(rule, case.get("rules", ())))))
    message = Message("a", "sms", "sms.mo", "1", HERE, "60606", Text(case["message"]["text"]))
    decisions = arbiter.decide(
        message,
        event_parameters(message, keyword="", transaction_id="t"),
        [session(row) for row in case.get("sessions", ())],
        lambda flow: "k" if flow == "keyed" else "",
    )
    assert [plain(decision) for decision in decisions] == case["expect"]
