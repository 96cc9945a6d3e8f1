"""Catalogue: every node, channel and NLP component there is: our own, installed ones, and a project's nodes."""

import hashlib
import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import TypeAdapter

from channels.base import Channel
from flows.base import Node
from flows.flow_reader import NODE_KEYS
from models.flow import Outcome
from models.plugin import InvalidSettings, Plugin
from models.problem import Problem, did_you_mean
from models.service import Asset
from nlp.plain_file import plain_file_size

MAX_NODE_FILES = 500
_FIELDS_OF_ASSET = ("asset", "number")


@dataclass(frozen=True)
class Catalog:
    """The classes by kind, and what is wrong with those that could not be taken in."""

    nodes: Mapping[str, type[Node]]
    channels: Mapping[str, type[Channel]]
    nlp: Mapping[str, type[Plugin]]
    problems: tuple[Problem, ...] = ()

    def channel_for(self, asset: Asset) -> Channel:
        """The adapter that serves an asset; raises `InvalidSettings`."""
        provider = asset.provider or asset.channel
        kind = self.channels.get(provider)
        if kind is None:
            message = f"there is no provider {provider!r}"
            hint = did_you_mean(provider, self.channels)
            raise InvalidSettings(asset.id, [(("provider",), f"{message}: {hint}" if hint else message)])
        settings = {**asset.settings, "asset": asset.id}
        if asset.number:
            settings["number"] = asset.number
        if "channel_name" in kind.model_fields:
            settings.setdefault("channel_name", asset.channel)
        elif kind.channel != asset.channel:
            message = f"provider {provider!r} serves {kind.channel!r}, not {asset.channel!r}"
            raise InvalidSettings(asset.id, [(("channel",), message)])
        return kind.load(settings)


class _Classes(dict[str, Any]):
    """Classes by kind. To ask for one that could not be loaded tells why, with the trace: a test of it does so."""

    def __init__(self, sort: str, problems: list[Problem]) -> None:
        super().__init__()
        self._sort = sort
        self._problems = problems
        self.failures: dict[str, BaseException] = {}

    def __missing__(self, kind: str) -> Any:
        if not self._problems:
            raise KeyError(kind)
        cause = self.failures.get(kind) or next(iter(self.failures.values()), None)
        raise KeyError(f"there is no {self._sort} {kind!r}; {'; '.join(map(str, self._problems))}") from cause


@dataclass
class _Shelf:
    """The classes of one sort so far, with where each came from."""

    sort: str
    base: type[Plugin]
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    classes: _Classes = field(init=False)
    replaceable: set[str] = field(default_factory=set)
    """Kinds of ours whose place a package may take."""

    def __post_init__(self) -> None:
        self.classes = _Classes(self.sort, self.problems)

    def add(self, plugin: Any, origin: str, path: str = "", line: int = 0, *, ours: bool = False) -> None:
        """Take a class in, unless it is none of ours or its kind is taken. What an installed package gives has no path:
        it may be meant for other projects, and one that names what is not there has an error of its own."""
        if not (inspect.isclass(plugin) and issubclass(plugin, self.base)):
            self._refuse("not_a_plugin", f"{origin} is not a {self.base.__name__}", path, line,
                         f"make it a class that extends {self.base.__name__}")  # fmt: skip
            return
        kind = getattr(plugin, "kind", "")
        if not isinstance(kind, str) or not kind:
            self._refuse("no_kind", f"{origin} does not say its kind", path, line,
                         'add `kind = "..."` to the class, without a type')  # fmt: skip
        elif kind in self.classes and self.classes[kind] is not plugin and kind not in self.replaceable:
            message = f"two {self.sort}s are called {kind!r}: {self.origins[kind]} and {origin}"
            self._refuse("same_kind", message, path, line, "rename one of the two")
        elif wrong := _wrong_in(plugin) or ("" if ours else _wrong_in_settings(plugin)):
            self._refuse("wrong_class", f"{origin}: {wrong}", path, line, "see docs/extending.md")
        else:
            self.classes[kind] = plugin
            self.origins[kind] = origin
            self.replaceable.discard(kind)

    def _refuse(self, code: str, message: str, path: str, line: int, hint: str) -> None:
        severity: Literal["error", "warning"] = "error" if path or code == "same_kind" else "warning"
        self.problems.append(Problem(severity, code, message, path, line, hint=hint))


