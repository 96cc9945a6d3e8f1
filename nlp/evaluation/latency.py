"""Latency: what understanding a message costs, in CPU and in waiting, over all and by component."""

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from nlp.errors import InvalidRequest
from nlp.pipeline import Pipeline

MAX_MESSAGES = 100_000


class Spread(msgspec.Struct, frozen=True):
    """A duration over many messages, in microseconds: median, 95th and 99th percentile, mean."""

    name: str
    p50: float
    p95: float
    p99: float
    mean: float


class Latency(msgspec.Struct, frozen=True):
    """The cost per message. `wall` counts what other programs take; `cpu` is this thread's own time."""

    messages: int
    cpu: Spread
    wall: Spread
    components: tuple[Spread, ...]


def measure_latency(
    pipeline: Pipeline,
    texts: Sequence[str],
    want: Iterable[str],
    *,
    repeat: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Latency:
    """Read every text `repeat` times in a warm pipeline, one after the other.

    Raises `InvalidRequest` for no texts, or more than 100,000 readings.
    """
    if not 1 <= len(texts) * repeat <= MAX_MESSAGES:
        raise InvalidRequest(f"latency is measured over 1 to {MAX_MESSAGES} messages")
    wanted = tuple(want)
    pipeline.warm(wanted)
    pipeline.read(texts[0], want=wanted)
    cpu: list[float] = []
    wall: list[float] = []
    parts: dict[str, list[float]] = {}
    for number in range(repeat):
        for place, text in enumerate(texts, start=1):
            began, began_cpu = time.perf_counter_ns(), time.thread_time_ns()
            found = pipeline.read(text, want=wanted)
            cpu.append((time.thread_time_ns() - began_cpu) / 1000)
            wall.append((time.perf_counter_ns() - began) / 1000)
            for why in found.why:
                parts.setdefault(why.component, []).append(why.microseconds)
            if progress is not None:
                progress(number * len(texts) + place, len(texts) * repeat)
    return Latency(
        len(cpu),
        spread("cpu", cpu),
        spread("wall", wall),
        tuple(spread(name, values) for name, values in parts.items()),
    )


def spread(name: str, values: Sequence[float]) -> Spread:
    """Percentiles by the nearest rank: each is a duration that was measured."""
    ordered = sorted(values)

    def rank(percent: int) -> float:
        return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]

    return Spread(name, rank(50), rank(95), rank(99), sum(ordered) / len(ordered))
