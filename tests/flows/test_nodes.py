"""Every node: what the tables in `nodes/` say it does, and what all nodes promise."""

import inspect
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from flows.base import Call, End, Left, Node
from flows.nodes import BUILT_IN
from flows.turn import Turn
from models.plugin import InvalidSettings
from models.session import Wait
from tests.flows.world import NODE, World, incoming, read_parameters

TABLES = Path(__file__).parent / "nodes"
KINDS = {node.kind: node for node in BUILT_IN}
KEPT_BY_THE_FLOW_FILE = {"kind", "label", "notes", "on_enter", "on_leave", "next", "id"}


def cases() -> list[tuple[str, dict[str, Any]]]:
    read = YAML(typ="safe", pure=True).load
    return [(path.stem, case) for path in sorted(TABLES.glob("*.yaml")) for case in read(path.read_text("utf-8"))]


CASES = cases()


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['name']}" for kind, case in CASES])
async def test_node(kind: str, case: dict[str, Any]) -> None:
    if "invalid" in case:
        with pytest.raises(InvalidSettings) as refused:
            KINDS[kind].load(case["settings"])
        assert case["invalid"] in str(refused.value)
        return
    node = KINDS[kind].load(case["settings"])
    world = World(case)
    turn = world.turn()
    check(case["expect"], await node.run(turn), node, turn, world)
    for stage in case.get("then", ()):
        turn.event = incoming(stage.get("event"))
        turn.returned = stage.get("returned", 0)
        world.case = {**case, **{name: stage[name] for name in ("nlp", "nlp_fails") if name in stage}}
        turn.session.parameters.update(read_parameters(turn.event))
        check(stage["expect"], await node.resume(turn), node, turn, world)


def check(expect: dict[str, Any], left: Left, node: Node, turn: Turn, world: World) -> None:
    errors = [entry.text for entry in turn.visit.log]
    match left:
        case str():
            assert left == expect.get("outcome"), errors
            assert left in {outcome.name for outcome in node.outcome_list()}
        case Wait():
            assert "waits" in expect, errors
            waits = dict(expect["waits"])
            if "seconds" in waits:
                assert left.until == turn.now + waits.pop("seconds") * 1000
            assert holds(waits, msgspec.to_builtins(left)), left
        case Call():
            assert {"flow": left.flow, "inputs": left.inputs} == expect["calls"]
        case End():
            assert left.outcome == expect["ends"]
    outputs = turn.frame.outputs.get(f"n{NODE}", {})
    assert holds(expect.get("outputs", {}), outputs), outputs
    declared = {name.removesuffix(".*").partition(".")[0] for name in node.output_names()}
    assert set(outputs) <= declared | {"message", "event", "service"}, f"{set(outputs) - declared} are not declared"
    assert holds(expect.get("variables", {}), turn.frame.variables), turn.frame.variables
    for text in expect.get("log", ()):
        assert any(text in line for line in errors), errors
    if expect.get("log") == []:
        assert errors == []
    if "code" in expect:
        assert expect["code"] in [entry.id for entry in turn.visit.log], turn.visit.log
    if "asked" in expect:
        assert holds(expect["asked"], world.asked[-1]), world.asked
    if "request" in expect:
        request = msgspec.to_builtins(world.requests[-1]) | {"body": world.requests[-1].body.decode()}
        assert holds(expect["request"], request), request
    if "sent" in expect:
        sent = [msgspec.to_builtins(delivery) for delivery in turn.deliveries]
        assert holds(expect["sent"], sent), sent
    if "redacted" in expect:
        assert [list(pair) for pair in turn.redactions] == expect["redacted"]


def holds(expected: Any, found: Any) -> bool:
    """Whether all that is expected is there; a mapping may have more, a list may not."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(key in found and holds(expected[key], found[key]) for key in expected)
    if isinstance(expected, list):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(expected)
            and all(holds(one, other) for one, other in zip(expected, found, strict=True))
        )
    return type(expected) is type(found) and expected == found


# what all nodes promise


@pytest.mark.parametrize("node", BUILT_IN, ids=lambda node: node.kind)
def test_a_node_explains_itself(node: type[Node]) -> None:
    assert node.about().endswith("."), "the first line of the docstring is the help"
    assert node.__module__ == f"flows.nodes.{node.kind}", "the file is named by the kind"
    assert (TABLES / f"{node.kind}.yaml").is_file(), "every node has a table of cases"
    for name, field in node.model_fields.items():
        assert field.description, f"{node.kind}.{name} has no help: write a docstring under it"
        assert (field.alias or name) not in KEPT_BY_THE_FLOW_FILE
    for name, about in node.outputs.items():
        assert about, f"{node.kind} does not say what {name} is"
    assert inspect.iscoroutinefunction(node.run)
    if node.waits:
        says = node.resume is not Node.resume or node.resume_now is not Node.resume_now
        assert says, "a node that waits says how to go on"


@pytest.mark.parametrize("node", BUILT_IN, ids=lambda node: node.kind)
def test_a_node_has_a_schema(node: type[Node]) -> None:
    schema = node.model_json_schema()
    assert schema["additionalProperties"] is False
    for row in schema.get("$defs", {}).values():
        for name, field in row["properties"].items():
            assert field.get("description"), f"{row['title']}.{name} has no help: write a docstring under it"
    assert set(schema.get("properties", {})) == {field.alias or name for name, field in node.model_fields.items()}


def test_built_in_nodes_are_sorted() -> None:
    kinds = [node.kind for node in BUILT_IN]
    assert kinds == sorted(set(kinds))


def test_every_outcome_has_a_colour_and_a_reason() -> None:
    for kind, case in CASES:
        if "invalid" not in case:
            outcomes = KINDS[kind].load(case["settings"]).outcome_list()
            names = [outcome.name for outcome in outcomes]
            assert len(names) == len(set(names)) and all(outcome.about for outcome in outcomes)
            assert names or kind == "end"


async def test_the_node_in_the_readme_works() -> None:
    readme = (TABLES.parents[2] / "flows" / "README.md").read_text("utf-8")
    source = readme.partition("```python\n")[2].partition("```")[0]
    made: dict[str, Any] = {"__name__": "readme"}
    exec(compile(source, "flows/README.md", "exec"), made)
    turn = World({"variables": {"name": "Ann"}}).turn()
    assert await made["Greeting"].load({}).run(turn) == "onSuccess"
    assert turn.deliveries[0].content.text == turn.frame.outputs[f"n{NODE}"]["greeting"] == "Good morning, Ann!"
