"""Table: a table of a TOML file that is read key by key, and says what is wrong with each at its line."""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

from botkit.toml_lines import TomlLines
from models.problem import Problem, did_you_mean

MAX_SECRET_BYTES = 65_536
_SECRET_KEYS = ({"env"}, {"file"})
MISSING_SECRET = "missing-secret"  # noqa: S105
"""What stands for a secret that is not there, where only the rest is to be checked."""


def plain(value: Any) -> Any:
    """A value of a TOML file as JSON has it: dates, and numbers that are none, become text."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


class TomlFile:
    """A TOML file that is being read: where its keys are, and its problems so far."""

    def __init__(self, data: dict[str, Any], lines: TomlLines, path: str) -> None:
        self.data = data
        self.lines = lines
        self.path = path
        self.problems: list[Problem] = []

    def add(
        self, code: str, message: str, *where: str | int, hint: str = "",
        severity: Literal["error", "warning"] = "error",
    ) -> None:  # fmt: skip
        """Note a problem at a key."""
        field = ".".join(map(str, where))
        line = self.lines.find(*where)
        self.problems.append(Problem(severity, code, message, self.path, line, field=field, hint=hint))

    def root(self) -> "TomlTable":
        """The whole file as a table."""
        return TomlTable(self, self.data, ())


class TomlTable:
    """A table. `finish` complains about every key that nobody asked for."""

    def __init__(self, file: TomlFile, data: Mapping[str, Any], where: tuple[str | int, ...]) -> None:
        self.file = file
        self.data = data
        self.where = where
        self._asked: set[str] = set()

    def add(self, code: str, message: str, *name: str | int, hint: str = "") -> None:
        """Note a problem at a key of this table."""
        self.file.add(code, message, *self.where, *name, hint=hint)

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """A text; numbers are taken as text too."""
        value = self._get(name)
        if value is None and required:
            self.add("missing_setting", f"{self._title()} needs {name!r}", hint=f'add `{name} = "..."`')
        if value is None:
            return default
        if isinstance(value, str) or type(value) is int:
            return str(value)
        self.add("invalid_setting", f"{name} must be text", name, hint=f'write `{name} = "..."`')
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.add("invalid_setting", f"{name} must be true or false", name)
        return default

    def texts(self, name: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(name)
        if value is None:
            return tuple(default)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.add("invalid_setting", f"{name} must be a list of texts", name, hint=f'write `{name} = ["..."]`')
        return tuple(default)

    def table(self, name: str) -> "TomlTable":
        """A table below this one; empty where there is none."""
        value = self._get(name)
        if value is not None and not isinstance(value, dict):
            self.add("invalid_setting", f"{name} must be a table", name, hint=f"write `[{'.'.join(self._path(name))}]`")
        return TomlTable(self.file, value if isinstance(value, dict) else {}, (*self.where, name))

    def tables(self, name: str) -> Iterator["TomlTable"]:
        """The tables of a list of tables."""
        value = self._get(name)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.add("invalid_setting", f"{name} must be a list of tables", name,
                     hint=f"write `[[{'.'.join(self._path(name))}]]` above each")  # fmt: skip
            return
        for index, item in enumerate(value):
            yield TomlTable(self.file, item, (*self.where, name, index))

    def named(self) -> Iterator[tuple[str, "TomlTable"]]:
        """The tables in this one by their names."""
        for name in self.data:
            yield name, self.table(name)

    def rest(self, make: Callable[[Any, tuple[str | int, ...]], Any]) -> dict[str, Any]:
        """Everything that nobody asked for so far, each value made ready by `make`."""
        names = [name for name in self.data if name not in self._asked]
        self._asked.update(names)
        return {name: make(self.data[name], (*self.where, name)) for name in names}

    def finish(self) -> None:
        """Complain about keys that nobody asked for."""
        for name in self.data:
            if name not in self._asked:
                self.add("unknown_key", f"{self._title()} has no {name!r}", name, hint=did_you_mean(name, self._asked))

    def _get(self, name: str) -> Any:
        self._asked.add(name)
        return self.data.get(name)

    def _path(self, name: str) -> list[str]:
        return [part for part in (*self.where, name) if isinstance(part, str)]

    def _title(self) -> str:
        if not self.where:
            return "the project"
        return "[" + ".".join(str(part) for part in self.where) + "]"


class Secrets:
    """Puts values in the place of `{ env = "NAME" }` and `{ file = "path" }`."""

    def __init__(self, file: TomlFile, directory: Path, environ: Mapping[str, str], *, required: bool) -> None:
        self._file = file
        self._directory = directory
        self._environ = environ
        self._severity: Literal["error", "warning"] = "error" if required else "warning"
        self.variables: set[str] = set()
        """The environment variables that were named."""

    def fill(self, value: Any, where: tuple[str | int, ...]) -> Any:
        """The value with every reference in it replaced, however deep it lies."""
        if isinstance(value, dict):
            if value.keys() in _SECRET_KEYS:
                return self._secret(value, where)
            return {name: self.fill(item, (*where, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, (*where, index)) for index, item in enumerate(value)]
        return value

    def _secret(self, reference: dict[str, Any], where: tuple[str | int, ...]) -> str:
        source, name = next(iter(reference.items()))
        if not isinstance(name, str) or not name:
            self._file.add("invalid_setting", f"{source} names where the secret lies, as text", *where)
            return MISSING_SECRET
        return self._variable(name, where) if source == "env" else self._content(name, where)

    def _variable(self, name: str, where: tuple[str | int, ...]) -> str:
        self.variables.add(name)
        value = self._environ.get(name)
        if value:
            return value
        self._missing(f"environment variable {name} is not set", f"set it: export {name}=...", where)
        return MISSING_SECRET

    def _content(self, name: str, where: tuple[str | int, ...]) -> str:
        file = self._directory / os.path.expanduser(name)  # noqa: PTH111
        try:
            with file.open("rb") as stream:
                raw = stream.read(MAX_SECRET_BYTES + 1)
            text = raw.decode("utf-8").strip()
        except OSError as error:
            self._missing(
                f"secret file {name} cannot be read: {error.strerror}", "create it, readable by you only", where
            )
        except UnicodeDecodeError:
            self._missing(f"secret file {name} is not text", "store the secret as UTF-8 text", where)
        else:
            if 0 < len(raw) <= MAX_SECRET_BYTES and text:
                return text
            self._missing(f"secret file {name} is empty or larger than {MAX_SECRET_BYTES:,} bytes", "", where)
        return MISSING_SECRET

    def _missing(self, message: str, hint: str, where: tuple[str | int, ...]) -> None:
        self._file.add("missing_secret", message, *where, hint=hint, severity=self._severity)
