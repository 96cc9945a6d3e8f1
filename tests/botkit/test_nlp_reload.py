"""The NLP pool while the project's files change: new workers take over, and no text is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from botkit.nlp_pool import NlpPool
from flows.turn import NlpFailed

COMPONENT = """
import os, time
from typing import ClassVar
from nlp.base import Component

class Version(Component):
    kind = 'version'
    gives: ClassVar = ('version',)

    def read(self, understanding, context):
        if understanding.text == 'crash':
            os._exit(3)
        time.sleep(0.002)
        understanding.extra['version'] = {version}
        return 'done'
"""


def write(folder: Path, version: int | str) -> None:
    (folder / "components").mkdir(parents=True, exist_ok=True)
    (folder / "components" / "version.py").write_text(COMPONENT.replace("{version}", str(version)), encoding="utf-8")
    (folder / "pipeline.yaml").write_text("components: [version]", encoding="utf-8")


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[NlpPool]:
    write(tmp_path / "nlp", 1)
    pool = NlpPool(tmp_path / "nlp", tmp_path / "models", processes=2, warm=("version",))
    yield pool
    await pool.close()


async def version(pool: NlpPool, text: str = "hello") -> int:
    return int((await pool.read(text, want=("version",), timeout_seconds=60)).extra["version"])


async def test_new_workers_take_over_under_load(pool: NlpPool, tmp_path: Path) -> None:
    await pool.start()
    seen: list[int] = []
    enough = asyncio.Event()

    async def customer() -> None:
        while not enough.is_set():
            seen.append(await version(pool))  # raises where a text is lost

    customers = [asyncio.create_task(customer()) for _ in range(20)]
    for number in (2, 3):
        write(tmp_path / "nlp", number)
        await pool.reload()
        assert await version(pool) == number
    enough.set()
    await asyncio.gather(*customers)
    assert set(seen) == {1, 2, 3}
    assert await asyncio.gather(*(version(pool) for _ in range(20))) == [3] * 20


async def test_what_cannot_start_leaves_the_old_ones_serving(pool: NlpPool, tmp_path: Path) -> None:
    await pool.start()
    (tmp_path / "nlp" / "pipeline.yaml").write_text("components: [vresion]", encoding="utf-8")
    with pytest.raises(NlpFailed, match="unknown component 'vresion'"):
        await pool.reload()
    assert await version(pool) == 1
    for _ in range(2):  # both workers, one after the other
        with pytest.raises(NlpFailed, match="crashed"):
            await version(pool, "crash")
    assert await version(pool) == 1  # the new ones are as the old ones were
    write(tmp_path / "nlp", 2)
    await pool.reload()
    assert await version(pool) == 2


async def test_a_pool_that_could_not_start_is_mended(tmp_path: Path) -> None:
    write(tmp_path / "nlp", "1 +")
    pool = NlpPool(tmp_path / "nlp", tmp_path / "models", warm=("version",))
    try:
        with pytest.raises(NlpFailed, match=r"components/version.py fails on import: SyntaxError"):
            await pool.start()
        write(tmp_path / "nlp", 5)
        await pool.reload()
        assert await version(pool) == 5
    finally:
        await pool.close()


async def test_before_the_first_text_there_is_nothing_to_reload(pool: NlpPool, tmp_path: Path) -> None:
    await pool.reload()
    write(tmp_path / "nlp", 7)
    assert await version(pool) == 7


async def test_it_can_be_closed_while_it_reloads(pool: NlpPool, tmp_path: Path) -> None:
    await pool.start()
    write(tmp_path / "nlp", 2)
    reloading = asyncio.create_task(pool.reload())
    await asyncio.sleep(0.05)
    await pool.close()
    await asyncio.gather(reloading, return_exceptions=True)
    with pytest.raises(NlpFailed, match="stopping"):
        await version(pool)
