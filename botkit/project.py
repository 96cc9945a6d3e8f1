"""Project: a bot on disk: `botkit.toml`, `flows/*.flow.yaml`, `nlp/` and `nodes/*.py`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from botkit.catalog import Catalog, load_catalog
from botkit.config import ServerSettings
from botkit.project_checks import (
    check_assets,
    check_channels,
    check_names,
    check_parts,
    check_services,
    check_sources,
)
from botkit.project_file import ProjectError, read_project_file
from flows.checker import check
from flows.document import Document, FlowFileError, read_flow_file
from models.flow import Flow
from models.problem import Problem, did_you_mean
from models.service import Asset, Service
from nlp.doubts import doubts_of
from nlp.errors import InvalidData, InvalidPipeline
from nlp.pipeline import Pipeline, load_pipeline, read_privacy
from nlp.privacy import PrivacySettings
from nlp.project import NONE_OF_THESE, read_project

__all__ = ["Project", "ProjectError", "choose_flow", "load_project"]

FLOW_SUFFIXES = (".flow.yaml", ".flow.json")
MAX_FLOW_FILES = 2_000


class Project(msgspec.Struct, frozen=True):
    """A loaded project. It can be served when none of its `problems` is an error.

    `hints` are lines that `botkit serve` prints: what to try.
    """

    directory: Path
    name: str
    hints: tuple[str, ...]
    settings: ServerSettings
    assets: dict[str, Asset]
    services: tuple[Service, ...]
    documents: dict[str, Document]
    catalog: Catalog
    nlp_dir: Path | None
    problems: list[Problem]
    privacy: PrivacySettings | None = None

    @property
    def flows(self) -> dict[str, Flow]:
        """The flows by their ids."""
        return {id: document.flow for id, document in self.documents.items()}


def load_project(
    directory: Path,
    *,
    environ: Mapping[str, str],
    given: Mapping[str, Any] | None = None,
    require_secrets: bool = True,
) -> Project:
    """A project with every problem in it. Raises `ProjectError` when there is none to load.

    `given` are server settings from the command line. Without `require_secrets` a secret that is not
    there is only a warning.
    """
    found = read_project_file(directory, environ, given, require_secrets=require_secrets)
    catalog = load_catalog(directory, components=(directory / "nlp").is_dir())
    nlp_dir = directory / "nlp"
    language = _language(nlp_dir)
    documents, unread = _documents(directory / "flows")
    flows = {id: document.flow for id, document in documents.items()}
    problems = [*found.file.problems, *catalog.problems, *language.problems, *unread]
    lacking = _lacking(language.pipeline) if any(_uses_methods(flow) for flow in flows.values()) else {}
    for document in documents.values():
        problems += check(document, catalog.nodes, flows=flows, intents=language.intents, lacking=lacking)
    problems += check_assets(found, catalog)
    problems += check_services(found, flows, known=not unread)
    problems += check_channels(found, documents.values())
    problems += check_sources(found, catalog, documents.values())
    problems += check_names(found, documents.values())
    problems += check_parts(language.parts, documents.values())
    return Project(
        directory, found.name, found.hints, found.settings, found.assets, found.services, documents, catalog,
        nlp_dir if nlp_dir.is_dir() else None, problems, language.privacy,
    )  # fmt: skip


def _documents(folder: Path) -> tuple[dict[str, Document], list[Problem]]:
    """The flows of a folder by their ids, and what is wrong with files that give none."""
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    flow_files = [file for file in files if file.name.endswith(FLOW_SUFFIXES)]
    for file in files:
        if file not in flow_files and file.suffix in (".yaml", ".yml", ".json"):
            hint = f"call it {file.name.split('.')[0]}.flow{'.json' if file.suffix == '.json' else '.yaml'}"
            problems.append(Problem("warning", "not_a_flow_file", "left out: its name does not say that it is a flow",
                                    str(file), hint=hint))  # fmt: skip
    if len(flow_files) > MAX_FLOW_FILES:
        message = f"more than {MAX_FLOW_FILES:,} flows"
        return {}, [Problem("error", "too_many_flows", message, str(folder), hint="split the project")]
    for file in flow_files:
        try:
            document = read_flow_file(file)
        except FlowFileError as error:
            problems += error.problems
            continue
        other = documents.setdefault(document.flow.id, document)
        if other is not document:
            line, column = document.locate(0, "flow")
            message = f"flow {document.flow.id!r} is in {other.path} already"
            problems.append(
                Problem("error", "same_flow", message, str(file), line, column, hint="rename one of the two")
            )
    return documents, problems


class _Language(msgspec.Struct, frozen=True):
    """What flows can rely on: intents and parts, None where they cannot be read; what is masked; what is wrong."""

    problems: list[Problem]
    intents: Collection[str] | None = None
    parts: Collection[str] | None = None
    privacy: PrivacySettings | None = None
    pipeline: Pipeline | None = None


def _language(folder: Path) -> _Language:
    try:
        found = read_project(folder)
    except InvalidData as error:
        text = str(error).partition(": ")[2] or str(error)
        return _Language([Problem("error", "nlp_data", text, str(folder / error.file), error.line)])
    intents = {*found.intents, NONE_OF_THESE}
    if not folder.is_dir():  # a bot that understands nothing pays for no component
        return _Language([], intents)
    file = folder / "pipeline.yaml"
    where = str(file if file.is_file() else folder)
    try:
        pipeline = load_pipeline(found)
    except InvalidPipeline as error:
        faults = [(line, text.removeprefix("pipeline.yaml: ")) for line, text in error.faults]
        return _Language([Problem("error", "nlp_pipeline", text, where, line) for line, text in faults], intents)
    problems = [Problem("warning", "nlp_missing", row.message, where) for row in pipeline.missing()]
    problems += [
        Problem("warning", "nlp_doubt", row.message, where, row.line, hint=row.hint) for row in doubts_of(pipeline)
    ]
    parts = {part for component in pipeline.components for part in component.given_parts()}
    return _Language(problems, intents, parts, read_privacy(found), pipeline)


def _uses_methods(flow: Flow) -> bool:
    return any(node.kind == "nlp" for node in flow.nodes.values())


def _lacking(pipeline: Pipeline | None) -> dict[str, str]:
    """The methods of the NLP node that the project's pipeline can never do, with the reason."""
    from nlp.methods import lacking_methods  # it loads much, for a node that few flows have

    return lacking_methods(pipeline)


def choose_flow(documents: Mapping[str, Document], name: str) -> Document:
    """A flow by its id; raises `ProjectError` with the nearest name."""
    if name in documents:
        return documents[name]
    hint = did_you_mean(name, documents)
    raise ProjectError([Problem("error", "unknown_flow", f"there is no flow {name!r}", hint=hint)])
