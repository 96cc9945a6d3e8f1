"""Component kinds: the components that a pipeline can name: ours, those of packages, a project's own."""

import importlib
import importlib.metadata
import importlib.util
import inspect
from pathlib import Path
from typing import cast

from nlp import BUILT_IN
from nlp.base import Component
from nlp.errors import InvalidPipeline

ENTRY_POINTS = "botkit.nlp"


class Kinds(dict[str, type[Component]]):
    """Components by their kinds. `broken` says what is wrong with packages that could not be taken in."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []


def component_kinds(folder: Path | None = None) -> Kinds:
    """Every component by its kind: ours, those of installed packages, those in the project's `components`.

    A later one takes the place of an earlier one of the same kind: a project's own goes before all others.
    Raises `InvalidPipeline` for one of these that cannot be imported; a package is needed by those who name it.
    """
    kinds = Kinds()
    kinds.update((found.kind, found) for found in map(_import, BUILT_IN))
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            found = _load(entry)
        except InvalidPipeline as error:
            kinds.broken.append(str(error))
        else:
            kinds[found.kind] = found
    if folder is not None:
        for file in sorted((folder / "components").glob("*.py")):
            kinds.update((found.kind, found) for found in _classes_in(file))
    return kinds


def _import(path: str) -> type[Component]:
    module, _, name = path.partition(":")
    return cast("type[Component]", getattr(importlib.import_module(module), name))


def _load(entry: importlib.metadata.EntryPoint) -> type[Component]:
    """The component of an installed package."""
    origin = f"entry point {entry.name!r} of package {entry.dist.name if entry.dist else 'unknown'!r}"
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:
        raise InvalidPipeline(f"{origin} fails on import: {type(error).__name__}: {error}") from error
    if not (inspect.isclass(found) and issubclass(found, Component) and isinstance(getattr(found, "kind", 0), str)):
        raise InvalidPipeline(f"{origin} is no component: name a class made from nlp.base.Component that has a kind")
    return found


def _classes_in(file: Path) -> list[type[Component]]:
    spec = importlib.util.spec_from_file_location(f"botkit_project_nlp_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise InvalidPipeline(f"{file.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InvalidPipeline(f"components/{file.name} fails on import: {type(error).__name__}: {error}") from error
    found = [
        value for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Component) and value.__module__ == module.__name__
        and not value.__name__.startswith("_")  # what several have in common
    ]  # fmt: skip
    for component in found:
        if not isinstance(getattr(component, "kind", 0), str):
            name = component.__name__
            raise InvalidPipeline(
                f'components/{file.name}: {name} does not say its kind: add `kind = "..."`, without a type,'
                f" or call it _{name} if others extend it"
            )
    return found
