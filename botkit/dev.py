"""Bootstrap: sets up the environment, then runs, tests, checks or measures botkit; standard library only.

Any Python 3 can parse this file, so that one that is too old gets a clear message and no traceback.
"""

from __future__ import annotations

import os
import sys

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
"""The newest is the last for which every package in .requirements has a wheel: after `lock --upgrade`, try the next."""


def refusal(version: tuple[int, int], executable: str, system: str) -> str:
    """What to tell somebody whose machine cannot run botkit; empty when it can."""
    if system != "posix":
        return "botkit: runs on Linux and macOS; on Windows, use it inside WSL"
    if version < OLDEST_PYTHON:
        found = f"{executable} is Python {version[0]}.{version[1]}"
        return f"botkit: needs Python 3.11 or newer, but {found}; name a newer one, as in: make run PYTHON=python3.12"
    if version > NEWEST_PYTHON:
        newest = f"{NEWEST_PYTHON[0]}.{NEWEST_PYTHON[1]}"
        found = f"{executable} is Python {version[0]}.{version[1]}"
        return (
            f"botkit: runs on Python 3.11 to {newest}, but {found}, for which some packages are not built yet;"
            f" name an older one, as in: make run PYTHON=python{newest}"
        )
    return ""


if refusal(sys.version_info[:2], sys.executable, os.name):
    sys.exit(refusal(sys.version_info[:2], sys.executable, os.name))

# Started as a script without -P, Python looks for modules in botkit/ first, where ours could hide its own.
if __name__ == "__main__" and os.path.realpath(sys.path[0] + "/dev.py") == os.path.realpath(__file__):
    del sys.path[0]

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import shutil
import subprocess
import tomllib
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
PROBE_SECONDS = 60
RUN, EVERYTHING = "run", "dev"
UNLOCKED = {"transformers"}
"""Extras that are in no lock: where there is no build of torch without a graphics card's libraries, it is gigabytes."""

TEST_PROCESSES = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
"""A process a core, but no more: each may hold a language model, a browser and servers. `-n 0` behind it undoes it."""

HELP = """\
Usage: make TARGET [ARGS="..."], or without make: python3 -P botkit/dev.py TARGET [...]

  run        serve the demo bot in examples/order_desk (BOTKIT_HOST, BOTKIT_PORT and BOTKIT_STORE are honoured)
  test       run the tests, a process a core; arguments go to pytest (-n 0: in one process)
  lint       check style, format, types and the floors
  bench      measure speed and size; arguments go to the benchmarks
  bench-nlp  measure language understanding, against its goals; arguments go to the benchmarks
  setup      make the environment in .venv with everything in it, and stop
  lock       choose the versions in .requirements again; --upgrade takes the newest (needs the network)
  help       show this text

The first use installs what it needs into .venv; later ones start at once.
"""


class Failed(Exception):
    """A step that did not work; the text says what to do about it."""


def say(text: str) -> None:
    """A line of progress, apart from what the command itself prints."""
    print(f"botkit: {text}", file=sys.stderr, flush=True)


