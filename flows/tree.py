"""Tree: a YAML or JSON file as plain values that know where they stand."""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml.events import MappingStartEvent, ScalarEvent, SequenceStartEvent


class Scalar:
    """A single value. `text` is what was written, without quotes; `start` and `end` are offsets in the file."""

    __slots__ = ("column", "end", "end_line", "line", "start", "style", "text", "value")

    def __init__(self, event: ScalarEvent, text: str) -> None:
        self.line: int = event.start_mark.line + 1
        self.column: int = event.start_mark.column + 1
        self.start: int = event.start_mark.index
        self.end: int = event.end_mark.index
        self.style: str = event.style or ""
        # The parser lets a block scalar end where the next thing begins; nothing can stand beside its last line.
        self.end_line: int = self.line if self.style in ("|", ">") else event.end_mark.line + 1
        self.text = text
        self.value: Any = text

    def stand_after(self, key: "Scalar") -> None:
        """Stand where the key ends: for a value that is not written, which the parser sees further down."""
        self.start = self.end = key.end
        self.line = self.end_line = key.end_line
        self.column = key.column + key.end - key.start

    def data(self) -> Any:
        """The plain value."""
        return self.value


class Entry:
    """A key and what stands under it."""

    __slots__ = ("key", "value")

    def __init__(self, key: Scalar, value: "Tree") -> None:
        self.key = key
        self.value = value


class _Block:
    """Where a mapping or a sequence stands; `flow` says that it was written in braces or brackets."""

    __slots__ = ("column", "end", "end_line", "flow", "line", "start")

    def __init__(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        self.line: int = event.start_mark.line + 1
        self.column: int = event.start_mark.column + 1
        self.start: int = event.start_mark.index
        self.end: int = event.end_mark.index
        self.end_line: int = event.end_mark.line + 1
        self.flow = bool(event.flow_style)


class Mapping(_Block):
    """Keys and values, in order."""

    __slots__ = ("entries",)

    def __init__(self, event: MappingStartEvent) -> None:
        super().__init__(event)
        self.entries: list[Entry] = []

    def get(self, name: str) -> "Tree | None":
        """What stands under a key."""
        entry = self.entry(name)
        return entry.value if entry else None

    def entry(self, name: str) -> Entry | None:
        """A key with what stands under it."""
        return next((entry for entry in self.entries if entry.key.text == name), None)

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        return ((entry.key.text, entry) for entry in self.entries)

    def data(self) -> dict[str, Any]:
        """The plain value."""
        return {entry.key.text: entry.value.data() for entry in self.entries}


class Sequence(_Block):
    """Values in order."""

    __slots__ = ("items",)

    def __init__(self, event: SequenceStartEvent) -> None:
        super().__init__(event)
        self.items: list[Tree] = []

    def data(self) -> list[Any]:
        """The plain value."""
        return [item.data() for item in self.items]


Tree = Scalar | Mapping | Sequence
