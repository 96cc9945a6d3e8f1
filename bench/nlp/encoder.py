"""Encoder: CPU time of an embedding, memory that it takes, and how near it is to the original."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterable

from bench.nlp import Absent, Row
from nlp.encoder import encoder_home, load_encoder, read_card
from nlp.encoder_making import SENTENCES
from nlp.errors import Unavailable

ROUNDS, QUICK_ROUNDS = 40, 5
MEMORY = """
import resource, sys, numpy
def now(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
before = now()
from nlp.encoder import load_encoder
load_encoder().embed(["where is my order", "word " * 200])
print((now() - before) / 2**20)
"""


def rows(quick: bool) -> Iterable[Row]:
    """Each text is new to the encoder, alone, and on one thread."""
    try:
        encoder = load_encoder()
    except Unavailable as error:
        raise Absent(str(error)) from None
    card = read_card(encoder_home())
    yield _row("cosine to the original, mean", card.mean_cosine, "")
    yield _row("cosine to the original, least", card.least_cosine, "")
    times = []
    encoder.embed(SENTENCES)
    for number in range(QUICK_ROUNDS if quick else ROUNDS):
        for text in SENTENCES:
            began = time.thread_time_ns()
            encoder.embed([f"{text} {number}"])
            times.append((time.thread_time_ns() - began) / 1e6)
    yield _row("CPU per text, median", statistics.median(times), "ms")
    yield _row("CPU per text, 99 of 100", statistics.quantiles(times, n=100)[98], "ms")
    if sys.platform == "linux":
        done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
        yield _row("memory over that of numpy", float(done.stdout), "MB", goal=150)


def _row(metric: str, value: float, unit: str, goal: float | None = None) -> Row:
    return Row(bench="encoder", data="sentences", metric=metric, value=value, unit=unit, tier="onnx", goal=goal)
