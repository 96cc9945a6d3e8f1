"""Needed: a session keeps every name that its flow refers to, in whatever setting of whatever node that stands."""

import json
import re
from typing import Any

import pytest

from flows.compiler import compile_flow
from flows.nodes import BUILT_IN
from flows.turn import NLP
from models.flow import START, Action, Flow, Node
from tests.flows.test_nodes import CASES

KINDS = {node.kind: node for node in BUILT_IN}
REFERENCE = re.compile(r"(?<!\$)\$\(\s*([A-Za-z_][\w-]*)")
STATIC = [(kind, case) for kind, case in CASES if "invalid" not in case and KINDS[kind].static_references]


def needed(*nodes: Node) -> frozenset[str] | None:
    start = Node(START, "start", settings={"accepts": ["sms.mo"]})
    given = {node.id: node for node in (start, *nodes)}
    return compile_flow(Flow("f", given), 1, KINDS).needed


@pytest.mark.parametrize(("kind", "case"), STATIC, ids=[f"{kind}: {case['name']}" for kind, case in STATIC])
def test_no_reference_of_a_node_is_forgotten(kind: str, case: dict[str, Any]) -> None:
    number = START if kind == "start" else 5
    found = needed(Node(number, kind, settings=case["settings"]))
    assert found is not None
    assert set(REFERENCE.findall(json.dumps(case["settings"]))) <= found


def test_references_of_actions_and_of_defaults_count_too() -> None:
    acting = Node(
        5, "end",
        on_enter=(Action("set", {"a": "$(n2.sms.message)"}), Action("log", {"text": "$(b)", "value": "$(c)"})),
        on_leave=(Action("logbook", {"logbook": "l", "attribute": "$(d)", "value": {"x": ["$(e.f)"]}}),),
    )  # fmt: skip
    assert needed(acting) == {NLP, "n2", "b", "c", "d", "e"}
    pipeline = Node(5, "nlp_pipeline", settings={"intents": ["a"]})
    assert needed(pipeline) == {NLP, "message"}, "what it reads where nothing is said"


@pytest.mark.parametrize("kind", ["evaluate", "call_flow"])
def test_where_anything_may_be_asked_for_all_is_kept(kind: str) -> None:
    settings = {"evaluate": {"script": "1", "branches": ["1"]}, "call_flow": {"flow": "f"}}[kind]
    assert needed(Node(5, kind, settings=settings)) is None
