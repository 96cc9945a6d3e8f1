"""Memory: what understanding adds to a bare server: the worker process, whole and by what it shares with nobody."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench.nlp import Absent, Row
from bench.nlp.clinc import NAME, PARTS, TIERS, make_project, texts
from botkit.nlp_pool import WARM, NlpPool

GOALS = {"default": 60.0, "onnx": 150.0}
PUBLISHED = "Rasa 1.1 GB"
MESSAGES = 500


def rows(quick: bool) -> Iterable[Row]:
    """After some messages, with the parts that a served bot warms, and with spaCy's tokens too."""
    for tier in TIERS:
        for what, parts in (("", WARM), (" with tokens (spaCy)", PARTS)):
            with tempfile.TemporaryDirectory() as scratch:
                home = make_project(Path(scratch), tier)
                own, resident = asyncio.run(_memory(home, parts))
            goal = None if what else GOALS.get(tier)
            for metric, value, bound in (("its own", own, goal), ("resident", resident, None)):
                yield Row(
                    bench="memory", data=NAME, metric=f"worker{what}: {metric}", value=value, unit="MB", tier=tier,
                    goal=bound, published=PUBLISHED if bound else "",
                )  # fmt: skip


async def _memory(home: Path, parts: tuple[str, ...]) -> tuple[float, float]:
    pool = NlpPool(home, home.parent / "models", warm=parts)
    try:
        await pool.start()
        for text in texts(MESSAGES):
            await pool.read(text, want=parts, timeout_seconds=60)
        return _of_process(pool.process_ids()[0])
    finally:
        await pool.close()


def _of_process(pid: int) -> tuple[float, float]:
    """(memory that no other process has, all of it), in MB of 1,000,000 bytes."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError as error:
        raise Absent("memory is read from /proc, which is not there") from error
    fields = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines()[1:]}
    return (fields["Private_Clean"] + fields["Private_Dirty"]) / 1e6, fields["Rss"] / 1e6
