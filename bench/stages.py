"""Stages: what each part of a message's way costs, in instructions where they can be counted, and in CPU time."""

import socket
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from bench.figures import Figures, say
from bench.instructions import Counter, method
from bench.processes import Measured, scratch
from bench.project import TO_A_WAIT, TO_THE_END, write_project
from bench.throughput import RUNNING, Driver

INSIDE = {
    "parse": "the webhook's body into a message",
    "walk": "the interpreter: six nodes",
    "engine": "accept, lane, arbitration and walk, without store and outbox",
    "outbox": "the same with outbox and adapter, without store and HTTP",
    "commit": "the message's rows in SQLite, 32 messages a commit",
    "send": "adapter and HTTP client, to a provider",
}
WARM, COUNT, QUICK_COUNT = 512, 3_200, 640
COUNTED = 640
SENDERS = 600
"""More customers than the server keeps at hand; all of them have written before the counting begins."""
TURNS = 5
CONNECTION_SECONDS = 600.0


class Workbench:
    """A connection to a `bench.workbench` process."""

    def __init__(self, server: Measured) -> None:
        self._file = socket.create_connection(("127.0.0.1", server.wait_ready()), CONNECTION_SECONDS).makefile("rw")

    def prepare(self, stage: str, count: int) -> None:
        self._ask(f"{stage} {count}")

    def go(self) -> int:
        """Do what was prepared; returns nanoseconds of CPU time."""
        return int(self._ask("go"))

    def _ask(self, line: str) -> str:
        self._file.write(line + "\n")
        self._file.flush()
        return self._file.readline()


def run(figures: Figures) -> None:
    """CPU time of each stage and, by perf or valgrind, its instructions; baseline: a request to the echo."""
    with ExitStack() as stack, scratch() as folder:
        driver = Driver(stack)
        write_project(folder / "front", TO_THE_END, provider=driver.send_url)
        write_project(folder / "ends", TO_THE_END, provider=driver.send_url)
        write_project(folder / "waits", TO_A_WAIT, provider=driver.send_url)
        _cpu_times(figures, driver, str(folder))
        if not method():
            say("instructions are not counted: neither `perf stat` nor valgrind works here")
        elif method() == "valgrind" and figures.quick:
            say("instructions are not counted: with valgrind that takes minutes; leave --quick out")
        else:
            say(f"counting instructions with {method()}")
            _instructions(figures, driver, str(folder))


def _cpu_times(figures: Figures, driver: Driver, folder: str) -> None:
    count = QUICK_COUNT if figures.quick else COUNT
    with ExitStack() as stack:
        core = driver.measured
        echo = stack.enter_context(Measured("-m", "bench.echo", core=core))
        front = stack.enter_context(Measured("-m", "bench.front", f"{folder}/front", core=core))
        inside = stack.enter_context(
            Measured("-m", "bench.workbench", driver.send_url, "ends", core=core, BENCH_FOLDER=folder)
        )
        ports = {"echo": (echo, echo.wait_ready()), "front": (front, front.wait_ready())}
        bench = Workbench(inside)
        found: dict[str, list[float]] = {name: [] for name in (*ports, *INSIDE)}
        for turn in range(TURNS + 1):
            for name, (server, port) in ports.items():
                before = server.cpu_ns()
                driver.load(port, calls=count)
                found[name].append((server.cpu_ns() - before) / count / 1e3)
            for name in INSIDE:
                bench.prepare(name, count)
                found[name].append(bench.go() / count / 1e3)
            if turn == 0:  # to warm up
                found = {name: [] for name in found}
    base = statistics.median(found["echo"])
    for name, turns in found.items():
        ratio = statistics.median(value / echo for value, echo in zip(turns, found["echo"], strict=True))
        figures.add("stages", f"{name}: cpu", statistics.median(turns), "CPU us/message", baseline=base, ratio=ratio)


def _instructions(figures: Figures, driver: Driver, folder: str) -> None:
    base = 0.0
    for name, arguments, ready in (
        ("echo", ("-m", "bench.echo"), r"port (\d+)"),
        ("front", ("-m", "bench.front", f"{folder}/front"), r"port (\d+)"),
        ("whole, flow that ends", ("-m", "botkit", "serve", f"{folder}/ends", "--port", "0"), RUNNING),
        ("whole, flow that waits", ("-m", "botkit", "serve", f"{folder}/waits", "--port", "0"), RUNNING),
    ):
        counter = Counter()
        with Measured(*arguments, core=driver.measured, ready=ready, wrapper=counter.wrapper) as server:
            port = server.wait_ready()
            work = _load(driver, port, replies=name.startswith("whole"))
            work(max(WARM, SENDERS))
            count = counter.of(server, partial(work, COUNTED)) / COUNTED / 1e3
        base = base or count
        _tell(figures, name, count, base)
    counter = Counter()
    with Measured(
        "-m", "bench.workbench", driver.send_url, "ends", core=driver.measured, wrapper=counter.wrapper,
        BENCH_FOLDER=folder,
    ) as server:  # fmt: skip
        bench = Workbench(server)
        for name in INSIDE:
            bench.prepare(name, WARM)
            bench.go()
            bench.prepare(name, COUNTED)
            _tell(figures, name, counter.of(server, bench.go) / COUNTED / 1e3, base)


def _tell(figures: Figures, name: str, count: float, base: float) -> None:
    say(f"{name}: {count:.0f} thousand instructions")
    figures.add("stages", f"{name}: instructions", count, "thousand/message", baseline=base)


def _load(driver: Driver, port: int, *, replies: bool) -> Callable[[int], None]:
    def work(calls: int) -> None:
        before = driver.count()["distinct"]
        driver.load(port, calls=calls, senders=SENDERS)
        if replies:
            driver.wait_replies(before + calls)

    return work
