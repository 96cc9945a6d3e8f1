"""Waiting: what ten thousand waiting sessions cost: memory beyond the store, and time at the start."""

import json
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bench.figures import Figures, say
from bench.processes import Failed, Measured, scratch
from bench.project import TO_A_WAIT, write_project
from bench.throughput import RUNNING, Driver

SESSIONS, QUICK_SESSIONS = 10_000, 2_000
WARM = 100
STARTS = 3
MOST_BYTES_EACH = 1_024
MOST_START_SECONDS = 2.0
POLL_SECONDS = 0.005


def run(figures: Figures) -> None:
    """Baselines are the bounds; for the time at the start it is that with an empty store."""
    sessions = QUICK_SESSIONS if figures.quick else SESSIONS
    with ExitStack() as stack, scratch() as folder:
        driver = Driver(stack)
        for name in ("empty", "full"):
            write_project(folder / name, TO_A_WAIT, provider=driver.send_url)
        say(f"making {sessions} sessions that wait")
        with _server(folder / "full", driver) as server:
            driver.load(server.wait_ready(), calls=sessions, senders=sessions)
            driver.wait_replies(sessions)
            waiting = _waiting(server)
            if waiting != sessions:
                raise Failed(f"{sessions} sessions were to wait, {waiting} do")
            server.stop()
        empty, full = [], []
        for _ in range(STARTS):
            empty.append(_start(folder / "empty", driver))
            full.append(_start(folder / "full", driver))
    wall = {name: min(seconds for seconds, _, _ in runs) for name, runs in (("empty", empty), ("full", full))}
    cpu = {name: min(seconds for _, seconds, _ in runs) for name, runs in (("empty", empty), ("full", full))}
    # The pages of the store's file that the system keeps mapped are no memory of ours.
    extra = min(kib for *_, kib in full) - min(kib for *_, kib in empty)
    figures.add(
        "waiting", f"{sessions} sessions: memory each", extra * 1024 / sessions, "bytes", baseline=MOST_BYTES_EACH
    )
    figures.add("waiting", f"{sessions} sessions: start", wall["full"], "s", baseline=MOST_START_SECONDS)
    figures.add("waiting", "start with an empty store", wall["empty"], "s", baseline=MOST_START_SECONDS)
    figures.add("waiting", f"{sessions} sessions: start, cpu", cpu["full"], "CPU s", baseline=cpu["empty"])


def _server(folder: Path, driver: Driver) -> Measured:
    return Measured(
        "-m", "botkit", "serve", str(folder), "--port", "0", core=driver.measured, ready=RUNNING,
        BOTKIT_LOG_FORMAT="text",
    )  # fmt: skip


def _start(folder: Path, driver: Driver) -> tuple[float, float, int]:
    """Start, serve some messages of the same customers, stop: (seconds, CPU seconds, resident KiB)."""
    with _server(folder, driver) as server:
        port = server.wait_ready()
        while not _is_ready(port):
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - server.started_at
        cpu = server.cpu_ns() / 1e9
        before = driver.count()["distinct"]
        driver.load(port, calls=WARM, senders=WARM)
        driver.wait_replies(before + WARM)
        kib = server.anonymous_kib()
        server.stop()
    return seconds, cpu, kib


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except (urllib.error.URLError, ConnectionError):
        return False


def _waiting(server: Measured) -> int:
    """The sessions in its store, as its metrics tell."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.wait_ready()}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith('botkit_waiting{what="sessions"}'):
                return int(float(line.split()[1]))
    return 0
