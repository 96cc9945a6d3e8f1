"""Events: the names of what Start accepts and Receive waits for, as settings."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

MAX_EVENTS = 50
MAX_EVENT_NAME_LENGTH = 100
EVENT_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+){0,3}")


def _event(name: str) -> str:
    if not EVENT_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no event: write sms.mo, inapp.message, webhook.paid, custom.signup")
    return name


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} is named twice")
    return names


EventName = Annotated[str, Field(max_length=MAX_EVENT_NAME_LENGTH), AfterValidator(_event)]
EventNames = Annotated[tuple[EventName, ...], Field(min_length=1, max_length=MAX_EVENTS), AfterValidator(_once)]
"""One or more events, each once."""
