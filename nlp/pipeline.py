"""Pipeline: components in order, of which a text passes only those that are needed for what is asked."""

import importlib
import importlib.metadata
import importlib.util
import inspect
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import msgspec

from models.plugin import InvalidSettings
from models.utterance import Understanding, Why
from nlp import BUILT_IN
from nlp.base import PARTS, Component, Context, Options
from nlp.errors import ComponentFailed, InvalidPipeline, InvalidRequest, NlpError
from nlp.moments import zone
from nlp.project import Project
from nlp.spelling import Spelling
from nlp.text import clean

DEFAULT_COMPONENTS = ("language", "tokens", "entities", "intents", "sentiment", "profanity")
"""What a project without a `pipeline.yaml` gets, in this order."""

MAX_COMPONENTS = 64
ENTRY_POINTS = "botkit.nlp"


class Pipeline:
    """Components in the order in which they run. Nothing heavy is loaded before `warm` or the first text."""

    def __init__(
        self,
        components: Iterable[Component],
        project: Project | None = None,
        *,
        models: Path | None = None,
        language: str = "en",
        timezone: str = "UTC",
    ) -> None:
        self.components = tuple(components)
        self.project = project or Project()
        self.models = models
        self.language = language
        self.timezone = timezone
        self._ready: set[int] = set()
        self._plans: dict[frozenset[str], tuple[tuple[int, Component], ...]] = {}
        _check(self.components)
        _check_timezone(timezone)

    def read(
        self,
        text: str,
        *,
        want: Iterable[str] = PARTS,
        options: Options | Mapping[str, Any] | None = None,
        now: int = 0,
        language: str = "",
    ) -> Understanding:
        """What is understood of a text, as far as it is wanted. `now`: the clock, milliseconds since 1970.

        Raises `InvalidRequest` for a part or an option that does not exist, `Unavailable` where
        something is not installed; no text makes it raise.
        """
        wanted = frozenset(want)
        chosen = read_options(options)
        spoken = language or chosen.language or self.language
        text, truncated = clean(text)
        understanding = Understanding(text=text, language=spoken, truncated=truncated)
        context = Context(
            want=wanted, now=now or chosen.now, language=spoken, timezone=self.timezone, options=chosen
        )  # fmt: skip
        for number, component in self.plan(wanted):
            self._prepare(number, component)
            began = time.thread_time_ns()
            try:
                because = component.read(understanding, context)
            except (NlpError, ImportError):
                raise
            except Exception as error:  # a component may be anybody's
                reason = f"{type(error).__name__}: {error}"[:500]
                raise ComponentFailed(f"component {component.kind!r} failed: {reason}") from error
            microseconds = (time.thread_time_ns() - began) // 1000
            understanding.why.append(Why(component.kind, because, microseconds))
        return understanding

    def plan(self, want: frozenset[str]) -> tuple[tuple[int, Component], ...]:
        """The components that have to run for the parts that are wanted, in order; kept for the next text."""
        plan = self._plans.get(want)
        if plan is None:
            plan = self._plans[want] = self._make_plan(want)
        return plan

    def component(self, kind: str) -> Component | None:
        """The component of a kind, ready to read; None where the pipeline has none."""
        for number, component in enumerate(self.components):
            if component.kind == kind:
                self._prepare(number, component)
                return component
        return None

    @cached_property
    def spelling(self) -> Spelling:
        """The project's words, for the spell check."""
        return Spelling(self.project)

    def warm(self, want: Iterable[str] = PARTS) -> None:
        """Load what the parts need, so that the first text does not wait for it."""
        for number, component in self.plan(frozenset(want)):
            self._prepare(number, component)

    def _prepare(self, number: int, component: Component) -> None:
        if number not in self._ready:
            component.prepare(self.project, self.models)
            self._ready.add(number)

    def _make_plan(self, want: frozenset[str]) -> tuple[tuple[int, Component], ...]:
        given = {part for component in self.components for part in component.gives}
        if unknown := sorted(want - given - {"language"}):  # without a component it is the project's own
            raise InvalidRequest(
                f"no component gives {', '.join(unknown)}: this pipeline gives {', '.join(sorted(given))}"
            )
        open_parts, chosen = set(want), []
        for number in range(len(self.components) - 1, -1, -1):
            component = self.components[number]
            if open_parts.intersection(component.gives):
                open_parts.update(component.needs)
                chosen.append((number, component))
        return tuple(reversed(chosen))


