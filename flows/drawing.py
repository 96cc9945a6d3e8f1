"""Drawing: a flow as lines of text, from Start downwards."""

from collections.abc import Mapping

from flows.base import Node
from models.flow import BUILT_IN_OUTCOMES, START, Edge, Flow
from models.flow import Node as Drawn

MAX_INDENT = 60
MAX_LABEL_LENGTH = 60
Span = tuple[str, str]
"""A piece of a line and its style: green, orange or red like its outcome, title, quiet, or nothing."""
Line = tuple[Span, ...]


def draw(flow: Flow, kinds: Mapping[str, type[Node]] | None = None) -> list[Line]:
    """The flow as lines of styled pieces. Each node is drawn once; an arrow leads to one that is drawn elsewhere.

    With `kinds`, outcomes have their colours and open ones are shown.
    """
    return _Drawing(flow, kinds or {}).lines()


def plain(lines: list[Line]) -> str:
    """Drawn lines as text without styles."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


class _Drawing:
    """A flow on its way to lines. What is still to draw lies on a stack, so that depth has no limit."""

    def __init__(self, flow: Flow, kinds: Mapping[str, type[Node]]) -> None:
        self.flow = flow
        self.kinds = kinds
        self.drawn: set[int] = set()
        self.out: list[Line] = []
        self.stack: list[tuple[str, int | Line]] = []

    def lines(self) -> list[Line]:
        flow = self.flow
        name = f"  {flow.name}" if flow.name else ""
        size = "1 node" if len(flow.nodes) == 1 else f"{len(flow.nodes)} nodes"
        self.out.append(((flow.id, "title"), (name, ""), (f"  ({flow.type}, {size})", "quiet")))
        self._tree(START, "")
        if flow.on_error in flow.nodes and flow.on_error not in self.drawn:
            self._tree(flow.on_error, "after errors")
        loose = [number for number in flow.nodes if number not in self.drawn]
        entered = {edge.node for number in loose for edge in flow.nodes[number].next.values()}
        for number in sorted(loose, key=lambda number: (number in entered, number)):
            if number not in self.drawn:
                self._tree(number, "not reached from Start")
        return self.out

    def _tree(self, root: int, title: str) -> None:
        if root not in self.flow.nodes:
            return
        self.out.append(())
        if title:
            self.out.append(((f"{title}:", "quiet"),))
        self.drawn.add(root)
        self.stack = [("", root)]
        while self.stack:
            prefix, item = self.stack.pop()
            if isinstance(item, tuple):
                self.out.append(item)
            else:
                self._node(prefix, item)

    def _node(self, prefix: str, number: int) -> None:
        """A node, its ends and ways back as leaves, and the nodes it leads to: the last one straight below."""
        node = self.flow.nodes[number]
        self.out.append(((prefix, "quiet"), *self._title(node)))
        colours = self._colours(node)
        new: dict[int, list[str]] = {}
        ends: dict[tuple[str, str], list[str]] = {}
        for outcome, edge in node.next.items():
            if edge.node in self.flow.nodes and (edge.node not in self.drawn or edge.node in new):
                self.drawn.add(edge.node)
                new.setdefault(edge.node, []).append(outcome)
            else:
                ends.setdefault((f" → {self._target(edge)}", ""), []).append(outcome)
        for outcome, colour in colours.items():
            if outcome not in node.next:
                ends.setdefault((f" {self._open(colour)}", "quiet"), []).append(outcome)
        leaves = [(*self._outcomes(names, colours), target) for target, names in ends.items()]
        waiting: list[tuple[str, int | Line]] = []
        for index, leaf in enumerate(leaves):
            last = index == len(leaves) - 1 and not new
            waiting.append(("", ((prefix + ("└─ " if last else "├─ "), "quiet"), *leaf)))
        for index, (target, outcomes) in enumerate(new.items()):
            named = self._outcomes(outcomes, colours)
            straight = index == len(new) - 1 or len(prefix) >= MAX_INDENT
            waiting.append(("", ((prefix + ("│ " if straight else "├─ "), "quiet"), *named)))
            waiting.append((prefix if straight else prefix + "│  ", target))
        self.stack.extend(reversed(waiting))

    def _title(self, node: Drawn) -> Line:
        label = " ".join(node.label.split())
        if len(label) > MAX_LABEL_LENGTH:
            label = label[: MAX_LABEL_LENGTH - 3] + "..."
        return ((f"{node.id} {node.kind}", "title"), (f"  {label}" if label else "", ""))

    def _target(self, edge: Edge) -> str:
        if edge.end:
            meaning = self.flow.outcomes.get(edge.end) or BUILT_IN_OUTCOMES.get(edge.end, "")
            return f"end {edge.end} {meaning}".rstrip()
        found = self.flow.nodes.get(edge.node)
        return f"{edge.node} {found.kind}" if found else f"{edge.node}, which is not there"

    def _open(self, colour: str) -> str:
        if colour == "red":
            return f"→ on_error {self.flow.on_error}" if self.flow.on_error else "(open: ends with 102)"
        return "(open)"

    def _outcomes(self, names: list[str], colours: Mapping[str, str]) -> Line:
        spans: list[Span] = []
        for name in names:
            spans += [(", ", "")] if spans else []
            spans.append((name, colours.get(name, "")))
        return tuple(spans)

    def _colours(self, node: Drawn) -> dict[str, str]:
        """The node's outcomes with their colours, as far as its settings can be read."""
        kind = self.kinds.get(node.kind)
        if kind is None:
            return {}
        try:
            return {outcome.name: outcome.colour for outcome in kind.load(node.settings).outcome_list()}
        except Exception:  # wrong settings, or a defect of a project's own node
            return {outcome.name: outcome.colour for outcome in kind.outcomes}
