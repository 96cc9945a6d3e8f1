"""Interpreter: walks of six nodes in process, against the same decisions as a bare function."""

import asyncio
import statistics
import time
from contextlib import ExitStack

from bench.figures import Figures
from bench.processes import Measured, cores, scratch
from bench.stages import Workbench

WALKS, QUICK_WALKS = 20_000, 4_000
TURNS = 5


def run(figures: Figures) -> None:
    """Walks a second of CPU time; the baseline does by hand what the flow's nodes do."""
    walks = QUICK_WALKS if figures.quick else WALKS
    with ExitStack() as stack, scratch() as folder:
        server = stack.enter_context(
            Measured(
                "-m", "bench.workbench", "http://127.0.0.1:9/send", "ends", core=cores()[0], BENCH_FOLDER=str(folder)
            )
        )  # fmt: skip
        bench = Workbench(server)
        own, bare = [], []
        for _ in range(TURNS + 1):
            bench.prepare("walk", walks)
            own.append(walks / bench.go() * 1e9)
            bare.append(_bare(walks))
    ratio = statistics.median(a / b for a, b in zip(own[1:], bare[1:], strict=True))
    figures.add(
        "interpreter", "six nodes", statistics.median(own[1:]), "walks/CPU s", baseline=statistics.median(bare[1:]),
        ratio=ratio,
    )  # fmt: skip


async def _by_hand(sms: dict[str, str]) -> str:
    """What the flow does, as a developer would write it for one bot."""
    text = sms["message"]
    kind = "order" if text.startswith("order") else "other"
    values = {"order": text, "answer": "is on its way"}
    if values["order"] and kind:
        return f"Order {values['order']} {values['answer']}."
    return ""


def _bare(walks: int) -> float:
    async def work() -> float:
        began = time.process_time_ns()
        for number in range(walks):
            assert await _by_hand({"message": f"order {number:08d}"})
        return walks / (time.process_time_ns() - began) * 1e9

    return asyncio.run(work())
