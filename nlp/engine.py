"""Engine: the base of components that ask another system over HTTP what a text means."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, PrivateAttr

from models.utterance import IntentScore, Understanding
from nlp.base import MAX_BUDGET_MILLISECONDS, Component, Context
from nlp.errors import EngineFailed, NlpError, NotTaken, OutOfTime, Unavailable
from nlp.exchange import MAX_ANSWER_BYTES, Exchange, Throttled
from nlp.project import NONE_OF_THESE, Project

MAX_TIMEOUT_SECONDS = 15.0
MAX_RANKED = 10
AT_ONCE = 8
"""Requests of one worker that are under way at a time."""

MOST_SILENT = 3
"""After so many requests in a row that had no answer in time, the engine is left alone for a while."""

SILENT_SECONDS = 10.0
"""How long. Then one request finds out whether it answers again."""

FAIR_SECONDS = 1.0
"""An engine that had less time than this, and less than its own limit, is not blamed."""


def _variable(name: str) -> str:
    if not (name.isidentifier() and name.isascii() and name.upper() == name):
        raise ValueError("name the environment variable that holds the secret, such as RASA_TOKEN: not the secret")
    return name


def _variable_or_none(name: str) -> str:
    return _variable(name) if name else name


def _plain_address(address: str) -> str:
    if "?" in address or "#" in address:
        raise ValueError("leave out '?' or '#' and what follows: a path is added to the address, and maybe a secret")
    return address


PlainAddress = Annotated[str, Field(max_length=1_000), AfterValidator(_plain_address)]
"""An address to which the path of a request is added."""

Variable = Annotated[str, Field(max_length=100), AfterValidator(_variable)]
"""The name of an environment variable that holds a secret."""

OptionalVariable = Annotated[str, Field(max_length=100), AfterValidator(_variable_or_none)]


class Engine(Component):
    """Asks another system for the intent. Nothing leaves this machine unless a pipeline names an engine.

    While the system asks for a pause (status 429 or 503 with `Retry-After`), it is not asked again; nor for a while
    when it was silent several times in a row, so that the texts behind do not all wait for nothing.
    """

    gives: ClassVar[tuple[str, ...]] = ("intent",)

    budget_milliseconds: float = Field(default=5_000.0, gt=0, le=MAX_BUDGET_MILLISECONDS)
    """How long it may take with a text. What took longer is told in the why, and counted."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """The confidence from which an intent wins; below it, it is none of these."""
    timeout_seconds: float = Field(default=4.0, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long an answer may take. The node's own time limit counts too."""
    max_answer_bytes: int = Field(default=65_536, ge=100, le=MAX_ANSWER_BYTES)
    """The longest answer that is taken."""

    _exchange: Exchange = PrivateAttr()
    _paused_until: float = PrivateAttr(default=0.0)
    _silent: int = PrivateAttr(default=0)
    _answered_at: float = PrivateAttr(default=0.0)

    def prepare(self, project: Project, models: Path | None) -> None:
        self._exchange = Exchange(self.kind, self.address(), self.headers(), max_answer_bytes=self.max_answer_bytes)

    def address(self) -> str:
        """Where requests go."""
        raise NotImplementedError

    def headers(self) -> dict[str, str]:
        """What is sent besides, secrets above all."""
        return {}

    def secret(self, variable: str) -> str:
        """The value of an environment variable; raises `Unavailable` where there is none."""
        value = os.environ.get(variable, "").strip()
        if not value:
            raise Unavailable(f"{self.kind}: the environment variable {variable} is not set: it holds the secret")
        return value

    def understand(self, understanding: Understanding, context: Context) -> str:
        """Ask (see `ask`), fill in what came back, and say what led to it."""
        raise NotImplementedError

    def read(self, understanding: Understanding, context: Context) -> str:
        if not understanding.text.strip():
            return f"{NONE_OF_THESE}: there is no text to ask about"
        return self.understand(understanding, context)

    def read_many(
        self, understandings: Sequence[Understanding], contexts: Sequence[Context]
    ) -> Sequence[str | NlpError]:
        """All at the same time, since most of it is waiting."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(AT_ONCE, len(understandings))) as threads:
            return list(threads.map(self._read_or_error, understandings, contexts))

    def _read_or_error(self, understanding: Understanding, context: Context) -> str | NlpError:
        try:
            return self.read(understanding, context)
        except NlpError as error:
            return error

    def ask(self, body: Any, context: Context, *, target: str = "") -> dict[str, Any]:
        """The engine's answer to a request, a JSON object."""
        pause = self._paused_until - time.monotonic()
        if pause > 0:
            why = f"was silent {self._silent} times" if self._silent >= MOST_SILENT else "asked for a pause"
            raise NotTaken(f"{self.kind} {why} and is not asked for another {pause:.0f} s")
        seconds = context.seconds_left(self.timeout_seconds)
        if seconds <= 0:
            raise OutOfTime(f"{self.kind} was not asked, as the time was over")
        asked_at = time.monotonic()
        try:
            answer = self._exchange.post(body, seconds=seconds, target=target)
        except Throttled as error:
            self._silent = 0
            self._paused_until = time.monotonic() + error.seconds
            raise
        except OutOfTime:
            self._note_silence(seconds, asked_at)
            raise
        except EngineFailed:
            self._silent = 0
            raise
        self._silent = 0
        self._answered_at = time.monotonic()
        if not isinstance(answer, dict):
            raise EngineFailed(f"{self.kind} answered with {type(answer).__name__} where an object was expected")
        return answer

    def _note_silence(self, seconds: float, asked_at: float) -> None:
        """It had so many seconds and did not answer. Of texts that are asked about at once the silent ones end last:
        where another had an answer meanwhile, it is the text that takes long."""
        if seconds < min(FAIR_SECONDS, self.timeout_seconds) or self._answered_at >= asked_at:
            return
        self._silent += 1
        if self._silent >= MOST_SILENT:
            self._paused_until = time.monotonic() + SILENT_SECONDS

    def decide(self, understanding: Understanding, ranked: list[IntentScore], context: Context) -> str:
        """Let the best intent that is allowed win, if it reaches the threshold."""
        if allowed := context.options.intents:
            ranked = [row for row in ranked if row.intent in allowed]
        ranked = sorted(ranked, key=lambda row: (-row.confidence, row.intent))[:MAX_RANKED]
        understanding.intents = ranked
        if not ranked:
            return f"{NONE_OF_THESE}: {self.kind} named no intent that may win here"
        best = ranked[0]
        understanding.confidence = best.confidence
        chosen = context.options.threshold
        threshold = self.threshold if chosen is None else chosen
        if best.confidence < threshold:
            return f"{NONE_OF_THESE}: {self.kind} gives {best.intent} {best.confidence:.2f}, less than {threshold:g}"
        understanding.intent = best.intent
        return f"{best.intent} with {best.confidence:.2f}, says {self.kind}"


def score(intent: Any, confidence: Any) -> IntentScore | None:
    """An intent as an engine names it; None where that makes no sense."""
    if not isinstance(intent, str) or not intent or isinstance(confidence, bool):
        return None
    if not isinstance(confidence, int | float) or not 0 <= confidence <= 1.0001:
        return None
    return IntentScore(intent, min(float(confidence), 1.0))
