"""A flow file becomes a Flow, whatever of the allowed ways it is written in."""

import json
from pathlib import Path

import pytest

from flows.document import FlowFileError, read_flow, read_flow_file
from models.flow import Action, Edge, Flow, Node, Variable

TEXT = """\
flow: order-status
name: Order status
session_key: msisdn
variables:
  order_number: {default: "", about: taken from the message}
  tries: 3
  empty:
outcomes: {201: Answered by the bot}
on_error: 4
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: nlp_pipeline
    label: What does she want?
    notes: Ask Ann.
    text: $(message.text)
    intents: [on, no]
    on_enter:
      - log: began
      - log: {id: 1001, text: number, value: $(tries)}
    on_leave:
      - set: {order_number: $(n3.entities.order_number), tries: 4}
      - logbook: {logbook: orders, attribute: seen, value: 1}
    next: {on: 4, no: {node: 4}, onTimeout: end 103, onError: {end: 201}, x: end}
  4: {kind: end}
layout: {2: [0, 0], 3: [1, -0.5]}
"""
FLOW = Flow(
    id="order-status", name="Order status", session_key="msisdn", on_error=4,
    variables={"order_number": Variable("", "taken from the message"), "tries": Variable(3), "empty": Variable("")},
    outcomes={201: "Answered by the bot"},
    nodes={
        2: Node(2, "start", settings={"accepts": ["sms.mo"]}, next={"onBegin": Edge(node=3)}),
        3: Node(
            3, "nlp_pipeline", "What does she want?", "Ask Ann.",
            settings={"text": "$(message.text)", "intents": ["on", "no"]},
            on_enter=(Action("log", {"text": "began"}),
                      Action("log", {"id": 1001, "text": "number", "value": "$(tries)"})),
            on_leave=(Action("set", {"order_number": "$(n3.entities.order_number)", "tries": 4}),
                      Action("logbook", {"logbook": "orders", "attribute": "seen", "value": 1})),
            next={"on": Edge(node=4), "no": Edge(node=4), "onTimeout": Edge(end=103), "onError": Edge(end=201),
                  "x": Edge(end=101)},
        ),
        4: Node(4, "end"),
    },
    layout={2: (0.0, 0.0), 3: (1.0, -0.5)},
)  # fmt: skip


def test_a_flow_is_read() -> None:
    document = read_flow(TEXT, path="x.flow.yaml")
    assert document.flow == FLOW
    assert document.problems == []
    assert document.source == TEXT


def test_json_gives_the_same_flow() -> None:
    text = json.dumps(read_flow(TEXT).root.data())
    assert read_flow(text, path="x.flow.json").flow == FLOW


@pytest.mark.parametrize(
    ("node", "path", "line", "column"),
    [
        (0, (), 1, 1),
        (0, ("variables", "tries"), 6, 3),
        (0, ("layout", "3"), 26, 21),
        (2, (), 11, 3),
        (3, ("intents", 1), 17, 19),
        (3, ("next", "onTimeout"), 24, 34),
        (3, ("on_enter", 1, "log", "value"), 20, 39),
        (3, ("intents", "function-after", 1), 17, 19),
        (3, ("nothing", 7), 12, 3),
        (99, ("text",), 10, 1),
    ],
)
def test_places(node: int, path: tuple[str | int, ...], line: int, column: int) -> None:
    assert read_flow(TEXT).locate(node, *path) == (line, column)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("- 1", "wrong_type", 1),
        ("name: x\nnodes: {}", "missing_flow_id", 1),
        ("nodes: {}\nflow: Not An Id", "invalid_flow_id", 2),
        ("nodes: {}\nflow: [x]", "invalid_flow_id", 2),
        (
            "flow: x\nnodes:\n" + "".join(f"  {number}: {{kind: end}}\n" for number in range(1, 2_002)),
            "too_many_nodes",
            3,
        ),
    ],
)
def test_what_cannot_be_a_flow(text: str, code: str, line: int) -> None:
    with pytest.raises(FlowFileError) as caught:
        read_flow(text)
    assert (caught.value.problems[-1].code, caught.value.problems[-1].line) == (code, line)


def test_a_flow_without_nodes_is_told() -> None:
    assert [problem.code for problem in read_flow("flow: x").problems] == ["missing_nodes"]


def test_files_are_named_in_their_problems(tmp_path: Path) -> None:
    file = tmp_path / "x.flow.yaml"
    file.write_text("flow: x\nnodes: []\n")
    assert [problem.path for problem in read_flow_file(file).problems] == [str(file)]
    assert [problem.path for problem in read_flow_file(file, path="x").problems] == ["x"]


def test_a_list_as_the_start_of_a_variable_is_told_where_to_stand() -> None:
    document = read_flow("flow: a\nvariables: {days: [1, 2]}\nnodes: {}\n")
    (problem,) = [problem for problem in document.problems if problem.code == "wrong_type"]
    assert problem.message == "variable 'days' starts as a list, which stands under default"
    assert problem.hint == "write `days: {default: [...]}`"
    assert document.flow.variables["days"].default == [1, 2], "so that what refers to it is not doubted too"
