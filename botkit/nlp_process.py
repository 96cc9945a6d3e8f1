"""NlpProcess: one worker process of the NLP pool, and the texts that lie with it."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

import nlp
from nlp.frames import LENGTH, Answer, BadFrame, Request, body_length, decode_answer, encode

MAX_IN_FLIGHT = 8
"""Texts that lie with one worker at a time: it always has the next one at hand."""

GRACE_SECONDS = 5.0
"""How long a worker may go on with a text that nobody waits for any more."""

CLOSE_SECONDS = 2.0
START_SECONDS = 300.0


THRIFT = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2"}
"""Has the C library give memory back that was needed only while a model was loaded; see mallopt(3)."""


class Job:
    """A text on its way through the pool. `alone` ones are not read together with others."""

    __slots__ = ("alone", "answer", "frame", "request")

    def __init__(self, request: Request, answer: "asyncio.Future[Answer]", frame: bytes) -> None:
        self.request = request
        self.answer = answer
        self.frame = frame
        self.alone = False

    def set_apart(self) -> None:
        """Have it read on its own from now on: it may have been the one that ended a worker."""
        if not self.alone:
            self.alone = True
            self.request = msgspec.structs.replace(self.request, alone=True)
            self.frame = encode(self.request)

    def fail(self, message: str) -> None:
        if not self.answer.done():
            self.answer.set_result(Answer(self.request.id, error=message))


class NlpProcess:
    """One process. `jobs` are those that lie with it, the `begun` ones that it is busy with first."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.jobs: deque[Job] = deque()
        self.begun = 1
        self.running_since = 0.0

    @property
    def room(self) -> int:
        """How many more texts it takes now; a text that is read alone lies alone with it."""
        if self.jobs and self.jobs[0].alone:
            return 0
        return MAX_IN_FLIGHT - len(self.jobs)

    async def hear(self) -> Answer | None:
        """What it says next; None at its end."""
        stream = self.process.stdout
        assert stream is not None
        try:
            header = await stream.readexactly(LENGTH.size)
            return decode_answer(await stream.readexactly(body_length(header)))
        except (asyncio.IncompleteReadError, ConnectionError, BadFrame):
            return None

    def give(self, jobs: Sequence[Job]) -> None:
        stream = self.process.stdin
        assert stream is not None
        if not self.jobs:
            self.running_since = time.monotonic()
        self.jobs.extend(jobs)
        stream.write(b"".join([job.frame for job in jobs]))

    def take(self, answer: Answer) -> bool:
        """Pass on an answer; false for one that nobody asked for."""
        if answer.id == 0 and 1 <= answer.begun <= len(self.jobs):
            self.begun = answer.begun
            return True
        if not self.jobs or self.jobs[0].request.id != answer.id:
            return False
        job = self.jobs.popleft()
        self.begun = max(1, self.begun - 1)
        self.running_since = time.monotonic()
        if not job.answer.done():
            job.answer.set_result(answer)
        return True

    def hangs(self, hang_seconds: float) -> bool:
        """Whether it is busy for too long, or long after everybody gave up what it is busy with."""
        if not self.jobs:
            return False
        now = time.monotonic()
        if now - self.running_since > hang_seconds:
            return True
        busy_with = list(self.jobs)[: self.begun]
        return now - self.running_since > GRACE_SECONDS and all(
            0 < job.request.deadline < now - GRACE_SECONDS for job in busy_with
        )

    def take_back(self) -> list[Job]:
        """After its end: the jobs that are to be read again, in order. The one that ended it fails.

        Of several that were read together nobody knows which one it was: each is read again, alone.
        """
        jobs = list(self.jobs)
        self.jobs.clear()
        busy_with, behind = jobs[: self.begun], jobs[self.begun :]
        if len(busy_with) == 1:
            busy_with.pop().fail("the NLP worker crashed or hung on this text, and was replaced")
        for job in busy_with:
            job.set_apart()
        return [job for job in (*busy_with, *behind) if not job.answer.done()]

    def close_input(self) -> None:
        """Tell it that nothing more comes: it ends at once, whatever it is doing."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def kill(self) -> None:
        try:
            self.process.kill()
        except ProcessLookupError:
            pass

    async def end(self) -> None:
        """Close its input, and kill it if that does not end it."""
        self.close_input()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()


async def start_process(arguments: Sequence[str], environment: dict[str, str]) -> NlpProcess | str:
    """A warm process, or why there is none."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "nlp.worker", *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**THRIFT, **os.environ, **environment, "PYTHONPATH": _python_path()},
        )  # fmt: skip
    except OSError as error:  # no memory, or too many files and processes: there may be room again soon
        return f"the system starts no process for it: {error.strerror or error}"
    worker = NlpProcess(process)
    try:
        async with asyncio.timeout(START_SECONDS):
            greeting = await worker.hear()
    except TimeoutError:
        greeting = Answer(0, error=f"the NLP worker did not start within {START_SECONDS:g} s")
    except asyncio.CancelledError:
        worker.kill()
        await process.wait()
        raise
    if greeting is not None and not greeting.error:
        return worker
    worker.kill()
    await process.wait()
    return greeting.error if greeting else "the NLP worker ended while it started: see the log"


def _python_path() -> str:
    """A worker finds the same `nlp` as the server does, whatever folder it starts in."""
    roots = [str(Path(nlp.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(filter(None, roots))
