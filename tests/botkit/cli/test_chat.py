"""`botkit chat`: what a person and a program see of a conversation."""

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from botkit.chatting import Chat
from botkit.cli.chat import MAX_READ_AHEAD, _Script
from botkit.project import load_project
from tests.botkit.cli.project import BROKEN, FLOW, TOML, run, write

SECONDS = 20.0


@pytest.fixture(name="folder")
def make_folder(tmp_path: Path) -> Path:
    return write(tmp_path / "shop")


def test_lines_from_a_pipe(folder: Path) -> None:
    result = run("chat", folder, input="Hello\n\n# nothing\n  Bye  \n")
    assert result.exit_code == 0
    assert result.output == (
        "You are +15550000001, writing to 60606 by sms.\n"
        "> Hello\n< You said Hello. Well?\n  [Yes]  [No]\n"
        "> Bye\n< You said Bye. Well?\n  [Yes]  [No]\n"
    )
    assert not (folder / ".botkit").exists()


@pytest.mark.parametrize("form", ["text", "json"])
def test_errors_of_nodes_are_told_once_beside_the_conversation(tmp_path: Path, form: str) -> None:
    failing = FLOW.replace("next: {later: 5,", "next: {later: 8,").replace(
        "  7: {kind: end", "  8: {kind: send, text: $(nobody.knows), next: {onSuccess: end}}\n  7: {kind: end"
    )
    folder = write(tmp_path / "shop", failing)
    result = run("chat", folder, *(["--json"] if form == "json" else []), input="later\nHello\nlater\n")
    assert result.exit_code == 0
    told = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert told == ["error: main, node 8 (send): text: the text is empty, so nothing was sent"] * 2
    assert "nothing was sent" not in result.stdout


def test_a_message_is_called_as_the_rules_call_it(tmp_path: Path) -> None:
    toml = TOML.replace('channel = "sms"', 'channel = "pigeon"').replace("sms.mo", "pigeon.message")
    folder = write(tmp_path / "shop", FLOW.replace("sms.mo", "pigeon.message"), toml)
    assert "< You said Hello. Well?\n" in run("chat", folder, input="Hello\n").output


async def test_answers_of_one_moment_are_heard_in_the_order_in_which_they_were_sent(folder: Path) -> None:
    parts = range(1, 13)
    nodes = [f'  {n + 2}: {{kind: send, text: "part {n}", next: {{onSuccess: {n + 3}}}}}' for n in parts]
    flow = ["flow: main", "nodes:", "  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}", *nodes,
            f"  {parts.stop + 2}: {{kind: end}}", ""]  # fmt: skip
    (folder / "flows" / "main.flow.yaml").write_text("\n".join(flow), "utf-8")
    chat = Chat(load_project(folder, environ={}), folder / "chat.db")
    at = chat._app.clock()
    chat._app.clock = lambda: at
    async with chat:
        await chat.say("x")
        await chat.settle()
        assert [entry.text for entry in await chat.heard()] == [f"part {n}" for n in parts]


def test_a_script_from_a_file(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("# a comment\nGrüße\n", "utf-8")
    assert "> Grüße\n< You said Grüße. Well?\n" in run("chat", folder, "--script", script).output
    missing = run("chat", folder, "--script", tmp_path / "none.txt")
    assert (missing.exit_code, "No such file" in missing.output) == (2, True)


def test_an_address_that_nobody_can_have_is_a_mistake_in_the_command(folder: Path) -> None:
    result = run("chat", folder, "--from", "not a number", input="Hello\n")
    assert result.exit_code == 2
    assert "Invalid value for '--from': 'not a number' is no sender id" in result.output


def test_what_comes_late_is_shown_while_a_pipe_has_no_next_line(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "botkit", "chat", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(b"later\n")
        shown, end = b"", time.monotonic() + SECONDS
        while b"Late." not in shown:
            assert time.monotonic() < end, shown
            if select.select([process.stdout], [], [], 0.1)[0]:
                shown += process.stdout.read(4_096)
        process.stdin.close()
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_a_script_is_read_only_a_little_ahead() -> None:
    """One without end does not fill the memory."""
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield f"{read}\n"

    script = _Script(endless())
    for taken in (1, 2):
        assert await script.next() == f"{taken}\n"
        while read < MAX_READ_AHEAD + taken + 1:
            await asyncio.sleep(0)
        assert script._lines.qsize() <= MAX_READ_AHEAD
    assert read == MAX_READ_AHEAD + 3, "one more is in the thread's hand"


def test_a_script_that_is_no_text(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_bytes(b"Hello\n\xff\xfe\n")
    result = run("chat", folder, "--script", script)
    assert (result.exit_code, "error: the script is not UTF-8" in result.output) == (1, True), result.output


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.UTF-8"])
def test_what_is_piped_is_read_as_utf_8_in_any_locale(folder: Path, locale: str) -> None:
    def chat(said: bytes) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "botkit", "chat", str(folder), "--json"], input=said, capture_output=True,
            check=False, timeout=SECONDS, env={**os.environ, "LC_ALL": locale},
        )  # fmt: skip
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    code, shown, errors = chat("café\n".encode())
    assert (code, "You said café. Well?" in shown, errors) == (0, True, "")
    code, shown, errors = chat("café\n".encode("latin-1"))
    message = "the script is not UTF-8: invalid continuation byte"
    assert (code, json.loads(shown)["error"]) == (1, {"code": "not_utf8", "message": message})
    assert errors == f"error: {message}\n"


def test_messages_for_programs(folder: Path) -> None:
    result = run("chat", folder, "--json", "--channel", "inapp", input="Hello\n")
    assert [json.loads(line) for line in result.output.splitlines()] == [
        {"direction": "in", "channel": "inapp", "text": "Hello"},
        {"direction": "out", "asset": "web-demo", "text": "You said Hello. Well?", "state": "delivered",
         "replies": ["Yes", "No"]},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--from", "+15550000009"], "You are +15550000009, writing to 60606 by sms."),
        (["--channel", "inapp"], "You are customer-1, writing to web-demo by inapp."),
        (["--channel", "inapp", "--from", "ann"], "You are ann, writing to web-demo by inapp."),
    ],
)
def test_who_writes_and_where(folder: Path, options: list[str], line: str) -> None:
    assert run("chat", folder, *options).output == line + "\n"