def _wrong_in(plugin: type[Plugin]) -> str:
    """What a class says that nobody could make use of; nothing where all is right."""
    if issubclass(plugin, Node):
        return _wrong_in_node(plugin)
    return _wrong_in_channel(plugin) if issubclass(plugin, Channel) else ""


def _wrong_in_channel(channel: type[Channel]) -> str:
    """The same for an adapter."""
    if not isinstance(getattr(channel, "channel", None), str):
        return 'it does not say which channel it serves: add `channel = "..."`'
    if channel.send is Channel.send:
        return "it does not say how to send: define `async def send(self, outgoing, http)`"
    return "" if _is_awaited(channel.send) else "send cannot be awaited: write `async def send(self, outgoing, http)`"


def _wrong_in_settings(plugin: type[Plugin]) -> str:
    """What keeps a class from being a schema; to ask costs too much for those that our own tests ask."""
    if not issubclass(plugin, Node | Channel):
        return ""
    try:
        plugin.model_json_schema(by_alias=True)
    except Exception as error:  # types of an extension may fail in any way
        for name, setting in plugin.model_fields.items():
            annotation: Any = setting.annotation
            try:
                TypeAdapter(annotation).json_schema()
            except Exception:
                return f"setting {name!r} has a type that no file can hold: {_say(error)}"
        return f"its settings cannot be described: {_say(error)}"
    return ""


def _is_awaited(method: object) -> bool:
    return not inspect.isfunction(method) or inspect.iscoroutinefunction(inspect.unwrap(method))


def _wrong_in_node(node: type[Node]) -> str:
    """What a node's class says that no flow could make use of; nothing where all is right."""
    outcomes: Any = node.outcomes
    outputs: Any = node.outputs
    if not isinstance(outcomes, tuple | list) or not all(isinstance(outcome, Outcome) for outcome in outcomes):
        return 'outcomes is no tuple of outcomes: write `outcomes = (green("onSuccess"),)`, with the comma'
    if not isinstance(outputs, dict):
        return 'outputs is no dict: write `outputs = {"name": "what it is"}`'
    if node.run is Node.run and node.run_now is Node.run_now:
        return "it does not say what it does: define `async def run(self, turn)`"
    if node.waits and node.resume is Node.resume and node.resume_now is Node.resume_now:
        return "it waits, but does not say how to go on: define `async def resume(self, turn)`"
    for method in (node.run, node.resume):
        if not _is_awaited(method):
            return f"{method.__name__} cannot be awaited: write `async def {method.__name__}(self, turn)`"
    if taken := sorted({*node.model_fields} & {*NODE_KEYS}):
        return f"a setting cannot be called {taken[0]!r}, which every node has already: give it another name"
    return ""


def load_catalog(project: Path | None = None, *, components: bool = True) -> Catalog:
    """The catalogue, with the nodes in the `nodes` folder of a project.

    `components` says whether those of NLP are wanted: a bot that understands nothing has no use for their memory.
    """
    nodes, channels = _Shelf("node", Node), _Shelf("channel", Channel)
    nlp = _Shelf("component", _component() if components else Plugin)
    shelves = [(nodes, "flows.nodes", "botkit.nodes"), (channels, "channels", "botkit.channels")]
    if components:
        shelves.append((nlp, "nlp", "botkit.nlp"))
    for shelf, floor, _ in shelves:
        for plugin in importlib.import_module(floor).BUILT_IN:
            made = _import(plugin) if isinstance(plugin, str) else plugin
            shelf.add(made, f"{made.__module__}.{made.__name__}", ours=True)
    nlp.replaceable.update(nlp.classes)  # a saved flow names nodes, but a component is only what a pipeline makes of it
    for shelf, _, group in shelves:
        _add_installed(shelf, group)
    if project is not None:
        _add_files(nodes, project)
    problems = (*nodes.problems, *channels.problems, *nlp.problems)
    return Catalog(nodes.classes, channels.classes, nlp.classes, problems)


