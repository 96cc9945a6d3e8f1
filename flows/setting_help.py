"""Setting help: what the class of a node says of a setting, however deep in it the setting lies."""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from flows.durations import read_duration

Path = tuple[str | int, ...]


def setting_about(kind: type[BaseModel], path: Path) -> str:
    """The first paragraph of the help of the innermost setting on a path that has one, on one line."""
    about = ""
    model: type[BaseModel] | None = kind
    for part in path:
        if isinstance(part, int):
            continue
        field = _fields(model).get(part) if model else None
        if field is None:
            break
        about = " ".join((field.description or "").partition("\n\n")[0].split()) or about
        model = _model_in(field.annotation)
    return about


def setting_names(kind: type[BaseModel], path: Path) -> list[str]:
    """The names of the settings that can stand at a place; none where any can."""
    model: type[BaseModel] | None = kind
    for part in path:
        if isinstance(part, str) and model:
            field = _fields(model).get(part)
            model = _model_in(field.annotation) if field else None
    return list(_fields(model)) if model else []


def is_duration(kind: type[BaseModel], path: Path) -> bool:
    """Whether the setting at the end of a path is a duration."""
    model: type[BaseModel] | None = kind
    field: FieldInfo | None = None
    for part in path:
        if isinstance(part, str):
            field = _fields(model).get(part) if model else None
            model = _model_in(field.annotation) if field else None
    return field is not None and any(getattr(item, "func", None) is read_duration for item in field.metadata)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The rows that a setting holds: `Row` in `tuple[Row, ...]` and in `Annotated[Row, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
