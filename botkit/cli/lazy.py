"""LazyGroup: a command with commands of its own, each imported only when it is run."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from botkit.cli.output import UNREAD


class LazyGroup(click.Group):
    """A group that knows its commands by name, as (module, line in the help), and imports each when it is run.

    The module holds the command as `command`.
    """

    def __init__(self, *arguments: Any, table: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.table = table

    def invoke(self, ctx: click.Context) -> Any:
        """As ever, but where nobody reads the output any more (`| head`): click would exit as for an error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise click.exceptions.Exit(UNREAD) from None

    def make_context(self, *arguments: Any, **settings: Any) -> click.Context:
        """The same where it is the help or the version that nobody reads: they are printed here."""
        try:
            return super().make_context(*arguments, **settings)
        except BrokenPipeError:
            raise click.exceptions.Exit(UNREAD) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        command: click.Command = importlib.import_module(self.table[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.table:
            import difflib

            close = next(iter(difflib.get_close_matches(name, self.table, n=1)), "")
            ctx.fail(f"There is no command {name!r}." + (f" Did you mean {close!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in self.list_commands(ctx)])
