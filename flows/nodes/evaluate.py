"""Evaluate: a piece of JavaScript whose last value names the way on."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from flows.base import Node
from flows.javascript import syntax_error
from flows.nodes.branch import BranchName
from flows.templates import as_text
from flows.turn import ScriptFailed, Turn
from models.flow import Outcome, green, red

MAX_SCRIPT_LENGTH = 20_000
MAX_BRANCHES = 100
MAX_OUTPUTS = 50
DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS = 100, 1_000
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}")


def _identifier(name: str) -> str:
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a JavaScript variable")
    return name


Identifier = Annotated[str, AfterValidator(_identifier)]


class Evaluate(Node):
    """Runs a script, and leaves by the branch that is called like the value of its last expression.

    Flow variables, and session parameters such as `message` and `msisdn`, are variables of the script;
    `$("n2.sms.message")` gives any other value, undefined where there is none. The script sees nothing
    else: no network, no files, no clock of another session. `1` and `1.0` both choose the branch `1`.
    """

    kind = "evaluate"
    outcomes = (
        red("onInvalidChoice", "the value is not the name of a branch"),
        red("onError", "the script failed, or ran too long"),
    )
    outputs = {"evaluate.output": "the value of the last expression, as text"}

    script: str = Field(min_length=1, max_length=MAX_SCRIPT_LENGTH, json_schema_extra={"format": "javascript"})
    """The JavaScript. Its last expression is the result: `total > 100 ? "large" : "small"`."""
    branches: tuple[BranchName, ...] = Field(min_length=1, max_length=MAX_BRANCHES)
    """The values that the script can end with; each is an outcome."""
    outputs_: tuple[Identifier, ...] = Field(default=(), max_length=MAX_OUTPUTS, alias="outputs")
    """Variables of the script to keep: as `$(n5.name)`, and in the flow variable of this name if there is one."""
    timeout_ms: int = Field(default=DEFAULT_TIMEOUT_MS, ge=1, le=MAX_TIMEOUT_MS)
    """How long it may run, in milliseconds of processor time."""

    @field_validator("script")
    @classmethod
    def _can_be_read(cls, script: str) -> str:
        if wrong := syntax_error(script):
            raise ValueError(wrong)
        return script

    @field_validator("branches")
    @classmethod
    def _each_once(cls, branches: tuple[str, ...]) -> tuple[str, ...]:
        for name in branches:
            if branches.count(name) > 1:
                raise ValueError(f"{name!r} is named twice")
        return branches

    def outcome_list(self) -> tuple[Outcome, ...]:
        return (*(green(name, "the script's value") for name in self.branches), *self.outcomes)

    def output_names(self) -> tuple[str, ...]:
        return (*self.outputs, *self.outputs_)

    async def run(self, turn: Turn) -> str:
        frame, parameters = turn.frame, turn.session.parameters
        simple = {name: value for name, value in parameters.items() if isinstance(value, str | int | float | bool)}
        message = parameters.get("message")
        if isinstance(message, dict):
            simple["message"] = message.get("text", "")
        try:
            value, made = await turn.scripts.run(
                self.script, {**simple, **frame.variables}, lookup={**parameters, **frame.outputs},
                timeout_seconds=self.timeout_ms / 1000, outputs=self.outputs_,
            )  # fmt: skip
        except ScriptFailed as error:
            turn.fail(str(error), 3003 if error.kind == "result" else 3002)
            return "onError"
        for name in made.keys() & frame.variables.keys():
            turn.set(name, made[name])
        text = as_text(value)
        turn.output({**made, "evaluate.output": text})
        if text not in self.branches:
            turn.fail(f"the script's value {text[:100]!r} is not one of {', '.join(self.branches)}", 3003)
            return "onInvalidChoice"
        return text
