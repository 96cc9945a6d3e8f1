"""Latency: CPU time of a message through the whole pipeline, and the way through the pool."""

import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from bench.nlp import Row
from bench.nlp.clinc import NAME, PARTS, TIERS, make_project, texts
from botkit.nlp_pool import NlpPool
from nlp.pipeline import load_pipeline
from nlp.project import read_project

MESSAGES, QUICK_MESSAGES = 2_000, 300
WARM_UP = 50
AT_ONCE = 64
GOALS = {"default": 0.5, "onnx": 5.0}
PUBLISHED = "Rasa 51 ms"


def rows(quick: bool) -> Iterable[Row]:
    """Medians over texts that are all different, one after the other, on one thread."""
    said = texts(QUICK_MESSAGES if quick else MESSAGES)
    for tier in TIERS:
        with tempfile.TemporaryDirectory() as scratch:
            home = make_project(Path(scratch), tier)
            yield from _alone(home, tier, said)
            yield from asyncio.run(_through_the_pool(home, tier, said))


def _alone(home: Path, tier: str, said: list[str]) -> Iterable[Row]:
    pipeline = load_pipeline(read_project(home), models=home.parent / "models")
    for text in said[:WARM_UP]:
        pipeline.read(text, want=PARTS)
    times: list[float] = []
    parts: dict[str, list[int]] = defaultdict(list)
    for text in said:
        began = time.thread_time_ns()
        understanding = pipeline.read(text, want=PARTS)
        times.append((time.thread_time_ns() - began) / 1e6)
        for why in understanding.why:
            parts[why.component].append(why.microseconds)
    yield _row(tier, "CPU per message, whole pipeline, median", statistics.median(times), "ms", goal=GOALS.get(tier))
    yield _row(tier, "the same, 99 of 100", statistics.quantiles(times, n=100)[98], "ms")
    for kind, spent in parts.items():
        yield _row(tier, f"of it: {kind}, median", statistics.median(spent), "us")


async def _through_the_pool(home: Path, tier: str, said: list[str]) -> list[Row]:
    """The time on the wall from the question to the answer in the server's process, idle and under load."""
    pool = NlpPool(home, home.parent / "models", warm=PARTS)
    try:
        await pool.start()
        for text in said[:WARM_UP]:
            await pool.read(text, want=PARTS, timeout_seconds=60)
        times: list[float] = []
        spent = time.thread_time()
        for text in said:
            began = time.perf_counter()
            await pool.read(text, want=PARTS, timeout_seconds=60)
            times.append((time.perf_counter() - began) * 1000)
        spent = (time.thread_time() - spent) / len(said) * 1000
        began = time.perf_counter()
        todo = iter(said)

        async def customer() -> None:
            for text in todo:
                await pool.read(text, want=PARTS, timeout_seconds=60)

        await asyncio.gather(*(customer() for _ in range(AT_ONCE)))
        rate = len(said) / (time.perf_counter() - began)
    finally:
        await pool.close()
    return [
        _row(tier, "round trip through the pool, idle, median", statistics.median(times), "ms"),
        _row(tier, "of it: CPU of the server's own process", spent, "ms"),
        _row(tier, f"one worker, {AT_ONCE} texts at a time", rate, "texts/s"),
    ]


def _row(tier: str, metric: str, value: float, unit: str, goal: float | None = None) -> Row:
    return Row(
        bench="latency", data=NAME, metric=metric, value=value, unit=unit, tier=tier, goal=goal,
        published=PUBLISHED if goal else "",
    )  # fmt: skip
