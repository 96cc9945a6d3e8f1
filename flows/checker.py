"""Checker: what keeps a flow from going live, and what its author should look at, all at once.

Errors keep a flow from going live. Warnings do not: an open red outcome without an error handler ends
the flow with 102, an unknown variable is empty text, an unreachable node costs nothing.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from flows.base import Node
from flows.document import Document
from flows.durations import write_duration
from flows.flow_reader import key_hint
from flows.graph import cycles, distances, successors, walked
from flows.references import check_references
from flows.setting_help import is_duration, setting_about, setting_names
from flows.templates import follow
from models.flow import BUILT_IN_OUTCOMES, FIRST_OWN_OUTCOME, MAX_OUTCOME, START, Flow, Outcome
from models.flow import Node as Drawn
from models.plugin import InvalidSettings
from models.problem import Problem, did_you_mean

START_KIND, CALL_KIND, END_KIND, DISCONNECT_KIND, NLP_KIND = "start", "call_flow", "end", "disconnect", "nlp"
RECEIVE_KIND = "receive"
MESSAGE_EVENTS = ("message", "mo")
MAX_SHOWN = 10
"""How many nodes a warning names that is about many."""


def check(
    checked: Document | Flow,
    kinds: Mapping[str, type[Node]],
    *,
    flows: Mapping[str, Flow] | None = None,
    intents: Collection[str] | None = None,
    lacking: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Every problem of a flow, in the order of its lines.

    `flows` are the flows that it can call and `intents` those that the NLP pipeline knows; None where
    this is not known, and then not checked. `lacking` are the methods of NLP nodes that the pipeline
    cannot do, each with the reason.
    """
    check = _Check(checked, kinds)
    check.start()
    for node in check.flow.nodes.values():
        check.node(node)
    check.errors()
    check.receives()
    check.graph()
    check.whole()
    if flows is not None:
        check.calls(flows)
    if intents is not None:
        check.intents(intents)
    check.methods(lacking or {})
    check.problems.extend(check_references(check.flow, check.loaded, check.problem))
    return sorted(check.problems, key=lambda problem: (problem.line, problem.column, problem.node))


