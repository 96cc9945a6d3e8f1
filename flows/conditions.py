"""Conditions: rows of variable, operator and value, as the settings of Start and Branch nodes."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from flows.operators import WITHOUT_VALUE, Operator, as_reference, compile_row, operator_name, suggest_operator
from flows.templates import Template, Value
from models.errors import InvalidValue

MAX_CONDITIONS = 50


def _reference(value: Any) -> Template:
    if not isinstance(value, str | Template) or not value:
        raise ValueError("name a variable, such as sms.message or $(n2.sms.message)")
    return as_reference(value)


def _operator(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"expected the name of an operator: {suggest_operator('')}")
    try:
        return operator_name(value)
    except InvalidValue:
        raise ValueError(f"{value[:40]!r} is no operator: {suggest_operator(value)}") from None


class Condition(BaseModel):
    """A test on one variable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    variable: Annotated[Template, BeforeValidator(_reference), WithJsonSchema({"type": "string", "minLength": 1})]
    """The variable to look at: `sms.message`, or `$(n2.sms.message)`."""
    operator: Annotated[Operator, BeforeValidator(_operator)]
    """How to compare. Values that look like numbers are compared as numbers."""
    value: Value = Value("")
    """What to compare with: text, a number, a list for `in` and `not_in`, two values for `between`."""

    @model_validator(mode="after")
    def _can_be_tested(self) -> "Condition":
        if self.operator not in WITHOUT_VALUE and "value" not in self.model_fields_set:
            raise ValueError(f"{self.operator} needs a value to compare with")
        try:
            compile_row(self)
        except InvalidValue as error:
            raise ValueError(error.message) from None
        return self
