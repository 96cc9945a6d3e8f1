"""Processes: servers to measure, each on the core it is given, with their CPU time, memory and threads."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.figures import ROOT

START_SECONDS = 120.0
WATCHED_START_SECONDS = 900.0  # under valgrind a program runs some fifty times slower
STOP_SECONDS = 40.0
POLL_SECONDS = 0.02


class Failed(Exception):
    """A bench could not be run; the message says why."""


def cores() -> tuple[int | None, int | None]:
    """(the core of what is measured, the core of what drives it); None where there is no choice."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[-1], usable[0]) if len(usable) > 1 else (None, None)


class Measured:
    """A Python program in a process of its own, pinned to `core`; `ready` finds its port in what it prints."""

    def __init__(
        self,
        *arguments: str,
        core: int | None,
        ready: str = r"port (\d+)",
        wrapper: tuple[str, ...] = (),
        **environ: str,
    ) -> None:
        self._pattern = re.compile(ready)
        self._log = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - closed by kill()
        self._start_seconds = WATCHED_START_SECONDS if wrapper else START_SECONDS
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            [*wrapper, sys.executable, *arguments], cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environ}, start_new_session=True,
            preexec_fn=_pinned(core),
        )  # fmt: skip

    def wait_ready(self) -> int:
        """The port it listens on, once it does."""
        end = time.monotonic() + self._start_seconds
        while time.monotonic() < end:
            found = self._pattern.search(self.log())
            if found:
                return int(found.group(1))
            if self._process.poll() is not None:
                raise Failed(f"the process ended with status {self._process.returncode}:\n{self.log()[-2000:]}")
            time.sleep(POLL_SECONDS)
        raise Failed(f"the process was not ready after {self._start_seconds:.0f} seconds:\n{self.log()[-2000:]}")

    def log(self) -> str:
        return os.pread(self._log.fileno(), 1_000_000, 0).decode(errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_ns(self) -> int:
        """CPU time of all its threads and those of its children so far."""
        return sum(_cpu_ns(pid) for pid in family(self.pid))

    def rss_kib(self) -> int:
        """Resident memory of it and its children, each shared page counted for each."""
        return sum(_status_kib(pid, "VmRSS") for pid in family(self.pid))

    def anonymous_kib(self) -> int:
        """Resident memory that is its own and its children's: without the pages of files, such as the store's."""
        return sum(_status_kib(pid, "RssAnon") for pid in family(self.pid))

    def stop(self) -> int:
        """Ask it to end and wait; returns the exit status."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def __enter__(self) -> "Measured":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def run_json(*arguments: str, core: int | None, seconds: float = START_SECONDS) -> Any:
    """What a program of ours prints, as JSON."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False,
        preexec_fn=_pinned(core),
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def child_cpu_seconds(*arguments: str, core: int | None = None) -> float:
    """User and system time that a Python command takes from start to end."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        preexec_fn=_pinned(core),
    )  # fmt: skip
    after = os.times()
    if done.returncode:
        raise Failed(f"{' '.join(arguments)} failed:\n{done.stderr.decode()[-2000:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder for a project and its store, on a disk and not in memory where that can be told."""
    home = ROOT / "bench" / "out"
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=home, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def family(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _cpu_ns(pid: int) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
    return total


def _status_kib(pid: int, field: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


def _pinned(core: int | None) -> Callable[[], None] | None:
    if core is None:
        return None
    return lambda: os.sched_setaffinity(0, {core})