class _Check:
    """The checks of one flow, and what they have found."""

    def __init__(self, checked: Document | Flow, kinds: Mapping[str, type[Node]]) -> None:
        self.document = checked if isinstance(checked, Document) else None
        self.flow = checked.flow if isinstance(checked, Document) else checked
        self.kinds = kinds
        self.problems: list[Problem] = list(self.document.problems) if self.document else []
        self.loaded: dict[int, Node] = {}
        self.open_errors: dict[int, list[str]] = {}

    def problem(
        self, code: str, message: str, node: int = 0, *path: str | int, hint: str = "", warning: bool = False
    ) -> Problem:
        """A problem with its place in the file."""
        line, column = self.document.locate(node, *path) if self.document else (0, 0)
        return Problem(
            severity="warning" if warning else "error", code=code, message=message,
            path=self.document.path if self.document else "", line=line, column=column,
            flow=self.flow.id, node=node, field=".".join(map(str, path)), hint=hint,
        )  # fmt: skip

    def add(
        self, code: str, message: str, node: int = 0, *path: str | int, hint: str = "", warning: bool = False
    ) -> None:
        self.problems.append(self.problem(code, message, node, *path, hint=hint, warning=warning))

    def start(self) -> None:
        """Start is node 2, and there is one."""
        starts = [number for number, node in self.flow.nodes.items() if node.kind == START_KIND]
        for number in starts:
            if number != START:
                self.add("start_number", f"node {number} is a Start, but only node {START} can be", number, "kind",
                         hint=f"make the flow begin at node {START}, and remove this one")  # fmt: skip
        if START not in starts and not (START in self.flow.nodes and not self.flow.nodes[START].kind):
            found = self.flow.nodes.get(START)
            message = f"node {START} is a {found.kind}, not a Start" if found else "the flow has no Start"
            self.add("no_start", message, START if found else 0, *(("kind",) if found else ("nodes",)),
                     hint=f"add `{START}: {{kind: start, accepts: [...], next: {{onBegin: ...}}}}`")  # fmt: skip

    def node(self, node: Drawn) -> None:
        """A node's kind, settings and edges."""
        if not node.kind:
            return
        kind = self.kinds.get(node.kind)
        if kind is None:
            self.add("unknown_kind", f"node {node.id}: there is no node of kind {node.kind!r}", node.id, "kind",
                     hint=did_you_mean(node.kind, self.kinds))  # fmt: skip
        else:
            try:
                loaded = kind.load(node.settings)
            except InvalidSettings as error:
                self._settings(node, kind, error)
            else:
                if fault := _fault(loaded):
                    self.add("broken_node", f"node {node.id}: {node.kind}: {fault}", node.id, "kind",
                             hint="mend the class of this node")  # fmt: skip
                else:
                    self.loaded[node.id] = loaded
                    self._outcomes(node, tuple(loaded.outcome_list()))
        for outcome, edge in node.next.items():
            self._edge(node, outcome, edge.node, edge.end)

    def _settings(self, node: Drawn, kind: type[Node], error: InvalidSettings) -> None:
        for found, message in error.problems:
            path = tuple(part for part in found if not str(part).startswith(_OF_PYDANTIC))
            shown = ".".join(map(str, path))
            if message == "unknown setting":
                *holder, name = map(str, path)
                empty = follow(node.settings, (*holder, name)) is None
                self.add("unknown_setting", f"node {node.id}: {'.'.join(holder) or node.kind} has no setting {name!r}",
                         node.id, *path, hint=key_hint(name, setting_names(kind, path[:-1]), empty=empty))  # fmt: skip
            elif message == "this setting is mandatory":
                self.add("missing_setting", f"node {node.id}: {node.kind} needs {shown!r}", node.id, *path,
                         hint=setting_about(kind, path))  # fmt: skip
            else:
                said, hint = _suggestion(message)
                if message == "expected text":
                    hint = _in_quotes(node.settings, path) or hint
                elif (bound := _BOUND.fullmatch(message)) and is_duration(kind, path):
                    said = f"expected {write_duration(float(bound[1]))} or {bound[2]}"
                where = f"node {node.id}: {shown}: " if shown else f"node {node.id}: "
                self.add("invalid_setting", where + said, node.id, *path, hint=hint or setting_about(kind, path))

    def _outcomes(self, node: Drawn, outcomes: tuple[Outcome, ...]) -> None:
        known = {outcome.name: outcome for outcome in outcomes}
        for name in node.next:
            if name not in known:
                self.add("unknown_outcome", f"node {node.id}: {node.kind} has no outcome {name!r}", node.id, "next",
                         name, hint=did_you_mean(name, known))  # fmt: skip
        still_open = [outcome for outcome in outcomes if outcome.name not in node.next]
        for outcome in still_open:
            if outcome.colour != "red":
                self.add("open_outcome", f"node {node.id}: outcome {outcome.name!r} leads nowhere", node.id, "next",
                         hint=f"add `{outcome.name}: ...` under next: a node, or `end`")  # fmt: skip
        errors = [outcome.name for outcome in still_open if outcome.colour == "red"]
        if errors and not self.flow.on_error:
            self.open_errors[node.id] = errors

    def errors(self) -> None:
        """Red outcomes that end the flow, in one line: one `on_error` mends them all."""
        if not self.open_errors:
            return
        first, *others = self.open_errors
        where = f"node {first}: after {' or '.join(self.open_errors[first])}"
        if others:
            shown = [str(number) for number in (first, *others[: MAX_SHOWN - 1])]
            left = len(others) + 1 - len(shown)
            where = f"after errors of nodes {', '.join(shown)}" + (f" and {left} more" if left else "")
        self.add("open_error_outcome", f"{where} the flow ends with 102", first, "next", warning=True,
                 hint="name a node in `on_error` of the flow, or lead them to nodes under next")  # fmt: skip

    def receives(self) -> None:
        """A Receive that waits for messages hears customers on every channel on which they come to it.

        Where a node asks for the channel, the way of some may be another one than that of others: what lies behind it
        is not looked at.
        """
        nodes = self.flow.nodes
        begins = _messages(nodes[START].settings.get("accepts")) if START in nodes else []
        waiting = {id: node for id, node in nodes.items() if node.kind == RECEIVE_KIND}
        heard = {id: events for id, node in waiting.items() if (events := _messages(node.settings.get("events")))}
        asking = {id for id, node in nodes.items() if _asks_for_channel(node)}
        unheard: dict[int, list[str]] = {}
        for event in begins:
            for id in walked(self.flow, partial(_leads, event=event, heard=heard, asking=asking)):
                if event not in heard.get(id, (event,)):
                    unheard.setdefault(id, []).append(event)
        for number, events in unheard.items():
            self.add("unheard", f"node {number}: who began the flow by {' or '.join(events)} is not heard here",
                     number, "events", warning=True, hint=f"add {', '.join(events)} to the events")  # fmt: skip

    def _edge(self, node: Drawn, outcome: str, target: int, end: int) -> None:
        where = ("next", outcome)
        if end:
            self._end(node.id, end, *where)
        elif target == START:
            self.add("edge_to_start", f"node {node.id}: {outcome!r} leads to Start", node.id, *where,
                     hint="lead to the node after Start")  # fmt: skip
        elif target not in self.flow.nodes:
            self.add("missing_node", f"node {node.id}: {outcome!r} leads to node {target}, which is not there", node.id,
                     *where, hint="add the node, or lead elsewhere")  # fmt: skip

    def _end(self, node: int, code: int, *where: str | int) -> None:
        """A code that the flow can end with: one that its outcomes name wrongly is told there."""
        if code in BUILT_IN_OUTCOMES or code in self.flow.outcomes:
            return
        known = ", ".join(str(number) for number in (*BUILT_IN_OUTCOMES, *filter(_may_be_own, self.flow.outcomes)))
        own = f"`{code}: what it means`" if _may_be_own(code) else f"one of {_OWN_OUTCOMES}"
        self.add("unknown_end", f"node {node}: the flow has no outcome {code}", node, *where,
                 hint=f"use {known}, or add {own} under outcomes")  # fmt: skip

    def graph(self) -> None:
        """What can be reached, steps back, and circles that nothing stops."""
        flow, edges = self.flow, successors(self.flow)
        reached = distances(flow, edges)
        for number in flow.nodes:
            if number not in reached and START in flow.nodes:
                self.add("unreachable", f"node {number} cannot be reached from Start", number, warning=True,
                         hint="lead an outcome to it, or remove it")  # fmt: skip
        waiting = {number for number, node in flow.nodes.items() if self._may_wait(node)}
        for number, targets in edges.items():
            for target in targets:
                back = (reached.get(target, 0), target) < (reached.get(number, 0), number)
                if back and target != START and number in edges[target]:
                    self._step_back(number, target, warning=bool({number, target} & waiting))
        for group in cycles(edges, [number for number in flow.nodes if number not in waiting]):
            shown = ", ".join(map(str, group[:10])) + (" ..." if len(group) > 10 else "")
            self.add("endless_loop", f"nodes {shown} can follow each other for ever without a wait" if len(group) > 1
                     else f"node {group[0]} can follow itself for ever without a wait",
                     group[0], "next", hint="put a node that waits into the circle: a Receive or a Delay")  # fmt: skip

    def _may_wait(self, node: Drawn) -> bool:
        loaded, kind = self.loaded.get(node.id), self.kinds.get(node.kind)
        return loaded.may_wait() if loaded else kind is None or kind.waits

    def _step_back(self, number: int, target: int, *, warning: bool) -> None:
        outcome = next(name for name, edge in self.flow.nodes[number].next.items() if edge.node == target)
        self.add("edge_back", f"node {number}: {outcome!r} leads back to node {target}, which comes just before",
                 number, "next", outcome, warning=warning,
                 hint="put a node between the two, such as one that counts the tries")  # fmt: skip

    def whole(self) -> None:
        """What concerns the flow as a whole."""
        flow = self.flow
        if flow.on_error and flow.on_error not in flow.nodes:
            self.add("missing_node", f"on_error leads to node {flow.on_error}, which is not there", 0, "on_error")
        elif flow.on_error == START:
            self.add("edge_to_start", "on_error leads to Start", 0, "on_error", hint="lead to another node")
        if flow.type == "voiceflow" and all(node.kind != DISCONNECT_KIND for node in flow.nodes.values()):
            self.add("no_disconnect", "a voiceflow needs a Disconnect node", 0, "type",
                     hint="add a node of kind disconnect where the call is over")  # fmt: skip
        for code in flow.outcomes:
            if not _may_be_own(code):
                name = BUILT_IN_OUTCOMES.get(code)
                message = f"{code} means {name} in every flow" if name else f"{code} is no outcome of a flow's own"
                self.add("invalid_outcome", message, 0, "outcomes", code, hint=f"use one of {_OWN_OUTCOMES}")
        for number, node in self.loaded.items():
            ends_with = getattr(node, "outcome", None)
            if flow.nodes[number].kind == END_KIND and isinstance(ends_with, int):
                self._end(number, ends_with, "outcome")

    def calls(self, flows: Mapping[str, Flow]) -> None:
        """Called flows are there, take what they are given, and do not call this one again."""
        for node_id, called in _calls(self.flow):
            if called in flows:
                self._inputs(node_id, flows[called])
            if called not in flows and called != self.flow.id:
                self.add("unknown_flow", f"node {node_id}: there is no flow {called!r}", node_id, "flow",
                         hint=did_you_mean(called, flows))  # fmt: skip
            elif path := _path_back(called, self.flow.id, {**flows, self.flow.id: self.flow}):
                shown = " -> ".join([self.flow.id, *path])
                self.add("recursive_call", f"node {node_id}: flows call each other in a circle: {shown}", node_id,
                         "flow", hint="lead back with an edge instead of a call")  # fmt: skip

    def _inputs(self, node_id: int, called: Flow) -> None:
        given = self.flow.nodes[node_id].settings.get("inputs")
        for name in given if isinstance(given, dict) else ():
            if name not in called.variables:
                self.add("unknown_input", f"node {node_id}: flow {called.id!r} has no variable {name!r}", node_id,
                         "inputs", name, hint=did_you_mean(name, called.variables) or f"add it to {called.id}",
                         warning=True)  # fmt: skip

    def intents(self, known: Collection[str]) -> None:
        """Intents that nodes name are trained."""
        for node_id, index, intent in missing_intents(self.flow, known):
            self.add("unknown_intent", f"node {node_id}: there is no intent {intent!r}", node_id, "intents", index,
                     hint=did_you_mean(intent, known))  # fmt: skip

    def methods(self, lacking: Mapping[str, str]) -> None:
        """NLP nodes use methods that the pipeline can do."""
        for node in self.flow.nodes.values():
            method = node.settings.get("method")
            if node.kind == NLP_KIND and isinstance(method, str) and method in lacking:
                self.add("lacking_method", f"node {node.id}: {method} is not possible, so it always leaves by "
                         "onFailure", node.id, "method", hint=lacking[method], warning=True)  # fmt: skip


