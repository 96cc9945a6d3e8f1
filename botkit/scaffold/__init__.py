"""Scaffold: what `botkit new` writes: the files beside this one, with `[[names]]` and KIND filled in."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

ENDING = ".txt"
"""Templates end in this, so that no tool takes them for code of botkit's own."""
_BLANK = re.compile(r"\[\[(\w+)\]\]")


def write(template: str, target: Path, values: dict[str, str]) -> list[Path]:
    """Write a template's files below `target`; returns them. Raises FileExistsError before it writes anything."""
    rendered = {
        target / name.replace("KIND", values.get("kind", "")): _fill(source.read_text(encoding="utf-8"), values)
        for name, source in _walk(files(__name__) / template, "")
    }
    for path in rendered:
        if path.exists():
            raise FileExistsError(str(path))
    for path, text in rendered.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    return sorted(rendered)


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            found += _walk(item, f"{prefix}{item.name}/")
        elif item.name.endswith(ENDING):
            found.append((prefix + item.name.removesuffix(ENDING), item))
    return found


def _fill(text: str, values: dict[str, str]) -> str:
    return _BLANK.sub(lambda match: values[match[1]], text)
