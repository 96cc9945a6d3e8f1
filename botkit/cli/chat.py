"""Chat: `botkit chat`: talk to a project's bot in the terminal, on the real engine."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from botkit.cli.output import Output, output_of
from models.problem import has_errors

if TYPE_CHECKING:
    from botkit.chatting import Chat
    from botkit.stores.base import HistoryEntry

POLL_SECONDS = 0.2
MAX_WAIT_SECONDS = 3_600.0


@click.command("chat")
@click.argument("directory", type=click.Path(path_type=Path), default=".")
@click.option("--channel", default="", help="The channel to write on: sms, inapp ... (the first asset's).")
@click.option("--from", "address", default="", help="Who writes: a number on SMS, a customer id in the app.")
@click.option("--script", type=click.File("r", encoding="utf-8"), help="Say the lines of FILE (- for standard input).")
@click.option("--wait", type=click.FloatRange(0, MAX_WAIT_SECONDS), default=0.0,
              help="Seconds to wait for late messages after the last line of a script.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print each message as a line of JSON.")
@click.pass_context
def command(
    context: click.Context, directory: Path, channel: str, address: str, script: TextIO | None, wait: float,
    as_json: bool,
) -> None:  # fmt: skip
    """Talk to the bot in DIRECTORY.

    No server runs and nothing is kept. Lines of a script that are empty or begin with # are passed over.
    """
    from botkit.chatting import Chat
    from botkit.logs import set_up_logs
    from botkit.project import ProjectError, load_project

    out = output_of(context)
    set_up_logs("warning", "text")
    try:
        project = load_project(directory, environ=os.environ, require_secrets=False)
    except ProjectError as error:
        out.fail_with(error.problems)
    if has_errors(project.problems):
        out.fail_with(project.problems)
    if script is None and not sys.stdin.isatty():
        script = sys.stdin
    with tempfile.TemporaryDirectory(prefix="botkit-chat-") as folder:
        chat = Chat(project, Path(folder) / "chat.db", channel=channel, address=address)
        asyncio.run(_talk(out, chat, script, wait, as_json=as_json))


async def _talk(out: Output, chat: "Chat", script: TextIO | None, wait: float, *, as_json: bool) -> None:
    async with chat:
        if not as_json:
            number = chat.asset.number or chat.asset.id
            out.line((f"You are {chat.address.value}, writing to {number} by {chat.asset.channel}.", "quiet"))
            if script is None:
                out.line(("Ctrl+D ends the chat.", "quiet"))
        listener = asyncio.create_task(_listen(out, chat, as_json=as_json)) if script is None else None
        try:
            async for line in _lines(script):
                if as_json:
                    out.json_line({"direction": "in", "channel": chat.asset.channel, "text": line})
                elif script is not None:
                    out.line(("> ", "hint"), line)
                await chat.say(line)
                await chat.settle()
                await _show(out, chat, as_json=as_json)
        finally:
            if listener is not None:
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)
        until = asyncio.get_running_loop().time() + wait
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(POLL_SECONDS)
            await _show(out, chat, as_json=as_json)


async def _lines(script: TextIO | None) -> AsyncIterator[str]:
    """What the customer says: a script's lines, or what is typed."""
    if script is not None:
        for line in script:
            text = line.strip()
            if text and not text.startswith("#"):
                yield text
        return
    while True:
        try:
            text = (await asyncio.to_thread(input, "> ")).strip()
        except EOFError:
            return
        if text:
            yield text


async def _listen(out: Output, chat: "Chat", *, as_json: bool) -> None:
    """Show what comes between two lines: reminders, late answers."""
    while True:
        await asyncio.sleep(POLL_SECONDS)
        await _show(out, chat, as_json=as_json)


async def _show(out: Output, chat: "Chat", *, as_json: bool) -> None:
    for entry in await chat.heard():
        if as_json:
            out.json_line(_plain(entry, chat))
            continue
        elsewhere = "" if entry.asset == chat.asset.id else f"[{entry.asset}] "
        for number, line in enumerate(_text(entry).splitlines() or [""]):
            out.line(("< " if not number else "  ", "green"), (elsewhere if not number else "", "quiet"), line)
        titles = [choice["title"] for choice in _choices(entry)]
        if titles:
            out.line(("  " + "  ".join(f"[{title}]" for title in titles), "hint"))


def _plain(entry: "HistoryEntry", chat: "Chat") -> dict[str, Any]:
    line: dict[str, Any] = {"direction": "out", "asset": entry.asset, "text": _text(entry), "state": entry.state}
    if choices := _choices(entry):
        line["replies"] = [choice["title"] for choice in choices]
    return line


def _text(entry: "HistoryEntry") -> str:
    return str(entry.content.get("text", entry.text)) if _choices(entry) else entry.text


def _choices(entry: "HistoryEntry") -> list[dict[str, Any]]:
    content = entry.content
    return list(content.get("choices", ())) if isinstance(content, dict) else []
