"""Project file: `botkit.toml`: the assets, the services with their rules, and the server's settings."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from botkit.config import ServerSettings, environment_settings, load_settings, misspelt_variables
from botkit.notify import NOTIFY
from botkit.plain_secrets import note_plain_secrets
from botkit.toml_lines import TomlLines
from botkit.toml_table import Secrets, TomlFile, TomlTable, plain
from channels import BUILT_IN
from flows.templates import Template
from models.errors import BotkitError, InvalidValue
from models.plugin import InvalidSettings
from models.problem import Problem, did_you_mean
from models.service import Asset, Condition, Consent, InvokeFlow, NotifyUrl, Rule, RuleAction, SendReply, Service
from nlp.plain_file import plain_file_size

FILE_NAME = "botkit.toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MAX_FILE_BYTES = 1_000_000
MAX_RULES = 10_000
ENVIRONMENT = "environment"
"""What problems of environment variables have for a path."""

_PROVIDERS = {channel.kind: channel for channel in BUILT_IN}


class ProjectError(BotkitError):
    """A project that cannot be loaded; `problems` says why."""

    code = "project"
    of_files = True

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ProjectFile(msgspec.Struct, frozen=True):
    """What `botkit.toml` says. `file` finds the line of every key, for problems that show later."""

    file: TomlFile
    name: str
    hints: tuple[str, ...]
    settings: ServerSettings
    assets: dict[str, Asset]
    services: tuple[Service, ...]
    rows: dict[str, tuple[int, ...]]
    """By service: the place of each of its rules among those written, of which some could not be read."""


def read_project_file(
    directory: Path,
    environ: Mapping[str, str],
    given: Mapping[str, Any] | None = None,
    *,
    require_secrets: bool = True,
) -> ProjectFile:
    """The project file of a directory. Raises `ProjectError` when it is missing or is no TOML.

    Without `require_secrets` a secret that is not there is a warning, so that a project can be checked
    where its secrets are not known.
    """
    file = _read(directory)
    secrets = Secrets(file, directory, environ, required=require_secrets)
    root = file.root()
    project = root.table("project")
    name = project.text("name", directory.resolve().name)
    hints = project.texts("hints")
    project.finish()
    settings = _settings(file, root.table("server"), secrets, environ, given)
    assets = {id: asset for id, table in root.table("assets").named() if (asset := _asset(id, table, secrets))}
    rows: dict[str, tuple[int, ...]] = {}
    services = tuple(service for id, table in root.table("services").named() if (service := _service(id, table, rows)))
    root.finish()
    for variable, meant in misspelt_variables(environ, secrets.variables).items():
        file.problems.append(Problem("warning", "unknown_variable", f"nothing reads {variable}", ENVIRONMENT,
                                     hint=f"did you mean {meant}?"))  # fmt: skip
    return ProjectFile(file, name, hints, settings, assets, services, rows)


def _read(directory: Path) -> TomlFile:
    path = directory / FILE_NAME
    shown = str(path)
    try:
        if plain_file_size(path) > MAX_FILE_BYTES:
            raise ProjectError([Problem("error", "file_too_large", f"larger than {MAX_FILE_BYTES:,} bytes", shown)])
        text = path.read_text(encoding="utf-8-sig")
        return TomlFile(plain(tomllib.loads(text)), TomlLines(text), shown)
    except FileNotFoundError:
        found = "there is no such directory" if not directory.is_dir() else f"there is no {FILE_NAME} here"
        hint = "`botkit new project NAME` writes a project to begin with"
        raise ProjectError([Problem("error", "no_project", found, str(directory), hint=hint)]) from None
    except NotADirectoryError:
        hint = f"name the directory of the project, which holds its {FILE_NAME}"
        raise ProjectError([Problem("error", "no_project", "this is a file", str(directory), hint=hint)]) from None
    except OSError as error:
        raise ProjectError([Problem("error", "unreadable", f"cannot be read: {error.strerror}", shown)]) from error
    except UnicodeDecodeError:
        raise ProjectError([Problem("error", "not_utf8", "this is not UTF-8 text", shown)]) from None
    except RecursionError:
        raise ProjectError([Problem("error", "too_deep", "values lie too deep in each other", shown)]) from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError([_syntax_problem(error, text, shown)]) from None


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, path: str) -> Problem:
    """The reader's message ends in `(at line 3, column 7)` or `(at end of document)`."""
    message, _, place = str(error).partition(" (at ")
    numbers = [int(word) for word in place.replace(",", " ").replace(")", " ").split() if word.isdecimal()]
    line, column = numbers if len(numbers) == 2 else (len(text.splitlines()), 1)
    return Problem("error", "syntax", f"not TOML: {message[:1].lower()}{message[1:]}", path, line, column)


def _settings(
    file: TomlFile, table: TomlTable, secrets: Secrets, environ: Mapping[str, str], given: Mapping[str, Any] | None
) -> ServerSettings:
    note_plain_secrets(table, ServerSettings)
    values = table.rest(secrets.fill)
    try:
        return load_settings(values, environ, given)
    except InvalidSettings as error:
        outside = environment_settings(environ)
        for path, message in error.problems:
            name = str(path[0])
            if name in outside and (given or {}).get(name) is None:
                file.problems.append(Problem("error", "invalid_setting", f"BOTKIT_{name.upper()}: {message}",
                                             ENVIRONMENT, field=name))  # fmt: skip
            elif (given or {}).get(name) is not None:
                file.problems.append(Problem("error", "invalid_setting", f"--{name}: {message}", "command line",
                                             field=name))  # fmt: skip
            else:
                known = ServerSettings.model_fields
                file.add("invalid_setting", f"[server] {name}: {message}", "server", *path,
                         hint=did_you_mean(name, known) if name not in known else "")  # fmt: skip
    return ServerSettings()


