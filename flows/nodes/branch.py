"""Branch: go on by what variables hold."""

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flows.base import Node
from flows.conditions import MAX_CONDITIONS, Condition
from flows.operators import Predicate, compile_rows
from flows.turn import Turn
from flows.words import Word
from models.flow import Outcome, green, red

MAX_BRANCHES = 100
NONE_OF_THE_ABOVE = "none_of_the_above"
NAME = re.compile(r"\w(?:[\w .:+-]{0,62}[\w.:+-])?")


def _name(name: str) -> str:
    if name in (NONE_OF_THE_ABOVE, "onError", "onInvalidChoice"):
        raise ValueError(f"{name!r} is no name for a branch: an outcome of the platform is called so")
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a branch: use up to 64 letters, digits, spaces and . : + _ -")
    return name


BranchName = Annotated[Word, AfterValidator(_name)]


class BranchRow(BaseModel):
    """One branch: its name and its conditions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)

    name: BranchName
    """The outcome to leave by when the conditions hold."""
    conditions: tuple[Condition, ...] = Field(min_length=1, max_length=MAX_CONDITIONS)
    """What must hold."""
    join: Literal["and", "or"] = "and"
    """Whether all conditions must hold, or one."""


def _distinct(branches: tuple[BranchRow, ...]) -> tuple[BranchRow, ...]:
    names = [branch.name for branch in branches]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two branches are called {name!r}")
    return branches


class Branch(Node):
    """Leaves by the first branch whose conditions hold, else by `none_of_the_above`."""

    kind = "branch"
    static_references = True
    outcomes = (
        green(NONE_OF_THE_ABOVE, "no branch fits"),
        red("onError", "a condition could not be tested"),
    )
    outputs = {"branch.output": "the name of the branch"}

    branches: Annotated[tuple[BranchRow, ...], AfterValidator(_distinct)] = Field(min_length=1, max_length=MAX_BRANCHES)
    """The branches, in the order in which they are tried."""

    @cached_property
    def _tests(self) -> tuple[tuple[str, Predicate], ...]:
        return tuple((branch.name, compile_rows(branch.conditions, branch.join)) for branch in self.branches)

    def model_post_init(self, context: object) -> None:
        assert self._tests  # compiled now, so that what is wrong with a condition is said now

    def outcome_list(self) -> tuple[Outcome, ...]:
        return (*(green(branch.name, "its conditions hold") for branch in self.branches), *self.outcomes)

    def run_now(self, turn: Turn) -> str:
        taken = NONE_OF_THE_ABOVE
        for name, test in self._tests:
            if test(turn):
                taken = name
                break
        turn.output({"branch.output": taken})
        return taken
