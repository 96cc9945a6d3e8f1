"""Compiler: a live flow version made ready to run, once; what a message needs is looked up, never worked out."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from flows.base import Left, Node
from flows.needed import needed_names
from flows.templates import Template, Value
from flows.turn import Turn
from models.errors import BotkitError
from models.flow import START, Action, Edge, Flow
from models.plugin import InvalidSettings


class CannotCompile(BotkitError):
    """A flow with errors in it, which the checks would have shown."""

    code = "cannot_compile"
    of_files = True


class CompiledAction:
    """A transition action with its references compiled."""

    __slots__ = ("kind", "level_id", "logbook", "rows", "text", "value")

    def __init__(self, action: Action) -> None:
        self.kind = action.kind
        values = action.values
        self.rows: tuple[tuple[str, Value], ...] = ()
        self.text: Template | None = None
        self.value: Value | None = None
        self.level_id = 0
        self.logbook = ""
        match action.kind:
            case "set":
                self.rows = tuple((name, Value(value)) for name, value in values.items())
            case "log":
                self.level_id = int(values.get("id", 0))
                self.text = Template(str(values.get("text", "")))
                self.value = Value(values["value"]) if "value" in values else None
            case "logbook":
                self.logbook = str(values.get("logbook", ""))
                self.text = Template(str(values.get("attribute", "")))
                self.value = Value(values.get("value"))


class CompiledNode:
    """A node with its settings validated and its edges and actions at hand."""

    __slots__ = (
        "edges", "id", "key", "kind", "label", "node", "on_enter", "on_leave", "outcomes", "resume_now", "run_now",
        "ways",
    )  # fmt: skip

    def __init__(
        self, id: int, kind: str, label: str, node: Node, edges: dict[str, Edge],
        on_enter: tuple[CompiledAction, ...] = (), on_leave: tuple[CompiledAction, ...] = (),
    ) -> None:  # fmt: skip
        self.id = id
        self.key = f"n{id}"
        """What its outputs lie under."""
        self.kind = kind
        self.label = label
        self.node = node
        self.edges = edges
        self.outcomes = {outcome.name: outcome.colour for outcome in node.outcome_list()}
        self.on_enter = on_enter
        self.on_leave = on_leave
        self.run_now: Callable[[Turn], Left] | None = node.run_now if type(node).run is Node.run else None
        """What to call instead of `node.run`, for a node that awaits nothing."""
        self.resume_now: Callable[[Turn], Left] | None = node.resume_now if type(node).resume is Node.resume else None
        self.ways = {} if on_leave else {name: edge.node for name, edge in edges.items() if edge.node}
        """The next node by outcome, where nothing is to be done on the way."""


class Program:
    """A flow version that can be run. Shared by all its sessions; nothing in it changes."""

    __slots__ = ("_defaults", "_mutable", "at_once", "flow", "needed", "nodes", "on_error", "version")

    def __init__(self, flow: Flow, version: int, nodes: dict[int, CompiledNode]) -> None:
        self.flow = flow
        self.version = version
        self.nodes = nodes
        self.on_error = flow.on_error
        self.at_once = all(node.run_now and node.resume_now for node in nodes.values())
        """Whether no node awaits anything, so that a step takes no time but the processor's."""
        self.needed = needed_names(flow, ((number, node.node) for number, node in nodes.items()))
        """What a session has to keep of session parameters and outputs; None for all of it."""
        self._defaults = {name: variable.default for name, variable in flow.variables.items()}
        self._mutable = any(isinstance(value, dict | list) for value in self._defaults.values())

    def variables(self) -> dict[str, Any]:
        """The variables as a new session finds them."""
        return copy.deepcopy(self._defaults) if self._mutable else self._defaults.copy()


def compile_flow(flow: Flow, version: int, kinds: Mapping[str, type[Node]]) -> Program:
    """A program from a flow that passed the checks; raises `CannotCompile` that names the node."""
    if START not in flow.nodes:
        raise CannotCompile(f"flow {flow.id!r} has no Start: node {START} is missing")
    nodes: dict[int, CompiledNode] = {}
    for node in flow.nodes.values():
        kind = kinds.get(node.kind)
        if kind is None:
            raise CannotCompile(f"flow {flow.id!r}, node {node.id}: there is no node of kind {node.kind!r}")
        try:
            built = kind.load(node.settings)
            nodes[node.id] = CompiledNode(
                node.id, node.kind, node.label, built, dict(node.next),
                tuple(CompiledAction(action) for action in node.on_enter),
                tuple(CompiledAction(action) for action in node.on_leave),
            )  # fmt: skip
        except (InvalidSettings, ValueError) as error:
            raise CannotCompile(f"flow {flow.id!r}, node {node.id}: {error}") from error
    return Program(flow, version, nodes)
