"""Throughput: the whole durable job against a bare aiohttp echo on the same core, in turns."""

import itertools
import json
import statistics
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.figures import Figures, say
from bench.processes import Failed, Measured, cores, run_json, scratch
from bench.project import TO_A_WAIT, TO_THE_END, write_project

CONNECTIONS = 64
SENDERS = 2_000
ROUNDS, QUICK_ROUNDS = 7, 3
SECONDS, QUICK_SECONDS = 3.0, 1.5
WARM_SECONDS = 1.5
DRAIN_SECONDS = 60.0
POLL_SECONDS = 0.01
RUNNING = r"running at http://[^:]+:(\d+)"

_runs = itertools.count(1)


class Driver:
    """The load generator and the provider, on the core that is not measured."""

    def __init__(self, stack: ExitStack) -> None:
        self.measured, self.other = cores()
        self._provider = stack.enter_context(Measured("-m", "bench.provider", core=self.other))
        self._count_url = f"http://127.0.0.1:{self._provider.wait_ready()}"
        self.send_url = f"{self._count_url}/send"

    def count(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self._count_url}/count", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def load(self, port: int, *, seconds: float = 0.0, calls: int = 0, senders: int = SENDERS) -> dict[str, Any]:
        """Drive a server; raises `Failed` if it refused anything."""
        arguments = [
            "-m", "bench.load", "--port", str(port), "--connections", str(CONNECTIONS), "--senders", str(senders),
            "--run", f"r{time.time_ns() // 1_000_000 % 10**9:09d}{next(_runs):03d}",
        ]  # fmt: skip
        arguments += ["--calls", str(calls)] if calls else ["--seconds", str(seconds)]
        result: dict[str, Any] = run_json(*arguments, core=self.other, seconds=600)
        if result["refused"] or result["broken"] or not result["acknowledged"]:
            raise Failed(f"the server did not take every call: {result}")
        return result

    def wait_replies(self, wanted: int) -> dict[str, int]:
        """The provider's count, once it has had as many different messages as were acknowledged."""
        end = time.monotonic() + DRAIN_SECONDS
        while (count := self.count())["distinct"] < wanted:
            if time.monotonic() > end:
                raise Failed(f"{wanted} messages were acknowledged but only {count['distinct']} replies came")
            time.sleep(POLL_SECONDS)
        return count


def serve(stack: ExitStack, folder: Path, flow: str, driver: Driver, **options: Any) -> tuple[Measured, int]:
    """`botkit serve` on a project with this flow, on the measured core."""
    write_project(folder, flow, provider=driver.send_url)
    server = stack.enter_context(
        Measured(
            "-m", "botkit", "serve", str(folder), "--port", "0", core=driver.measured, ready=RUNNING,
            BOTKIT_LOG_FORMAT="text", **options,
        )
    )  # fmt: skip
    return server, server.wait_ready()


class Round:
    """One server under load for a while."""

    def __init__(self, driver: Driver, server: Measured, port: int, seconds: float, *, replies: bool) -> None:
        before = driver.count() if replies else None
        cpu = server.cpu_ns()
        result = driver.load(port, seconds=seconds)
        done = result["acknowledged"]
        last = result["last_ns"]
        if before is not None:
            last = max(last, driver.wait_replies(before["distinct"] + done)["last_ns"])
        self.cpu_us = (server.cpu_ns() - cpu) / 1e3 / done
        # Complete jobs only: the time runs until the last reply has reached the provider.
        self.rate = done / (last - result["start_ns"]) * 1e9
        self.p50, self.p99 = result["p50_ms"], result["p99_ms"]


def run(figures: Figures) -> None:
    """Messages a second, latency and CPU time of a six-node flow, as ratios to the echo."""
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if figures.quick else (ROUNDS, SECONDS)
    with ExitStack() as stack, scratch() as folder:
        driver = Driver(stack)
        if driver.measured is None:
            say("there is one core only: the load generator shares it with the servers")
        echo = stack.enter_context(Measured("-m", "bench.echo", core=driver.measured))
        servers = {"echo": (echo, echo.wait_ready())}
        servers["ends"] = serve(stack, folder / "ends", TO_THE_END, driver)
        servers["waits"] = serve(stack, folder / "waits", TO_A_WAIT, driver)
        found: dict[str, list[Round]] = {name: [] for name in servers}
        for name, (server, port) in servers.items():
            Round(driver, server, port, WARM_SECONDS, replies=name != "echo")
        for number in range(rounds):
            for name, (server, port) in servers.items():
                found[name].append(Round(driver, server, port, seconds, replies=name != "echo"))
            told = ", ".join(
                f"{name} {turns[-1].rate:.0f}/s {turns[-1].cpu_us:.0f} us" for name, turns in found.items()
            )
            say(f"throughput round {number + 1} of {rounds}: {told}")
    for name in ("ends", "waits"):
        _report(figures, f"flow that {name}", found[name], found["echo"])


def _report(figures: Figures, name: str, own: list[Round], echo: list[Round]) -> None:
    for metric, unit in (("rate", "messages/s"), ("p50", "ms"), ("p99", "ms"), ("cpu_us", "CPU us/message")):
        values = [getattr(turn, metric) for turn in own]
        bases = [getattr(turn, metric) for turn in echo]
        ratio = statistics.median(value / base for value, base in zip(values, bases, strict=True))
        figures.add(
            "throughput", f"{name}: {metric.removesuffix('_us')}", statistics.median(values), unit,
            baseline=statistics.median(bases), ratio=ratio,
        )  # fmt: skip
