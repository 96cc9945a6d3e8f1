"""Plugin: the base of every node, channel and NLP component: a class whose fields are its settings."""

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import BotkitError


class InvalidSettings(BotkitError, ValueError):
    """Settings that a plug-in does not accept; `problems` is (path, message) for each of them."""

    code = "invalid_settings"
    of_files = True

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
        hide_input_in_errors=True, validate_default=True,
    )  # fmt: skip

    kind: ClassVar[str]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A private attribute, kept where the next look finds it at once: pydantic needs three calls for each."""
            value = super().__getattr__(name)
            if name in self.__private_attributes__:  # what another thread has set meanwhile stays
                return self.__dict__.setdefault(name, value)
            return value

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name in self.__private_attributes__:
                self.__dict__[name] = value

        def __delattr__(self, name: str) -> None:
            super().__delattr__(name)
            if name in self.__private_attributes__:
                self.__dict__.pop(name, None)

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
            raise InvalidSettings(cls.kind, explain_all(error)) from None
        except Exception as error:  # a validator of an extension may fail in any way
            raise InvalidSettings(
                cls.kind, [((), f"its settings cannot be read: {type(error).__name__}: {error}")]
            ) from error


_EXPECTED = {
    "string_type": "text", "int_type": "a whole number", "int_parsing": "a whole number",
    "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number",
    "bool_type": "true or false", "bool_parsing": "true or false", "list_type": "a list", "tuple_type": "a list",
    "set_type": "a list", "frozen_set_type": "a list", "dict_type": "a list of `name: value`",
    "model_type": "a list of `name: value`", "model_attributes_type": "a list of `name: value`",
    "literal_error": "{expected}", "enum": "{expected}",
    "union_tag_invalid": "{discriminator} to be one of {expected_tags}",
    "union_tag_not_found": "a setting {discriminator}",
    "greater_than_equal": "{ge} or more", "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less", "less_than": "less than {lt}",
    "too_short": "at least {min_length} of them", "too_long": "at most {max_length} of them",
    "string_too_short": "at least {min_length} characters", "string_too_long": "at most {max_length} characters",
}  # fmt: skip
"""What each of pydantic's errors says in plain words."""


def explain_all(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """Path and message of every error, but not of a list that is short only because its items are wrong."""
    rows = [(tuple(row["loc"]), explain(row)) for row in error.errors(include_url=False)]
    paths = [path for path, _ in rows]
    return [
        (path, message)
        for path, message in rows
        if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)
    ]


def explain(row: Any) -> str:
    """A pydantic error in plain words, without the prefix that says which exception it was."""
    kind, message = row["type"], row["msg"]
    if kind == "extra_forbidden":
        return "unknown setting"
    if kind == "missing":
        return "this setting is mandatory"
    if kind in _EXPECTED:
        bounds = {name: _as_people_write(value) for name, value in row.get("ctx", {}).items()}
        said = "expected " + _EXPECTED[kind].format_map(bounds)
        return said.removesuffix("s") if said.endswith(" 1 characters") else said
    plain: str = message.removeprefix("Value error, ")
    return plain


def _as_people_write(value: Any) -> Any:
    """1 for 1.0; without commas, as it may be copied into a file."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
