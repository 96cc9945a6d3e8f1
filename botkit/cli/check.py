"""Check: `botkit check`: every problem of a project, with its place."""

import os
from pathlib import Path

import click

from botkit.cli.output import FAILED, count, json_option, output_of, plain_problems, summary
from models.problem import Problem, has_errors


@click.command("check", help="Find what is wrong in the project in DIRECTORY.\n\nExits with 1 when there are errors.")
@click.argument("directory", type=click.Path(path_type=Path), default=".")
@json_option("Print the problems as JSON.")
@click.option("--secrets", is_flag=True, help="Secrets that are not there are errors, as they are to `serve`.")
@click.pass_context
def command(context: click.Context, directory: Path, as_json: bool, secrets: bool) -> None:
    from botkit.project import ProjectError, load_project

    name, flows = "", -1
    try:
        project = load_project(directory, environ=os.environ, require_secrets=secrets)
        name, flows, problems = project.name, len(project.documents), project.problems
    except ProjectError as error:
        problems = error.problems
    out = output_of(context)
    if as_json:
        out.json(_plain(problems))
    else:
        out.problems(problems)
        if problems:
            out.line()
        failed = has_errors(problems)
        shown = f"{name}: " if name else ""
        style = "error" if failed else "warning" if problems else "green"
        out.line((f"{shown}{summary(problems)}", style), f" in {count(flows, 'flow')}" if flows >= 0 else "")
    if has_errors(problems):
        context.exit(FAILED)


def _plain(problems: list[Problem]) -> dict[str, object]:
    severities = [problem.severity for problem in problems]
    return {
        "ok": "error" not in severities,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "problems": plain_problems(problems),
    }
