"""Trace: `botkit trace`: transactions, and every node that they visited."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from botkit.cli.output import FAILED, Output, Span, output_of

if TYPE_CHECKING:
    from botkit.stores.base import Store
    from models.transaction import Step, Transaction

MAX_LIST = 1_000
MAX_SHOWN = 300
T = TypeVar("T")
_directory = click.argument("directory", type=click.Path(path_type=Path), default=".")
_store = click.option("--store", help="Where everything is kept (BOTKIT_STORE; .botkit/botkit.db in DIRECTORY).")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


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
    out = output_of(context)
    found = _read(out, directory, store, lambda opened: opened.transactions(limit, flow=flow))
    if as_json:
        out.json([_plain(transaction) for transaction in found])
        return
    if not found:
        out.line("No transactions yet: send the bot a message.")
        return
    out.line((f"{'transaction':<21} {'began':<19} {'flow':<20} {'channel':<9} {'outcome'}", "title"))
    for transaction in found:
        outcome: Span = (
            (str(transaction.outcome), _colour(transaction.outcome)) if transaction.outcome else ("live", "")
        )
        row = f"{transaction.id:<21} {_when(transaction.started_at):<19} {transaction.flow:<20} "
        out.line(f"{row}{transaction.channel:<9} ", outcome)


@command.command("show")
@click.argument("id")
@_directory
@_store
@_json
@click.pass_context
def show(context: click.Context, id: str, directory: Path, store: str | None, as_json: bool) -> None:
    """Show the transaction ID node by node."""
    out = output_of(context)
    found = _read(out, directory, store, lambda opened: opened.transaction(id))
    if found is None:
        out.fail(f"there is no transaction {id!r}", hint="`botkit trace list` shows those there are", code=FAILED)
    if as_json:
        out.json(_plain(found))
        return
    out.line((found.id, "title"), f"  {found.flow} v{found.version}  {found.channel} {found.asset}  key {found.key}")
    for step in found.steps:
        _show_step(out, step)
    ended = f"ended with {found.outcome}" if found.outcome else "live: it waits"
    out.line((ended, _colour(found.outcome)))


def _show_step(out: Output, step: "Step") -> None:
    said = f"  {step.text!r}" if step.text else ""
    out.line()
    out.line((f"{_when(step.at)}  {step.event}", "title"), said)
    for visit in step.visits:
        name = visit.label or visit.kind
        out.line(
            f"  {visit.node:>4}  {visit.kind:<17} ",
            (visit.outcome, ""),
            f"  {visit.microseconds / 1000:.1f} ms  {name}",
        )
        for key, value in visit.outputs.items():
            out.line((f"            {key} = {_short(value)}", "quiet"))
        for entry in visit.log:
            value = f" {_short(entry.value)}" if entry.value is not None else ""
            style = entry.level if entry.level != "info" else ""
            out.line(f"        {entry.level}: ", (f"{entry.text}{value}", style))
    for id in step.sent:
        out.line((f"        sent {id}", "quiet"))


def _read(out: Output, directory: Path, store: str | None, ask: "Callable[[Store], Awaitable[T]]") -> T:
    from botkit.stores.base import StoreFailed
    from botkit.stores.sqlite import SqliteStore

    path = Path(store or os.environ.get("BOTKIT_STORE") or str(directory / ".botkit" / "botkit.db"))
    path = Path(str(path).removeprefix("sqlite:/")) if str(path).startswith("sqlite:/") else path
    if not path.is_file():
        out.fail(f"there is no store at {path}", hint="run `botkit serve` first, or name it with --store", code=FAILED)

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
        out.fail(error.message)


def _plain(transaction: "Transaction") -> Any:
    import msgspec

    return msgspec.to_builtins(transaction)


def _when(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _colour(outcome: int) -> str:
    return {0: "", 102: "red", 103: "orange"}.get(outcome, "green")


def _short(value: Any) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} ..."
