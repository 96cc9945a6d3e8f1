"""Config: the settings of the server: file < environment < command line."""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from models.plugin import InvalidSettings, explain_all

PREFIX = "BOTKIT_"
NOT_SETTINGS = ("BOTKIT_DATA",)
"""Variables of ours that set nothing of the server: where sentence encoders are kept."""

NEAR = 0.75
"""How much alike a name has to be to be taken for a slip. What is further off is somebody's own."""

_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s?#]*")


class ServerSettings(BaseModel):
    """How `botkit serve` runs: `[server]` in botkit.toml, else BOTKIT_HOST and so on, else the command line."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True, validate_default=True
    )

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address to listen on; 0.0.0.0 for all of this machine's."""
    port: int = Field(default=8080, ge=0, le=65_535)
    """The port to listen on; 0 for any that is free."""
    store: str = Field(default="", max_length=2_000)
    """Where sessions are kept: a file name (SQLite). Empty: `.botkit/botkit.db` in the project."""
    public_url: str = ""
    """The address by which providers and browsers reach this server, where a proxy stands before it."""
    allow_private_addresses: bool = False
    """Whether flows and notify URLs may call private, loopback and link-local addresses."""
    retention_days: int = Field(default=30, ge=1, le=3_650)
    """How long transactions are kept."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are logged."""
    log_format: Literal["auto", "text", "json"] = "auto"
    """How logs look: text for people, JSON for programs; auto: text on a terminal, else JSON."""
    max_body_bytes: int = Field(default=1_048_576, ge=1_024, le=100_000_000)
    """The largest request body that is taken."""
    secret: SecretStr = SecretStr("")
    """Signs the tokens of widget visitors. Empty: one is made and kept in the store."""
    hub_secret: SecretStr = SecretStr("")
    """Signs the calls to notify URLs. Empty: they are not signed."""

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("expected an address with https:// or http://, such as https://chat.example.com")
        return value.rstrip("/")


def environment_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that environment variables give; empty ones count as not set."""
    names = {name: PREFIX + name.upper() for name in ServerSettings.model_fields}
    return {name: environ[variable] for name, variable in names.items() if environ.get(variable)}


def misspelt_variables(environ: Mapping[str, str], own: Collection[str]) -> dict[str, str]:
    """Variables that are nearly ours, each with the one that was meant; `own` are those that the project names."""
    ours = {*(PREFIX + name.upper() for name in ServerSettings.model_fields), *NOT_SETTINGS}
    bare = {name.removeprefix(PREFIX): name for name in ours}
    found: dict[str, str] = {}
    for name in environ:
        begin, word = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()
        if begin == PREFIX and name not in ours and name not in own:
            near = difflib.get_close_matches(word, bare, n=1, cutoff=NEAR)
            if near:
                found[name] = bare[near[0]]
    return found


def load_settings(
    table: Mapping[str, Any], environ: Mapping[str, str], given: Mapping[str, Any] | None = None
) -> ServerSettings:
    """The settings from the file's table, the environment, and what the command line gave (None: not given).

    Raises `InvalidSettings` that names every wrong one.
    """
    chosen = {name: value for name, value in (given or {}).items() if value is not None}
    try:
        return ServerSettings.model_validate({**table, **environment_settings(environ), **chosen})
    except ValidationError as error:
        raise InvalidSettings("server", explain_all(error)) from None
