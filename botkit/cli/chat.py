"""Chat: `botkit chat`: talk to a project's bot in the terminal, on the real engine."""

import asyncio
import contextlib
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from botkit.cli.output import FAILED, Output, json_option, output_of
from models.problem import has_errors

if TYPE_CHECKING:
    from botkit.chatting import Chat
    from botkit.stores.base import HistoryEntry

POLL_SECONDS = 0.2
MAX_READ_AHEAD = 100
MAX_WAIT_SECONDS = 3_600.0
ERASE_LINE = "\r\x1b[K"
"""Takes the prompt away where a message comes before something is typed."""


@click.command("chat")
@click.argument("directory", type=click.Path(path_type=Path), default=".")
@click.option("--channel", default="", help="The channel to write on: sms, inapp ... (the first asset's).")
@click.option("--from", "address", default="", help="Who writes: a number on SMS, a customer id in the app.")
@click.option("--script", type=click.File("r", encoding="utf-8"), help="Say the lines of FILE (- for standard input).")
@click.option("--wait", type=click.FloatRange(0, MAX_WAIT_SECONDS), default=0.0,
              help="Seconds to wait for late messages after the last line of a script.")  # fmt: skip
@json_option("Print each message as a line of JSON.")
@click.pass_context
def command(
    context: click.Context, directory: Path, channel: str, address: str, script: TextIO | None, wait: float,
    as_json: bool,
) -> None:  # fmt: skip
    """Talk to the bot in DIRECTORY.

    No server runs and nothing is kept. Errors of nodes are told on standard error, since there is no transaction to
    open later. Lines of a script that are empty or begin with # are passed over.
    """
    from botkit.chatting import Chat, NoAddress, NobodyThere
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
        if isinstance(script, io.TextIOWrapper):
            script.reconfigure(encoding="utf-8", errors="strict")  # like a script, whatever the locale
    with tempfile.TemporaryDirectory(prefix="botkit-chat-") as folder:
        try:
            chat = Chat(project, Path(folder) / "chat.db", channel=channel, address=address)
        except NobodyThere as error:
            out.fail(error.message, code=FAILED, name=error.code)
        try:
            asyncio.run(_talk(out, chat, script, wait, as_json=as_json))
        except NoAddress as error:
            raise click.BadParameter(error.message, context, param_hint="'--from'") from None


async def _talk(out: Output, chat: "Chat", script: TextIO | None, wait: float, *, as_json: bool) -> None:
    async with chat:
        screen = _Screen(out, chat, as_json=as_json)
        if not as_json:
            number = chat.asset.number or chat.asset.id
            out.line((f"You are {chat.address.value}, writing to {number} by {chat.asset.channel}.", "quiet"))
        if script is None:
            await _interactive(screen)
            return
        lines = _Script(script)
        while (line := await screen.next(lines)) is not None:
            text = line.strip()
            if text and not text.startswith("#"):
                screen.said(text)
                await screen.answer(text)
        until = asyncio.get_running_loop().time() + wait
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(POLL_SECONDS)
            await screen.show()


class _Script:
    """The lines of a script, each when it comes: whoever writes it takes her time, and the bot goes on.

    A thread reads `MAX_READ_AHEAD` lines ahead at most.
    """

    def __init__(self, script: Iterable[str]) -> None:
        self._script = script
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | UnicodeDecodeError | None] = asyncio.Queue()
        self._room = threading.Semaphore(MAX_READ_AHEAD)
        threading.Thread(target=self._read, name="botkit-script", daemon=True).start()

    async def next(self) -> str | None:
        """The next line, None at the end; raises `UnicodeDecodeError`. A line is not lost if nobody waits longer."""
        line = await self._lines.get()
        self._room.release()
        if isinstance(line, UnicodeDecodeError):
            raise line
        return line

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the chat was ended, and its loop is closed
            try:
                for line in self._script:
                    self._give(line)
            except UnicodeDecodeError as error:
                self._give(error)
            self._give(None)

    def _give(self, line: str | UnicodeDecodeError | None) -> None:
        self._room.acquire()
        self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


