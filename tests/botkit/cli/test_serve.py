"""`botkit serve` and `botkit trace` beside it: what is announced, how it ends, what can be seen of it."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from click.testing import Result

from botkit.cli.serve import body_of
from models.transaction import NodeVisit
from tests.botkit.cli.project import BROKEN, run, serve, start, write

SECONDS = 60.0
SENDER = "+15550000001"


class Running:
    """A server that has announced itself."""

    def __init__(self, process: asyncio.subprocess.Process, shown: str) -> None:
        self.process = process
        self.shown = shown
        self.url = shown.partition(" at ")[2].partition("\n")[0]

    async def say(self, text: str) -> str:
        """Say something, and wait for the answer."""
        url = f"{self.url}/sandbox/sms-demo/messages"
        async with aiohttp.ClientSession() as client, asyncio.timeout(SECONDS):
            async with client.post(url, json={"from": SENDER, "text": text}) as answer:
                assert answer.status == 202
            while True:
                async with client.get(url, params={"address": SENDER}) as answer:
                    messages = (await answer.json())["messages"]
                if messages and messages[-1]["direction"] == "out" and messages[-1]["state"] == "delivered":
                    return str(messages[-1]["text"])
                await asyncio.sleep(0.02)

    async def interrupt(self) -> tuple[int, str]:
        """Press Ctrl+C; returns the exit code and what stood on standard error."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            _, errors = await self.process.communicate()
        return self.process.returncode or 0, errors.decode()


async def started(*arguments: object, **environ: str) -> Running:
    process = await serve(*arguments, **environ)
    assert process.stdout is not None
    shown = b""
    async with asyncio.timeout(SECONDS):
        while b"Press Ctrl+C to stop." not in shown:
            line = await process.stdout.readline()
            assert line, shown.decode() + (await process.communicate())[1].decode()
            shown += line
    return Running(process, shown.decode())


async def traced(*arguments: object) -> Result:
    """`botkit trace`, which has a loop of its own."""
    return await asyncio.to_thread(run, "trace", *arguments)


async def ended(server: Running) -> None:
    if server.process.returncode is None:
        os.killpg(server.process.pid, signal.SIGKILL)
        await server.process.communicate()


@pytest.fixture(name="folder")
def make_folder(tmp_path: Path) -> Path:
    return write(tmp_path / "shop")


@pytest.fixture(name="server")
async def start_server(folder: Path) -> AsyncIterator[Running]:
    server = await started(folder, "--port", "0")
    try:
        yield server
    finally:
        await ended(server)


async def test_what_is_announced(server: Running) -> None:
    url = server.url
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert server.shown == (
        f"Shop is running at {url}\n"
        "  flows  main v1\n"
        f"  sms    sms-demo (60606)  {url}/sandbox\n"
        f"  inapp  web-demo          {url}/sandbox\n"
        "\nTry it:\n"
        f"""  curl {url}/sandbox/sms-demo/messages -d '{{"from":"+15550000001","text":"ORDER 1"}}'\n"""
        f"  curl '{url}/sandbox/sms-demo/messages?address=%2B15550000001'\n"
        "\nPress Ctrl+C to stop.\n"
    )


@pytest.mark.parametrize("text", ["ORDER 1", "it's late", 'say "hi"', "a \\ b $HOME `id`", "café"])
def test_a_hint_can_be_pasted_into_a_shell(text: str) -> None:
    (body,) = shlex.split(body_of(text))
    assert json.loads(body) == {"from": SENDER, "text": text}


async def test_the_whole_life_of_a_server(server: Running, folder: Path) -> None:
    """One server for all of it, since each takes a second to start."""
    assert (await traced("list", folder)).output == "No transactions yet: send the bot a message.\n"
    assert (await traced("list", folder, "--json")).output == "[]\n"
    assert await server.say("Hello") == "You said Hello. Well?"

    listed = await traced("list", folder)
    heads, row = listed.output.splitlines()
    id = row.split()[0]
    assert heads.split() == ["transaction", "began", "flow", "channel", "outcome"]
    assert re.fullmatch(rf"{id}  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d  main  sms      201", row)
    assert (await traced("list", folder, "--flow", "other")).output == "No transactions of the flow 'other'.\n"

    shown = await traced("show", id, folder)
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == f"{id}  main v1, sms sms-demo, msisdn:{SENDER}"
    assert lines[2].endswith('  sms.mo  "Hello"')
    assert '        sms.message = "Hello"' in lines
    assert any(re.fullmatch(r"     4  send    onSuccess          +\d+\.\d ms  Ask", line) for line in lines), lines
    assert re.fullmatch(r" +sent \S+ by sms  delivered", lines[-3])
    assert lines[-1] == "ended with 201 Asked"
    assert "{" not in shown.output

    plain = json.loads((await traced("show", id, folder, "--json")).output)
    assert (plain["id"], plain["outcome"], plain["steps"][0]["text"]) == (id, 201, "Hello")
    assert all(set(visit) == set(NodeVisit.__struct_fields__) for visit in plain["steps"][0]["visits"])
    (listed,) = json.loads((await traced("list", folder, "--json")).output)
    assert listed == {name: value for name, value in plain.items() if name != "steps"}

    missing = await traced("show", "nope", folder)
    assert missing.exit_code == 1
    assert missing.output == (
        "error: there is no transaction 'nope'\n    hint: `botkit trace list` shows those there are\n"
    )

    odd = await asyncio.to_thread(start, "trace", "show", "\udcff", folder)  # half a character, as a terminal may send
    assert (odd.returncode, odd.stderr.splitlines()[0]) == (1, "error: there is no transaction '\\udcff'")

    second = await asyncio.to_thread(start, "serve", folder, "--port", "0")
    assert (second.returncode, second.stdout) == (3, "")
    assert second.stderr.startswith(f"error: the store {folder}/.botkit/botkit.db is in use by another botkit")

    port = server.url.rpartition(":")[2]
    third = await asyncio.to_thread(start, "serve", folder, "--port", port, "--store", folder / "other.db")
    assert (third.returncode, third.stdout) == (3, "")
    assert third.stderr == (
        f"error: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        "    hint: another program listens there: choose another --port\n"
    )
    assert not (folder / "other.db").exists()  # nothing was begun, and nothing sent

    code, errors = await server.interrupt()
    assert code == 0
    assert errors.endswith("Stopped; nothing is lost.\n")
    assert "Traceback" not in errors
    assert (await traced("show", id, folder)).output == shown.output


