"""Needed: what a session of a flow has to keep from one message to the next, worked out once for each version."""

from collections.abc import Iterable

from flows.base import Node
from flows.references import references_of
from flows.turn import NLP
from models.flow import Flow


def needed_names(flow: Flow, nodes: Iterable[tuple[int, Node]]) -> frozenset[str] | None:
    """The first words of all references in a flow (`n2`, `message`, `sms`); None where it may refer to anything.

    Session parameters and outputs of nodes that nothing refers to need not be stored with a session: they
    are most of it. A node that does not promise `static_references` may look for any name.
    """
    heads = {NLP}
    for number, node in nodes:
        if not node.static_references:
            return None
        heads.update(path[0] for path, _ in references_of(flow.nodes[number], node) if not isinstance(path, str))
    return frozenset(heads)
