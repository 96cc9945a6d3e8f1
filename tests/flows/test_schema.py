"""The JSON Schema takes what the checks take, and refuses what an editor can see is wrong."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from flows.checker import check
from flows.document import read_flow, read_flow_file
from flows.nodes import BUILT_IN
from flows.schema import flow_schema

KINDS = {kind.kind: kind for kind in BUILT_IN}
SCHEMA = flow_schema(KINDS)
DRAWN = Path(__file__).parent / "drawings"


def test_every_kind_has_its_help_and_outcomes() -> None:
    definitions = SCHEMA["$defs"]
    for kind, node in KINDS.items():
        described = definitions[f"node.{kind}"]
        assert described["description"].startswith(node.about())
        assert {outcome.name for outcome in node.outcomes} <= described["properties"]["next"]["properties"].keys()
        settings = described["properties"].keys() - {"kind", "label", "notes", "on_enter", "on_leave", "next"}
        assert settings == {field.alias or name for name, field in node.model_fields.items()}
        for name in settings:
            assert described["properties"][name].get("description"), f"{kind}.{name} has no help"


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Any:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    found = set(references(SCHEMA))
    assert found
    assert {reference.removeprefix("#/$defs/") for reference in found} <= SCHEMA["$defs"].keys()


@pytest.fixture(name="validator")
def make_validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def example() -> dict[str, Any]:
    data = read_flow_file(DRAWN / "branches.yaml").root.data()
    del data["nodes"]["10"]
    return data


def test_a_good_flow_is_valid(validator: Any, root: Path) -> None:
    assert list(validator.iter_errors(example())) == []
    for file in sorted((root / "examples").glob("*/flows/*.flow.yaml")):
        assert [error.message for error in validator.iter_errors(read_flow_file(file).root.data())] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("nmae",), "x"),
        (("flow",), "No Id"),
        (("nodes", "4", "kind"), "sned"),
        (("nodes", "4", "txt"), "x"),
        (("nodes", "5", "next", "onSucces"), 3),
        (("nodes", "4", "next", "onSuccess"), "ende"),
        (("nodes", "3", "threshold"), 7),
        (("nodes", "3", "on_enter"), [{"st": {}}]),
        (("nodes", "x"), {"kind": "end"}),
        (("outcomes", "201"), []),
        (("outcomes", "101"), "Yay"),
        (("nodes", "4", "next", "onSuccess"), "end 50"),
        (("nodes", "3", "threshold"), "much"),
        (("nodes", "4", "on_enter"), [{"log": {"id": 0}}]),
        (("nodes", "4", "on_enter"), [{"log": {"text": [1]}}]),
        (("on_error",), "x"),
    ],
)
def test_a_bad_flow_is_not(validator: Any, path: tuple[str, ...], value: Any) -> None:
    data = copy.deepcopy(example())
    at = data
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    assert list(validator.iter_errors(data))


def branch(**condition: Any) -> dict[str, Any]:
    row = {"name": "a", "conditions": [{"variable": "message", **condition}]}
    return {"kind": "branch", "branches": [row], "next": {"a": 9, "none_of_the_above": 9}}


def evaluate(**settings: Any) -> dict[str, Any]:
    return {"kind": "evaluate", "script": "1", "branches": [1, 2], "next": {1: 9, 2: 9}, **settings}


@pytest.mark.parametrize(
    ("change", "node"),
    [
        ({}, branch(operator="Greater than", value=1)),
        ({}, branch(operator="starts-with Ignore_case", value="a")),
        ({}, branch(operator="EXISTS")),
        ({}, evaluate(timeout_ms="500")),
        ({}, evaluate(label=5, notes=True)),
        ({}, evaluate(on_enter=[{"log": {"id": 5, "text": 7}}, {"log": {"id": "5"}}, {"log": True}])),
        ({}, evaluate(on_leave=[{"logbook": {"logbook": 5, "attribute": 7, "value": 1}}])),
        ({}, evaluate(next={1: {"node": "9"}, 2: "end  0102"})),
        ({}, {"kind": "profanity_filter", "mask_log": "Yes", "next": {"clean": 9, "profane": 9, "onTimeout": 9}}),
        ({}, {"kind": "sentiment", "neutral_band": ".1",
              "next": {"positive": 9, "neutral": 9, "negative": 9, "onTimeout": 9}}),
        ({"name": 5, "about": 5, "correlation_id": 5, "flow": 7, "session_key": ""}, evaluate()),
        ({"on_error": "9", "variables": None, "layout": None}, evaluate()),
        ({"outcomes": {"201": 5}}, evaluate(next={1: {"end": "201"}, 2: "end 201"})),
        ({"outcomes": None}, {"kind": "receive", "events": ["sms.mo"], "keywords": ["yes", 1],
                              "next": {"sms.mo": 9, "onTimeout": 9}}),
        ({}, {"kind": "send", "text": 5, "quick_replies": [1, 2.5, {"title": 3}], "next": {"onSuccess": 9}}),
    ],
)  # fmt: skip
def test_what_the_checks_take_is_valid(validator: Any, change: dict[str, Any], node: dict[str, Any]) -> None:
    begin = {"kind": "start", "accepts": ["sms.mo"], "next": {"onBegin": 3}}
    data = {"flow": "x", "on_error": 9, "nodes": {2: begin, 3: node, 9: {"kind": "end", "next": None}}, **change}
    text = json.dumps(data)
    assert [str(problem) for problem in check(read_flow(text, path="x.json"), KINDS)] == []
    assert [error.message for error in validator.iter_errors(json.loads(text))] == []
