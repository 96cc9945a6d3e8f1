"""The NLP pool: answers, deadlines, and a worker that crashes, hangs, or talks out of turn."""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import botkit.nlp_pool
from botkit import metrics
from botkit.nlp_pool import NlpPool
from botkit.nlp_process import NlpProcess, start_process
from flows.turn import Nlp, NlpFailed
from nlp.text import MAX_TEXT_LENGTH

INTENTS = """
- intent: order_status
  examples: [where is my order, track my parcel, has my order shipped, when will it come, status of my order]
- intent: greeting
  examples: [hello, hi there, good morning, hey you, good evening]
"""
PIPELINE = """
components: [entities, intents, sentiment, profanity, {kind: trouble, budget_milliseconds: 100}, lot]
"""
TROUBLE = """
import os, sys, time
from typing import ClassVar
from nlp.base import Component

class Trouble(Component):
    '''Does what the text says.'''
    kind = 'trouble'
    gives: ClassVar = ('trouble',)

    def read(self, understanding, context):
        word = understanding.text.split()[0]
        if word == 'crash':
            os._exit(3)
        if word == 'hang':
            while True:
                time.sleep(0.01)
        if word == 'raise':
            raise RuntimeError('out of luck')
        if word == 'print':
            print('stray words' * 10_000)
            os.write(1, b'\\x00\\x00\\x00\\x05junk')
        if word == 'unsendable':
            understanding.tokens = [object()]
        if word == 'sleep':
            time.sleep(0.3)
        if word == 'touch':
            open(understanding.text.split()[1], 'w').close()
        understanding.extra['pid'] = os.getpid()
        return 'done'

class Lot(Trouble):
    '''Reads several at once.'''
    kind = 'lot'
    gives: ClassVar = ('lot',)

    def read_many(self, understandings, contexts):
        time.sleep(0.005)
        for understanding, context in zip(understandings, contexts):
            self.read(understanding, context)
            understanding.extra['lot'] = len(understandings)
        return ['done'] * len(understandings)
"""
Open = Callable[..., AbstractAsyncContextManager[NlpPool]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "nlp"
    for name, text in (
        ("intents/a.yaml", INTENTS), ("pipeline.yaml", PIPELINE), ("components/trouble.py", TROUBLE),
    ):  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def open_pool(project: Path) -> Open:
    @asynccontextmanager
    async def open_(**settings: object) -> AsyncIterator[NlpPool]:
        settings.setdefault("warm", ("intent", "trouble"))
        pool = NlpPool(project, project.parent / "models", **settings)  # type: ignore[arg-type]
        try:
            yield pool
        finally:
            await pool.close()

    return open_


async def pid(pool: NlpPool, text: str = "fine") -> int:
    return int((await pool.read(text, want=("trouble",))).extra["pid"])


async def test_reads_and_runs_methods(open_pool: Open) -> None:
    async with open_pool() as pool:
        nlp: Nlp = pool
        understanding = await nlp.read("where is my order 12?", want=("intent", "entities"), timeout_seconds=60)
        assert understanding.intent == "order_status"
        assert understanding.entity("number") == 12
        assert not understanding.truncated
        outputs = await nlp.method("Number Recognition", "one or two", now=0)
        assert outputs["RecognizedNumbers"] == [1, 2]
        options = {"threshold": 1.0, "intents": ("greeting",), "now": 1}
        assert (await nlp.read("hello", want=("intent",), options=options)).intent == ""
        assert "numpy" not in sys.modules or "tests.nlp" in str(sys.modules)


async def test_hostile_texts(open_pool: Open) -> None:
    async with open_pool() as pool:
        for text in ("", "\ud800\x00", "😀", "fuck" * 250_000):
            understanding = await pool.read(
                text, want=("entities", "intent", "profanity", "sentiment"), timeout_seconds=60
            )
            assert len(understanding.text) == min(len(text), MAX_TEXT_LENGTH)
            assert understanding.truncated == (len(text) > MAX_TEXT_LENGTH)


async def test_wrong_requests_say_what_is_wrong(open_pool: Open) -> None:
    async with open_pool() as pool:
        await pool.start()
        with pytest.raises(NlpFailed, match="no component gives mood") as failed:
            await pool.read("hello", want=("mood",))
        assert (failed.value.timeout, failed.value.code) == (False, "invalid_request")
        with pytest.raises(NlpFailed, match="treshold"):
            await pool.read("hello", want=("intent",), options={"treshold": 1})
        with pytest.raises(NlpFailed, match="cannot be sent"):
            await pool.read("hello", want=("intent",), options={"threshold": object()})
        with pytest.raises(NlpFailed, match="'Mind Reading'"):
            await pool.method("Mind Reading", "hello", now=0)
        with pytest.raises(NlpFailed, match="spacy download") as failed:
            await pool.method("Lemmatization", "hello", now=0)
        assert failed.value.code == "method_unavailable"


async def test_tomorrow_is_the_day_after_this_one_where_nobody_says_what_time_it_is(open_pool: Open) -> None:
    async with open_pool() as pool:
        before = datetime.now(UTC).date()
        read = await pool.read("tomorrow", want=("entities",), timeout_seconds=60)
        after = datetime.now(UTC).date()
    assert [entity.value for entity in read.entities] in [[str(day + timedelta(days=1))] for day in (before, after)]


async def test_a_defect_costs_one_message(open_pool: Open) -> None:
    async with open_pool() as pool:
        await pool.start()
        before = await pid(pool)
        with pytest.raises(NlpFailed, match="component 'trouble' failed: RuntimeError: out of luck"):
            await pid(pool, "raise")
        with pytest.raises(NlpFailed, match="cannot be sent"):
            await pid(pool, "unsendable")
        assert await pid(pool) == before


async def test_stray_prints_do_no_harm(open_pool: Open, capfd: pytest.CaptureFixture[str]) -> None:
    async with open_pool() as pool:
        await pool.start()
        first = await pid(pool, "print")
        assert await pid(pool) == first
    assert "stray words" in capfd.readouterr().err


async def test_a_crash_costs_one_message_and_heals(open_pool: Open) -> None:
    async with open_pool() as pool:
        await pool.start()
        before = await pid(pool)
        answers = await asyncio.gather(
            pid(pool, "crash"), *(pid(pool) for _ in range(20)), return_exceptions=True
        )  # fmt: skip
        assert isinstance(answers[0], NlpFailed)
        assert "crashed" in answers[0].message
        assert all(isinstance(answer, int) and answer != before for answer in answers[1:])


async def test_the_log_tells_of_workers_that_end_and_do_not_start(
    open_pool: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = 0

    async def start_at_the_second_try(*arguments: Any) -> NlpProcess | str:
        nonlocal tries
        tries += 1
        return "out of memory" if tries == 1 else await start_process(*arguments)

    with caplog.at_level("WARNING", "botkit.nlp"):
        async with open_pool() as pool:
            await pool.start()
            monkeypatch.setattr("botkit.nlp_pool.start_process", start_at_the_second_try)
            (worker,) = pool.process_ids()
            os.kill(worker, signal.SIGKILL)
            while tries < 2 or not pool.process_ids():
                await asyncio.sleep(0.01)
            assert await pid(pool) != worker
    assert [record.getMessage() for record in caplog.records] == [
        "an NLP worker ended with status -9 and is replaced", "an NLP worker does not start: out of memory",
    ]  # fmt: skip


async def test_a_worker_for_which_the_system_has_no_room_is_started_when_it_has(
    open_pool: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start, refused = asyncio.create_subprocess_exec, 0

    async def refuse_twice(*arguments: Any, **settings: Any) -> asyncio.subprocess.Process:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return await start(*arguments, **settings)

    monkeypatch.setattr("botkit.nlp_pool.FIRST_PAUSE_SECONDS", 0.01)
    async with open_pool() as pool:
        await pool.start()
        monkeypatch.setattr("asyncio.create_subprocess_exec", refuse_twice)
        (worker,) = pool.process_ids()
        os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(30):
            while pool.process_ids() in ([], [worker]):
                await asyncio.sleep(0.01)
        assert await pid(pool) != worker
    assert "an NLP worker does not start: the system starts no process for it: Too many open files" in caplog.messages


async def test_a_hang_is_a_timeout_and_heals(open_pool: Open) -> None:
    async with open_pool(hang_seconds=0.4) as pool:
        await pool.start()
        before = await pid(pool)
        with pytest.raises(NlpFailed, match=r"within 0.1 s") as failed:
            await pool.read("hang", want=("trouble",), timeout_seconds=0.1)
        assert failed.value.timeout
        after = (await pool.read("fine", want=("trouble",), timeout_seconds=30)).extra["pid"]
        assert after != before


async def test_texts_behind_crashes_are_read_all_the_same(open_pool: Open) -> None:
    async with open_pool() as pool:
        await pool.start()
        texts = ["crash", "crash", "fine"]
        asked = [pool.read(text, want=("trouble",), timeout_seconds=60) for text in texts]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [isinstance(answer, NlpFailed) for answer in answers] == [True, True, False]


async def test_what_waits_is_read_together_in_order(open_pool: Open) -> None:
    async with open_pool(warm=("lot",)) as pool:
        await pool.start()
        asked = [pool.read(f"text {number}", want=("lot",), timeout_seconds=60) for number in range(100)]
        answers = await asyncio.gather(*asked)
        assert [answer.text for answer in answers] == [f"text {number}" for number in range(100)]
        assert max(answer.extra.get("lot", 1) for answer in answers) > 1


async def test_of_texts_read_together_only_the_guilty_fail(open_pool: Open) -> None:
    async with open_pool(warm=("lot",)) as pool:
        await pool.start()
        texts = [f"text {number}" for number in range(30)]
        texts[5], texts[17], texts[23] = "crash", "raise", "crash"
        asked = [pool.read(text, want=("lot",), timeout_seconds=60) for text in texts]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failed = {number: str(answer) for number, answer in enumerate(answers) if isinstance(answer, NlpFailed)}
        assert sorted(failed) == [5, 17, 23]
        assert "crashed" in failed[5]
        assert "out of luck" in failed[17]


async def test_a_text_whose_time_is_over_is_not_read(open_pool: Open, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    async with open_pool() as pool:
        await pool.start()
        slow = asyncio.create_task(pool.read("sleep", want=("trouble",), timeout_seconds=60))
        late = [pool.read(f"touch {seen}", want=("trouble",), timeout_seconds=0.05) for _ in range(3)]
        for answer in await asyncio.gather(*late, return_exceptions=True):
            assert isinstance(answer, NlpFailed)
            assert answer.timeout
        await slow
        assert await pid(pool)
        assert not seen.exists()


async def test_a_component_over_its_budget_is_told_and_counted(open_pool: Open) -> None:
    async with open_pool() as pool:
        before = metrics.NLP_OVERRUNS.counts.get(("trouble",), 0)
        read = await pool.read("sleep", want=("trouble",), timeout_seconds=60)
        assert read.why[-1].overran
        assert "its budget is 100" in read.why[-1].because
        assert metrics.NLP_OVERRUNS.counts[("trouble",)] == before + 1
        with pytest.raises(NlpFailed) as failed:  # and what comes after it does not begin
            await pool.read("sleep", want=("trouble", "lot"), timeout_seconds=0.1)
        assert failed.value.timeout


async def test_two_workers_share_the_work(open_pool: Open) -> None:
    async with open_pool(processes=2, hang_seconds=0.4) as pool:
        await pool.start()
        seen: set[int] = set()
        async with asyncio.timeout(60):
            while len(seen) < 2:
                seen.update(await asyncio.gather(*(pid(pool) for _ in range(40))))
        hanging = asyncio.create_task(pool.read("hang", want=("trouble",), timeout_seconds=30))
        await asyncio.sleep(0)
        assert await pid(pool) in seen  # the other one goes on
        with pytest.raises(NlpFailed, match="hung"):
            await hanging


async def test_too_many_texts_are_refused_at_once(open_pool: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botkit.nlp_pool, "MAX_QUEUED", 10)
    async with open_pool(hang_seconds=0.4) as pool:
        await pool.start()
        texts = ["hang"] + ["fine"] * 40
        answers = await asyncio.gather(*(pid(pool, text) for text in texts), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, NlpFailed) and "overloaded" in answer.message]
        assert refused
        assert all(answer.timeout for answer in refused)
        assert any(isinstance(answer, int) for answer in answers)


async def test_without_a_temporary_folder_it_says_so_and_starts_when_there_is_one(
    open_pool: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with open_pool() as pool:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
        for _ in range(2):
            with pytest.raises(NlpFailed, match="no temporary folder can be made: No such file or directory"):
                await pid(pool)
        monkeypatch.undo()
        assert (await pool.read("fine", want=("trouble",), timeout_seconds=30)).extra["pid"]


async def test_it_starts_with_the_first_text_and_closes_twice(open_pool: Open) -> None:
    async with open_pool() as pool:
        worker = (await pool.read("fine", want=("trouble",), timeout_seconds=60)).extra["pid"]
        pending = [asyncio.create_task(pid(pool)) for _ in range(5)]
        await asyncio.sleep(0)
        await pool.close()
        assert [await task for task in pending] == [worker] * 5  # what lay there is finished
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
        with pytest.raises(NlpFailed, match="stopping"):
            await pool.read("fine", want=("trouble",))


async def test_wrong_data_is_told_to_who_starts_it(tmp_path: Path) -> None:
    (tmp_path / "nlp" / "intents").mkdir(parents=True)
    (tmp_path / "nlp" / "intents" / "a.yaml").write_text("intent: x\n")
    pool = NlpPool(tmp_path / "nlp", tmp_path / "models", warm=("intent",))
    try:
        with pytest.raises(NlpFailed, match=r"intents/a.yaml:1: intent 'x' has no 'examples'"):
            await pool.start()
        (tmp_path / "nlp" / "intents" / "a.yaml").write_text("intent: x\nexamples: [hello]\n")
        async with asyncio.timeout(60):
            while True:  # it tries again by itself
                try:
                    assert (await pool.read("hello", want=("intent",), timeout_seconds=60)).intent == "x"
                    break
                except NlpFailed:
                    await asyncio.sleep(0.05)
    finally:
        await pool.close()


async def test_without_the_extra_it_says_how_to_install_it(open_pool: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botkit.nlp_pool, "NEEDED", ("numpy", "surely_not_installed"))
    async with open_pool() as pool:
        with pytest.raises(NlpFailed, match=r'NLP needs surely_not_installed: run `pip install "botkit\[nlp\]"`'):
            await pool.read("hello", want=("intent",))
