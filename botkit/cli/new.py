"""New: `botkit new`: a project or a node to begin with."""

import keyword
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import click

from botkit.cli.output import FAILED, Output, output_of

_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KIND = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
MAX_KIND_LENGTH = 64


@click.group("new", help="Write a project or a node to begin with.")
def command() -> None:
    pass


@command.command("project", help="Write a project into the new directory NAME.")
@click.argument("name", type=click.Path(path_type=Path))
@click.pass_context
def project(context: click.Context, name: Path) -> None:
    out = output_of(context)
    folder = name.resolve().name
    if not _PROJECT.fullmatch(folder):
        out.fail(f"{folder!r} cannot be the name of a project", hint="use letters, digits, '-' and '_'", code=FAILED)
    if name.is_dir() and any(name.iterdir()):
        out.fail(f"{name} is not empty", hint="name a directory that is not there yet", code=FAILED)
    title = folder.replace("-", " ").replace("_", " ").capitalize()
    _write(out, "project", name, {"title": title})
    out.line()
    out.line(("Now try: ", "hint"), f"botkit chat {shlex.quote(str(name))}")


@command.command("node", help="Write a node called NAME, such as count_words, and its test.")
@click.argument("name")
@click.option("--directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".",
              help="The project; the current directory if not given.")  # fmt: skip
@click.pass_context
def node(context: click.Context, name: str, directory: Path) -> None:
    from botkit.catalog import load_catalog

    out = output_of(context)
    kind = name.replace("-", "_").lower()
    if not _KIND.fullmatch(kind) or keyword.iskeyword(kind) or len(kind) > MAX_KIND_LENGTH:
        out.fail(
            f"{name!r} cannot be the name of a node", hint="use small letters, digits and '_': count_words", code=FAILED
        )
    if not (directory / "botkit.toml").is_file() and not (directory / "nodes").is_dir():
        out.fail(
            f"there is no botkit.toml in {directory.resolve()}",
            hint="go to a project's directory, or name it with --directory",
            code=FAILED,
        )
    if kind in load_catalog(directory).nodes:
        out.fail(f"there is a node called {kind!r} already", hint="take another name", code=FAILED)
    values = {
        "kind": kind,
        "class": "".join(word.capitalize() for word in kind.split("_")),
        "title": kind.replace("_", " ").capitalize(),
    }
    _write(out, "node", directory, values)
    test = directory / "tests" / f"test_{kind}.py"
    out.line()
    out.line(("Now try: ", "hint"), f"python -m pytest {shlex.quote(str(test))}")
    if find_spec("pytest") is None:
        out.line(("It needs pytest: ", "hint"), "pip install pytest")


def _write(out: Output, template: str, target: Path, values: dict[str, str]) -> None:
    from botkit.scaffold import write

    try:
        for path in write(template, target, values):
            out.line("wrote ", (str(path), "title"))
    except BrokenPipeError:
        raise  # nobody reads what was written
    except FileExistsError as error:
        out.fail(f"{error} is there already", hint="remove it, or take another name", code=FAILED)
    except OSError as error:
        out.fail(f"cannot write {error.filename}: {error.strerror}")
