"""Flow reader: the tree of a flow file as a Flow, and everything in it that has the wrong shape."""

from collections.abc import Callable, Iterable
from typing import Any

from flows.tree import Entry, Mapping, Scalar, Sequence, Tree
from flows.yaml import FlowFileError
from models.flow import FLOW_ID, MAX_NODES, SUCCESS, VARIABLE_NAME, Action, Edge, Flow, Node, Variable
from models.problem import Problem, did_you_mean

FLOW_KEYS = (
    "flow", "name", "type", "about", "session_key", "correlation_id", "variables", "outcomes", "on_error", "nodes",
    "layout",
)  # fmt: skip
"""The keys of a flow file, in the order in which the formatter writes them."""
NODE_KEYS = ("kind", "label", "notes", "on_enter", "on_leave", "next")
"""The keys of a node that are not its own settings."""
ACTION_KEYS = ("set", "log", "logbook")
FLOW_TYPES = ("flow", "voiceflow")
SESSION_KEYS = ("", "msisdn", "customerid", "address")
MAX_ID = 2**31 - 1
NOTHING = Action("set", {})
"""What stands for a broken action, so that those after it keep their places."""


Entries = Iterable[tuple[str, Entry]]


class FlowReader:
    """Turns the tree of a file into a Flow and collects what is wrong on the way."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.id = ""

    def flow(self, root: Mapping) -> Flow:
        self.id = self._flow_id(root)
        self._known_keys(root, FLOW_KEYS, "unknown_key", "a flow has no")
        nodes = self._mapping(root, "nodes", 0)
        if root.entry("nodes") is None:
            self._add(root, "missing_nodes", "the flow has no nodes", "nodes", hint="add `nodes:` with a Start, 2")
        return Flow(
            id=self.id,
            nodes=self._numbered(nodes, "nodes", self._node),
            name=self._text(root, "name", 0),
            type=self._choice(root, "type", FLOW_TYPES),
            about=self._text(root, "about", 0),
            session_key=self._choice(root, "session_key", SESSION_KEYS),
            correlation_id=self._text(root, "correlation_id", 0),
            variables=self._variables(self._mapping(root, "variables", 0)),
            outcomes=self._numbered(self._mapping(root, "outcomes", 0), "outcomes", self._outcome),
            on_error=self._on_error(root.get("on_error")),
            layout=self._numbered(self._mapping(root, "layout", 0), "layout", self._point),
        )

    def _flow_id(self, root: Mapping) -> str:
        found = root.get("flow")
        if isinstance(found, Scalar) and FLOW_ID.fullmatch(found.text):
            return found.text
        if found is None:
            self._add(
                root, "missing_flow_id", "the file does not say which flow it is", "flow",
                hint="begin with `flow: name-of-the-flow`",
            )  # fmt: skip
        else:
            shown = repr(found.text[:80]) if isinstance(found, Scalar) else "this"
            self._add(found, "invalid_flow_id", f"{shown} is no flow id", "flow",
                      hint="use up to 64 small letters, digits, '-' and '_'")  # fmt: skip
        raise FlowFileError(self.problems)

    def _node(self, number: int, tree: Tree) -> Node | None:
        if not isinstance(tree, Mapping):
            self._add(
                tree, "wrong_type", "a node is a list of `key: value`", "", number, hint="write at least its kind"
            )
            return None
        kind = tree.get("kind")
        if not isinstance(kind, Scalar) or not kind.text:
            self._add(kind or tree, "missing_kind", f"node {number} does not say its kind", "kind", number,
                      hint="add `kind: ...`")  # fmt: skip
        return Node(
            id=number,
            kind=kind.text if isinstance(kind, Scalar) else "",
            label=self._text(tree, "label", number),
            notes=self._text(tree, "notes", number),
            settings={name: entry.value.data() for name, entry in tree if name not in NODE_KEYS},
            on_enter=self._actions(tree, "on_enter", number),
            on_leave=self._actions(tree, "on_leave", number),
            next=self._edges(tree, number),
        )

    def _edges(self, node: Mapping, number: int) -> dict[str, Edge]:
        edges = {}
        for outcome, entry in self._mapping(node, "next", number):
            edge = self._edge(entry.value)
            if edge:
                edges[outcome] = edge
            else:
                self._add(entry.value, "invalid_edge", f"{outcome!r} leads nowhere", f"next.{outcome}", number,
                          hint="write the number of a node, `end`, or `end 103`")  # fmt: skip
        return edges

    def _edge(self, tree: Tree) -> Edge | None:
        if isinstance(tree, Scalar):
            value = tree.value
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID:
                return Edge(node=value)
            words = tree.text.split()
            if words == ["end"]:
                return Edge(end=SUCCESS)
            if len(words) == 2 and words[0] == "end" and (code := whole_number(words[1])):
                return Edge(end=code)
        elif isinstance(tree, Mapping) and len(tree.entries) == 1:
            key, value = tree.entries[0].key.text, tree.entries[0].value
            number = whole_number(value.text) if isinstance(value, Scalar) else 0
            if number and key in ("node", "end"):
                return Edge(node=number) if key == "node" else Edge(end=number)
        return None

    def _actions(self, node: Mapping, name: str, number: int) -> tuple[Action, ...]:
        found = node.get(name)
        if found is None:
            return ()
        if not isinstance(found, Sequence):
            self._add(found, "wrong_type", f"{name} is a list of actions", name, number,
                      hint="write `- set: {name: value}` below it")  # fmt: skip
            return ()
        return tuple(self._action(item, f"{name}.{index}", number) or NOTHING for index, item in enumerate(found.items))

    def _action(self, tree: Tree, field: str, number: int) -> Action | None:
        if not isinstance(tree, Mapping) or len(tree.entries) != 1:
            self._add(tree, "invalid_action", "an action is one of set, log and logbook", field, number,
                      hint="write each with a dash of its own: `- set: {name: value}`")  # fmt: skip
            return None
        kind, value = tree.entries[0].key.text, tree.entries[0].value
        if kind == "set" and isinstance(value, Mapping):
            for name, entry in value:
                if not VARIABLE_NAME.fullmatch(name):
                    self._bad_name(entry.key, name, field, number)
            return Action("set", {name: entry.value.data() for name, entry in value if VARIABLE_NAME.fullmatch(name)})
        if kind == "log" and isinstance(value, Scalar):
            return Action("log", {"text": value.text})
        if kind in ("log", "logbook") and isinstance(value, Mapping):
            return self._record(kind, value, field, number)
        if kind in ACTION_KEYS:
            self._add(value, "invalid_action", f"{kind} needs a list of `name: value`", field, number)
        else:
            self._add(tree, "invalid_action", f"there is no action {kind!r}", field, number,
                      hint=did_you_mean(kind, ACTION_KEYS))  # fmt: skip
        return None

    def _record(self, kind: str, value: Mapping, field: str, number: int) -> Action | None:
        known = ("id", "text", "value") if kind == "log" else ("logbook", "attribute", "value")
        before = len(self.problems)
        self._known_keys(value, known, "invalid_action", f"{kind} has no", number)
        identity = value.get("id")
        if identity and not (isinstance(identity, Scalar) and whole_number(identity.text)):
            self._add(identity, "invalid_action", "a log id is a whole number", f"{field}.id", number)
        for name in ("text", "logbook", "attribute"):
            found = value.get(name)
            if name in known and found and not isinstance(found, Scalar):
                self._add(found, "invalid_action", f"{name} is text", f"{field}.{name}", number)
        logbook = value.get("logbook")
        if kind == "logbook" and (logbook is None or (isinstance(logbook, Scalar) and not logbook.text)):
            self._add(value, "invalid_action", "which logbook?", field, number, hint="add `logbook: name`")
        if len(self.problems) > before:
            return None
        return Action("log" if kind == "log" else "logbook", value.data())

    def _variables(self, found: Entries) -> dict[str, Variable]:
        variables = {}
        for name, entry in found:
            field = f"variables.{name}"
            if not VARIABLE_NAME.fullmatch(name):
                self._bad_name(entry.key, name, field, 0)
                continue
            value = entry.value
            if isinstance(value, Mapping):
                self._known_keys(value, ("default", "about"), "unknown_key", f"variable {name!r} has no")
                default = value.get("default")
                variables[name] = Variable(default.data() if default else "", self._text(value, "about", 0))
            elif isinstance(value, Scalar):
                variables[name] = Variable("" if value.value is None else value.value)
            else:
                self._add(value, "wrong_type", f"variable {name!r} starts as a list, which stands under default", field,
                          hint=f"write `{name}: {{default: [...]}}`")  # fmt: skip
                variables[name] = Variable(value.data())
        return variables

    def _bad_name(self, key: Scalar, name: str, field: str, number: int) -> None:
        self._add(key, "invalid_variable_name", f"{name!r} cannot be the name of a variable", field, number,
                  hint="use letters, digits and '_', beginning with a letter")  # fmt: skip

    def _outcome(self, number: int, tree: Tree) -> str | None:
        if isinstance(tree, Scalar) and tree.text:
            return tree.text
        self._add(tree, "wrong_type", f"outcome {number} needs a few words that say what it means", "outcomes")
        return None

    def _on_error(self, tree: Tree | None) -> int:
        if tree is None:
            return 0
        number = whole_number(tree.text) if isinstance(tree, Scalar) else 0
        if not number:
            self._add(tree, "wrong_type", "on_error is the number of a node", "on_error")
        return number

    def _point(self, number: int, tree: Tree) -> tuple[float, float] | None:
        point = tree.data()
        if isinstance(point, list) and [type(part) in (int, float) for part in point] == [True, True]:
            return float(point[0]), float(point[1])
        self._add(tree, "wrong_type", f"the place of node {number} is two numbers", "layout", hint="write `[0, 0]`")
        return None

    def _numbered(self, found: Entries, field: str, make: Callable[[int, Tree], Any]) -> dict[int, Any]:
        if field == "nodes" and isinstance(found, Mapping) and len(found.entries) > MAX_NODES:
            self._add(found, "too_many_nodes", f"a flow has at most {MAX_NODES} nodes", field,
                      hint="move a part into a flow of its own and run it with a Call Flow node")  # fmt: skip
            raise FlowFileError(self.problems)
        made: dict[int, Any] = {}
        for name, entry in found:
            number = whole_number(name)
            if not number or str(number) != name:
                self._add(entry.key, "invalid_number", f"{name!r} is no whole number from 1", field,
                          hint="nodes and outcomes have numbers; a node's name goes into its label")  # fmt: skip
            elif (value := make(number, entry.value)) is not None:
                made[number] = value
        return made

    def _mapping(self, parent: Mapping, name: str, node: int) -> Entries:
        found = parent.get(name)
        if isinstance(found, Mapping):
            return found
        if found is not None and not (isinstance(found, Scalar) and found.value is None):
            self._add(found, "wrong_type", f"{name} is a list of `key: value`", name, node)
        return ()

    def _text(self, parent: Mapping, name: str, node: int) -> str:
        found = parent.get(name)
        if found is None or isinstance(found, Scalar):
            return found.text if found else ""
        self._add(found, "wrong_type", f"{name} is text", name, node)
        return ""

    def _choice(self, root: Mapping, name: str, choices: tuple[str, ...]) -> Any:
        found = root.get(name)
        if found is None or (isinstance(found, Scalar) and found.text in choices):
            return found.text if isinstance(found, Scalar) else choices[0]
        shown = repr(found.text[:80]) if isinstance(found, Scalar) else "this"
        listed = ", ".join(choice for choice in choices if choice)
        self._add(found, "invalid_choice", f"{shown} is no {name.replace('_', ' ')}", name, hint=f"use one of {listed}")
        return choices[0]

    def _known_keys(self, found: Mapping, known: tuple[str, ...], code: str, words: str, node: int = 0) -> None:
        for name, entry in found:
            if name not in known:
                empty = isinstance(entry.value, Scalar) and entry.value.value is None
                self._add(entry.key, code, f"{words} {name!r}", name, node, hint=key_hint(name, known, empty=empty))

    def _add(self, at: Tree, code: str, message: str, field: str, node: int = 0, *, hint: str = "") -> None:
        self.problems.append(
            Problem("error", code, message, self.path, at.line, at.column, self.id, node, field, hint=hint)
        )


def entries(tree: Tree | None) -> Entries:
    return tree if isinstance(tree, Mapping) else ()


def key_hint(name: str, known: Iterable[str], *, empty: bool) -> str:
    """How to mend a key that nobody knows; one without a value may be text that a comma in braces cut off."""
    close = did_you_mean(name, known)
    if not empty:
        return close
    if " " not in name and close.startswith("did you mean"):
        return f"{close} Or put text with a comma in quotes"
    return "put text with a comma in quotes"


def whole_number(text: str) -> int:
    """A whole number from 1, or 0 where the text is none."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_ID)) and int(text) <= MAX_ID:
        return int(text)
    return 0