def digest(path: Path) -> str:
    """The fingerprint of an input, by which a later run sees that it has changed."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Environment:
    """The virtual environment of a checkout, and the record of what was done to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.programs = self.folder / "bin"
        self.python = self.programs / "python"
        self.record = self.folder / "botkit.json"

    def requirements(self, name: str) -> Path:
        """The file of exact versions with hashes for `bootstrap`, `run` or `dev`."""
        return self.root / ".requirements" / f"{name}.lock"

    def prepare(self, group: str) -> None:
        """Bring the environment up to date for `run`, or for everything (`dev`); does only what is left to do."""
        with alone(self.root / ".venv.lock"):
            self.make()
            self.install_uv()
            self.install_packages(group)
            self.install_botkit()

    def make(self) -> None:
        """Make the environment unless a sound one stands."""
        if self.sound():
            return
        if os.path.lexists(self.folder):
            say(f"removing {self.folder}: it is broken, was moved, or is of another Python")
            self.remove()
        check_venv_support()
        say(f"making .venv with Python {sys.version.split()[0]}")
        try:
            venv.create(self.folder, with_pip=True, symlinks=True)
        except (OSError, subprocess.CalledProcessError) as error:
            self.remove()
            raise Failed(f"could not make {self.folder}: {error}") from None
        self.note("root", str(self.root))

    def remove(self) -> None:
        """Take the environment away, but never what a symbolic link points to."""
        if self.folder.is_symlink() or self.folder.is_file():
            self.folder.unlink()
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def sound(self) -> bool:
        """Whether the environment starts, has pip, is of this Python, and stands where it was made."""
        if self.notes().get("root", str(self.root)) != str(self.root):
            return False
        probe = "import importlib.util as u, sys; print('%d.%d' % sys.version_info[:2], bool(u.find_spec('pip')))"
        try:
            answer = subprocess.run(
                [self.python, "-I", "-c", probe], capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return answer.stdout.split() == [MINOR, "True"]

    def install_uv(self) -> None:
        """Install the installer that installs all the rest, many times faster than pip."""
        lock = self.requirements("bootstrap")
        if self.is_done("uv", lock):
            return
        say("installing uv")
        pip = ["pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
        self.step("install uv", "-m", *pip, "--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(lock))
        self.done("uv", lock)

    def install_packages(self, group: str) -> None:
        """Install the exact packages of a group; every one is a wheel whose hash is known."""
        # `dev` holds all of `run`, in the same versions.
        if self.notes().get("packages") in {self.edition(EVERYTHING), self.edition(group)}:
            return
        lock = self.requirements(group)
        say(f"installing {len(pinned(lock.read_text('utf-8')))} packages; the first time this takes a minute or more")
        self.step(
            "install the packages", *self.uv("install"), "--no-build", "--no-deps", "--require-hashes", "-r", str(lock)
        )
        self.note("packages", self.edition(group))

    def edition(self, group: str) -> str:
        """The name and the fingerprint of a group of packages."""
        return f"{group} {digest(self.requirements(group))}"

    def install_botkit(self) -> None:
        """Install this checkout itself, so that its sources are what runs."""
        project = self.root / "pyproject.toml"
        if self.is_done("botkit", project):
            return
        say("installing botkit itself, editable")
        self.step("install botkit", *self.uv("install"), "--no-deps", "--no-build-isolation", "-e", str(self.root))
        self.done("botkit", project)

    def uv(self, command: str) -> list[str]:
        """The start of a `uv pip` command on this environment."""
        target = ["--python", str(self.python)] if command == "install" else []
        return ["-m", "uv", "pip", command, "--quiet", *target]

    def step(self, what: str, *arguments: str, given: str = "") -> None:
        """Run the environment's Python on something that has to succeed."""
        status = subprocess.run(
            [self.python, *arguments], cwd=self.root, input=given, text=True, check=False
        ).returncode
        if status:
            raise Failed(
                f"could not {what} (exit status {status}; the reason is above): check the network, then run this again"
            )

    def notes(self) -> dict[str, str]:
        """What was done: a step's name and the fingerprint of what went into it."""
        try:
            notes = json.loads(self.record.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def note(self, name: str, value: str) -> None:
        """Write a note down, in one move, so that a killed run leaves the old record or the new one."""
        fresh = self.record.with_suffix(".new")
        fresh.write_text(json.dumps({**self.notes(), name: value}, indent=1), "utf-8")
        fresh.replace(self.record)

    def is_done(self, name: str, source: Path) -> bool:
        """Whether a step was done with just this input."""
        return self.notes().get(name) == digest(source)

    def done(self, name: str, source: Path) -> None:
        """Note that a step was done with this input."""
        self.note(name, digest(source))


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock file, so that runs that start together set up one after the other."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is setting up .venv; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def check_venv_support() -> None:
    """Debian and its kin ship Python without the parts that make environments: say which package has them."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{MINOR}-venv"
        raise Failed(f"this Python cannot make environments; install {package} (apt-get install {package}), run again")


def pinned(lock: str) -> dict[str, list[str]]:
    """The versions that a lock names for each package; more than one where they differ by Python or system."""
    versions: dict[str, list[str]] = {}
    for line in lock.splitlines():
        name, equals, rest = line.partition("==")
        if equals and not line.startswith((" ", "#")):
            versions.setdefault(name, []).append(rest.split()[0])
    return versions


# What the commands do, once the environment stands.


def replace(environment: Environment, arguments: Sequence[str]) -> NoReturn:
    """Become the environment's Python, so that signals and the exit status are the program's own."""
    os.chdir(environment.root)
    os.execv(environment.python, [str(environment.python), *arguments])


def command_line(target: str, arguments: Sequence[str]) -> list[str]:
    """What Python is asked to run for a target that is one program."""
    program = {
        "run": ["-m", "botkit", "serve", "examples/order_desk"],
        "test": ["-m", "pytest", *TEST_PROCESSES],
        "bench": ["-m", "bench"],
        "bench-nlp": ["-m", "bench.nlp"],
    }[target]
    return [*program, *arguments]


def lint(environment: Environment) -> int:
    """Run every check, then say in a line each how it went."""
    checks = {
        "style (ruff check)": ["ruff", "check", "."],
        "format (ruff format --check)": ["ruff", "format", "--check", "."],
        "types (mypy)": ["mypy"],
        "floors (lint-imports)": ["lint-imports", "--no-logo"],
    }
    status = {}
    for name, (program, *arguments) in checks.items():
        say(name)
        command = [str(environment.programs / program), *arguments]
        status[name] = subprocess.run(command, cwd=environment.root, check=False).returncode
    print()
    for name, code in status.items():
        print(f"{name:30} {'failed' if code else 'ok'}")
    return 1 if any(status.values()) else 0


def lock(environment: Environment, arguments: Sequence[str]) -> None:
    """Choose exact versions for Python 3.11 and later on every system; extra arguments go to uv."""
    project = tomllib.loads((environment.root / "pyproject.toml").read_text("utf-8"))
    build = [*project["build-system"]["requires"], "editables"]
    names = [name for name in project["project"]["optional-dependencies"] if name not in UNLOCKED]
    extras = [part for name in names for part in ("--extra", name)]
    same = ["--constraints", str(environment.requirements(EVERYTHING))]
    choose_versions(environment, "bootstrap", ["uv"], arguments)
    choose_versions(environment, EVERYTHING, build, ["pyproject.toml", *extras, *arguments])
    choose_versions(environment, RUN, build, ["pyproject.toml", "--extra", "nlp", *same, *arguments])


def choose_versions(environment: Environment, name: str, packages: Sequence[str], arguments: Sequence[str]) -> None:
    """Write one lock, for these packages and for what the arguments name besides."""
    path = environment.requirements(name)
    say(f"writing {path.relative_to(environment.root)}")
    shape = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"]
    command = [*environment.uv("compile"), "-", *arguments, *shape, "--output-file", str(path)]
    environment.step(f"choose versions for {name}", *command, given="\n".join(packages))
    path.write_text("# Made by: python3 -P botkit/dev.py lock\n" + path.read_text("utf-8"), "utf-8")


def perform(environment: Environment, target: str, arguments: Sequence[str]) -> int:
    """Do what a target says and return the exit status."""
    if target in ("lint", "setup") and arguments:
        raise Failed(f"{target} takes no arguments, but got: {' '.join(arguments)}")
    if target == "lock":
        with alone(environment.root / ".venv.lock"):
            environment.make()
            environment.install_uv()
            lock(environment, arguments)
        return 0
    environment.prepare(RUN if target == "run" else EVERYTHING)
    if target == "setup":
        say(f"ready: {environment.folder}")
        return 0
    if target == "lint":
        return lint(environment)
    replace(environment, command_line(target, arguments))


def main(arguments: Sequence[str]) -> int:
    """Read the command line; returns the exit status: 0 done, 1 failed, 2 not understood."""
    target, *rest = arguments or ["help"]
    if rest[:1] == ["--"]:
        del rest[0]
    if target in ("help", "-h", "--help"):
        print(HELP, end="")
        return 0
    if target not in ("run", "test", "lint", "bench", "bench-nlp", "setup", "lock"):
        print(f"botkit: there is no target {target!r}\n\n{HELP}", end="", file=sys.stderr)
        return 2
    try:
        return perform(Environment(ROOT), target, rest)
    except Failed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
