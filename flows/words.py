"""Words: text in settings that people also write as a bare number: `keywords: [yes, 1]`."""

from typing import Annotated, Any

from pydantic import BeforeValidator


def number_as_text(value: Any) -> Any:
    """A whole number as text; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(number_as_text, json_schema_input_type=str | int)]
"""Text, or a whole number in its place."""