_BOUND = re.compile(r"expected ([\d.]+) or (less|more)")
_OF_THE_CHANNEL = re.compile(r"\b(message\.(channel|event)|receive\.channel)\b")
_OWN_OUTCOMES = f"{FIRST_OWN_OUTCOME} to {MAX_OUTCOME}"


def _messages(events: Any) -> list[str]:
    """The events of a setting that are messages of customers."""
    listed = events if isinstance(events, list) else []
    parts = [(event, *event.partition(".")) for event in listed if isinstance(event, str)]
    return [event for event, sort, _, what in parts if what in MESSAGE_EVENTS and sort not in ("webhook", "custom")]


def _asks_for_channel(node: Drawn) -> bool:
    return bool(_OF_THE_CHANNEL.search(f"{node.settings} {node.on_enter} {node.on_leave}"))


def _leads(
    node: Drawn, outcome: str, *, event: str, heard: Mapping[int, Collection[str]], asking: Collection[int]
) -> bool:
    """Whether a customer who writes by this event can leave the node by the outcome, as far as can be told."""
    events = heard.get(node.id, ())
    return node.id not in asking and (outcome == event or event not in events or outcome not in events)


def _fault(node: Node) -> str:
    """What the code of a node does wrong when it is asked for its outcomes and outputs: it may be a project's own."""
    try:
        node.may_wait()
        outcomes = tuple(node.outcome_list())
        names = (*node.output_names(), *node.variables_set())
    except Exception as error:
        return f"it cannot tell its outcomes and outputs: {type(error).__name__}: {error}"
    if not all(isinstance(outcome, Outcome) for outcome in outcomes):
        return 'outcome_list() gives what is no outcome: write green("name")'
    return "" if all(isinstance(name, str) for name in names) else "a name of an output or a variable is no text"


