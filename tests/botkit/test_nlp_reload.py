"""The NLP pool while the project's files change: new workers take over, and no text is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest

from botkit.nlp_pool import NlpPool
from botkit.nlp_process import NlpProcess, start_process
from botkit.nlp_watch import MAX_TRIES, NlpWatch
from flows.turn import NlpFailed
from nlp.encoder import load_encoder
from nlp.encoder_making import make_encoder
from nlp.errors import InvalidData
from nlp.project import Project
from nlp.sentiment import SentimentScore
from nlp.sentiment_head import FOLDER, train_head
from tests.botkit.process import Provider, ServerProcess, post, write_project
from tests.nlp import tiny_bert

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
        understanding.extra['pid'] = os.getpid()
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


async def until(pool: NlpPool, number: int) -> None:
    async with asyncio.timeout(60):
        while await version(pool) != number:
            await asyncio.sleep(0.01)


async def test_a_change_of_the_files_is_noticed(
    pool: NlpPool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    watch = NlpWatch(pool, every_seconds=0.02).start()
    try:
        write(tmp_path / "nlp", 2)  # nothing has been read yet
        assert await version(pool) == 2
        write(tmp_path / "nlp", 3)
        await until(pool, 3)
        (tmp_path / "nlp" / "pipeline.yaml").write_text("components: [vresion]", encoding="utf-8")
        async with asyncio.timeout(60):
            while "unknown component 'vresion'" not in caplog.text:
                await asyncio.sleep(0.01)
        assert await version(pool) == 3
        write(tmp_path / "nlp", 4)
        await until(pool, 4)
        assert caplog.text.count("was not taken up") == 1
    finally:
        await watch.stop()


@pytest.mark.parametrize("fault", ["no process: cannot allocate memory", RuntimeError("can't start new thread")])
async def test_a_change_that_a_passing_fault_kept_out_is_tried_again(
    pool: NlpPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    fault: str | Exception,
) -> None:  # fmt: skip
    faults = [fault, fault]

    async def starts(arguments: Sequence[str], environment: dict[str, str]) -> NlpProcess | str:
        if not faults:
            return await start_process(arguments, environment)
        found = faults.pop()
        if isinstance(found, Exception):
            raise found
        return found

    assert await version(pool) == 1
    monkeypatch.setattr("botkit.nlp_pool.start_process", starts)
    watch = NlpWatch(pool, every_seconds=0.02, pause_seconds=0.05).start()
    try:
        write(tmp_path / "nlp", 2)
        await until(pool, 2)
        assert caplog.text.count("was not taken up") == 1
    finally:
        await watch.stop()


async def test_what_is_refused_again_and_again_is_left_alone_until_it_changes(pool: NlpPool, tmp_path: Path) -> None:
    tries, enough = 0, asyncio.Event()

    async def refuses() -> None:
        nonlocal tries
        tries += 1
        if tries == MAX_TRIES:
            enough.set()
        raise InvalidData("intents/a.yaml", 1, "this is no intent")

    assert await version(pool) == 1
    watch = NlpWatch(pool, every_seconds=0.01, pause_seconds=0.001, read=refuses).start()
    try:
        write(tmp_path / "nlp", 2)
        async with asyncio.timeout(60):
            await enough.wait()
        await asyncio.sleep(0.3)
        assert tries == MAX_TRIES
        write(tmp_path / "nlp", 3)
        async with asyncio.timeout(60):
            while tries == MAX_TRIES:
                await asyncio.sleep(0.01)
    finally:
        await watch.stop()


PRAISE, BLAME = "where where where", "9 9 9 9"


def train_sentiment(models: Path, tone: float) -> None:
    """A head for which praise sounds as good as `tone`, and blame as bad."""
    texts = [f"{opinion} {letter}" for letter in "abcdefghijklmnopqrstuvwxyz" for opinion in (PRAISE, BLAME)]
    plain = SentimentScore()
    plain.prepare(Project(), None)
    train_head(texts, [tone, -tone] * 26, load_encoder("tiny"), plain.polarity, models / FOLDER)


async def test_a_head_of_sentiment_that_is_trained_anew_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))
    make_encoder(tiny_bert.write(tmp_path / "model"), "tiny")
    train_sentiment(tmp_path / "models", 0.8)
    (tmp_path / "nlp").mkdir()
    (tmp_path / "nlp" / "pipeline.yaml").write_text("components: [{kind: sentiment, head: tiny}]", encoding="utf-8")
    pool = NlpPool(tmp_path / "nlp", tmp_path / "models", warm=("sentiment",))
    watch = NlpWatch(pool, every_seconds=0.02).start()

    async def label() -> str:
        read = await pool.read(f"{PRAISE} z", want=("sentiment",), timeout_seconds=60)
        assert read.sentiment is not None
        return read.sentiment.label

    try:
        assert await label() == "positive"
        train_sentiment(tmp_path / "models", -0.8)
        async with asyncio.timeout(60):
            while await label() != "negative":
                await asyncio.sleep(0.01)
    finally:
        await watch.stop()
        await pool.close()


async def test_it_can_be_asked_for(pool: NlpPool) -> None:
    before = {await pid(pool) for _ in range(20)}
    watch = NlpWatch(pool, every_seconds=60).start()
    try:
        watch.ask()
        async with asyncio.timeout(60):
            while await pid(pool) in before:
                await asyncio.sleep(0.01)
    finally:
        await watch.stop()


async def pid(pool: NlpPool) -> int:
    return int((await pool.read("hello", want=("version",), timeout_seconds=60)).extra["pid"])


INTENTS = """
- {intent: order_status, examples: [where is my order, track my parcel, has it shipped, when will it come]}
- {intent: greeting, examples: [hello, hi there, good morning, hey you, good evening]}
"""
FLOW = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: nlp_pipeline
    intents: [order_status, greeting]
    next: {order_status: 4, greeting: 4, none_of_these: 4, onTimeout: 5, onError: 5}
  4: {kind: send, text: "$(message.text) is $(n3.intent)", next: {onSuccess: end 101}}
  5: {kind: send, text: "$(message.text) was lost", next: {onSuccess: end 102}}
"""


