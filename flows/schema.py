"""Schema: the JSON Schema of flow files, made from the node types, for editors and other programs."""

import inspect
from collections.abc import Mapping
from typing import Any

from flows.base import Node
from flows.flow_reader import FLOW_TYPES, MAX_ID, SESSION_KEYS
from flows.written import SCALAR, as_written
from models.flow import BUILT_IN_OUTCOMES, FLOW_ID, MAX_OUTCOME, START, SUCCESS, VARIABLE_NAME, Outcome

_MAPPING = ["object", "null"]
"""What may stand there with nothing below it yet."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WHOLE_NUMBER = "^[1-9][0-9]*$"
_ABOVE_103 = "10[4-9]|1[1-9][0-9]|[2-9][0-9]{2}|[1-9][0-9]{3,5}"
_OWN_OUTCOME = f"^({_ABOVE_103})$"


def flow_schema(kinds: Mapping[str, type[Node]]) -> dict[str, Any]:
    """The schema of a flow file in which nodes of these kinds can stand."""
    definitions: dict[str, Any] = {
        "edge": _edge(), "next": _next({}, more=True), "action": _action(), "variable": _variable(),
    }  # fmt: skip
    for kind in sorted(kinds):
        definitions[_name(kind)] = _node(kind, kinds[kind], definitions)
    definitions["node"] = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": sorted(kinds), "description": "What the node does."}},
        "allOf": [
            {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": _reference(_name(kind))}
            for kind in sorted(kinds)
        ],
    }
    return {
        "$schema": DIALECT,
        "title": "botkit flow",
        "type": "object",
        "required": ["flow", "nodes"],
        "additionalProperties": False,
        "properties": _flow_properties(),
        "$defs": definitions,
    }


def _flow_properties() -> dict[str, Any]:
    return {
        "flow": {
            "type": ["string", "integer"], "pattern": f"^{FLOW_ID.pattern}$", "minimum": 0,
            "description": "The flow's id, by which rules and Call Flow nodes name it.",
        },
        "name": _text("The flow's name, as people see it."),
        "type": {"enum": list(FLOW_TYPES), "default": "flow", "description": "A voiceflow handles calls."},
        "about": _text("What the flow is for."),
        "session_key": {
            "enum": [*SESSION_KEYS, None],
            "description": "What a customer is known by: with it she never has two live sessions in this flow.",
        },
        "correlation_id": _text("Goes into the transaction, to find it by."),
        "variables": {
            "type": _MAPPING,
            "description": "The flow's variables, $(name), with what they start as.",
            "propertyNames": {"pattern": f"^{VARIABLE_NAME.pattern}$"},
            "additionalProperties": _reference("variable"),
        },
        "outcomes": {
            "type": _MAPPING,
            "description": f"The flow's own outcome codes, beside {_codes()}.",
            "propertyNames": {"pattern": _OWN_OUTCOME},
            "additionalProperties": {"type": ["string", "number", "boolean"], "minLength": 1},
        },
        "on_error": {**_positive(), "description": "The node that red outcomes lead to where they are open."},
        "nodes": {
            "type": "object",
            "description": f"The nodes by their numbers; {START} is Start.",
            "propertyNames": {"pattern": _WHOLE_NUMBER},
            "required": [str(START)],
            "additionalProperties": _reference("node"),
        },
        "layout": {
            "type": _MAPPING,
            "description": "Where each node stands on the canvas.",
            "propertyNames": {"pattern": _WHOLE_NUMBER},
            "additionalProperties": {
                "type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
            },
        },
    }  # fmt: skip


def _node(kind: str, node: type[Node], definitions: dict[str, Any]) -> dict[str, Any]:
    """One kind of node; what its settings need besides is added to the definitions under names of its own."""
    settings = as_written(node.model_json_schema(by_alias=True, ref_template=f"#/$defs/{kind}.{{model}}"))
    for name, definition in settings.pop("$defs", {}).items():
        definitions[f"{kind}.{name}"] = definition
    fixed = node.outcome_list is Node.outcome_list
    properties = {
        "kind": {"const": kind, "description": node.about()},
        "label": _text("The node's name on the canvas."),
        "notes": _text("Notes for the people who work on the flow."),
        **settings.get("properties", {}),
        "on_enter": _actions("Done before the node."),
        "on_leave": _actions("Done after the node; its outputs can be used."),
        "next": _next({outcome.name: outcome for outcome in node.outcomes}, more=not fixed),
    }
    return {
        "title": node.__name__,
        "description": inspect.getdoc(node) or "",
        "type": "object",
        "required": ["kind", *settings.get("required", [])],
        "properties": properties,
        "additionalProperties": False,
    }


def _next(outcomes: dict[str, Outcome], *, more: bool) -> dict[str, Any]:
    properties = {
        name: {**_reference("edge"), "description": f"{outcome.about or name} ({outcome.colour})"}
        for name, outcome in outcomes.items()
    }
    return {
        "type": _MAPPING,
        "description": "Where each outcome leads.",
        "properties": properties,
        "additionalProperties": _reference("edge") if more else False,
    }


def _edge() -> dict[str, Any]:
    code = f"{'|'.join(map(str, BUILT_IN_OUTCOMES))}|{_ABOVE_103}"
    targets = {"node": _positive(), "end": _positive(SUCCESS, MAX_OUTCOME)}
    return {
        "description": f"A node's number, or `end` with an outcome code: {_codes()}, or one of the flow's own.",
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ID},
            {"type": "string", "pattern": rf"^\s*end(\s+0*({code}))?\s*$"},
            *(
                {"type": "object", "required": [name], "properties": {name: number}, "additionalProperties": False}
                for name, number in targets.items()
            ),
        ],
    }


def _action() -> dict[str, Any]:
    log = {"id": _positive(), "text": {"type": SCALAR}, "value": {}}
    name = {"type": ["string", "number", "boolean"], "minLength": 1}
    logbook = {"logbook": name, "attribute": {"type": SCALAR}, "value": {}}
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            "set": {"type": "object", "description": "Give variables values.",
                    "propertyNames": {"pattern": f"^{VARIABLE_NAME.pattern}$"}},
            "log": {"description": "Write to the transaction log.",
                    "anyOf": [{"type": SCALAR},
                              {"type": "object", "properties": log, "additionalProperties": False}]},
            "logbook": {"type": "object", "description": "Write to a logbook.", "required": ["logbook"],
                        "properties": logbook, "additionalProperties": False},
        },
    }  # fmt: skip


def _actions(description: str) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": _reference("action")}


def _variable() -> dict[str, Any]:
    full = {"default": {"description": "What it starts as."}, "about": _text("What it is for.")}
    return {"anyOf": [{"type": SCALAR}, {"type": "object", "properties": full, "additionalProperties": False}]}


def _text(description: str) -> dict[str, Any]:
    return {"type": SCALAR, "description": description}


def _positive(least: int = 1, most: int = MAX_ID) -> dict[str, Any]:
    """A whole number, or text that is one."""
    number = {"type": "integer", "minimum": least, "maximum": most}
    return {"anyOf": [number, {"type": "string", "pattern": "^0*[1-9][0-9]*$"}]}


def _codes() -> str:
    return ", ".join(f"{code} {name}" for code, name in BUILT_IN_OUTCOMES.items())


def _name(kind: str) -> str:
    return f"node.{kind}"


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}
