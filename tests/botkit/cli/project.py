"""Project: a small one without NLP, on the sandbox, and `botkit` run on it in a process of its own."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from botkit.cli.main import cli

FLOW = """\
flow: main
outcomes: {201: Asked}
on_error: 7
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3:
    kind: branch
    branches: [{name: later, conditions: [{variable: message.text, operator: equals, value: later}]}]
    next: {later: 5, none_of_the_above: 4}
  4:
    kind: send
    label: Ask
    text: "You said $(message.text). Well?"
    quick_replies: ["Yes", {title: "No", payload: "no-thanks"}]
    next: {onSuccess: end 201}
  5: {kind: delay, duration: 1s, next: {onTimeout: 6}}
  6: {kind: send, text: "Here I am.\\nLate.", next: {onSuccess: end}}
  7: {kind: end, outcome: 102}
"""
TOML = """\
[project]
name = "Shop"
hints = ["ORDER 1"]
[assets.sms-demo]
channel = "sms"
provider = "sandbox"
number = "60606"
[assets.web-demo]
channel = "inapp"
provider = "sandbox"
[services.main]
assets = ["sms-demo", "web-demo"]
[[services.main.rules]]
event = "sms.mo"
flow = "main"
[[services.main.rules]]
event = "inapp.message"
flow = "main"
"""
BROKEN = FLOW.replace("onTimeout: 6", "onTimeot: 6")


def write(folder: Path, flow: str = FLOW, toml: str = TOML) -> Path:
    (folder / "flows").mkdir(parents=True)
    (folder / "flows" / "main.flow.yaml").write_text(flow, "utf-8")
    (folder / "botkit.toml").write_text(toml, "utf-8")
    return folder


def run(*arguments: object, input: str = "") -> Result:
    """A command in this process; a traceback fails the test."""
    result = CliRunner().invoke(cli, [str(word) for word in arguments], input=input, prog_name="botkit")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def start(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, until it ends."""
    return subprocess.run(
        [sys.executable, "-m", "botkit", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL, env=_environ(environ),
    )  # fmt: skip


async def serve(*arguments: object, **environ: str) -> asyncio.subprocess.Process:
    """`botkit serve` in a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "botkit", "serve", *map(str, arguments),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=_environ(environ), start_new_session=True,
    )  # fmt: skip


def _environ(more: dict[str, str]) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("BOTKIT_")}
    return {**mine, "PYTHONUNBUFFERED": "1", **more}