def _has_name(id: str, table: TomlTable) -> bool:
    """Whether an id can stand in an address; says so if not."""
    if NAME.fullmatch(id):
        return True
    table.add("invalid_name", f"{id!r} cannot be a name here", hint="use up to 64 letters, digits, '-', '_' and '.'")
    return False


def _asset(id: str, table: TomlTable, secrets: Secrets) -> Asset | None:
    channel = table.text("channel", required=True)
    asset: dict[str, Any] = {
        "provider": table.text("provider", channel),
        "number": table.text("number"),
        "settings": table.rest(secrets.fill),
    }
    if provider := _PROVIDERS.get(asset["provider"]):
        note_plain_secrets(table, provider)
    if id == NOTIFY:
        table.add("reserved_name", f"an asset cannot be called {id!r}: botkit calls notify URLs by that name",
                  hint="give it another name, here and in the assets of its service")  # fmt: skip
    if not _has_name(id, table) or not channel:
        return None
    return Asset(id=id, channel=channel, **asset)


def _service(id: str, table: TomlTable, rows: dict[str, tuple[int, ...]]) -> Service | None:
    rules: dict[int, Rule] = {}
    for index, row in enumerate(table.tables("rules")):
        if index >= MAX_RULES:
            table.add("too_many_rules", f"a service has at most {MAX_RULES:,} rules", "rules", index)
            break
        if rule := _rule(row):
            rules[index] = rule
    rows[id] = tuple(rules)
    if not _has_name(id, table):
        return None
    service = Service(
        id=id,
        name=table.text("name", id),
        assets=table.texts("assets"),
        rules=tuple(rules.values()),
        default_reply=_reply(table, "default_reply"),
        consent=_consent(table.table("consent")),
        live=table.flag("live", default=True),
    )
    table.finish()
    return service


def _reply(table: TomlTable, name: str, usual: str = "") -> str:
    """What a customer is told without a flow: text that may have references."""
    text = table.text(name, usual)
    try:
        Template(text)
    except ValueError as error:
        table.add("invalid_setting", f"{name}: {error}", name)
    return text


def _consent(table: TomlTable) -> Consent:
    usual = Consent()
    consent = Consent(
        channels=frozenset(table.texts("channels", usual.channels)),
        stop=table.texts("stop", usual.stop),
        start=table.texts("start", usual.start),
        help=table.texts("help", usual.help),
        stop_reply=_reply(table, "stop_reply", usual.stop_reply),
        start_reply=_reply(table, "start_reply", usual.start_reply),
        help_reply=_reply(table, "help_reply", usual.help_reply),
    )
    table.finish()
    return consent


def _rule(table: TomlTable) -> Rule | None:
    event = table.text("event", required=True)
    name = table.text("name") or _usual_name(table, event)
    join = table.text("join", "and")
    if join not in ("and", "or"):
        table.add("invalid_choice", f"{join!r} is no way to join conditions", "join", hint="use and, or")
        join = "and"
    rest = {
        "actions": _actions(table),
        "asset": table.text("asset"),
        "keyword": table.text("keyword"),
        "conditions": tuple(_condition(row) for row in table.tables("conditions")),
        "only_without_session": table.flag("only_without_session", default=False),
        "active": table.flag("active", default=True),
    }
    table.finish()
    if not rest["actions"]:
        table.add(
            "no_action", f"rule {name!r} does nothing", hint='add `flow = "..."`, `send = "..."` or `notify = "..."`'
        )
    if not event:
        return None
    try:
        return Rule(name=name, event=event, join=cast("Any", join), **cast("dict[str, Any]", rest))
    except InvalidValue as error:
        table.add("invalid_setting", error.message, error.field)
        return None


def _usual_name(table: TomlTable, event: str) -> str:
    """What a rule without a name is called: its place in the service, counted as people do, and what it takes."""
    takes = f"{event} {table.text('keyword').removeprefix('*')}".strip()
    return f"no. {int(table.where[-1]) + 1} ({takes})"


def _actions(table: TomlTable) -> tuple[RuleAction, ...]:
    actions: list[RuleAction] = []
    if flow := table.text("flow"):
        actions.append(InvokeFlow(flow))
    if text := _reply(table, "send"):
        actions.append(SendReply(text))
    if url := table.text("notify"):
        if not url.startswith(("https://", "http://")):
            table.add("invalid_setting", f"{url!r} is no address", "notify", hint="begin with https://")
        actions.append(NotifyUrl(url))
    return tuple(actions)


def _condition(table: TomlTable) -> Condition:
    variable, operator = table.text("variable", required=True), table.text("operator", required=True)
    value = table.rest(lambda value, where: value)
    for name in value:
        if name != "value":
            table.add("unknown_key", f"a condition has no {name!r}", name,
                      hint=did_you_mean(name, ("variable", "operator", "value")))  # fmt: skip
    return Condition(variable, operator, value.get("value", ""))
