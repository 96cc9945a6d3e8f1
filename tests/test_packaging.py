"""Packaging: the locks, the versions and the declared packages agree, and the repository names no machine."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import botkit
from botkit.dev import UNLOCKED, pinned

FLOORS = ("models", "nlp", "channels", "flows", "botkit")
LOCKS = ("bootstrap", "run", "dev")

# Put together here, so that this file does not name them itself.
REGISTRY_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js", "deb.debian" + ".org"]
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:" + "|".join(["ro" + "ot", "wo" + "rk", r"ho" + r"me/\w+"]) + ")/")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def declared(project: dict[str, Any], *extras: str) -> list[Requirement]:
    """The packages that the project asks for, with these extras."""
    optional = project["project"]["optional-dependencies"]
    lines = [*project["project"]["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [Requirement(line) for line in lines]


def test_the_version_is_said_once(project: dict[str, Any]) -> None:
    assert botkit.__version__ == project["project"]["version"]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_no_addresses(root: Path, name: str) -> None:
    text = (root / ".requirements" / f"{name}.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2])
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.search(r"://|@ |--index|--find-links|--extra", text) is None


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_brings_gigabytes(root: Path, name: str) -> None:
    names = pinned((root / ".requirements" / f"{name}.lock").read_text())
    assert [package for package in names if re.match(r"torch|nvidia|triton|tensorflow", package)] == []


@pytest.mark.parametrize("name", ["run", "dev"])
def test_a_lock_satisfies_what_the_project_asks_for(root: Path, project: dict[str, Any], name: str) -> None:
    extras = set(project["project"]["optional-dependencies"]) - UNLOCKED if name == "dev" else {"nlp"}
    versions = pinned((root / ".requirements" / f"{name}.lock").read_text())
    build = [Requirement(line) for line in (*project["build-system"]["requires"], "editables")]
    for wanted in [*declared(project, *extras), *build]:
        found = versions.get(canonicalize_name(wanted.name), [])
        assert found, f"{wanted} is not in {name}.lock: run python3 -P botkit/dev.py lock"
        assert all(version in wanted.specifier for version in found), f"{wanted}, but {name}.lock has {found}"


def test_what_runs_is_what_is_tested(root: Path) -> None:
    run, everything = (pinned((root / ".requirements" / f"{name}.lock").read_text()) for name in ("run", "dev"))
    assert {name: versions for name, versions in run.items() if everything.get(name) != versions} == {}


def imported_by(folder: Path) -> dict[str, set[str]]:
    """The top-level names that the Python files of a folder import, and the files that do."""
    users: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            for name in names:
                users.setdefault(name.partition(".")[0], set()).add(str(path.relative_to(folder.parent)))
    return users


@pytest.mark.parametrize("folder", [*FLOORS, "tests", "bench"])
def test_every_imported_package_is_declared(root: Path, project: dict[str, Any], folder: str) -> None:
    extras = set(project["project"]["optional-dependencies"])
    if folder in FLOORS:
        extras.remove("dev")
    known = {canonicalize_name(wanted.name) for wanted in declared(project, *extras)}
    known.add(canonicalize_name("pydantic-core"))  # a part of pydantic, which asks for the very version that it fits
    providers = packages_distributions()
    ours = {*sys.stdlib_module_names, *FLOORS, "tests", "bench"}
    for module, files in imported_by(root / folder).items():
        if module not in ours:
            names = {canonicalize_name(name) for name in providers.get(module, [module])}
            assert names & known, f"{module} is imported by {sorted(files)}, but pyproject.toml does not ask for it"


def test_no_committed_file_names_a_registry_or_a_machine(root: Path) -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout, so there is no telling which files are committed")
    found = []
    for name in filter(None, listing.stdout.split("\0")):
        path = root / name
        text = path.read_text("utf-8", errors="ignore") if path.is_file() else ""
        found += [f"{name} names {host}" for host in REGISTRY_HOSTS if host in text]
        found += [
            f"{name}:{text.count(chr(10), 0, hit.start()) + 1} names {hit[0]}" for hit in MACHINE_PATH.finditer(text)
        ]
    assert found == []
