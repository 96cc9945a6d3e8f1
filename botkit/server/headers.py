"""Headers: those of a request, by their names in lower case, as text only where one is asked for."""

from collections.abc import Iterator, Mapping, Reversible


class Headers(Mapping[str, str]):
    """Where a header comes twice, the first counts."""

    __slots__ = ("_texts", "_values")

    def __init__(self, lines: Reversible[tuple[bytes, bytes]]) -> None:
        self._values = {name.lower(): value for name, value in reversed(lines)}
        self._texts: dict[str, str] = {}  # of those that were asked for

    def raw(self, name: bytes) -> bytes | None:
        """A header's bytes."""
        return self._values.get(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.encode() in self._values

    def any_of(self, names: frozenset[bytes]) -> bool:
        """Whether one of these is among them."""
        return not names.isdisjoint(self._values)

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        text = self._texts.get(name)
        if text is None:
            value = self._values.get(name.encode())
            if value is None:
                return default
            text = self._texts[name] = _text(value)
        return text

    def __getitem__(self, name: str) -> str:
        return _text(self._values[name.encode()])

    def __iter__(self) -> Iterator[str]:
        return (_text(name) for name in self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("utf-8", "surrogateescape")