def read_options(options: Options | Mapping[str, Any] | None) -> Options:
    """Options from plain data; raises `InvalidRequest` that names the wrong one."""
    if isinstance(options, Options):
        return options
    try:
        return msgspec.convert(dict(options or {}), Options)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"NLP options: {error}") from None


def load_pipeline(project: Project, *, models: Path | None = None) -> Pipeline:
    """The pipeline that a project's `pipeline.yaml` describes, or the default one.

    Raises `InvalidPipeline` that names every wrong setting.
    """
    settings = dict(project.settings)
    language = settings.pop("language", "en")
    timezone = settings.pop("timezone", "UTC")
    rows = settings.pop("components", list(DEFAULT_COMPONENTS))
    if settings:
        raise InvalidPipeline(
            f"pipeline.yaml: unknown setting {sorted(settings)[0]!r}: language, timezone and components are known"
        )
    if not isinstance(language, str) or not isinstance(timezone, str):
        raise InvalidPipeline("pipeline.yaml: language and timezone are texts, such as en and Europe/London")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_COMPONENTS:
        raise InvalidPipeline(f"pipeline.yaml: components is a list of 1 to {MAX_COMPONENTS} kinds")
    kinds = component_kinds(project.folder)
    components = [_component(row, kinds) for row in rows]
    return Pipeline(components, project, models=models, language=language, timezone=timezone)


def _component(row: Any, kinds: Mapping[str, type[Component]]) -> Component:
    """`tokens`, or `{kind: tokens, model: ...}`."""
    settings = {"kind": row} if isinstance(row, str) else row
    if not isinstance(settings, dict) or not isinstance(settings.get("kind"), str):
        raise InvalidPipeline("pipeline.yaml: a component is a kind, or settings with a 'kind'")
    settings = dict(settings)
    kind = settings.pop("kind")
    if kind not in kinds:
        raise InvalidPipeline(f"pipeline.yaml: unknown component {kind!r}: {', '.join(sorted(kinds))} are known")
    try:
        return kinds[kind].load(settings)
    except InvalidSettings as error:
        raise InvalidPipeline(f"pipeline.yaml: {error.message}") from None


def component_kinds(folder: Path | None = None) -> dict[str, type[Component]]:
    """Every component by its kind: ours, those of installed packages, those in the project's `components`."""
    classes = [_import(path) for path in BUILT_IN]
    classes += [entry.load() for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)]
    if folder is not None:
        classes += [found for file in sorted((folder / "components").glob("*.py")) for found in _classes_in(file)]
    return {found.kind: found for found in classes}


def _import(path: str) -> type[Component]:
    module, _, name = path.partition(":")
    return cast("type[Component]", getattr(importlib.import_module(module), name))


def _classes_in(file: Path) -> list[type[Component]]:
    spec = importlib.util.spec_from_file_location(f"botkit_project_nlp_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise InvalidPipeline(f"{file.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InvalidPipeline(f"components/{file.name} fails on import: {type(error).__name__}: {error}") from error
    return [
        value for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Component) and value.__module__ == module.__name__
    ]  # fmt: skip


def _check(components: tuple[Component, ...]) -> None:
    """Each component's needs are given by one before it, and no part is given twice."""
    given: dict[str, str] = {}
    for component in components:
        for part in component.needs:
            if part not in given:
                later = next((other.kind for other in components if part in other.gives), "")
                advice = f"move {later!r} before it" if later else "add a component that gives it"
                raise InvalidPipeline(
                    f"component {component.kind!r} needs {part}, which nothing before it gives: {advice}"
                )
        for part in component.gives:
            if part in given:
                raise InvalidPipeline(f"components {given[part]!r} and {component.kind!r} both give {part}: remove one")
            given[part] = component.kind


def _check_timezone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise InvalidPipeline(str(error)) from None
