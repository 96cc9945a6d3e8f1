"""NlpPool: text understood in processes of their own, so that neither time nor a crash reaches the server."""

import asyncio
import contextlib
import importlib.util
import logging
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from botkit import metrics
from botkit.nlp_process import CLOSE_SECONDS, Job, NlpProcess, start_process
from botkit.nlp_snapshot import Signature, take_snapshot
from flows.turn import NlpFailed
from models.content import MAX_TEXT_LENGTH
from models.utterance import Understanding
from nlp.frames import Answer, BadFrame, Request, encode
from nlp.project import HEAD_CARD, HEAD_FOLDER
from nlp.text import clean

MAX_QUEUED = 1_000
"""Texts that may wait; more are refused at once, since they would be late anyway."""

HANG_SECONDS = 20.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
WARM = ("answers", "entities", "intent", "language", "profanity", "sentiment")
"""Parts that a worker loads before it says that it is ready. Tokens load spaCy when they are first wanted."""

NEEDED = ("better_profanity", "numpy", "spacy", "vaderSentiment")
OUT_OF_TIME = "out_of_time"

log = logging.getLogger("botkit.nlp")


class _Crew:
    """The workers of one state of the project's files; a newer crew takes over from an older one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signature: Signature | None = None
        self.workers: set[NlpProcess] = set()
        self.proven = False
        """Whether a worker of it has ever been ready; until then, each one looks at the files anew."""
        self.complete = False
        """Whether all its workers have somebody who looks after them."""
        self._retired = False

    def retire(self) -> None:
        self._retired = True

    def retired(self) -> bool:
        """Whether a newer one has taken over."""
        return self._retired


class NlpPool:
    """Understands texts in `processes` workers. Starts with `start`, or with the first text.

    A worker that crashes, or is busy for `hang_seconds`, is replaced: the text that it was busy with gets
    `NlpFailed`, the others that lay with it are read again. `reload` has new workers take over that know
    what the files say now. `environment` is added to that of the workers.
    """

    def __init__(
        self,
        folder: Path,
        models: Path,
        *,
        processes: int = 1,
        warm: Iterable[str] = WARM,
        hang_seconds: float = HANG_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.beside = models / HEAD_FOLDER / HEAD_CARD
        """What workers read beside the folder: the card of the head of sentiment, written last when it is trained."""
        self._models = models
        self._warm = tuple(warm)
        self._processes = processes
        self._hang_seconds = hang_seconds
        self._environment = dict(environment or {})
        self._queue: deque[Job] = deque()
        self._crew: _Crew | None = None
        self._leaving: set[_Crew] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: asyncio.Future[None] | None = None
        self._reloading = asyncio.Lock()
        self._failure = ""
        self._last_id = 0
        self._crews = 0
        self._home: Path | None = None
        self._closed = False

    @property
    def signature(self) -> Signature | None:
        """Of the files that those who serve have read; None before the first of them starts."""
        return self._crew.signature if self._crew is not None else None

    def process_ids(self) -> list[int]:
        """Of the workers that serve now."""
        return sorted(worker.process.pid for worker in self._crew.workers) if self._crew is not None else []

    async def start(self) -> None:
        """Wait until the first worker is warm. Raises `NlpFailed` that says what hinders it."""
        if self._closed:
            raise NlpFailed("the server is stopping")
        if self._ready is None:
            self._check_installed()
            self._crew = self._new_crew()
            self._ready = asyncio.get_running_loop().create_future()
            self._spawn(self._keep(self._crew))
            self._spawn(self._watch_workers())
        await asyncio.shield(self._ready)
        if self._failure:
            raise NlpFailed(self._failure)

    async def read(
        self,
        text: str,
        *,
        want: tuple[str, ...],
        options: Mapping[str, Any] | None = None,
        timeout_seconds: float = 5.0,
    ) -> Understanding:
        """The parts of the understanding named by `want`. Raises `NlpFailed`; its `code` says what failed.

        Without `now` among the options, "tomorrow" is the day after this one.
        """
        text, truncated = clean(text)
        asked = {"now": time.time_ns() // 1_000_000, **(options or {})}
        answer = await self._ask(text, timeout_seconds, want=want, options=asked)
        found = answer.understanding
        assert found is not None
        found.truncated |= truncated
        for why in found.why:
            if why.overran:
                metrics.NLP_OVERRUNS.add(why.component)
        return found

    async def method(self, method: str, text: str, *, now: int, timeout_seconds: float = 5.0) -> dict[str, Any]:
        """The outputs of one of the NLP node's methods (`nlp.methods`). Raises `NlpFailed`."""
        text, _ = clean(text, MAX_TEXT_LENGTH)
        answer = await self._ask(text, timeout_seconds, method=method, now=now)
        assert answer.outputs is not None
        return answer.outputs

    async def reload(self) -> None:
        """Have new workers, on the files as they are now, take over when they are warm; no text is lost.

        The old ones finish what lies with them. Raises `NlpFailed` with the reason when the new ones cannot
        start: then the old ones go on. Before the first text there is nothing to do.
        """
        async with self._reloading:
            if self._ready is None or self._is_closed():
                return
            crew = self._new_crew()
            self._leaving.add(crew)  # until it has taken over
            first = await self._started(crew)
            if isinstance(first, str):
                self._forget(crew)
                raise NlpFailed(first)
            others = await asyncio.gather(*(self._started(crew) for _ in range(self._processes - 1)))
            if self._is_closed():  # meanwhile
                await asyncio.gather(*(worker.end() for worker in crew.workers))
                return
            self._leaving.discard(crew)
            old, self._crew = self._crew, crew
            self._failure = ""
            crew.complete = True
            for worker in (first, *others):
                self._spawn(self._keep(crew, None if isinstance(worker, str) else worker))
            if not self._ready.done():
                self._ready.set_result(None)
            assert old is not None
            self._retire(old)
            self._pump()

    async def close(self) -> None:
        """Finish what lies here, for two seconds at most, then end the workers; the rest gets `NlpFailed`."""
        self._closed = True
        crews = [crew for crew in (self._crew, *self._leaving) if crew is not None]
        workers = [worker for crew in crews for worker in crew.workers]
        open_jobs = [job.answer for worker in workers for job in worker.jobs if not job.answer.done()]
        if workers:
            open_jobs += [job.answer for job in self._queue if not job.answer.done()]
        if open_jobs:
            await asyncio.wait(open_jobs, timeout=CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = [job for worker in workers for job in worker.jobs] + list(self._queue)
        self._queue.clear()
        for job in left:
            job.fail("the server is stopping")
        await asyncio.gather(*(worker.end() for crew in crews for worker in crew.workers))
        for crew in crews:
            crew.workers.clear()
        if self._ready is not None and not self._ready.done():
            self._failure = "the server is stopping"
            self._ready.set_result(None)
        if self._home is not None:
            await asyncio.to_thread(shutil.rmtree, self._home, ignore_errors=True)
            self._home = None

    def _is_closed(self) -> bool:
        return self._closed

    # asking

    async def _ask(self, text: str, timeout_seconds: float, **asked: Any) -> Answer:
        self._last_id += 1
        request = Request(self._last_id, text, deadline=time.monotonic() + timeout_seconds, **asked)
        try:
            frame = encode(request)
        except BadFrame as error:
            raise NlpFailed(str(error)) from None
        try:
            async with asyncio.timeout(timeout_seconds):
                if self._ready is None or not self._ready.done() or self._closed or self._failure:
                    await self.start()
                if len(self._queue) >= MAX_QUEUED:
                    metrics.NLP_TEXTS.add("refused")
                    raise NlpFailed(f"{MAX_QUEUED} texts wait already: NLP is overloaded", timeout=True)
                job = Job(request, asyncio.get_running_loop().create_future(), frame)
                self._queue.append(job)
                self._pump()
                answer = await job.answer
        except TimeoutError:
            metrics.NLP_TEXTS.add("late")
            raise NlpFailed(f"the text was not understood within {timeout_seconds:g} s", timeout=True) from None
        if answer.error:
            late = answer.code == OUT_OF_TIME
            metrics.NLP_TEXTS.add("late" if late else "failed")
            failed = NlpFailed(answer.error, timeout=late)
            failed.code = answer.code or NlpFailed.code
            raise failed
        metrics.NLP_TEXTS.add("understood")
        return answer

    def _pump(self) -> None:
        """Hand waiting texts to the workers, the least busy one first."""
        queue = self._queue
        while queue and self._crew is not None and self._crew.workers:
            if queue[0].answer.done():  # it was given up
                queue.popleft()
                continue
            workers = self._crew.workers
            worker = min(workers, key=lambda one: len(one.jobs))
            room = worker.room
            if room <= 0 or (queue[0].alone and worker.jobs):
                return
            share = 1 if queue[0].alone else max(1, min(room, len(queue) // len(workers)))
            jobs: list[Job] = []
            while queue and len(jobs) < share and not (jobs and queue[0].alone):
                job = queue.popleft()
                if not job.answer.done():
                    jobs.append(job)
            worker.give(jobs)

    # workers

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _new_crew(self) -> _Crew:
        """Raises `NlpFailed` where there is no place for what they read: the next text tries again."""
        if self._home is None:
            try:
                self._home = Path(tempfile.mkdtemp(prefix="botkit-nlp-"))
            except OSError as error:
                raise NlpFailed(f"no temporary folder can be made: {error.strerror or error}") from None
        self._crews += 1
        return _Crew(self._home / str(self._crews) / "nlp")

    async def _started(self, crew: _Crew) -> NlpProcess | str:
        """A warm worker of a crew, or why there is none."""
        if not crew.proven:
            try:
                crew.signature = await asyncio.to_thread(take_snapshot, self.folder, crew.folder, self.beside)
            except OSError as error:
                return f"the nlp folder cannot be read: {error}"
        worker = await start_process((str(crew.folder), str(self._models), *self._warm), self._environment)
        if isinstance(worker, NlpProcess):
            crew.workers.add(worker)
            crew.proven = True
        return worker

    async def _keep(self, crew: _Crew, worker: NlpProcess | None = None) -> None:
        """Listen to a worker, and start the next one when it ends, until the crew is retired."""
        pause = FIRST_PAUSE_SECONDS
        while not crew.retired():
            if worker is None:
                proven, started = crew.proven, await self._started(crew)
                self._note_start(crew, started)
                if proven and isinstance(started, str):  # at the first start, who waits for it is told
                    log.error("an NLP worker does not start: %s", started)
                worker = started if isinstance(started, NlpProcess) else None
            if worker is not None:
                if crew.retired() and not worker.jobs:
                    worker.close_input()
                pause = FIRST_PAUSE_SECONDS
                await self._listen(crew, worker)
                if not crew.retired() and not self._closed:
                    status = worker.process.returncode
                    log.warning("an NLP worker ended with status %s and is replaced", status)
                worker = None
            elif not crew.retired():
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self._forget(crew)

    def _note_start(self, crew: _Crew, started: NlpProcess | str) -> None:
        """Let waiting texts go to a new worker; or, where none serves, tell them why there is none."""
        if crew is not self._crew:
            return
        failure = started if isinstance(started, str) else ""
        if failure and crew.workers:
            return  # another worker serves
        self._failure = failure
        assert self._ready is not None
        if not self._ready.done():
            self._ready.set_result(None)
        if not failure and not crew.complete:
            crew.complete = True
            for _ in range(self._processes - 1):
                self._spawn(self._keep(crew))
        if failure:
            for job in self._queue:
                job.fail(failure)
            self._queue.clear()
        self._pump()

    async def _listen(self, crew: _Crew, worker: NlpProcess) -> None:
        """Pass on a worker's answers until it ends."""
        self._pump()
        while (answer := await worker.hear()) is not None:
            if not worker.take(answer):
                break
            if crew.retired():
                if not worker.jobs:
                    worker.close_input()
            elif self._queue:
                self._pump()
        crew.workers.discard(worker)
        self._queue.extendleft(reversed(worker.take_back()))
        self._pump()
        await worker.end()

    def _retire(self, crew: _Crew) -> None:
        """Let the workers of a crew finish what lies with them, and end."""
        crew.retire()
        self._leaving.add(crew)
        for worker in crew.workers:
            if not worker.jobs:
                worker.close_input()
        self._forget(crew)

    def _forget(self, crew: _Crew) -> None:
        """Take away the snapshot of a crew that has gone."""
        if crew.workers or crew is self._crew:
            return
        self._leaving.discard(crew)
        with contextlib.suppress(OSError):
            shutil.rmtree(crew.folder.parent)

    async def _watch_workers(self) -> None:
        """Kill a worker that is busy for too long; `_listen` then heals the pool."""
        while True:
            await asyncio.sleep(self._hang_seconds / 4)
            crews = [crew for crew in (self._crew, *self._leaving) if crew is not None]
            for worker in [worker for crew in crews for worker in crew.workers]:
                if worker.hangs(self._hang_seconds):
                    log.warning("an NLP worker hangs and is killed")
                    worker.kill()

    def _check_installed(self) -> None:
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise NlpFailed(f'NLP needs {", ".join(missing)}: run `pip install "botkit[nlp]"`')
