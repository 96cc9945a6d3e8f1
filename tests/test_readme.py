"""README: what it shows on a terminal is what happens, and its pieces of code work."""

import asyncio
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from channels.tokens import verify_user
from tests.botkit.process import ServerProcess

SHOWN_AT = "http://127.0.0.1:8080"
DONE = "-- done --"
PATIENCE_SECONDS = 20.0
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ID = re.compile(r"\b[0-9a-f]{20,21}\b")
VARIES = [
    (ID, "ID"),
    (re.compile(r"hash-[0-9a-f]{32}"), "HASH"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?"), "TIME"),
    (re.compile(r'"at": \d{13}'), '"at": TIME'),
    (re.compile(r" +\d+\.\d ms"), " MS"),
]
ONLY_ON_A_TERMINAL = "Ctrl+D ends the chat."


def section(root: Path, title: str) -> list[tuple[str, str]]:
    """The code blocks of a section: language and text."""
    text = (root / "README.md").read_text("utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return [(block[1], block[2]) for block in BLOCK.finditer(text)]


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The commands of a terminal session, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def steady(lines: list[str]) -> list[str]:
    """Lines without what is different every time."""
    text = "\n".join(line for line in lines if line != ONLY_ON_A_TERMINAL)
    for pattern, word in VARIES:
        text = pattern.sub(word, text)
    return text.strip().splitlines()


class Shell:
    """A reader's terminal: one bash, command after command. What a reader waits for, it waits for by itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, str] = {}
        self.url = SHOWN_AT

    async def __aenter__(self) -> Self:
        self._bash = await asyncio.create_subprocess_exec(
            "bash", "--noprofile", "--norc", cwd=self._folder, limit=1_000_000,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        await self.run("sleep() { :; }")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.close()
        await self._bash.communicate()

    async def run(self, command: str) -> list[str]:
        """What a command prints."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{command}\necho; echo '{DONE}'\n".encode())
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._bash.stdout:
                text = line.decode().rstrip("\n")
                if text == DONE:
                    return lines
                lines.append(text)
        raise AssertionError(f"bash ended at: {command}\n" + "\n".join(lines))

    async def shows(self, command: str, expected: list[str]) -> None:
        """Run a command as the README has it, until it prints what the README says."""
        typed = [line[2:] for line in expected if line.startswith("> ")] if "botkit chat" in command else []
        real = command.replace(SHOWN_AT, self.url).replace(".venv/bin/botkit", f"{sys.executable} -m botkit")
        for shown, actual in self._seen.items():
            real = real.replace(shown, actual)
        if real.startswith("curl "):
            real = f"curl -s {real[5:]}"
        if typed:
            real = "\n".join([f"{real} <<'TYPED'", *typed, "TYPED"])
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            printed = await self.run(real)
            if steady(printed) == steady(expected):
                break
            looks = real.startswith(("heard ", "curl -s '")) or "botkit trace" in real
            if not looks or time.monotonic() > until:
                assert steady(printed) == steady(expected), command
            await asyncio.sleep(0.1)
        self._seen |= dict(zip(ID.findall("\n".join(expected)), ID.findall("\n".join(printed)), strict=True))


@pytest.fixture(name="folder")
def make_folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh checkout as far as the README needs one."""
    for program in ("bash", "curl", "grep", "sed"):
        if shutil.which(program) is None:
            pytest.skip(f"the README's sessions need {program}: install it")
    for name in [name for name in os.environ if name.startswith("BOTKIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(root))
    desk = tmp_path / "examples" / "order_desk"
    shutil.copytree(root / "examples" / "order_desk", desk, ignore=shutil.ignore_patterns(".botkit"))
    return tmp_path


@pytest.fixture(name="shell")
async def make_shell(folder: Path) -> AsyncIterator[Shell]:
    async with Shell(folder) as shell:
        yield shell


async def test_the_session_goes_as_shown(root: Path, folder: Path, shell: Shell) -> None:
    sessions = [commands(text) for language, text in section(root, "Try it") if language == "console"]
    (first, announced), *rest = (command for session in sessions for command in session)
    assert first == "make run"
    async with ServerProcess(folder / "examples" / "order_desk") as server:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while server.log[-1] != announced[-1]:
                await asyncio.sleep(0.01)
        assert [line.replace(server.url, SHOWN_AT) for line in server.log] == announced
        shell.url = server.url
        for command, expected in rest:
            if command.startswith("kill -9"):
                await server.kill()
                await server.start()
            else:
                await shell.shows(command, expected)


async def test_the_first_flow_goes_as_shown(root: Path, folder: Path, shell: Shell) -> None:
    for language, text in section(root, "A first flow"):
        if language == "yaml":
            (folder / "shop" / "flows" / "hello.flow.yaml").write_text(text, "utf-8")
        for command, expected in commands(text) if language == "console" else []:
            await shell.shows(command, expected)


def test_the_token_is_one_that_the_chat_takes(root: Path) -> None:
    (code,) = (text for language, text in section(root, "Put the chat on a web page") if language == "python")
    made: dict[str, Any] = {}
    exec(code, made)
    secret = "a secret of the web page"
    token = made["chat_token"](secret, "c-42", name="Ada", msisdn="+15550000001")
    claims = verify_user(token, secret, now=time.time_ns() // 1_000_000)
    assert (claims.customerid, claims.name, claims.msisdn) == ("c-42", "Ada", "+15550000001")


def test_every_command_is_listed(root: Path) -> None:
    from botkit.cli.main import COMMANDS

    text = (root / "README.md").read_text("utf-8").partition("\n## Commands\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`botkit (\w+)", text)) == set(COMMANDS)
