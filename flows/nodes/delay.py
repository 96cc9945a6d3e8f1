"""Delay: wait for some time, or until a moment."""

import contextlib
import re
from datetime import datetime

from pydantic import field_validator, model_validator

from flows.base import Node
from flows.durations import MAX_DURATION_SECONDS, read_duration
from flows.templates import Template
from flows.turn import Turn
from models.flow import orange, red
from models.session import Wait

NOTHING = Template("")
_IN_SERVERS_ZONE = re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d", re.ASCII)
"""How the platform writes a moment."""


class Delay(Node):
    """Waits, then goes on by `onTimeout`, which here is the normal way. The wait is never shorter than said.

    Messages that come meanwhile do not end it.
    """

    kind = "delay"
    waits = True
    static_references = True
    outcomes = (
        orange("onTimeout", "the time has come"),
        red("onError", "the time could not be read, or lies more than 366 days ahead"),
    )
    outputs = {"delay.waitTime": "how long it waits, in seconds"}

    duration: Template = NOTHING
    """How long to wait: `90` (seconds), `5m`, `24h`, or `$(name)`."""
    until: Template = NOTHING
    """The moment to wait for, with its time zone: `2027-01-31T09:00:00+01:00`; `31-01-2027 09:00:00` is one in the
    server's own zone. One in the past is over at once."""

    @field_validator("duration")
    @classmethod
    def _is_duration(cls, duration: Template) -> Template:
        if duration and not duration.paths:
            read_duration(duration.source)
        return duration

    @field_validator("until")
    @classmethod
    def _is_moment(cls, until: Template) -> Template:
        if until and not until.paths:
            _moment(until.source)
        return until

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "Delay":
        if bool(self.duration) == bool(self.until):
            raise ValueError("say how long to wait (duration) or for which moment (until), one of the two")
        return self

    def may_wait(self) -> bool:
        """No wait is one of no time, nor one for a fixed moment, which in a circle comes once and is over then."""
        if self.until:
            return bool(self.until.paths)
        return bool(self.duration.paths) or int(read_duration(self.duration.source) * 1000) > 0

    def run_now(self, turn: Turn) -> Wait | str:
        try:
            until = self._until(turn)
        except ValueError as error:
            turn.fail(str(error), 3001)
            return "onError"
        turn.output({"delay.waitTime": max(0, until - turn.now) / 1000})
        return turn.wait(until=until) if until > turn.now else "onTimeout"

    def resume_now(self, turn: Turn) -> str:
        return "onTimeout"

    def _until(self, turn: Turn) -> int:
        if self.until:
            until = _moment(turn.text(self.until))
            if until - turn.now > MAX_DURATION_SECONDS * 1000:
                raise ValueError("the moment lies more than 366 days ahead")
            return until
        return turn.now + int(read_duration(turn.text(self.duration)) * 1000)


def _moment(text: str) -> int:
    """Milliseconds since 1970; raises ValueError that says how to write a moment."""
    moment: datetime | None
    if _IN_SERVERS_ZONE.fullmatch(text.strip()):
        with contextlib.suppress(ValueError, OverflowError):  # the 31st of February
            return int(datetime.strptime(text.strip(), "%d-%m-%Y %H:%M:%S").astimezone().timestamp() * 1000)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} is no moment with a time zone: write 2027-01-31T09:00:00+01:00")
    return int(moment.timestamp() * 1000)
