"""Plain secrets: passwords and keys that stand in the project's file for everybody to read."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from botkit.toml_table import TomlTable

SECRET_WORDS = ("auth", "cookie", "key", "password", "secret", "token")
"""What the names of those headers have in them that carry a secret: `Accept` is none."""


def note_plain_secrets(table: TomlTable, settings: type[BaseModel]) -> None:
    """Warn of every secret setting of a table that is written down there."""
    for path in _written_down(table.data, settings):
        name = path[-1]
        table.file.add(
            "plain_secret", f"the secret {'.'.join(path)} is written down in this file", *table.where, *path,
            hint=f'write `{name} = {{ env = "NAME" }}` to take it from the environment, '
                 f'or `{name} = {{ file = "path" }}` from a file',
            severity="warning",
        )  # fmt: skip


def _written_down(data: Any, settings: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in settings.model_fields.items():
        value = data.get(name)
        if not value:
            continue
        if field.annotation is SecretStr and not isinstance(value, dict):
            yield (name,)
        elif SecretStr in get_args(field.annotation) and isinstance(value, dict):
            for key, inner in value.items():
                if inner and not isinstance(inner, dict) and any(word in key.lower() for word in SECRET_WORDS):
                    yield name, key
