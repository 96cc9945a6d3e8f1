"""NlpPool: text understood in processes of their own, so that neither time nor a crash reaches the server."""

import asyncio
import importlib.util
import os
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nlp
from flows.turn import NlpFailed
from models.content import MAX_TEXT_LENGTH
from models.utterance import Understanding
from nlp.frames import LENGTH, Answer, BadFrame, Request, body_length, decode_answer, encode
from nlp.text import clean

MAX_QUEUED = 1_000
"""Texts that may wait; more are refused at once, since they would be late anyway."""

MAX_IN_FLIGHT = 8
"""Texts that lie with one worker at a time: it always has the next one at hand."""

MAX_TRIES = 2
START_SECONDS = 300.0
HANG_SECONDS = 10.0
CLOSE_SECONDS = 2.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
WARM = ("entities", "intent", "language", "profanity", "sentiment")
"""Parts that a worker loads before it says that it is ready. Tokens load spaCy when they are first wanted."""

NEEDED = ("better_profanity", "numpy", "spacy", "vaderSentiment")


class _Job:
    """A text on its way through the pool."""

    __slots__ = ("answer", "request", "tries")

    def __init__(self, request: Request, answer: "asyncio.Future[Answer]") -> None:
        self.request = request
        self.answer = answer
        self.tries = 0


class _Worker:
    """One process, and the jobs that lie with it, the running one first."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.jobs: deque[_Job] = deque()
        self.running_since = 0.0

    async def answer(self) -> Answer | None:
        """Its next answer; None at its end."""
        stream = self.process.stdout
        assert stream is not None
        try:
            header = await stream.readexactly(LENGTH.size)
            return decode_answer(await stream.readexactly(body_length(header)))
        except (asyncio.IncompleteReadError, ConnectionError, BadFrame):
            return None

    def give(self, jobs: list[_Job], now: float) -> None:
        stream = self.process.stdin
        assert stream is not None
        if not self.jobs:
            self.running_since = now
        self.jobs.extend(jobs)
        stream.write(b"".join(encode(job.request) for job in jobs))

    def kill(self) -> None:
        try:
            self.process.kill()
        except ProcessLookupError:
            pass

    async def end(self) -> None:
        """Close its input, and kill it if that does not end it."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()


