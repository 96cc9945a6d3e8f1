"""Every check of a flow, by files that say beside each line what is wrong with it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import field_validator

from flows.base import Node as Class
from flows.checker import check
from flows.document import read_flow, read_flow_file
from flows.drawing import draw
from flows.graph import cycles, distances, successors
from flows.nodes import BUILT_IN
from flows.operators import OPERATORS
from models.flow import Edge, Flow, Node, green
from models.problem import Problem

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
KINDS = {kind.kind: kind for kind in BUILT_IN}
EXPECTED = re.compile(r"(error|warning) ([a-z_]+)")
OTHERS = {
    text.split("\n")[0].split()[1]: read_flow(text).flow
    for text in (
        "flow: orders\nvariables: {order: 0}\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: end}}",
        "flow: calls-x\nnodes:\n  2: {kind: call_flow, flow: x, next: {onSuccess: end}}",
    )
}
INTENTS = {"cancel", "none_of_these"}
LACKING = {"Lemmatization": "lemmas need a spaCy model"}


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_problems_are_those_that_the_file_says(file: Path) -> None:
    expected = [
        (number, severity, code)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        for severity, code in EXPECTED.findall(line.partition("#")[2])
    ]
    problems = check(read_flow_file(file), KINDS, flows=OTHERS, intents=INTENTS, lacking=LACKING)
    assert sorted((problem.line, problem.severity, problem.code) for problem in problems) == sorted(expected)
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    for problem in problems:
        assert problem.column >= 1
        assert problem.path == str(file)
        assert problem.flow == "x" or problem.code == "duplicate_key"


@pytest.mark.parametrize(
    ("sends", "told"),
    [
        (1, "node 3: after onError or onPolicyFail the flow ends with 102"),
        (2, "after errors of nodes 3, 4 the flow ends with 102"),
        (12, "after errors of nodes 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more the flow ends with 102"),
    ],
)
def test_errors_that_end_the_flow_are_told_together(sends: int, told: str) -> None:
    nodes = [f"  {3 + at}: {{kind: send, text: Hi, next: {{onSuccess: {4 + at}}}}}" for at in range(sends)]
    head = "flow: x\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n"
    text = head + "\n".join(nodes) + f"\n  {3 + sends}: {{kind: end}}\n"
    assert [problem.message for problem in check(read_flow(text), KINDS)] == [told]


def test_every_check_has_a_case() -> None:
    seen = {code for file in CASES for _, code in EXPECTED.findall(file.read_text())}
    source = "".join(path.read_text() for path in Path("flows").glob("*.py") if path.stem in CHECKING)
    codes = set(re.findall(r'(?:add|problem|_add)\(\s*(?:[\w.\[\]() ]+, )?"([a-z_]+)",', source))
    assert len(codes) > 20
    assert codes - seen - READING - OWN_CODE == set()


CHECKING = {"checker", "references", "flow_reader"}
READING = {"missing_flow_id", "invalid_flow_id", "missing_nodes", "too_many_nodes"}
"""What makes a file unreadable as a flow: tested with the reader."""
OWN_CODE = {"broken_node"}
"""What a project's own node does wrong: tested below."""


class Broken(Class):
    """Fails in a way that its settings say."""

    kind = "broken"
    outcomes = (green("onSuccess"),)
    how: Any = ""

    @field_validator("how")
    @classmethod
    def _look_up(cls, how: Any) -> Any:
        return {}[how] if how == "settings" else how

    def outcome_list(self) -> Any:
        return {"outcomes": ["onSuccess"], "raises": None}.get(self.how, self.outcomes) or self.how["x"]

    def output_names(self) -> Any:
        return (1,) if self.how == "outputs" else ()


@pytest.mark.parametrize(
    ("how", "code", "told"),
    [
        ("settings", "invalid_setting", "its settings cannot be read: KeyError: 'settings'"),
        ("raises", "broken_node", "it cannot tell its outcomes and outputs: TypeError: "),
        ("outcomes", "broken_node", "outcome_list() gives what is no outcome"),
        ("outputs", "broken_node", "a name of an output or a variable is no text"),
    ],
)
def test_a_node_of_a_project_that_fails_while_it_is_checked_is_told_by_its_place(
    how: str, code: str, told: str
) -> None:
    flow = read_flow(
        "flow: x\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n"
        f"  3: {{kind: broken, how: {how}, next: {{onSuccess: end}}}}\n"
    )
    (problem,) = check(flow, {**KINDS, "broken": Broken})
    assert (problem.severity, problem.code, problem.line) == ("error", code, 4)
    assert told in problem.message
    assert draw(flow.flow, {**KINDS, "broken": Broken})


