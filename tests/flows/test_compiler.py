"""Compiler: a flow is made ready once, and what cannot run says which node is to blame."""

from typing import Any

import pytest

from flows.base import End as Ended
from flows.compiler import CannotCompile, compile_flow
from flows.document import read_flow
from flows.nodes import BUILT_IN
from flows.nodes.end import End
from flows.turn import Turn
from models.flow import Action, Flow, Node, Variable

KINDS = {node.kind: node for node in BUILT_IN}
START = Node(2, "start", settings={"accepts": ["sms.mo"]})


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ({}, "flow 'f' has no Start: node 2 is missing"),
        ({2: START, 7: Node(7, "teleport")}, "flow 'f', node 7: there is no node of kind 'teleport'"),
        ({2: Node(2, "start")}, "flow 'f', node 2: start: accepts: this setting is mandatory"),
        ({2: START, 3: Node(3, "send", settings={"text": "$(1 + 1)"})}, "flow 'f', node 3: send: text"),
        (
            {2: START, 3: Node(3, "end", on_enter=(Action("set", {"a": "$(not a name)"}),))},
            "flow 'f', node 3: $(not a name) is no reference",
        ),
        ({2: START, 3: Node(3, "end", on_leave=(Action("log", {"id": "x", "text": ""}),))}, "flow 'f', node 3: "),
    ],
)
def test_a_flow_that_cannot_run_is_refused(nodes: dict[int, Any], says: str) -> None:
    with pytest.raises(CannotCompile) as caught:
        compile_flow(Flow("f", nodes), 1, KINDS)
    assert str(caught.value).startswith(says)


def test_each_session_gets_variables_of_its_own() -> None:
    program = compile_flow(Flow("f", {2: START}, variables={"list": Variable([1]), "text": Variable("x")}), 3, KINDS)
    mine = program.variables()
    mine["list"].append(2)
    assert program.variables() == {"list": [1], "text": "x"}
    assert program.version == 3


def test_red_outcomes_are_known() -> None:
    text = "flow: f\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n  3: {kind: send, text: hi}\n"
    program = compile_flow(read_flow(text).flow, 1, KINDS)
    red = {name for name, colour in program.nodes[3].outcomes.items() if colour == "red"}
    assert red == {"onError", "onPolicyFail"}
    assert program.nodes[2].edges["onBegin"].node == 3


def test_a_node_that_awaits_nothing_is_called_without_a_coroutine_unless_a_project_gave_it_one() -> None:
    class Slow(End):
        async def run(self, turn: Turn) -> Ended:
            return Ended(207)

    flow = Flow("f", {2: START, 3: Node(3, "end")})
    assert compile_flow(flow, 1, KINDS).nodes[3].run_now is not None
    assert compile_flow(flow, 1, KINDS | {"end": Slow}).nodes[3].run_now is None
