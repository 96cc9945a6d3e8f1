"""Pipeline: components in order, of which a text passes only those that are needed for what is asked."""

import contextlib
import inspect
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError

from models.plugin import InvalidSettings, explain_all
from models.problem import did_you_mean
from models.utterance import IntentScore, Understanding, Why
from nlp.base import PARTS, USUAL_PARTS, Component, Context, Options
from nlp.clock import zone
from nlp.component_kinds import Kinds, component_kinds
from nlp.entities import RANK, Entities
from nlp.errors import ComponentFailed, InvalidData, InvalidPipeline, InvalidRequest, NlpError, OutOfTime
from nlp.language import Language
from nlp.language_codes import base_language, fault_of
from nlp.names import NAME_KINDS
from nlp.privacy import PrivacySettings
from nlp.project import Project
from nlp.spelling import Spelling
from nlp.text import clean
from nlp.yaml_lines import Place, read_yaml

DEFAULT_COMPONENTS = ("language", "tokens", "entities", "intents", "sentiment", "profanity", "answers")
"""What a project without a `pipeline.yaml` gets, in this order."""

MAX_COMPONENTS = 64
SETTINGS = ("components", "language", "privacy", "timezone")
UNKNOWN_SETTING = "unknown setting"
_encode = msgspec.msgpack.Encoder().encode


