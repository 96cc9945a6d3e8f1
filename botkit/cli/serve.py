"""Serve: `botkit serve`: run a project until it is told to stop."""

import contextlib
import errno
import json
import os
import shlex
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from botkit.cli.output import COULD_NOT, Output, output_of, summary
from models.problem import has_errors

if TYPE_CHECKING:
    from botkit.app import App
    from botkit.project import Project
    from models.flow import FlowVersion
    from models.service import Asset

HINTS = {
    errno.EADDRINUSE: "another program listens there: choose another --port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose another --host",
    errno.EACCES: "ports below 1024 are for the administrator: choose another --port",
}
"""How to mend what keeps a server from listening."""


@click.command("serve")
@click.argument("directory", type=click.Path(path_type=Path), default=".")
@click.option("--host", help="The address to listen on (BOTKIT_HOST; 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port, 0 for any free one (BOTKIT_PORT; 8080).")
@click.option("--store", help="Where everything is kept, a file name (BOTKIT_STORE; .botkit/botkit.db in DIRECTORY).")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="BOTKIT_LOG_LEVEL; info.")
@click.pass_context
def command(
    context: click.Context, directory: Path, host: str | None, port: int | None, store: str | None,
    log_level: str | None,
) -> None:  # fmt: skip
    """Run the bot in DIRECTORY.

    Changed flows become new versions; live sessions finish on theirs. Stops gracefully on Ctrl+C.
    """
    _stand_hang_ups()
    from botkit.logs import set_up_logs
    from botkit.project import ProjectError, load_project
    from botkit.project_file import ENVIRONMENT
    from botkit.server.serving import run
    from botkit.stores.base import StoreFailed

    out = output_of(context)
    given = {"host": host, "port": port, "store": store, "log_level": log_level}
    try:
        project = load_project(directory, environ=os.environ, given=given)
    except ProjectError as error:
        out.fail_with(error.problems)
    if has_errors(project.problems):
        out.problems(project.problems, err=True)
        out.fail(f"{project.name} has errors and was not started", hint="`botkit check` shows them again", code=1)
    settings = project.settings
    set_up_logs(settings.log_level, settings.log_format)
    around = [problem for problem in project.problems if problem.path == ENVIRONMENT]
    out.problems(around, err=True)  # a later `botkit check` may have another environment
    if inside := [problem for problem in project.problems if problem not in around]:
        out.line((f"{summary(inside)}: `botkit check {shlex.quote(str(directory))}` shows them", "warning"), err=True)
    if _needs_nlp(project):
        out.line(("Warming up what understands text ...", "quiet"), err=True)
    try:
        run(project, settings, lambda app, url, versions: _announce(out, app, url, versions))
    except StoreFailed as error:
        out.fail(error.message, code=COULD_NOT)
    except BrokenPipeError:
        raise  # nobody reads what was announced
    except OSError as error:
        out.fail(
            f"cannot listen on {settings.host}:{settings.port}: {_reason(error)}",
            hint=HINTS.get(error.errno or 0, ""),
            code=COULD_NOT,
        )
    out.line("Stopped; nothing is lost.", err=True)


def _stand_hang_ups() -> None:
    """A SIGHUP before the server is there to take it must not end it: a supervisor would take that for wanted."""
    with contextlib.suppress(AttributeError, ValueError):  # no such signal here, or not the main thread
        signal.signal(signal.SIGHUP, lambda *_: None)  # not ignored: processes that we start would inherit that


def _reason(error: OSError) -> str:
    """What the system says of it; a name that is not known has numbers of its own."""
    return os.strerror(error.errno) if error.errno in HINTS else str(error.strerror or error)


def _needs_nlp(project: "Project") -> bool:
    return any(node.kind.startswith(("nlp", "sentiment", "profanity"))
               for flow in project.flows.values() for node in flow.nodes.values())  # fmt: skip


def _announce(out: Output, app: "App", url: str, versions: "Sequence[FlowVersion]") -> None:
    """Tell where the bot is and what to try."""
    project = app.project
    flows = ", ".join(f"{version.flow.id} v{version.version}" for version in versions)
    assets = [(asset, f"{id} ({asset.number})" if asset.number else id) for id, asset in project.assets.items()]
    first = max(len(word) for word in ("flows", *(asset.channel for asset, _ in assets)))
    second = max((len(name) for _, name in assets), default=0)
    out.line((f"{project.name} is running at {url}", "title"))
    out.line(f"  {'flows':<{first}}  {flows or 'none yet'}")
    for asset, name in assets:
        out.line(f"  {asset.channel:<{first}}  {name:<{second}}  {_address_of(asset, url)}")
    if project.hints:
        played = next((id for id, asset in project.assets.items() if asset.provider == "sandbox"), "")
        if played:
            out.line()
            out.line("Try it:")
            out.line(f"  curl {url}/sandbox/{played}/messages -d {body_of(project.hints[0])}")
            out.line(f"  curl '{url}/sandbox/{played}/messages?address=%2B15550000001'")
    out.line()
    out.line(("Press Ctrl+C to stop.", "quiet"))


def body_of(text: str) -> str:
    """What a customer says to the sandbox, as JSON quoted for the shell."""
    said = {"from": "+15550000001", "text": text}
    return shlex.quote(json.dumps(said, ensure_ascii=False, separators=(",", ":")))


def _address_of(asset: "Asset", url: str) -> str:
    """Where an asset can be tried, or where its provider brings what arrives."""
    if asset.provider == "sandbox":
        return f"{url}/sandbox"
    return f"{url}/demo/{asset.id}" if asset.channel == "inapp" else f"{url}/channels/{asset.id}"