async def _interactive(screen: "_Screen") -> None:
    """Talk until Ctrl+D; reminders and late answers come in between."""
    screen.out.line(("Ctrl+D ends the chat.", "quiet"), err=screen.as_json)
    listener = asyncio.create_task(screen.listen())
    try:
        while line := await screen.ask():
            if text := line.strip():
                await screen.answer(text)
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


class _Screen:
    """Where a chat is shown. `asking` is true while the prompt stands there."""

    def __init__(self, out: Output, chat: "Chat", *, as_json: bool) -> None:
        self.out = out
        self.as_json = as_json
        self.asking = False
        self._chat = chat

    def said(self, text: str) -> None:
        """Show what a script says; what is typed stands there already."""
        if self.as_json:
            self.out.json_line({"direction": "in", "channel": self._chat.asset.channel, "text": text})
        else:
            self.out.line(("> ", "hint"), text)

    async def answer(self, text: str) -> None:
        """Say it to the bot, and show what the bot says to it."""
        await self._chat.say(text)
        await self._chat.settle()
        await self.show()

    async def ask(self) -> str:
        """The next line that is typed, on the event loop so that Ctrl+C ends it; empty at the end."""
        loop, typed = asyncio.get_running_loop(), asyncio.Event()
        self._prompt()
        loop.add_reader(sys.stdin, typed.set)
        self.asking = True
        try:
            await typed.wait()
        finally:
            self.asking = False
            loop.remove_reader(sys.stdin)
        line = sys.stdin.buffer.readline().decode("utf-8", "replace")  # whatever the locale says of its bytes
        if not line:
            self.out.line(err=self.as_json)
        elif self.as_json and line.strip():
            self.said(line.strip())
        return line

    async def next(self, lines: _Script) -> str | None:
        """The next line of a script, None at its end; what the bot says before it comes is shown."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    return await lines.next()
            except TimeoutError:
                await self.show()
            except UnicodeDecodeError as error:
                self.out.fail(f"the script is not UTF-8: {error.reason}", code=FAILED, name="not_utf8")

    async def listen(self) -> None:
        """Show what comes between two lines."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self.asking:
                await self.show()

    async def show(self) -> None:
        """Show what the bot has said since the last time."""
        entries, errors = await self._chat.heard(), await self._chat.went_wrong()
        over = self.asking and not self.as_json
        if (entries or errors) and over:
            click.echo(ERASE_LINE, nl=False, color=True)
        for visit, text in errors:
            self.out.line(("error", "error"), f": {visit.flow}, node {visit.node} ({visit.kind}): {text}", err=True)
        for entry in entries:
            if self.as_json:
                self.out.json_line(_plain(entry))
            else:
                self._entry(entry)
        if (entries or errors) and over:
            self._prompt()

    def _prompt(self) -> None:
        if not self.as_json:
            click.echo("> ", nl=False)

    def _entry(self, entry: "HistoryEntry") -> None:
        elsewhere = "" if entry.asset == self._chat.asset.id else f"[{entry.asset}] "
        for number, line in enumerate(_text(entry).splitlines() or [""]):
            self.out.line(("< " if not number else "  ", "green"), (elsewhere if not number else "", "quiet"), line)
        titles = [choice["title"] for choice in _choices(entry)]
        if titles:
            self.out.line(("  " + "  ".join(f"[{title}]" for title in titles), "hint"))


def _plain(entry: "HistoryEntry") -> dict[str, Any]:
    line: dict[str, Any] = {"direction": "out", "asset": entry.asset, "text": _text(entry), "state": entry.state}
    if choices := _choices(entry):
        line["replies"] = [choice["title"] for choice in choices]
    return line


def _text(entry: "HistoryEntry") -> str:
    return str(entry.content.get("text", entry.text)) if _choices(entry) else entry.text


def _choices(entry: "HistoryEntry") -> list[dict[str, Any]]:
    content = entry.content
    return list(content.get("choices", ())) if isinstance(content, dict) else []
