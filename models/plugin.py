"""Plugin: the base of every node, channel and NLP component: a class whose fields are its settings."""

import inspect
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import BotkitError


class InvalidSettings(BotkitError, ValueError):
    """Settings that a plug-in does not accept; `problems` is (path, message) for each of them."""

    code = "invalid_settings"

    def __init__(self, kind: str, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        self.kind = kind
        self.problems = problems
        lines = [f"{'.'.join(map(str, path)) or kind}: {message}" for path, message in problems]
        super().__init__(f"{kind}: " + "; ".join(lines))


class Plugin(BaseModel):
    """An extension of botkit. Its docstring is the help, its fields are the settings.

    The docstring under a field is that field's help: the form, the JSON Schema and the reference page
    all come from here. `kind` is forever, since saved flows and configurations name it.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    kind: ClassVar[str]

    @classmethod
    def about(cls) -> str:
        """The first line of the help."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]

    @classmethod
    def load(cls, settings: dict[str, Any]) -> "Plugin":
        """An instance with these settings; raises `InvalidSettings` that names every wrong one."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            problems = [(tuple(row["loc"]), explain(row)) for row in error.errors(include_url=False)]
            raise InvalidSettings(cls.kind, problems) from None


def explain(row: Any) -> str:
    """A pydantic error in plain words, without the prefix that says which exception it was."""
    message: str = row["msg"]
    if row["type"] == "extra_forbidden":
        return "unknown setting"
    if row["type"] == "missing":
        return "this setting is mandatory"
    return message.removeprefix("Value error, ")