async def test_the_environment_is_honoured(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    store = tmp_path / "kept" / "elsewhere.db"
    server = await started(folder, BOTKIT_HOST="localhost", BOTKIT_PORT=port, BOTKIT_STORE=str(store))
    try:
        assert server.url == f"http://localhost:{port}"
        assert await server.say("Hello") == "You said Hello. Well?"
        assert (await server.interrupt())[0] == 0
    finally:
        await ended(server)
    assert store.is_file()
    assert not (folder / ".botkit").exists()
    for named in (store, f"sqlite://{store}"):
        assert " main " in (await traced("list", folder, "--store", named)).output
    (folder / "botkit.toml").write_text(f'[server]\nstore = "{store}"\n[project\n', "utf-8")
    assert "there is no store" in (await traced("list", folder)).output
    (folder / "botkit.toml").write_text(f'[server]\nstore = "{store}"\n', "utf-8")
    assert " main " in (await traced("list", folder)).output


def test_a_project_with_errors_is_not_started(tmp_path: Path) -> None:
    result = run("serve", write(tmp_path / "shop", BROKEN), "--port", "0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: node 5: delay has no outcome 'onTimeot'" in result.stderr
    assert result.stderr.endswith(
        "error: Shop has errors and was not started\n    hint: `botkit check` shows them again\n"
    )


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--host", "203.0.113.1"], 3, "hint: this machine has no such address: choose another --host"),
        (["--host", "nowhere.invalid"], 3, "error: cannot listen on nowhere.invalid:0: "),
        (["--store", "mongo://x"], 3, "error: there is no store for mongo:// here"),
        (["--port", "70000"], 2, "Invalid value for '--port'"),
    ],
)
def test_what_cannot_be_served(folder: Path, options: list[str], code: int, words: str) -> None:
    result = run("serve", folder, "--port", "0", *options)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_trace_without_a_store(folder: Path, tmp_path: Path) -> None:
    for command in (["list"], ["show", "1"]):
        result = run("trace", *command, folder)
        assert result.exit_code == 1
        assert result.output == (
            f"error: there is no store at {folder}/.botkit/botkit.db\n"
            "    hint: run `botkit serve` first, or name it with --store\n"
        )
    other = tmp_path / "not.db"
    other.write_text("This is a letter to a friend, and no store at all. " * 20, "utf-8")
    result = run("trace", "list", folder, "--store", other)
    assert (result.exit_code, "cannot be opened" in result.output) == (3, True), result.output


async def test_an_insult_stands_masked_in_the_trace(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("better_profanity", reason="the nlp extra is not installed")
    folder = tmp_path / "order_desk"
    shutil.copytree(root / "examples" / "order_desk", folder, ignore=shutil.ignore_patterns(".botkit"))
    server = await started(folder, "--port", "0")
    try:
        assert "without the strong words" in await server.say("where is my damn order")
        id = json.loads((await traced("list", folder, "--json")).output)[0]["id"]
        for options in ((), ("--json",)):
            shown = (await traced("show", id, folder, *options)).output
            assert "damn" not in shown
            assert "where is my **** order" in shown
    finally:
        await ended(server)


def test_a_slip_in_the_environment_is_told_at_the_start(folder: Path) -> None:
    done = start("serve", folder, "--store", "redis://here", BOTKIT_PROT="8080")
    lines = done.stderr.splitlines()
    assert lines[:2] == ["environment: warning: nothing reads BOTKIT_PROT", "    hint: did you mean BOTKIT_PORT?"]


async def test_a_hang_up_at_the_start_or_the_end_does_not_kill(folder: Path, tmp_path: Path) -> None:
    """A supervisor that asks for a reload at the wrong moment would take the end of the server for wanted."""
    (folder / "nodes").mkdir()
    (folder / "nodes" / "slow.py").write_text(
        "import os, time, botkit\n"
        'open(os.environ["REACHED"], "w").close()\n'
        "time.sleep(0.5)\n"
        "class Slow(botkit.Node):\n"
        '    """Is loaded slowly."""\n'
        '    kind = "slow"\n'
        '    outcomes = (botkit.green("done"),)\n'
        "    async def run(self, turn: botkit.Turn) -> str:\n"
        '        return "done"\n'
    )
    reached = tmp_path / "reached"
    process = await serve(folder, "--port", "0", REACHED=str(reached))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            while not reached.exists():
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGHUP)
            announced = (await process.stdout.readline()).decode()
            port = int(announced.rpartition(":")[2])
            _, caller = await asyncio.open_connection("127.0.0.1", port)
            caller.write(b"POST /channels/sms-demo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")  # holds the stop
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGHUP)
            await asyncio.sleep(0.1)
            caller.close()
            await process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        errors = (await process.communicate())[1].decode()
    assert (process.returncode, errors) == (0, "Stopped; nothing is lost.\n")
