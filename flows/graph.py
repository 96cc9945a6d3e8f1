"""Graph: what follows from a flow's edges alone: what can be reached, and where one can go in circles."""

from collections.abc import Callable, Collection, Iterator, Mapping

from models.flow import START, Flow, Node

Edges = Mapping[int, Collection[int]]


def successors(flow: Flow) -> dict[int, list[int]]:
    """The nodes that each node leads to, in order, each once; edges to missing nodes are left out."""
    nodes = flow.nodes
    return {
        number: list(dict.fromkeys(edge.node for edge in node.next.values() if edge.node in nodes))
        for number, node in nodes.items()
    }


def distances(flow: Flow, edges: Edges) -> dict[int, int]:
    """How many edges lie between Start and each node that can be reached; the error handler counts as one."""
    reached = {START: 0} if START in flow.nodes else {}
    line = list(reached)
    handler = flow.on_error
    while line:
        following = []
        for number in line:
            for target in edges[number]:
                if target not in reached:
                    reached[target] = reached[number] + 1
                    following.append(target)
        if not following and handler in flow.nodes and handler not in reached:
            reached[handler] = 1
            following.append(handler)
        line = following
    return reached


def walked(flow: Flow, leads: Callable[[Node, str], bool]) -> set[int]:
    """The nodes that can be reached from Start or the error handler by the outcomes that lead on."""
    line = [number for number in (START, flow.on_error) if number in flow.nodes]
    reached = set(line)
    while line:
        node = flow.nodes[line.pop()]
        for outcome, edge in node.next.items():
            if edge.node in flow.nodes and edge.node not in reached and leads(node, outcome):
                reached.add(edge.node)
                line.append(edge.node)
    return reached


def cycles(edges: Edges, among: Collection[int]) -> Iterator[list[int]]:
    """The groups of nodes that can be walked for ever without leaving `among`, sorted by number.

    Tarjan's strongly connected components, without recursion: flows may have thousands of nodes.
    """
    inside = set(among)
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    for root in sorted(inside):
        if root in index:
            continue
        work: list[tuple[int, Iterator[int]]] = []

        def enter(number: int, work: list[tuple[int, Iterator[int]]] = work) -> None:
            index[number] = low[number] = len(index)
            path.append(number)
            on_path.add(number)
            work.append((number, iter(edges[number])))

        enter(root)
        while work:
            number, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[number])
                if low[number] == index[number]:
                    group = _pop_group(number, path, on_path)
                    if len(group) > 1 or number in edges[number]:
                        yield sorted(group)
            elif target not in inside:
                continue
            elif target not in index:
                enter(target)
            elif target in on_path:
                low[number] = min(low[number], index[target])


def _pop_group(number: int, path: list[int], on_path: set[int]) -> list[int]:
    group = []
    while True:
        member = path.pop()
        on_path.discard(member)
        group.append(member)
        if member == number:
            return group