class Question(msgspec.Struct, frozen=True):
    """A text for `Pipeline.read_many`, with what `Pipeline.read` takes."""

    text: str
    want: tuple[str, ...] = USUAL_PARTS
    options: Mapping[str, Any] = {}
    now: int = 0
    deadline: float = 0.0


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
        self.language = base_language(language)
        self.timezone = timezone
        self.overruns: Counter[str] = Counter()
        """How often each kind of component took longer than its budget."""
        self._ready: set[int] = set()
        self._plans: dict[frozenset[str], tuple[tuple[int, Component], ...]] = {}
        _check(self.components)
        _check_timezone(timezone)

    def read(
        self,
        text: str,
        *,
        want: Iterable[str] = USUAL_PARTS,
        options: Options | Mapping[str, Any] | None = None,
        now: int = 0,
        language: str = "",
        deadline: float = 0.0,
    ) -> Understanding:
        """What is understood of a text, as far as it is wanted.

        `now`: the clock, milliseconds since 1970. `deadline`: see `Context`. Raises `InvalidRequest` for a part
        or an option that does not exist, `Unavailable` where something is not installed, `OutOfTime` past the
        deadline; no text makes it raise.
        """
        wanted = frozenset(want)
        understanding, context = self._begin(text, wanted, options, now, language, deadline)
        for number, component in self.plan(wanted):
            self._prepare(number, component)
            self._run(component, understanding, context)
        return understanding

    def read_many(self, questions: Sequence["Question"]) -> list[Understanding | NlpError]:
        """`read` for several texts at once: what is understood of each, or what failed, in the same order."""
        answers: list[Understanding | NlpError] = []
        for want, group in groupby(questions, key=lambda question: question.want):
            answers += self._read_group(frozenset(want), list(group))
        return answers

    def gains_from_batches(self, want: Iterable[str]) -> bool:
        """Whether several texts at once cost less than one after the other."""
        plan = self.plan(frozenset(want))
        return any(type(component).read_many is not Component.read_many for _, component in plan)

    def _read_group(self, wanted: frozenset[str], questions: Sequence["Question"]) -> list[Understanding | NlpError]:
        answers: list[Understanding | NlpError] = []
        contexts: list[Context | None] = []
        for asked in questions:
            try:
                understanding, context = self._begin(asked.text, wanted, asked.options, asked.now, "", asked.deadline)
            except NlpError as error:
                answers.append(error)
                contexts.append(None)
            else:
                answers.append(understanding)
                contexts.append(context)
        try:
            plan = self.plan(wanted)
            for number, component in plan:
                self._prepare(number, component)
        except NlpError as error:
            return [error if context else answer for answer, context in zip(answers, contexts, strict=True)]
        for _, component in plan:
            open_rows = [
                (place, answer, context)
                for place, (answer, context) in enumerate(zip(answers, contexts, strict=True))
                if isinstance(answer, Understanding) and context is not None
            ]
            failed = self._run_many(component, [row[1:] for row in open_rows]) if len(open_rows) > 1 else None
            if failed is not None:
                for number, why in failed.items():
                    answers[open_rows[number][0]] = why
                continue
            for place, answer, context in open_rows:
                try:
                    self._run(component, answer, context)
                except NlpError as error:
                    answers[place] = error
        return answers

    def _begin(
        self, text: str, wanted: frozenset[str], options: Options | Mapping[str, Any] | None, now: int, language: str,
        deadline: float,
    ) -> tuple[Understanding, Context]:  # fmt: skip
        chosen = read_options(options)
        if language:
            chosen = msgspec.structs.replace(chosen, language=language)
        spoken = base_language(chosen.language or chosen.previous_language or self.language)
        text, truncated = clean(text)
        understanding = Understanding(text=text, language=spoken, truncated=truncated)
        context = Context(
            want=wanted, now=now or chosen.now, language=spoken, timezone=self.timezone, options=chosen,
            deadline=deadline,
        )  # fmt: skip
        return understanding, context

    def _run(self, component: Component, understanding: Understanding, context: Context) -> None:
        """Let a component read a text, and keep the books."""
        began = time.perf_counter()
        if context.deadline and time.monotonic() >= context.deadline:
            raise OutOfTime(f"the time was over before component {component.kind!r} began")
        spent = time.thread_time_ns()
        try:
            because = _line(component.read(understanding, context))
            if understanding.extra:  # ours put nothing there
                _encode(understanding.extra)
        except (NlpError, ImportError):
            raise
        except Exception as error:  # a component may be anybody's
            reason = f"{type(error).__name__}: {error}"[:500]
            raise ComponentFailed(f"component {component.kind!r} failed: {reason}") from error
        microseconds = (time.thread_time_ns() - spent) // 1000
        self._note(component, understanding, because, microseconds, time.perf_counter() - began)

    def _run_many(
        self, component: Component, rows: Sequence[tuple[Understanding, Context]]
    ) -> dict[int, NlpError] | None:
        """Let a component read several texts at once: what failed, by number; None if it must read one by one."""
        if type(component).read_many is Component.read_many:
            return None
        now = time.monotonic()
        if any(context.deadline and now >= context.deadline for _, context in rows):
            return None
        before = [_copy(understanding) for understanding, _ in rows]
        began, spent = time.perf_counter(), time.thread_time_ns()
        try:
            reasons = component.read_many([row[0] for row in rows], [row[1] for row in rows])
            if len(reasons) != len(rows):
                raise ValueError(f"{len(reasons)} answers to {len(rows)} texts")
            reasons = [reason if isinstance(reason, NlpError) else _line(reason) for reason in reasons]
        except Exception:  # one by one, it shows whose fault it is
            for (understanding, _), kept in zip(rows, before, strict=True):
                for name, value in kept.items():
                    setattr(understanding, name, value)
            return None
        microseconds = (time.thread_time_ns() - spent) // 1000 // len(rows)
        seconds = (time.perf_counter() - began) / len(rows)
        failed: dict[int, NlpError] = {}
        for number, because in enumerate(reasons):
            if isinstance(because, NlpError):
                failed[number] = because
            else:
                self._note(component, rows[number][0], because, microseconds, seconds)
        return failed

    def _note(
        self, component: Component, understanding: Understanding, because: str, microseconds: int, seconds: float
    ) -> None:
        overran = seconds * 1000 > component.budget_milliseconds
        if overran:
            self.overruns[component.kind] += 1
            because += f" (took {seconds * 1000:.0f} ms, its budget is {component.budget_milliseconds:g})"
        understanding.why.append(Why(component.kind, because, microseconds, overran))
        if self.project.titles and understanding.intents and "intent" in component.gives:
            self._add_titles(understanding)

    def _add_titles(self, understanding: Understanding) -> None:
        titles = self.project.titles
        understanding.intents = [
            IntentScore(row.intent, row.confidence, titles.get(row.intent, row.title)) for row in understanding.intents
        ]

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
        return Spelling(self.project, english=self.language == "en")

    def warm(self, want: Iterable[str] = PARTS) -> None:
        """Load what the parts need, so that the first text does not wait for it; parts that nothing gives are none.

        What a project's own components give is always among them: if one cannot be made ready, that is known at once.
        """
        given = {part for component in self.components for part in component.given_parts()}
        for number, component in self.plan(frozenset(given.intersection(want) | given.difference(PARTS))):
            self._prepare(number, component)
            if isinstance(component, Entities):
                component.warm(self._languages())

    def _languages(self) -> list[str]:
        """The project's own language, then the others that the pipeline tells apart."""
        apart = [component.languages for component in self.components if isinstance(component, Language)]
        return list(dict.fromkeys((self.language, *(code for languages in apart for code in languages))))

    def missing(self) -> list[NlpError]:
        """What the components need and this machine has not, looked at without loading it; each once."""
        found: dict[str, NlpError] = {}
        for component in self.components:
            try:
                component.check_machine(self.project)
            except NlpError as error:
                found.setdefault(error.message, error)
        return list(found.values())

    def _prepare(self, number: int, component: Component) -> None:
        if number in self._ready:
            return
        try:
            component.prepare(self.project, self.models)
        except (NlpError, ImportError):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:500]
            raise ComponentFailed(f"component {component.kind!r} cannot be made ready: {reason}") from error
        self._ready.add(number)

    def _make_plan(self, want: frozenset[str]) -> tuple[tuple[int, Component], ...]:
        given = {part for component in self.components for part in component.given_parts()}
        if unknown := sorted(want - given - set(PARTS)):  # ours stay empty where no component gives them
            raise InvalidRequest(
                f"no component gives {', '.join(unknown)}: this pipeline gives {', '.join(sorted(given))}"
            )
        open_parts, chosen = set(want), []
        for number in range(len(self.components) - 1, -1, -1):
            component = self.components[number]
            if open_parts.intersection(component.given_parts()):
                open_parts.update(component.needs, component.heeds)
                chosen.append((number, component))
        return tuple(reversed(chosen))


