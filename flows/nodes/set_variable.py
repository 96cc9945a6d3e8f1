"""Set Variable: give flow variables values."""

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from flows.base import Node
from flows.parameters import RESERVED
from flows.templates import Scope, Value
from flows.turn import Turn
from models.flow import VARIABLE_NAME, green, red

MAX_VARIABLES = 100


def _variable(name: str) -> str:
    if not VARIABLE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a variable: use letters, digits and _")
    if name in RESERVED:
        raise ValueError(f"{name!r} is kept for the platform's own use: choose another name")
    return name


VariableName = Annotated[str, AfterValidator(_variable)]


class SetVariable(Node):
    """Gives one or more flow variables new values, in the order in which they stand."""

    kind = "set_variable"
    static_references = True
    outcomes = (
        green("onSuccess", "the variables are set"),
        red("onError", "a value could not be made"),
    )

    set: dict[VariableName, Value] = Field(min_length=1, max_length=MAX_VARIABLES)
    """The variables and their values: text, with `$(name)` for other variables, or any JSON value."""

    @cached_property
    def _rows(self) -> tuple[tuple[str, Callable[[Scope], Any]], ...]:
        return tuple((name, value.make) for name, value in self.set.items())

    def variables_set(self) -> tuple[str, ...]:
        return tuple(self.set)

    def run_now(self, turn: Turn) -> str:
        for name, make in self._rows:
            turn.set(name, make(turn))
        return "onSuccess"
