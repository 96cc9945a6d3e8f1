"""Instructions: how many a process runs for a message, by perf where the machine counts them, else under valgrind.

Instructions repeat within a few per cent on a busy machine, where times do not.
"""

import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from bench.processes import Failed, Measured, family

CONTROL_SECONDS = 60.0
_TOTALS = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
_COUNT = re.compile(r"^\s*([\d,]+)\s+instructions", re.MULTILINE)


@cache
def method() -> str:
    """`perf`, `valgrind`, or nothing where neither can be had."""
    if shutil.which("perf"):
        probe = subprocess.run(
            ["perf", "stat", "-e", "instructions:u", "true"], capture_output=True, text=True, check=False
        )
        if _COUNT.search(probe.stderr):
            return "perf"
    return "valgrind" if shutil.which("valgrind") and shutil.which("callgrind_control") else ""


class Counter:
    """Counts what one process does between two moments. Start the process with `wrapper` before its command."""

    def __init__(self) -> None:
        self._dumps = tempfile.TemporaryDirectory(prefix="botkit-bench-")
        self.wrapper: tuple[str, ...] = ()
        if method() == "valgrind":
            self.wrapper = (
                "valgrind", "--tool=callgrind", "-q", "--trace-children=no", "--fair-sched=yes",
                f"--callgrind-out-file={self._dumps.name}/dump",
            )  # fmt: skip

    def of(self, server: Measured, work: Callable[[], object]) -> int:
        """The instructions that `server` runs while `work` is done."""
        return self._by_perf(server, work) if method() == "perf" else self._by_valgrind(server, work)

    def _by_perf(self, server: Measured, work: Callable[[], object]) -> int:
        pids = ",".join(map(str, family(server.pid)))
        perf = subprocess.Popen(
            ["perf", "stat", "-e", "instructions:u", "-p", pids], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        try:
            work()
        finally:
            perf.send_signal(signal.SIGINT)
            report = perf.communicate()[1]
        found = _COUNT.search(report)
        if not found:
            raise Failed(f"perf counted nothing:\n{report}")
        return int(found.group(1).replace(",", ""))

    def _by_valgrind(self, server: Measured, work: Callable[[], object]) -> int:
        self._control("--dump", server.pid)  # a dump begins the count anew
        before = set(Path(self._dumps.name).iterdir())
        work()
        self._control("--dump", server.pid)
        fresh = [path for path in Path(self._dumps.name).iterdir() if path not in before]
        counts = [int(found) for path in fresh for found in _TOTALS.findall(path.read_text())[:1]]
        if not counts:
            raise Failed("valgrind counted nothing")
        return sum(counts)

    def _control(self, command: str, pid: int) -> None:
        done = subprocess.run(
            ["callgrind_control", command, str(pid)], capture_output=True, text=True, timeout=CONTROL_SECONDS,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failed(f"callgrind_control failed:\n{done.stdout}{done.stderr}")
