"""Flow: `botkit flow`: the schema of flow files, their canonical form, and a drawing of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from botkit.cli.output import FAILED, Output, count, output_of
from botkit.cli.paths import DIRECTORY, FILE_OR_DIRECTORY

if TYPE_CHECKING:
    from flows.base import Node
    from flows.document import Document


@click.group("flow", help="Format and draw flows, and print their JSON Schema.")
def command() -> None:
    pass


@command.command("schema", help="Print the JSON Schema of flow files, with the nodes of the project in DIRECTORY.")
@click.argument("directory", type=DIRECTORY, default=".")
@click.pass_context
def schema(context: click.Context, directory: Path) -> None:
    from flows.schema import flow_schema

    out = output_of(context)
    out.json(flow_schema(_kinds(directory, out)))


@command.command("fmt", help="Write flow files in canonical form. FILES may be directories.")
@click.argument("files", type=FILE_OR_DIRECTORY, nargs=-1, required=True)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if a file is not formatted.")
@click.pass_context
def fmt(context: click.Context, files: tuple[Path, ...], only_check: bool) -> None:
    from flows.document import FlowFileError
    from flows.formatter import format_file

    out = output_of(context)
    flow_files = _flow_files(files)
    changed = failed = 0
    for file in flow_files:
        try:
            differs = format_file(file, write=not only_check)
        except FlowFileError as error:
            out.problems(error.problems, err=True)
            failed += 1
        except OSError as error:
            out.fail(f"{file} cannot be written: {error.strerror}")
        else:
            if differs:
                changed += 1
                out.line((f"{file}: ", "title"), "not formatted" if only_check else "formatted")
    rest = len(flow_files) - changed - failed
    parts = [count(changed, "file") + (" to format" if only_check else " formatted")] if changed else []
    parts += [count(rest, "file") + " as it should be"] if rest else []
    out.line(", ".join(parts) or ("no flow files here" if not failed else ""))
    if failed or (only_check and changed):
        context.exit(FAILED)


@command.command("show", help="Draw the flow in PATH: a file, or a project and then the id of the FLOW.")
@click.argument("path", type=FILE_OR_DIRECTORY, default=".")
@click.argument("flow", required=False, default="")
@click.pass_context
def show(context: click.Context, path: Path, flow: str) -> None:
    from botkit.project import ProjectError, choose_flow, load_project
    from flows.document import FlowFileError, read_flow_file
    from flows.drawing import draw

    out = output_of(context)
    documents: list[Document] = []
    try:
        if path.is_file():
            documents = [read_flow_file(path)]
            kinds = _kinds(path.parent.parent, out)
        else:
            project = load_project(path, environ=os.environ, require_secrets=False)
            kinds = dict(project.catalog.nodes)
            documents = [choose_flow(project.documents, flow)] if flow else list(project.documents.values())
    except (FlowFileError, ProjectError) as error:
        out.fail_with(error.problems)
    for index, document in enumerate(documents):
        if index:
            out.line()
        for line in draw(document.flow, kinds):
            out.line(*line)


def _kinds(directory: Path, out: Output) -> "dict[str, type[Node]]":
    """The nodes there are, those of a project included; what is wrong with some goes to standard error."""
    from botkit.catalog import load_catalog

    catalog = load_catalog(directory)
    out.problems(catalog.problems, err=True)
    return dict(catalog.nodes)


def _flow_files(paths: tuple[Path, ...]) -> list[Path]:
    from botkit.project import FLOW_SUFFIXES

    found: list[Path] = []
    for path in paths:
        inside = [path / "flows", path] if path.is_dir() else []
        folder = next((folder for folder in inside if any(_flows_in(folder, FLOW_SUFFIXES))), None)
        found += [path] if path.is_file() else _flows_in(folder, FLOW_SUFFIXES) if folder else []
    return list(dict.fromkeys(found))


def _flows_in(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.name.endswith(suffixes))
