"""Main: the `botkit` command. It imports a command's file only when that command is run."""

import errno
import io
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from botkit import __version__
from botkit.cli.lazy import LazyGroup
from botkit.cli.output import FAILED, INTERRUPTED, NAMES, UNREAD, Output
from models.errors import BotkitError

COMMANDS = {
    "chat": ("botkit.cli.chat", "Chat with a bot in the terminal."),
    "check": ("botkit.cli.check", "Find what is wrong in a project."),
    "flow": ("botkit.cli.flow", "Format and draw flows, and print their JSON Schema."),
    "new": ("botkit.cli.new", "Write a project or a node to begin with."),
    "nlp": ("botkit.cli.nlp", "Train, test and look into language understanding."),
    "reference": ("botkit.cli.reference", "Print what every node or channel takes."),
    "serve": ("botkit.cli.serve", "Run a bot."),
    "trace": ("botkit.cli.trace", "See what happened in transactions."),
}
"""Every command with the module that holds it, as `command`, and its line in the help."""

HELP = """Conversational bots as text: flows, rules and channels in a folder.

\b
  botkit new project shop     write a project to begin with
  botkit check shop           find what is wrong in it
  botkit chat shop            talk to it in the terminal
  botkit serve shop           run it
"""
EPILOG = """\b
Exit codes:
  0    done
  1    something is wrong with the project or the files: errors were printed
  2    the command was not understood
  3    botkit could not do it: no connection, no permission, a port in use
  130  stopped with Ctrl+C
  141  nobody read the output to its end, as in `| head`

Colours are left out in a pipe, with --no-color, and where NO_COLOR is set."""


@click.group(
    cls=LazyGroup, table=COMMANDS, help=HELP, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)  # fmt: skip
@click.option("--no-color", is_flag=True, help="Print without colours.")
@click.version_option(__version__, message="botkit %(version)s")
@click.pass_context
def cli(context: click.Context, no_color: bool) -> None:
    context.obj = context.obj or Output()
    if no_color:
        context.obj.color = False


OF_WRITING = frozenset({errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC})
"""Errors that are about the output where they name no file."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    _open_missing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run(arguments)
    except BrokenPipeError:  # nobody reads what went wrong either
        code = UNREAD
    finally:
        _leave_unwritten()
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    """Run the command and say what went wrong; returns the exit code."""
    out = Output()
    try:
        code = cli.main(arguments, prog_name="botkit", standalone_mode=False, obj=out)
    except click.ClickException as error:
        error.show()
        out.as_json = out.as_json or "--json" in (sys.argv[1:] if arguments is None else arguments)
        out.tell_program(NAMES.get(error.exit_code, NAMES[FAILED]), error.format_message())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        about = error.filename or ("the output cannot be written" if error.errno in OF_WRITING else "")
        out.fail(": ".join(filter(None, (str(about), error.strerror or str(error)))))
    except BotkitError as error:
        out.fail_of(error)
    return code if isinstance(code, int) else 0


def _open_missing() -> None:
    """Put nothing in the place of a stream that was closed before (`<&-`), so that no file of ours gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - kept


def _leave_unwritten() -> None:
    """What is left in a buffer and cannot be written would fail once more at the exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
