"""Scripts: one Evaluate script through the pool of sandboxed processes."""

import asyncio
import statistics
import time

from bench.figures import Figures

CALLS, QUICK_CALLS = 2_000, 400
TURNS = 5
AT_ONCE = 8
SCRIPT = 'count = Number(count) + 1; $("n2.sms.message").startsWith("order") ? "order" : "other"'


def run(figures: Figures) -> None:
    """Time of a call by itself, calls a second with several at once, and what one costs without the pool."""
    asyncio.run(_measure(figures, QUICK_CALLS if figures.quick else CALLS))


async def _measure(figures: Figures, calls: int) -> None:
    import quickjs

    from botkit.scripts import ScriptPool

    bare = []
    for _ in range(TURNS):
        began = time.perf_counter()
        for _ in range(calls // 10):
            quickjs.Context().eval('var count = "1"; count = Number(count) + 1; "order"')
        bare.append((time.perf_counter() - began) / (calls // 10) * 1e6)
    async with ScriptPool() as pool:

        async def call() -> None:
            value, _ = await pool.run(
                SCRIPT,
                {"count": 1},
                lookup={"n2": {"sms": {"message": "order 7"}}},
                timeout_seconds=1.0,
                outputs=("count",),
            )
            assert value == "order"

        await asyncio.gather(*(call() for _ in range(AT_ONCE)))
        alone, together = [], []
        for _ in range(TURNS):
            began = time.perf_counter()
            for _ in range(calls // 4):
                await call()
            alone.append((time.perf_counter() - began) / (calls // 4) * 1e6)
            began = time.perf_counter()
            for _ in range(calls // AT_ONCE):
                await asyncio.gather(*(call() for _ in range(AT_ONCE)))
            together.append(calls / (time.perf_counter() - began))
    base = statistics.median(bare)
    figures.add("scripts", "a call by itself", statistics.median(alone), "us", baseline=base)
    figures.add("scripts", f"{AT_ONCE} at once", statistics.median(together), "calls/s", baseline=1e6 / base)