def _in_quotes(settings: object, path: tuple[str | int, ...]) -> str:
    """How to write a number, or true or false, that is meant as text."""
    value: Any = settings
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return f'put it in quotes: "{json.dumps(value)}"' if isinstance(value, int | float) else ""


def _may_be_own(code: int) -> bool:
    return FIRST_OWN_OUTCOME <= code <= MAX_OUTCOME


_OF_PYDANTIC = ("[key]", "function-", "is-instance")
"""How the parts of an error's path begin that name no setting."""


def _suggestion(message: str) -> tuple[str, str]:
    """What a message says is wrong, and the way to mend it that it ends with, if it does."""
    for begin in (": did you mean ", ": use one of "):
        said, found, rest = message.rpartition(begin)
        if found:
            return said, found.removeprefix(": ") + rest
    return message, ""


def missing_intents(flow: Flow, known: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """The intents that nodes name and nobody trains: node, place in its list, name."""
    for node in flow.nodes.values():
        named = node.settings.get("intents")
        for index, intent in enumerate(named if isinstance(named, list) else ()):
            if isinstance(intent, str) and intent not in known:
                yield node.id, index, intent


def _calls(flow: Flow) -> Iterator[tuple[int, str]]:
    for node in flow.nodes.values():
        called = node.settings.get("flow")
        if node.kind == CALL_KIND and isinstance(called, str) and "$(" not in called:
            yield node.id, called


def _path_back(begin: str, goal: str, flows: Mapping[str, Flow]) -> list[str]:
    """The flows from one to another along calls, both included; nothing where there is no way."""
    came_from = {begin: ""}
    line = [begin]
    while line:
        name = line.pop()
        if name == goal:
            path = [name]
            while came_from[path[0]]:
                path.insert(0, came_from[path[0]])
            return path
        for _, called in _calls(flows[name]) if name in flows else ():
            if called not in came_from:
                came_from[called] = name
                line.append(called)
    return []