def hints(text: str, **more: object) -> dict[str, str]:
    return {problem.code: problem.hint for problem in check(read_flow(text), KINDS, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize("reference", ["$(https.statusCode)", "$(https.responseHeaders.date)"])
def test_an_output_without_its_node_is_told_with_the_node(reference: str) -> None:
    found = hints(
        "flow: x\non_error: 9\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n"
        '  3: {kind: http_request, url: "https://x", next: {onSuccess: 9, onTimeout: 9}}\n'
        f"  9: {{kind: send, text: {reference}, next: {{onSuccess: end}}}}\n"
    )
    assert found == {"unknown_variable": f"it is an output of node 3: write n3.{reference[2:-1]}"}


def test_hints_say_how_to_mend() -> None:
    found = hints(
        "flow: x\nnodes:\n"
        "  2: {kind: start, accepts: [sms.mo], next: {onBegn: 3}}\n"
        "  3: {kind: sned, next: {}}\n"
        "  4: {kind: call_flow, flow: ordrs, next: {onSuccess: end 207}}\n",
        flows=OTHERS,
    )
    assert found["unknown_outcome"] == "did you mean 'onBegin'?"
    assert found["unknown_kind"] == "did you mean 'send'?"
    assert found["unknown_flow"] == "did you mean 'orders'?"
    assert found["unknown_end"] == "use 101, 102, 103, or add `207: what it means` under outcomes"


TWO = "flow: x\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n  3: "
COMMA = "put text with a comma in quotes"


@pytest.mark.parametrize(
    ("node", "message", "hint"),
    [
        ("{kind: send, text: hello, world, next: {onSuccess: end}}", "send has no setting 'world'", COMMA),
        ("{kind: send, text: hello, dear world}", "send has no setting 'dear world'", COMMA),
        ("{kind: send, text: a, test}", "send has no setting 'test'", f"did you mean 'text'? Or {COMMA}"),
        ("{kind: send, txt: a}", "send has no setting 'txt'", "did you mean 'text'?"),
        ("{kind: send, text: a, quick_replies: [{title: yes, please}]}", "quick_replies.0 has no setting 'please'",
         COMMA),
        ("{kind: send, text: a, quick_replies: [{titel: yes}]}", "quick_replies.0 has no setting 'titel'",
         "did you mean 'title'?"),
        ("{kind: send, text: a, on_enter: [log: {id: 4, text: hello, world}]}", "log has no 'world'", COMMA),
        ("{kind: end, on_enter: [log: {id: 4, txt: hello}]}", "log has no 'txt'", "did you mean 'text'?"),
        ("{kind: branch, branches: [{name: a, conditions: [{variable: b, operator: eqals, value: 1}]}]}",
         "branches.0.conditions.0.operator: 'eqals' is no operator", "did you mean 'equals'?"),
        ("{kind: branch, branches: [{name: a, conditions: [{variable: b, operator: '>=', value: 1}]}]}",
         "branches.0.conditions.0.operator: '>=' is no operator", "did you mean 'greater_or_equal'?"),
        ("{kind: branch, branches: [{name: a, conditions: [{variable: b, operator: xyz, value: 1}]}]}",
         "branches.0.conditions.0.operator: 'xyz' is no operator", "use one of " + ", ".join(OPERATORS)),
        ("{kind: branch, branches: [{name: a, conditions: [{variable: b, operator: 7, value: 1}]}]}",
         "branches.0.conditions.0.operator: expected the name of an operator", "use one of " + ", ".join(OPERATORS)),
        ("{kind: branch, branches: [{name: a, conditions: [{variable: 1, operator: exists}]}]}",
         "branches.0.conditions.0.variable: name a variable, such as sms.message or $(n2.sms.message)",
         "The variable to look at: `sms.message`, or `$(n2.sms.message)`."),
        ("{kind: set_variable, set: {a: 1}, next: {onSuccess: end 50}}", "the flow has no outcome 50",
         "use 101, 102, 103, or add one of 104 to 999999 under outcomes"),
        ("{kind: set_variable, set: {a: 1}, next: {onSuccess: end 201}}", "the flow has no outcome 201",
         "use 101, 102, 103, or add `201: what it means` under outcomes"),
        ("{kind: delay, until: tomorrow}",
         "until: 'tomorrow' is no moment with a time zone: write 2027-01-31T09:00:00+01:00",
         "The moment to wait for, with its time zone: `2027-01-31T09:00:00+01:00`; `31-01-2027 09:00:00` is one in the "
         "server's own zone. One in the past is over at once."),
        ("{kind: evaluate, script: 1 > 0, branches: [true, false]}", "branches.1: expected text",
         'put it in quotes: "false"'),
        ("{kind: evaluate, script: 2 + 2, branches: [4.5]}", "branches.0: expected text", 'put it in quotes: "4.5"'),
        ("{kind: send, text: x, expires_in: 40d}", "expires_in: expected 7d or less",
         "How long the message is worth sending; 0 is no limit."),
        ("{kind: send, text: x, fallback: [{channel: sms, within: 8d}, {channel: sms}]}",
         "fallback.0.within: expected 7d or less",
         "How long that may take before the next way is tried; 0 is no limit."),
        ("{kind: end, outcome: 50}", "outcome: expected 101 or more",
         "101 is success, 102 an error, 103 incomplete; or one of the flow's own codes."),
        ("{kind: set_variable, set: {msisdn: 1}}",
         "set.msisdn: 'msisdn' is kept for the platform's own use: choose another name",
         "The variables and their values: text, with `$(name)` for other variables, or any JSON value."),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_with_how_to_mend_it(node: str, message: str, hint: str) -> None:
    found = [(problem.message, problem.hint) for problem in check(read_flow(TWO + node), KINDS)]
    assert any((said.removeprefix("node 3: "), how) == (message, hint) for said, how in found), found


def test_a_flow_without_a_file_is_checked_too() -> None:
    flow = Flow("x", {2: Node(2, "start", settings={"accepts": ["sms.mo"]}, next={"onBegin": Edge(node=3)})})
    assert [(problem.code, problem.node, problem.line) for problem in check(flow, KINDS)] == [("missing_node", 2, 0)]


def test_calls_and_intents_that_are_not_known_are_not_checked() -> None:
    text = "flow: x\nnodes:\n  2: {kind: call_flow, flow: nowhere, next: {}}"
    assert "unknown_flow" not in hints(text)
    assert "unknown_flow" in hints(text, flows={})


def test_a_long_flow_is_checked_without_recursion() -> None:
    nodes = {2: Node(2, "start", settings={"accepts": ["sms.mo"]}, next={"onBegin": Edge(node=3)})}
    for number in range(3, 2_000):
        target = Edge(node=number + 1) if number < 1_999 else Edge(node=3)
        nodes[number] = Node(number, "set_variable", settings={"set": {"a": 1}}, next={"onSuccess": target})
    codes = [problem.code for problem in check(Flow("x", nodes, on_error=3), KINDS)]
    assert codes == ["endless_loop"]


@st.composite
def graphs(draw: st.DrawFn) -> Flow:
    size = draw(st.integers(2, 9))
    numbers = range(2, size + 2)
    nodes = {
        number: Node(
            number, "x",
            next={str(target): Edge(node=target) for target in draw(st.sets(st.sampled_from(numbers), max_size=3))},
        )
        for number in numbers
    }  # fmt: skip
    return Flow("x", nodes, on_error=draw(st.sampled_from([0, 3])))


@given(graphs(), st.sets(st.integers(2, 10)))
def test_cycles_are_those_that_walking_finds(flow: Flow, leave_out: set[int]) -> None:
    edges = successors(flow)
    among = set(flow.nodes) - leave_out

    def reach(begin: int) -> set[int]:
        seen: set[int] = set()
        line = [begin]
        while line:
            for target in edges[line.pop()]:
                if target in among and target not in seen:
                    seen.add(target)
                    line.append(target)
        return seen

    expected = {number for number in among if number in reach(number)}
    found = list(cycles(edges, among))
    assert {number for group in found for number in group} == expected
    assert all(set(group) <= reach(group[0]) for group in found)


@given(graphs())
def test_distances_are_those_that_walking_finds(flow: Flow) -> None:
    edges = successors(flow)
    found = distances(flow, edges)
    line = {2} | ({3} if flow.on_error == 3 else set())
    seen = set(line)
    while line:
        line = {target for number in line for target in edges[number]} - seen
        seen |= line
    assert set(found) == seen


def test_problems_are_shown_with_their_place() -> None:
    problem = Problem("error", "x", "it is wrong", "a.yaml", 3, 7)
    assert str(problem) == "a.yaml:3:7: error: it is wrong"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9)
    | st.sampled_from(["", "end", "sms.mo", "$(n3.x)", "$(", "send", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["kind", "next", "on_enter", "set", "log", "accepts", "events", "text", "flow", "outcome", "branches",
                 "conditions", "intents", "2", "3", "onSuccess", "onBegin"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)  # fmt: skip
NODES = st.dictionaries(
    st.sampled_from("234"),
    st.builds(
        lambda kind, rest: {**rest, "kind": kind} if isinstance(rest, dict) else rest,
        st.sampled_from([*KINDS, "?"]), ANYTHING,
    ),
    max_size=3,
)  # fmt: skip
PARTS = st.fixed_dictionaries(
    {"flow": st.just("x"), "nodes": NODES | ANYTHING},
    optional=dict.fromkeys(
        ("name", "type", "session_key", "variables", "outcomes", "on_error", "layout", "?"), ANYTHING
    ),
)


@given(PARTS)
def test_whatever_stands_in_a_file_is_checked_without_a_crash(data: dict[str, object]) -> None:
    document = read_flow(json.dumps(data), path="x.json")
    problems = check(document, KINDS, flows={"x": document.flow, **OTHERS}, intents=INTENTS)
    assert all(problem.line >= 1 and problem.message for problem in problems)
    draw(document.flow, KINDS)