def _component() -> type[Plugin]:
    component: type[Plugin] = importlib.import_module("nlp.base").Component
    return component


def _import(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _add_installed(shelf: _Shelf, group: str) -> None:
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        try:
            shelf.add(entry.load(), entry.value)
        except (Exception, SystemExit) as error:  # a foreign package may fail in any way, without taking botkit along
            message = f"{shelf.sort} {entry.name!r} ({entry.value}) cannot be loaded: {_say(error)}"
            package = entry.dist.name if entry.dist else entry.value
            shelf.problems.append(Problem("warning", "cannot_load", message, hint=f"update or remove {package}"))


def _add_files(shelf: _Shelf, project: Path) -> None:
    files = sorted(file for file in (project / "nodes").glob("*.py") if not file.name.startswith("_"))
    if len(files) > MAX_NODE_FILES:
        message = f"a project has at most {MAX_NODE_FILES} files of nodes; the rest is left out"
        shelf.problems.append(Problem("error", "too_many_files", message, str(project / "nodes")))
    package = _package(project / "nodes")
    for file in files[:MAX_NODE_FILES]:
        path = str(file)
        try:
            module = _load_file(file, package)
        except (Exception, SystemExit) as error:  # the project's own code may fail in any way
            at, line = _place_of(file, error)
            message = _say(error) if at == file else f"{file.name} cannot be loaded: {_say(error)}"
            shelf.problems.append(Problem("error", "cannot_load", message, str(at), line,
                                          hint="mend it; `python -m pytest` shows the whole trace"))  # fmt: skip
            shelf.classes.failures[file.stem] = error
            continue
        found = list(_own_classes(module, shelf.base))
        if not found:
            shelf.problems.append(Problem("error", "no_node", "no class here extends Node", path,
                                          hint="`botkit new node NAME` writes one to begin with"))  # fmt: skip
        for plugin in found:
            shelf.add(plugin, f"nodes/{file.name}: {plugin.__name__}", path, _class_line(plugin))


def _load_file(file: Path, package: str) -> ModuleType:
    """A file as a module of the package that its folder is."""
    try:
        plain_file_size(file)
    except OSError as error:
        raise ImportError(f"cannot be read: {error.strerror}") from None
    name = f"{package}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _package(folder: Path) -> str:
    """A folder as a package, so that its files can import from each other: `from ._prices import PRICES`.

    Its name is its own, so that it meets no other of that name; what was imported from it before is read again.
    """
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    name = f"_botkit_project_{digest}"
    for known in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[known]
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    importlib.invalidate_caches()
    return name


def _own_classes(module: ModuleType, base: type[Plugin]) -> Iterator[type[Plugin]]:
    for value in list(vars(module).values()):
        own = inspect.isclass(value) and value.__module__ == module.__name__ and not value.__name__.startswith("_")
        if own and issubclass(value, base):
            yield value


def _class_line(plugin: type[Plugin]) -> int:
    try:
        return inspect.getsourcelines(plugin)[1]
    except (OSError, TypeError):
        return 0


def _place_of(file: Path, error: BaseException) -> tuple[Path, int]:
    """The file of the project, and the line in it, that an error came from: it may be one that `file` imports."""
    frames = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno or 0))
    folder = file.parent.resolve()
    for name, line in reversed(frames):
        found = Path(name).resolve()  # an import makes a path absolute that the command line did not
        if found.parent == folder:
            return file.with_name(found.name), line
    return file, 0


def _say(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}".partition("\n")[0].rstrip(": ")
