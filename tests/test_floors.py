"""Floors: what may import what, and what stays out of memory until it is needed."""

import importlib
import json
import pkgutil
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from tests.test_packaging import imported_by

MAY_IMPORT = {
    "models": set(),
    "nlp": {"models"},
    "channels": {"models"},
    "flows": {"models", "nlp"},
    "botkit": {"models", "nlp", "channels", "flows"},
}
HEAVY = {"better_profanity", "numpy", "scipy", "sklearn", "spacy", "torch", "transformers", "vaderSentiment"}
PRODUCT_ONLY = {"aiohttp", "prometheus_client", "redis", "rich", "sqlalchemy", "uvloop"}


def lint_imports(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """The verdict of import-linter on a tree, with the contracts of the project."""
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", "--no-logo", "--config", str(config)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def modules_of(floor: str) -> list[str]:
    """The names of all modules on a floor."""
    package = importlib.import_module(floor)
    return [floor, *(module.name for module in pkgutil.walk_packages(package.__path__, f"{floor}."))]


def loaded_after(*modules: str) -> set[str]:
    """The top-level names in memory after a fresh Python has imported these modules."""
    code = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    answer = subprocess.run([sys.executable, "-c", code, *modules], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return set(json.loads(answer.stdout))


def test_the_house_keeps_its_contracts(root: Path) -> None:
    answer = lint_imports(root, root / "pyproject.toml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_import_against_the_floors_is_found(root: Path, tmp_path: Path) -> None:
    for floor in MAY_IMPORT:
        (tmp_path / floor).mkdir()
        (tmp_path / floor / "__init__.py").touch()
        (tmp_path / floor / "room.py").touch()
    wrong = []
    for importer, imported in permutations(MAY_IMPORT, 2):
        (tmp_path / importer / f"uses_{imported}.py").write_text(f"import {imported}.room\n")
        if imported not in MAY_IMPORT[importer]:
            wrong.append(f"{importer}.uses_{imported} -> {imported}.room")
    (tmp_path / "models" / "uses_clock.py").write_text("import time\n")
    (tmp_path / "flows" / "uses_socket.py").write_text("import socket\n")
    (tmp_path / "channels" / "uses_aiohttp.py").write_text("import aiohttp\n")
    wrong += ["models.uses_clock -> time", "flows.uses_socket -> socket", "channels.uses_aiohttp -> aiohttp"]

    answer = lint_imports(tmp_path, root / "pyproject.toml")

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert [line for line in wrong if line not in answer.stdout] == []
    for importer, allowed in MAY_IMPORT.items():
        assert not [below for below in allowed if f"{importer}.uses_{below} ->" in answer.stdout]


def test_only_the_server_knows_aiohttp(root: Path) -> None:
    users = imported_by(root / "botkit").get("aiohttp", set())
    assert {file for file in users if not file.startswith("botkit/server/")} == set()


@pytest.mark.parametrize("floor", [floor for floor in MAY_IMPORT if floor != "botkit"])
def test_a_floor_loads_nothing_from_above(floor: str) -> None:
    assert loaded_after(*modules_of(floor)) & set(MAY_IMPORT) <= MAY_IMPORT[floor] | {floor}


@pytest.mark.parametrize("floor", ["models", "channels", "flows"])
def test_no_room_of_a_floor_loads_anything_heavy(floor: str) -> None:
    assert loaded_after(*modules_of(floor)) & (HEAVY | PRODUCT_ONLY) == set()


@pytest.mark.parametrize("package", ["nlp", "botkit"])
def test_a_package_is_light_until_it_is_used(package: str) -> None:
    assert loaded_after(package) & HEAVY == set()