def test_wait_brings_what_comes_late(folder: Path) -> None:
    assert "Here I am" not in run("chat", folder, input="later\n").output
    assert run("chat", folder, "--wait", "1.6", input="later\n").output.endswith("> later\n< Here I am.\n  Late.\n")


def test_a_channel_that_is_not_there(folder: Path) -> None:
    result = run("chat", folder, "--channel", "fax")
    assert result.exit_code == 1
    assert result.output == "error: no service has an asset on the channel 'fax'; there is: inapp, sms\n"


def test_a_project_without_assets(tmp_path: Path) -> None:
    result = run("chat", write(tmp_path / "empty", toml='[project]\nname = "Empty"\n'))
    assert (result.exit_code, result.output) == (1, "error: no service has an asset to write to\n")


def test_a_project_with_errors(tmp_path: Path) -> None:
    result = run("chat", write(tmp_path / "shop", BROKEN), input="Hello\n")
    assert result.exit_code == 1
    assert "error: node 5: delay has no outcome 'onTimeot'" in result.output
    assert "hint: did you mean 'onTimeout'?" in result.output


@pytest.mark.parametrize(
    ("toml", "words"), [("[project", "botkit.toml:1:"), (TOML.replace('"60606"', "[]"), "botkit.toml:7:")]
)
def test_a_project_file_with_errors(tmp_path: Path, toml: str, words: str) -> None:
    result = run("chat", write(tmp_path / "shop", toml=toml))
    assert (result.exit_code, words in result.output) == (1, True), result.output


def test_no_project(tmp_path: Path) -> None:
    assert run("chat", tmp_path / "none").exit_code == 1
    assert run("chat", tmp_path).exit_code == 1


class Terminal:
    """`botkit chat` as a person has it before her."""

    def __init__(self, *arguments: object) -> None:
        self._screen, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "botkit", "chat", *map(str, arguments)],
            stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            env={name: value for name, value in os.environ.items() if name != "NO_COLOR"},
            # Tests that run in the background ignore Ctrl+C, and what they start would, too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        os.close(inner)
        self.shown = ""

    def type(self, keys: str | bytes) -> None:
        os.write(self._screen, keys.encode() if isinstance(keys, str) else keys)

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + SECONDS
        while words not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self._screen], [], [], 0.1)[0]:
                self.shown += os.read(self._screen, 4_096).decode("utf-8", "replace")

    def close(self) -> int:
        try:
            return self.process.wait(SECONDS)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            os.close(self._screen)


def test_a_person_chats_until_she_ends_it(folder: Path) -> None:
    terminal = Terminal(folder)
    terminal.wait_for("> ")
    terminal.type("later\n")
    terminal.wait_for("\r\x1b[K\x1b[32m< \x1b[0mHere I am.\r\n")
    terminal.wait_for("Late.\r\n> ")
    terminal.type("Hello\n")
    terminal.wait_for("You said Hello. Well?")
    terminal.wait_for("[Yes]  [No]")
    terminal.type(b"caf\xe9!\n")
    terminal.wait_for("You said caf\ufffd!. Well?")
    terminal.type("\x04")
    assert terminal.close() == 0


def test_ctrl_c_ends_a_chat_at_once(folder: Path) -> None:
    terminal = Terminal(folder)
    terminal.wait_for("> ")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.close() == 130
    assert "Traceback" not in terminal.shown
