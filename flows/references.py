"""References: whether every `$(...)` in a flow leads to something, and every variable is used."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from pydantic import BaseModel

from flows.base import Node
from flows.parameters import COMMON, PREDEFINED, RESERVED, known_parameters
from flows.script_references import script_references
from flows.templates import Template, Value
from models.flow import START, Flow
from models.flow import Node as Drawn
from models.problem import Problem, did_you_mean

Path = tuple[str | int, ...]
_NODE_OUTPUT = re.compile(r"n([1-9][0-9]{0,9})")
_WORD = re.compile(r"[A-Za-z_][\w.]*")
SO_NAMED = "give it another name: one of the two cannot be read"


class MakeProblem(Protocol):
    """Makes a problem with its place in the file."""

    def __call__(
        self, code: str, message: str, node: int = 0, *path: str | int, hint: str = "", warning: bool = False
    ) -> Problem: ...


def check_references(flow: Flow, loaded: Mapping[int, Node], problem: MakeProblem) -> Iterator[Problem]:
    """A problem for each reference that leads nowhere and for each variable that nothing mentions.

    An output of a node that is not there is an error, since it can never have a value. The rest are
    warnings: a variable may come from the flow that calls this one, a parameter from a custom event.
    """
    names = _Names(flow, loaded)
    for node in flow.nodes.values():
        said: set[tuple[str, ...]] = set()
        for reference, path in references_of(node, loaded.get(node.id)):
            if isinstance(reference, str):
                yield problem("invalid_reference", f"node {node.id}: {reference}", node.id, *path)
            elif reference not in said:
                said.add(reference)
                if found := names.missing(reference):
                    code, message, hint = found
                    yield problem(code, f"node {node.id}: {message}", node.id, *path, hint=hint,
                                  warning=code != "unknown_node")  # fmt: skip
        made = loaded.get(node.id)
        for code, message, hint, setting in names.wrong_in_scripts(made) if made else ():
            yield problem(code, f"node {node.id}: {message}", node.id, setting, hint=hint, warning=True)
        for name in made.variables_set() if made else ():
            if name not in flow.variables and (other := names.hidden_by(name)):
                yield problem("reserved_variable", f"node {node.id}: the variable {name!r} has the name of {other}",
                              node.id, hint=SO_NAMED, warning=True)  # fmt: skip
    mentioned = _words(flow, loaded)
    for name in flow.variables:
        if other := names.hidden_by(name):
            yield problem("reserved_variable", f"the variable {name!r} has the name of {other}", 0, "variables", name,
                          hint=SO_NAMED, warning=True)  # fmt: skip
        if name not in mentioned:
            yield problem("unused_variable", f"nothing in the flow mentions the variable {name!r}", 0, "variables",
                          name, hint="remove it, or use it as $(" + name + ")", warning=True)  # fmt: skip


class _Names:
    """What can be referred to in a flow."""

    def __init__(self, flow: Flow, loaded: Mapping[int, Node]) -> None:
        self.flow = flow
        self.outputs = {number: node.output_names() for number, node in loaded.items()}
        self.variables = set(flow.variables)
        for node in loaded.values():
            self.variables.update(node.variables_set())
        for drawn in flow.nodes.values():
            for action in (*drawn.on_enter, *drawn.on_leave):
                if action.kind == "set":
                    self.variables.update(action.values)
        self.parameters = {*COMMON, *PREDEFINED}
        self.parameters.update(name for event in _events(flow) for name in known_parameters(event))

    def hidden_by(self, name: str) -> str:
        """What else `$(name)` or `$(name.part)` could mean; empty where a variable may be called so."""
        if node := _NODE_OUTPUT.fullmatch(name):
            return f"the outputs of node {node[1]}"
        if name in RESERVED:
            return "a session parameter"
        inside = sorted(known for known in self.parameters if known.startswith(f"{name}."))
        return f"the session parameter $({inside[0].removesuffix('.*')})" if inside else ""

    def missing(self, path: tuple[str, ...]) -> tuple[str, str, str] | None:
        """Code, message and hint where the path leads to nothing, None where it leads somewhere."""
        shown = f"$({'.'.join(path)})"
        if path[0] in self.variables or ".".join(path) in self.variables:
            return None
        node = _NODE_OUTPUT.fullmatch(path[0])
        if node:
            return self._missing_output(int(node[1]), path[1:], shown)
        if leads_to(path, self.parameters):
            return None
        return "unknown_variable", f"nothing gives {shown} a value", self._hint(path)

    def wrong_in_scripts(self, node: Node) -> Iterator[tuple[str, str, str, str]]:
        """Code, message, hint and setting for each lookup of a script that cannot give what it seems to."""
        for path, bare, setting in dict.fromkeys(script_references(node)):
            name = "message" if path == ("message", "text") else ".".join(path)
            if not bare:
                if found := self.missing(path):
                    yield (*found, setting)
            elif name in self.variables or (len(path) == 1 and leads_to(path, self.parameters)):
                yield ("bare_reference", f"in a script, $({name}) looks up what {name} holds, not {name} itself",
                       f"write {name}, which is a variable of the script", setting)  # fmt: skip
            elif _NODE_OUTPUT.fullmatch(path[0]) or leads_to(path, self.parameters):
                yield ("bare_reference", f"in a script, $({name}) has no meaning without quotation marks",
                       f'write $("{name}")', setting)  # fmt: skip

    def _hint(self, path: tuple[str, ...]) -> str:
        for number, names in self.outputs.items():
            if leads_to(path, names):
                return f"it is an output of node {number}: write n{number}.{'.'.join(path)}"
        close = did_you_mean(".".join(path), {*self.variables, *self.parameters})
        return close if close.startswith("did you mean") else f"add `{path[0]}: ...` under variables"

    def _missing_output(self, number: int, path: tuple[str, ...], shown: str) -> tuple[str, str, str] | None:
        if number not in self.flow.nodes:
            return "unknown_node", f"{shown} is an output of node {number}, which is not there", ""
        names = self.outputs.get(number)
        if names is None or not path or leads_to(path, names):
            return None
        if number == START and leads_to(path, self.parameters):
            return None
        kind = self.flow.nodes[number].kind
        hint = did_you_mean(".".join(path), [name.removesuffix(".*") for name in names])
        return "unknown_output", f"{shown}: node {number} ({kind}) has no such output", hint


def leads_to(path: tuple[str, ...], names: Collection[str]) -> bool:
    """Whether a path leads to one of these names, to something above it, or into its value."""
    for name in names:
        parts = tuple(name.removesuffix(".*").split("."))
        shared = min(len(parts), len(path))
        if parts[:shared] == path[:shared]:
            return True
    return False


def _events(flow: Flow) -> set[str]:
    """The events that a flow can meet: what Start accepts and Receive nodes wait for."""
    events: set[str] = set()
    for node in flow.nodes.values():
        for name in ("accepts", "events"):
            named = node.settings.get(name)
            events.update(event for event in (named if isinstance(named, list) else ()) if isinstance(event, str))
    return events


def references_of(node: Drawn, loaded: Node | None) -> Iterator[tuple[tuple[str, ...] | str, Path]]:
    """Every reference of a node with its place; text in place of a path says why it is none."""
    if loaded is not None:
        yield from _placed(loaded, ())
    for side in ("on_enter", "on_leave"):
        for index, action in enumerate(getattr(node, side)):
            for name, value in action.values.items():
                place = (side, index, action.kind, name)
                try:
                    for reference in Value(value).paths:
                        yield reference, place
                except ValueError as error:
                    yield str(error), place


def _placed(value: Any, path: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Every reference in a setting, however deep it lies, with its place."""
    if isinstance(value, Template):
        yield from ((reference, path) for reference in value.paths)
    elif isinstance(value, Value):
        if value.paths:
            yield from _within(value.source, path)
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _placed(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _placed(key, path)
            yield from _placed(item, (*path, key))
    elif isinstance(value, list | tuple | set | frozenset):
        for index, item in enumerate(value):
            yield from _placed(item, (*path, index))


def _within(source: Any, path: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Every reference in a JSON value, with its place."""
    if isinstance(source, str):
        yield from _placed(Template(source), path)
    elif isinstance(source, dict | list | tuple):
        for key, item in source.items() if isinstance(source, dict) else enumerate(source):
            if isinstance(key, str):  # the names in a body may hold references, too
                yield from _placed(Template(key), path)
            yield from _within(item, (*path, key))


def _words(flow: Flow, loaded: Mapping[int, Node]) -> set[str]:
    """Every word in the flow that can be the name of a variable: in templates, scripts and settings."""
    words: set[str] = set()
    waiting: list[Any] = [flow.correlation_id]
    for node in flow.nodes.values():
        waiting += [node.settings, *(action.values for action in (*node.on_enter, *node.on_leave))]
    for made in loaded.values():
        words.update(made.variables_set())
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            for word in _WORD.findall(value):
                parts = word.split(".")
                words.update(".".join(parts[: length + 1]) for length in range(min(len(parts), MAX_NAME_PARTS)))
    return words


MAX_NAME_PARTS = 8
