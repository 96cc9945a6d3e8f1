"""Trace: `botkit trace`: transactions, and every node that they visited."""

import asyncio
import os
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from botkit.cli.output import FAILED, Output, json_option, output_of

if TYPE_CHECKING:
    from botkit.stores.base import Store
    from models.transaction import Transaction

MAX_LIST = 1_000
T = TypeVar("T")
_directory = click.argument("directory", type=click.Path(path_type=Path), default=".")
_store = click.option("--store", help="Where everything is kept (BOTKIT_STORE; .botkit/botkit.db in DIRECTORY).")
_json = json_option()


@click.group("trace")
def command() -> None:
    """See what happened: which flows ran, and which nodes they walked. Works beside a running server."""


@command.command("list")
@_directory
@_store
@_json
@click.option("--flow", default="", help="Only this flow.")
@click.option("--limit", type=click.IntRange(1, MAX_LIST), default=20, show_default=True, help="How many.")
@click.pass_context
def list_command(
    context: click.Context, directory: Path, store: str | None, as_json: bool, flow: str, limit: int
) -> None:
    """List transactions, newest first."""
    from botkit.cli.walk import colour_of, when

    out = output_of(context)
    found = read_store(out, directory, store, lambda opened: opened.transactions(limit, flow=flow))
    if as_json:
        out.json([_summary(transaction) for transaction in found])
        return
    if not found:
        out.line(f"No transactions of the flow {flow!r}." if flow else "No transactions yet: send the bot a message.")
        return
    rows = [(each.id, when(each.started_at), each.flow, each.channel) for each in found]
    heads = ("transaction", "began", "flow", "channel")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    out.line(("  ".join(f"{head:<{width}}" for head, width in zip(heads, widths, strict=True)) + "  outcome", "title"))
    for each, row in zip(found, rows, strict=True):
        shown = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        out.line(f"{shown}  ", (str(each.outcome or "live"), colour_of(each.outcome)))


@command.command("show")
@click.argument("id")
@_directory
@_store
@_json
@click.pass_context
def show(context: click.Context, id: str, directory: Path, store: str | None, as_json: bool) -> None:
    """Show the transaction ID node by node."""
    out = output_of(context)
    from botkit.cli.walk import lines, read_walk

    found = read_store(out, directory, store, lambda opened: read_walk(opened, id)) if id.isascii() else None
    if found is None:
        out.fail(f"there is no transaction {id!r}", hint="`botkit trace list` shows those there are", code=FAILED,
                 name="unknown_transaction")  # fmt: skip
    if as_json:
        out.json(_plain(found.transaction))
        return
    for line in lines(found):
        out.line(*line)


def read_store(out: Output, directory: Path, store: str | None, ask: "Callable[[Store], Awaitable[T]]") -> T:
    """What `ask` finds in the store of a project, which is opened for reading only."""
    from botkit.stores.base import StoreFailed
    from botkit.stores.places import store_path
    from botkit.stores.sqlite import SqliteStore

    try:
        path = store_path(store or os.environ.get("BOTKIT_STORE") or _written_store(directory), directory)
    except StoreFailed as error:
        out.fail_of(error)
    if not path.is_file():
        out.fail(f"there is no store at {path}", hint="run `botkit serve` first, or name it with --store", code=FAILED,
                 name="no_store")  # fmt: skip

    async def read() -> T:
        opened = SqliteStore(path, read_only=True)
        await opened.open()
        try:
            return await ask(opened)
        finally:
            await opened.close()

    try:
        return asyncio.run(read())
    except StoreFailed as error:
        out.fail_of(error)


def _written_store(directory: Path) -> str:
    """The store that botkit.toml names, read alone: what happened can be seen even where the project has errors."""
    from nlp.plain_file import plain_file_size

    try:
        file = directory / "botkit.toml"
        plain_file_size(file)
        server = tomllib.loads(file.read_text("utf-8")).get("server", {})
    except (OSError, ValueError):
        return ""
    store = server.get("store", "") if isinstance(server, dict) else ""
    return store if isinstance(store, str) else ""


def _plain(value: Any) -> Any:
    """Every field, also those that are empty: a program need not ask which there are."""
    import msgspec

    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return [_plain(item) for item in value] if isinstance(value, list) else msgspec.to_builtins(value)


def _summary(transaction: "Transaction") -> dict[str, Any]:
    """A transaction of a list, without its steps, which the list has not read."""
    plain: dict[str, Any] = _plain(transaction)
    del plain["steps"]
    return plain