def _copy(understanding: Understanding) -> dict[str, Any]:
    """The fields as they are now; what a component adds to a list afterwards is not in them."""
    fields = msgspec.structs.asdict(understanding)
    return {name: value.copy() if isinstance(value, list | dict) else value for name, value in fields.items()}


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
    settings = project.settings
    language, timezone = settings.get("language", "en"), settings.get("timezone", "UTC")
    rows = settings.get("components", list(DEFAULT_COMPONENTS))
    faults: list[Fault] = [
        Fault((name,), f"unknown setting {name!r}: {_known(name, SETTINGS)}")
        for name in settings
        if name not in SETTINGS
    ]
    if not isinstance(language, str) or not isinstance(timezone, str):
        faults.append(Fault(("language",), "language and timezone are texts, such as en and Europe/London"))
        language, timezone = "en", "UTC"
    if fault := fault_of(language):
        faults.append(Fault(("language",), fault))
    try:
        _check_timezone(timezone)
    except InvalidPipeline as error:
        faults.append(Fault(("timezone",), error.message))
        timezone = "UTC"
    components: list[Component] = []
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_COMPONENTS:
        faults.append(Fault(("components",), f"components is a list of 1 to {MAX_COMPONENTS} kinds"))
    else:
        kinds = component_kinds(project.folder)
        for place, row in enumerate(rows):
            found = _component(row, kinds, ("components", place))
            if isinstance(found, Component):
                components.append(found)
            else:
                faults += found
    faults += _read_privacy(project)[1]
    if not faults:
        try:
            return Pipeline(components, project, models=models, language=language, timezone=timezone)
        except InvalidPipeline as error:
            faults.append(Fault(("components",), error.message))
    raise _invalid(project, faults)


class Fault(NamedTuple):
    """Something wrong in `pipeline.yaml`, and where."""

    path: tuple[str | int, ...]
    message: str


def _invalid(project: Project, faults: Sequence[Fault]) -> InvalidPipeline:
    """One error that tells all of them, each with its line where the settings come from a file."""
    rows = [(line_of(project, fault.path), fault.message) for fault in faults]
    said = "; ".join(f"{message} (line {line})" if line else message for line, message in rows)
    return InvalidPipeline(f"pipeline.yaml: {said}", tuple(rows))


def line_of(project: Project, path: tuple[str | int, ...]) -> int:
    """The line of the nearest value on the way to a setting; 0 without a file."""
    if project.folder is None or not (file := project.folder / "pipeline.yaml").is_file():
        return 0
    try:
        place = read_yaml(file, project.folder)
    except InvalidData:  # it has changed meanwhile
        return 0
    with contextlib.suppress(InvalidData, KeyError):
        for part in path:
            inside: Mapping[Any, Place] = (
                dict(enumerate(place.items())) if place.is_list else place.as_mapping().fields(None)
            )
            place = inside[part]
    return place.line


