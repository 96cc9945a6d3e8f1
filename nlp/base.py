"""Component: the contract of a step of the pipeline. One file in `nlp/` each."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import msgspec
from pydantic import Field

from models.plugin import Plugin
from models.utterance import Understanding
from nlp.errors import NlpError
from nlp.project import Project

MAX_BUDGET_MILLISECONDS = 60_000
PARTS = ("answers", "entities", "intent", "language", "lemmas", "profanity", "sentiment", "tokens")
"""The parts of an `Understanding` that botkit's own components give; others lie in `extra`."""

USUAL_PARTS = tuple(part for part in PARTS if part != "lemmas")
"""What is read where nobody says what is wanted: lemmas need a model, and come with the tokens where there is one."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one call may set differently from the project.

    `intents`: the only ones that may win. `threshold`: the confidence from which an intent wins.
    `now`: the turn's clock, milliseconds since 1970. `language`: of the text, where it is known.
    `previous_language`: that of the customer's last text, which this one is likely to be in.
    `block` and `allow`: words that are profane, or are not. `neutral_band`: a sentiment score this
    close to 0 is neutral. `extra`: for components that are not botkit's own.
    """

    intents: tuple[str, ...] = ()
    threshold: float | None = None
    now: int = 0
    language: str = ""
    previous_language: str = ""
    block: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    neutral_band: float | None = None
    extra: dict[str, Any] = {}


class Context(msgspec.Struct, frozen=True):
    """What a component may know beside the text: the parts asked for, the clock, the place, the options.

    `deadline` is when nobody waits for the answer any more, in seconds of `time.monotonic`; 0 is never.
    """

    want: frozenset[str]
    now: int
    language: str = "en"
    timezone: str = "UTC"
    options: Options = Options()
    deadline: float = 0.0

    def seconds_left(self, most: float) -> float:
        """How long it may still take, `most` at most; 0 or less when it is too late."""
        return min(most, self.deadline - time.monotonic()) if self.deadline else most


class Component(Plugin):
    """A step of the pipeline. Its fields are its settings in `pipeline.yaml`.

    `gives` names the parts of the `Understanding` that it fills in, `needs` those that must be there
    before, `heeds` those that it goes by where a component before it gives them. It may keep state in pydantic
    private attributes, filled by `prepare`.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    heeds: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[tuple[str, ...]] = ()
    trained: ClassVar[bool] = False
    """Whether it needs the model that is trained on the project's intents."""

    budget_milliseconds: float = Field(default=50.0, gt=0, le=MAX_BUDGET_MILLISECONDS)
    """How long it may take with a text. What took longer is told in the why, and counted."""

    def given_parts(self) -> tuple[str, ...]:
        """What it gives with these settings; `gives` unless the settings decide."""
        return self.gives

    def is_trained(self, project: Project) -> bool:
        """Whether it needs what is trained on this project."""
        return self.trained

    def check_machine(self, project: Project) -> None:
        """Whether what it needs beside the project is on this machine, looked at without loading it.

        Raises `Unavailable` or `InvalidModel` where it is not, with how to get it.
        """

    def prepare(self, project: Project, models: Path | None) -> None:
        """Load what it needs, once, before the first text: libraries, word lists, models in `models`."""

    def read(self, understanding: Understanding, context: Context) -> str:
        """Fill in its parts, and say in a line what led to them. Never raises on any text.

        Raises `Unavailable` where something is not installed.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what it does: define read()")

    def read_many(
        self, understandings: Sequence[Understanding], contexts: Sequence[Context]
    ) -> Sequence[str | NlpError]:
        """`read` for several texts at once, each with its context; what led to each, in the same order.

        Define it where several together cost less than one after the other. An error in the place of a line
        is that text's alone. If it raises, each text is read on its own.
        """
        return [
            self.read(understanding, context) for understanding, context in zip(understandings, contexts, strict=True)
        ]

    @classmethod
    def load(cls, settings: dict[str, Any]) -> "Component":
        return cast("Component", super().load(settings))