class NlpPool:
    """Understands texts in `processes` workers. Starts with `start`, or with the first text.

    A worker that crashes, or is busy with one text for `hang_seconds`, is replaced: that text gets
    `NlpFailed`, the others that lay with it are read again, once.
    """

    def __init__(
        self,
        folder: Path,
        models: Path,
        *,
        processes: int = 1,
        warm: Iterable[str] = WARM,
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        self._arguments = (str(folder), str(models), *warm)
        self._processes = processes
        self._hang_seconds = hang_seconds
        self._queue: deque[_Job] = deque()
        self._workers: set[_Worker] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._ready: asyncio.Future[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._failure = ""
        self._last_id = 0
        self._closed = False

    async def start(self) -> None:
        """Wait until the first worker is warm. Raises `NlpFailed` that says what hinders it."""
        if self._closed:
            raise NlpFailed("the server is stopping")
        if self._ready is None:
            self._check_installed()
            self._ready = asyncio.get_running_loop().create_future()
            self._keepers.append(asyncio.create_task(self._keep_worker()))
            self._watch = asyncio.create_task(self._watch_workers())
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
        """The parts of the understanding named by `want`. Raises `NlpFailed`; its `code` says what failed."""
        text, truncated = clean(text)
        settings = dict(options or {})
        answer = await self._ask(Request(self._next_id(), text, want=want, options=settings), timeout_seconds)
        assert answer.understanding is not None
        answer.understanding.truncated |= truncated
        return answer.understanding

    async def method(self, method: str, text: str, *, now: int, timeout_seconds: float = 5.0) -> dict[str, Any]:
        """The outputs of one of the NLP node's methods (`nlp.methods`). Raises `NlpFailed`."""
        text, _ = clean(text, MAX_TEXT_LENGTH)
        answer = await self._ask(Request(self._next_id(), text, method=method, now=now), timeout_seconds)
        assert answer.outputs is not None
        return answer.outputs

    async def close(self) -> None:
        """Finish what lies here, for two seconds at most, then end the workers; the rest gets `NlpFailed`."""
        self._closed = True
        open_jobs = [job.answer for worker in self._workers for job in worker.jobs if not job.answer.done()]
        if self._workers:
            open_jobs += [job.answer for job in self._queue if not job.answer.done()]
        if open_jobs:
            await asyncio.wait(open_jobs, timeout=CLOSE_SECONDS)
        tasks = [task for task in (*self._keepers, self._watch) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        left = [job for worker in self._workers for job in worker.jobs] + list(self._queue)
        self._queue.clear()
        for job in left:
            _fail(job, "the server is stopping")
        await asyncio.gather(*(worker.end() for worker in self._workers))
        self._workers.clear()
        if self._ready is not None and not self._ready.done():
            self._failure = "the server is stopping"
            self._ready.set_result(None)

    # asking

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def _ask(self, request: Request, timeout_seconds: float) -> Answer:
        try:
            encode(request)
        except BadFrame as error:
            raise NlpFailed(str(error)) from None
        job: _Job | None = None
        try:
            async with asyncio.timeout(timeout_seconds):
                if self._ready is None or not self._ready.done() or self._closed or self._failure:
                    await self.start()
                if len(self._queue) >= MAX_QUEUED:
                    raise NlpFailed(f"{MAX_QUEUED} texts wait already: NLP is overloaded", timeout=True)
                job = _Job(request, asyncio.get_running_loop().create_future())
                self._queue.append(job)
                self._pump()
                answer = await job.answer
        except TimeoutError:
            raise NlpFailed(f"the text was not understood within {timeout_seconds:g} s", timeout=True) from None
        if answer.error:
            failed = NlpFailed(answer.error)
            failed.code = answer.code or NlpFailed.code
            raise failed
        return answer

    def _pump(self) -> None:
        """Hand waiting texts to the workers, the least busy one first."""
        now = asyncio.get_running_loop().time()
        while self._queue and self._workers:
            worker = min(self._workers, key=lambda one: len(one.jobs))
            room = MAX_IN_FLIGHT - len(worker.jobs)
            if room <= 0:
                return
            share = max(1, min(room, len(self._queue) // len(self._workers)))
            jobs = [self._queue.popleft() for _ in range(min(share, len(self._queue)))]
            jobs = [job for job in jobs if not job.answer.done()]  # the others were given up
            if jobs:
                worker.give(jobs, now)

    # workers

    async def _keep_worker(self) -> None:
        """Start a worker, listen to it, and start the next one when it ends."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            worker = await self._start_worker()
            if worker is not None:
                pause = FIRST_PAUSE_SECONDS
                await self._listen(worker)
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _start_worker(self) -> _Worker | None:
        """A warm worker; None, with the reason kept for those who ask, when it could not start."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "nlp.worker", *self._arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(),
        )  # fmt: skip
        worker = _Worker(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                greeting = await worker.answer()
        except TimeoutError:
            greeting = Answer(0, error=f"the NLP worker did not start within {START_SECONDS:g} s")
        except asyncio.CancelledError:
            worker.kill()
            await process.wait()
            raise
        if greeting is None or greeting.error:
            worker.kill()
            await process.wait()
            reason = "the NLP worker ended while it started: see the log"
            self._started(greeting.error if greeting else reason)
            return None
        self._workers.add(worker)
        self._started("")
        self._pump()
        return worker

    def _started(self, failure: str) -> None:
        if failure and self._workers:
            return  # another worker serves
        self._failure = failure
        assert self._ready is not None
        if not self._ready.done():
            self._ready.set_result(None)
            if not failure:
                self._keepers += [asyncio.create_task(self._keep_worker()) for _ in range(self._processes - 1)]
        if failure:
            for job in self._queue:
                _fail(job, failure)
            self._queue.clear()

    async def _listen(self, worker: _Worker) -> None:
        """Pass on a worker's answers until it ends."""
        loop = asyncio.get_running_loop()
        while (answer := await worker.answer()) is not None:
            if not worker.jobs or worker.jobs[0].request.id != answer.id:
                break  # it answers what nobody asked
            job = worker.jobs.popleft()
            worker.running_since = loop.time()
            if not job.answer.done():
                job.answer.set_result(answer)
            if self._queue:
                self._pump()
        self._workers.discard(worker)
        worker.kill()
        self._take_back(worker)
        await worker.process.wait()

    def _take_back(self, worker: _Worker) -> None:
        """The text that ended a worker fails; those behind it wait again, at the front."""
        for place, job in reversed(list(enumerate(worker.jobs))):
            job.tries += 1
            if place == 0 or job.tries >= MAX_TRIES:
                _fail(job, "the NLP worker crashed or hung on this text, and was replaced")
            else:
                self._queue.appendleft(job)
        worker.jobs.clear()
        self._pump()

    async def _watch_workers(self) -> None:
        """Kill a worker that is busy with one text for too long; `_listen` then heals the pool."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._hang_seconds / 4)
            for worker in list(self._workers):
                if worker.jobs and loop.time() - worker.running_since > self._hang_seconds:
                    worker.kill()

    def _check_installed(self) -> None:
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise NlpFailed(f'NLP needs {", ".join(missing)}: run `pip install "botkit[nlp]"`')


def _environment() -> dict[str, str]:
    """A worker finds the same `nlp` as the server does, whatever folder it starts in."""
    roots = [str(Path(nlp.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, roots))}


def _fail(job: _Job, message: str) -> None:
    if not job.answer.done():
        job.answer.set_result(Answer(job.request.id, error=message))