@pytest.mark.timeout(120)
async def test_a_served_bot_takes_up_a_new_model_and_answers_every_message(tmp_path: Path) -> None:
    async with Provider() as provider, aiohttp.ClientSession() as session:
        project = write_project(tmp_path / "project", FLOW, provider=provider.url)
        intents = project / "nlp" / "intents" / "shop.yaml"
        intents.parent.mkdir(parents=True)
        intents.write_text(INTENTS, encoding="utf-8")
        async with ServerProcess(project) as server:

            async def say(number: int, text: str) -> None:
                assert await post(session, server.url, f"+1555{number:07d}", text, f"id{number}") == 200

            await say(0, "plugh xyzzy")
            intents.write_text(INTENTS.replace("it shipped", "plugh xyzzy"), encoding="utf-8")
            os.kill(server.pid, signal.SIGHUP)
            said = 0
            async with asyncio.timeout(60):
                while not any(line["text"].endswith("xyzzy is order_status") for line in provider.taken):
                    said += 1
                    await say(said, f"{said} plugh xyzzy")
                    await asyncio.sleep(0.02)
                while len(provider.taken) < said + 1:
                    await asyncio.sleep(0.01)
            intents.write_text(INTENTS.partition("- {intent: greeting")[0], encoding="utf-8")
            os.kill(server.pid, signal.SIGHUP)
            refused = "there is no intent 'greeting', but node 3 of flow 'main' names it"
            async with asyncio.timeout(60):
                while not any(refused in line for line in server.log):
                    await asyncio.sleep(0.01)
            await say(said := said + 1, "hello")
            async with asyncio.timeout(60):
                while len(provider.taken) < said + 1:
                    await asyncio.sleep(0.01)
            assert provider.taken[-1]["text"] == "hello is greeting"
            assert await server.stop() == 0
            texts = [line["text"] for line in provider.taken]
            assert len(set(texts)) == said + 1
            assert not [text for text in texts if "lost" in text]
            assert any("the change is live" in line for line in server.log)
