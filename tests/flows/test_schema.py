"""The JSON Schema takes what the checks take, and refuses what an editor can see is wrong."""

import copy
from pathlib import Path
from typing import Any

import pytest

from flows.document import read_flow_file
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
        (("outcomes", "201"), 5),
    ],
)
def test_a_bad_flow_is_not(validator: Any, path: tuple[str, ...], value: Any) -> None:
    data = copy.deepcopy(example())
    at = data
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    assert list(validator.iter_errors(data))
