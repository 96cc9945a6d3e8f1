"""A flow drawn for a terminal looks like the recorded drawing; `BOTKIT_UPDATE=1` records it anew."""

import os
from pathlib import Path

import pytest

from flows.document import read_flow, read_flow_file
from flows.drawing import draw, plain
from flows.nodes import BUILT_IN
from models.flow import Edge, Flow, Node

KINDS = {kind.kind: kind for kind in BUILT_IN}
DRAWINGS = Path(__file__).parent / "drawings"
FILES = sorted(DRAWINGS.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_drawing(file: Path) -> None:
    drawn = plain(draw(read_flow_file(file).flow, KINDS))
    recorded = file.with_suffix(".txt")
    if os.environ.get("BOTKIT_UPDATE"):
        recorded.write_text(drawn)
    assert drawn == recorded.read_text()


def test_outcomes_have_their_colours() -> None:
    flow = read_flow("flow: x\nnodes:\n  2: {kind: start, accepts: [a], next: {onBegin: 3}}\n  3: {kind: delay}").flow
    spans = {text: style for line in draw(flow, KINDS) for text, style in line}
    assert (spans["onBegin"], spans["onTimeout"], spans["onError"]) == ("green", "orange", "red")


def test_without_kinds_only_what_is_written_is_drawn() -> None:
    flow = read_flow("flow: x\nnodes:\n  2: {kind: what, next: {a: end}}").flow
    assert plain(draw(flow)) == "x  (flow, 1 node)\n\n2 what\n└─ a → end 101 Success\n"


def test_each_node_is_drawn_once_however_deep() -> None:
    edges = {f"to{step}": step for step in (1, 2, 3)}
    nodes = {
        number: Node(number, "x", next={name: Edge(node=min(number + step, 1_999)) for name, step in edges.items()})
        for number in range(2, 2_000)
    }
    drawn = plain(draw(Flow("x", nodes)))
    titles = [line.split("│  ")[-1] for line in drawn.splitlines() if line.endswith(" x") and "→" not in line]
    assert sorted(titles) == sorted(f"{number} x" for number in nodes)
    assert max(len(line) for line in drawn.splitlines()) < 120
