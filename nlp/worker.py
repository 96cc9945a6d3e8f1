"""Worker: a process that holds one warm pipeline and answers frames on its standard input.

`python -m nlp.worker NLP_FOLDER MODELS_FOLDER PART...` warms the named parts, says that it is ready,
and answers in the order in which it is asked, until its standard input closes. What lies waiting is read
together where a component of the pipeline gains from that.
"""

import gc
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from models.utterance import Understanding
from nlp.errors import InvalidModel, NlpError, OutOfTime
from nlp.frames import LENGTH, Answer, BadFrame, Request, body_length, decode_request, encode
from nlp.methods import run_method
from nlp.pipeline import Pipeline, Question, load_pipeline
from nlp.project import read_project
from nlp.training_process import train_apart

MAX_WAITING = 64
"""Requests that are read ahead; beyond, the sender waits."""

MAX_BATCH = 16
"""Texts that are read together at most."""


def main(arguments: list[str]) -> int:
    requests, answers = _take_streams()
    folder, models = Path(arguments[0]), Path(arguments[1])
    try:
        pipeline = make_pipeline(folder, models, arguments[2:])
    except NlpError as error:
        answers.write(encode(Answer(0, error=error.message, code=error.code)))
        return 1
    except ImportError as error:
        message = f'NLP needs {error.name}, which is not installed: run `pip install "botkit[nlp]"`'
        answers.write(encode(Answer(0, error=message, code="unavailable")))
        return 1
    gc.collect()
    gc.freeze()  # models and word lists live as long as the process: no search for garbage has to walk through them
    answers.write(encode(Answer(0)))
    waiting: queue.Queue[Request] = queue.Queue(MAX_WAITING)
    threading.Thread(target=_read_ahead, args=(requests, waiting), daemon=True).start()
    batches = Batches(pipeline, waiting)
    while True:
        batch = batches.next()
        if len(batch) == 1:
            answers.write(_frame(_answer(pipeline, batch[0])))
            continue
        answers.write(encode(Answer(0, begun=len(batch))))
        answers.write(b"".join(map(_frame, _answer_all(pipeline, batch))))


class Batches:
    """Takes what waits, in order, in lots that can be read together; nothing is waited for to make one larger."""

    def __init__(self, pipeline: Pipeline, waiting: "queue.Queue[Request]") -> None:
        self._pipeline = pipeline
        self._waiting = waiting
        self._next: Request | None = None

    def next(self) -> list[Request]:
        """The next lot: one text, or up to `MAX_BATCH` for the same parts."""
        first = self._next or self._waiting.get()
        self._next = None
        batch = [first]
        if not self._can_grow(first):
            return batch
        while len(batch) < MAX_BATCH:
            try:
                request = self._waiting.get_nowait()
            except queue.Empty:
                break
            if request.alone or request.method or request.want != first.want:
                self._next = request
                break
            batch.append(request)
        return batch

    def _can_grow(self, request: Request) -> bool:
        if request.alone or request.method or self._waiting.empty():
            return False
        try:
            return self._pipeline.gains_from_batches(request.want)
        except NlpError:  # it asks for what does not exist, and will be told so
            return False


def make_pipeline(folder: Path, models: Path, warm: Sequence[str] = ()) -> Pipeline:
    """The pipeline of a project, warm for some parts, with its model trained if it is not there or damaged.

    Training runs in a process of its own, so that scikit-learn does not stay in this one's memory.
    """
    from nlp.training import model_folder, model_key

    project = read_project(folder)
    pipeline = load_pipeline(project, models=models)
    trained = bool(project.intents) and any(row.is_trained(project) for row in pipeline.components)
    if trained and not model_folder(models, model_key(project)).is_dir():
        train_apart(folder, models)
    try:
        pipeline.warm(warm)
    except InvalidModel:  # training says what it refuses
        if not trained:
            raise
        train_apart(folder, models)
        pipeline = load_pipeline(project, models=models)
        pipeline.warm(warm)
    return pipeline


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the server; from here on, whatever is printed goes to the log and not between the frames."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes our input
    requests = os.fdopen(os.dup(0), "rb", buffering=65_536)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _read_ahead(requests: BinaryIO, waiting: "queue.Queue[Request]") -> None:
    """Read requests as they come. When the server is gone the process ends, even in the middle of a text."""
    try:
        while header := requests.read(LENGTH.size):
            waiting.put(decode_request(requests.read(body_length(header))))
    except (BadFrame, OSError, ValueError) as error:
        sys.stderr.write(f"nlp worker: {error}\n")
        os._exit(2)
    os._exit(0)


def _answer_all(pipeline: Pipeline, batch: list[Request]) -> list[Answer]:
    questions = [
        Question(request.text, request.want, request.options, request.now, request.deadline) for request in batch
    ]
    try:
        read = pipeline.read_many(questions)
    except Exception:  # one by one, it shows whose fault it is
        return [_answer(pipeline, request) for request in batch]
    return [
        Answer(request.id, understanding=found)
        if isinstance(found, Understanding)
        else Answer(request.id, error=found.message, code=found.code)
        for request, found in zip(batch, read, strict=True)
    ]


def _answer(pipeline: Pipeline, request: Request) -> Answer:
    try:
        if request.deadline and time.monotonic() >= request.deadline:
            raise OutOfTime("the text waited until its time was over, and was not read")
        if request.method:
            return Answer(request.id, outputs=run_method(pipeline, request.method, request.text, request.now))
        understanding = pipeline.read(
            request.text, want=request.want, options=request.options, now=request.now, deadline=request.deadline
        )
        return Answer(request.id, understanding=understanding)
    except NlpError as error:
        return Answer(request.id, error=error.message, code=error.code)
    except ImportError as error:
        message = f'this needs {error.name}, which is not installed: run `pip install "botkit[nlp]"`'
        return Answer(request.id, error=message, code="unavailable")
    except Exception as error:  # a defect must cost one message, not the process
        return Answer(request.id, error=f"{type(error).__name__}: {error}"[:1_000], code="nlp_error")


def _frame(answer: Answer) -> bytes:
    try:
        return encode(answer)
    except BadFrame as error:
        return encode(Answer(answer.id, error=str(error), code="nlp_error"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
