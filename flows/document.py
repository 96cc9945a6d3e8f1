"""Document: a flow file as it was read: the flow, its source, and where everything stands in it."""

from pathlib import Path

from flows.flow_reader import FlowReader, entries, whole_number
from flows.tree import Mapping, Sequence, Tree
from flows.yaml import FlowFileError, read_text, read_tree
from models.flow import Flow
from models.problem import Problem

__all__ = ["Document", "FlowFileError", "read_flow", "read_flow_file"]


class Document:
    """A flow with its text. `problems` are the errors of its shape; what they touch is left out of `flow`."""

    def __init__(self, flow: Flow, source: str, root: Mapping, path: str, problems: list[Problem]) -> None:
        self.flow = flow
        self.source = source
        self.path = path
        self.root = root
        self.problems = problems
        self._nodes = {whole_number(key): entry for key, entry in entries(root.get("nodes"))}

    def locate(self, node_id: int = 0, *path: str | int) -> tuple[int, int]:
        """Line and column, from 1, of a place in a node (0: in the flow itself), or of the nearest one around it.

        Parts of the path that the file does not have are passed over, as pydantic names more than is written.
        """
        at: Tree = self.root
        line, column = self.root.line, self.root.column
        if node_id:
            entry = self._nodes.get(node_id)
            if entry is None:
                return self.locate(0, "nodes")
            at, line, column = entry.value, entry.key.line, entry.key.column
        for part in path:
            if isinstance(at, Mapping):
                found = at.entry(str(part))
                if found:
                    at, line, column = found.value, found.key.line, found.key.column
            elif isinstance(at, Sequence) and isinstance(part, int) and 0 <= part < len(at.items):
                at = at.items[part]
                line, column = at.line, at.column
        return line, column


def read_flow_file(file: Path, *, path: str = "") -> Document:
    """The flow in a file; `path` is what problems call it. Raises `FlowFileError`."""
    return read_flow(read_text(file, path=path), path=path or str(file))


def read_flow(text: str, *, path: str = "") -> Document:
    """The flow in YAML 1.2 (or, where `path` ends in .json, JSON) text.

    Raises `FlowFileError` when it cannot be a flow at all; smaller errors are in `problems`.
    """
    root, problems = read_tree(text, path=path)
    if not isinstance(root, Mapping):
        message = "a flow file is a list of `key: value`"
        raise FlowFileError([*problems, Problem("error", "wrong_type", message, path, root.line, root.column,
                                                hint="begin with `flow: name-of-the-flow`")])  # fmt: skip
    reader = FlowReader(path, problems)
    flow = reader.flow(root)
    return Document(flow, text, root, path, reader.problems)