def _known(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    return did_you_mean(name, names) or f"{', '.join(names)} are known"


def read_privacy(project: Project) -> PrivacySettings | None:
    """What a project wants masked; None where it says nothing. Raises `InvalidPipeline`."""
    found, faults = _read_privacy(project)
    if faults:
        raise _invalid(project, faults)
    return found


def _read_privacy(project: Project) -> tuple[PrivacySettings | None, list[Fault]]:
    if "privacy" not in project.settings:
        return None, []
    try:
        found = PrivacySettings.model_validate(project.settings["privacy"] or {})
    except ValidationError as error:
        rows = [(("privacy", *path), message) for path, message in explain_all(error)]
        return None, [Fault(path, f"{'.'.join(map(str, path))}: {message}") for path, message in rows]
    marked = (slot.entity for row in project.utterances for slot in row.slots)
    known = {*RANK, *(rule.name for rule in project.entities), *marked, *(NAME_KINDS if _finds_names(project) else ())}
    ours = not (project.folder and any((project.folder / "components").glob("*.py")))
    return found, [
        Fault(("privacy", "mask", place), f"privacy: nothing finds entities called {kind!r}: {_known(kind, known)}")
        for place, kind in enumerate(found.mask)
        if ours and kind not in known
    ]


def _finds_names(project: Project) -> bool:
    rows = project.settings.get("components")
    return isinstance(rows, list) and any(
        isinstance(row, dict) and row.get("kind") == "entities" and bool(row.get("ner")) for row in rows
    )


def _component(row: Any, kinds: Kinds, where: tuple[str | int, ...]) -> Component | list[Fault]:
    """`tokens`, or `{kind: tokens, model: ...}`; what is wrong with it otherwise."""
    settings = {"kind": row} if isinstance(row, str) else row
    if not isinstance(settings, dict) or not isinstance(settings.get("kind"), str):
        return [Fault(where, "a component is a kind, or settings with a 'kind'")]
    settings = dict(settings)
    kind = settings.pop("kind")
    if kind not in kinds:
        return [Fault(where, "; ".join([f"unknown component {kind!r}: {_known(kind, kinds)}", *kinds.broken]))]
    try:
        return kinds[kind].load(settings)
    except InvalidSettings as error:
        faults = []
        for path, why in error.problems:
            shown = ".".join(map(str, path))
            said = _explained(kinds[kind], path, why)
            faults.append(Fault((*where, *path), f"{kind}: {shown}: {said}" if shown else f"{kind}: {said}"))
        return faults


def _explained(component: type[Component], path: tuple[str | int, ...], why: str) -> str:
    """Why a setting cannot be, with the one that is probably meant where there is none of that name."""
    close = did_you_mean(str(path[0]), component.model_fields) if path and why == UNKNOWN_SETTING else ""
    return f"{why}, {close}" if close else why


def _line(because: object) -> str:
    """What `read` said led to its answer; it may say nothing."""
    if because is None:
        return ""
    if not isinstance(because, str):
        raise TypeError(f"read() gave {type(because).__name__}, not a line of text that says why")
    return because


def _check(components: tuple[Component, ...]) -> None:
    """Each component reads; its needs are given by one before it, and no part is given twice."""
    given: dict[str, str] = {}
    for component in components:
        kind = type(component)
        if kind.read is Component.read and kind.read_many is Component.read_many:
            raise InvalidPipeline(f"component {component.kind!r} does not say what it does: define read()")
        if inspect.iscoroutinefunction(kind.read) or inspect.iscoroutinefunction(kind.read_many):
            raise InvalidPipeline(f"component {component.kind!r} awaits: write `def read(self, ...)`, without async")
        lists: tuple[object, ...] = (component.needs, component.heeds, component.given_parts())
        if any(isinstance(names, str) for names in lists):
            raise InvalidPipeline(
                f'component {component.kind!r}: write gives, needs and heeds as tuples: `gives = ("part",)`'
            )
        for part in component.needs:
            if part not in given:
                later = next((other.kind for other in components if part in other.given_parts()), "")
                advice = f"move {later!r} before it" if later else "add a component that gives it"
                raise InvalidPipeline(
                    f"component {component.kind!r} needs {part}, which nothing before it gives: {advice}"
                )
        for part in component.given_parts():
            if part in given:
                raise InvalidPipeline(f"components {given[part]!r} and {component.kind!r} both give {part}: remove one")
            given[part] = component.kind


def _check_timezone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise InvalidPipeline(str(error)) from None
