"""Bootstrap: what `botkit/dev.py` decides, without touching the network."""

import ast
import fcntl
import json
import subprocess
import sys
import threading
import venv
from pathlib import Path

import pytest

from botkit import dev


@pytest.fixture
def checkout(tmp_path: Path) -> dev.Environment:
    """An environment of an empty project, with locks but nothing made yet."""
    (tmp_path / ".requirements").mkdir()
    for name in ("bootstrap", "run", "dev"):
        (tmp_path / ".requirements" / f"{name}.lock").write_text(f"{name}-package==1 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    return dev.Environment(tmp_path)


@pytest.fixture
def steps(checkout: dev.Environment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been installed, in order."""
    done: list[str] = []
    monkeypatch.setattr(dev.Environment, "make", lambda self: self.folder.mkdir(exist_ok=True))
    monkeypatch.setattr(dev.Environment, "step", lambda self, what, *rest, given="": done.append(f"{what}: {rest[-1]}"))
    return done


@pytest.mark.parametrize(
    ("version", "system", "says"),
    [
        ((3, 8), "posix", "needs Python 3.11 or newer, but /usr/bin/python3 is Python 3.8"),
        ((3, 10), "posix", "make run PYTHON=python3.12"),
        ((3, 11), "posix", ""),
        ((3, 14), "posix", ""),
        ((3, 15), "posix", "runs on Python 3.11 to 3.14, but /usr/bin/python3 is Python 3.15"),
        ((3, 15), "posix", "make run PYTHON=python3.14"),
        ((3, 13), "nt", "use it inside WSL"),
    ],
)
def test_a_machine_that_cannot_run_botkit_is_told_why(version: tuple[int, int], system: str, says: str) -> None:
    text = dev.refusal(version, "/usr/bin/python3", system)
    assert says in text
    assert bool(text) == bool(says)


def test_an_old_python_can_parse_the_bootstrap() -> None:
    ast.parse(Path(dev.__file__).read_text("utf-8"), feature_version=(3, 7))


def test_the_bootstrap_needs_the_standard_library_only() -> None:
    tree = ast.parse(Path(dev.__file__).read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("safe_path", [[], ["-P"]])
def test_help_comes_from_the_script_itself_with_and_without_a_safe_path(root: Path, safe_path: list[str]) -> None:
    command = [sys.executable, *safe_path, "botkit/dev.py"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    for target in ("run", "test", "lint", "bench", "bench-nlp"):
        assert f"  {target} " in answer.stdout


def test_an_unknown_target_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["fly"]) == 2
    assert "there is no target 'fly'" in capsys.readouterr().err


def test_a_target_without_arguments_refuses_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["lint", "--", "--fix"]) == 1
    assert "lint takes no arguments, but got: --fix" in capsys.readouterr().err


def test_make_has_the_same_targets_and_passes_arguments_on(root: Path) -> None:
    for target in ("run", "test", "lint", "bench", "bench-nlp"):
        command = ["make", "--no-print-directory", "-n", target, "ARGS=-k 'a b'", "PYTHON=py"]
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == f"py botkit/dev.py {target} -k 'a b'"


def test_commands() -> None:
    assert dev.command_line("run", ["--port", "1"]) == ["-m", "botkit", "serve", "examples/order_desk", "--port", "1"]
    assert dev.command_line("test", ["-k", "x"]) == ["-m", "pytest", *dev.TEST_PROCESSES, "-k", "x"]
    assert dev.command_line("bench", []) == ["-m", "bench"]
    assert dev.command_line("bench-nlp", ["--quick"]) == ["-m", "bench.nlp", "--quick"]


def test_a_second_run_does_nothing(checkout: dev.Environment, steps: list[str]) -> None:
    checkout.prepare("dev")
    assert [step.partition(":")[0] for step in steps] == ["install uv", "install the packages", "install botkit"]
    steps.clear()
    checkout.prepare("dev")
    checkout.prepare("run")  # its packages are among those of `dev`
    assert steps == []


@pytest.mark.parametrize(
    ("changed", "redone"),
    [
        (".requirements/bootstrap.lock", "install uv"),
        (".requirements/dev.lock", "install the packages"),
        ("pyproject.toml", "install botkit"),
    ],
)
def test_a_changed_input_repeats_its_step_alone(
    checkout: dev.Environment, steps: list[str], changed: str, redone: str
) -> None:
    checkout.prepare("dev")
    steps.clear()
    with (checkout.root / changed).open("a") as file:
        file.write("# changed\n")
    checkout.prepare("dev")
    assert [step.partition(":")[0] for step in steps] == [redone]


def test_the_packages_for_running_do_not_count_as_all(checkout: dev.Environment, steps: list[str]) -> None:
    checkout.prepare("run")
    steps.clear()
    checkout.prepare("dev")
    assert steps == [f"install the packages: {checkout.requirements('dev')}"]
    # Older packages for running may have replaced newer ones since: then `dev` is due again.
    checkout.requirements("dev").write_text("dev-package==2\n")
    checkout.prepare("run")
    checkout.requirements("dev").write_text("dev-package==1 \\\n    --hash=sha256:00\n")
    steps.clear()
    checkout.prepare("dev")
    assert steps == [f"install the packages: {checkout.requirements('dev')}"]


def test_a_failed_step_is_told_plainly_and_done_again(checkout: dev.Environment) -> None:
    venv.create(checkout.folder)
    with pytest.raises(dev.Failed, match=r"could not sing \(exit status 3"):
        checkout.step("sing", "-c", "raise SystemExit(3)")
    assert checkout.notes() == {}


def test_a_damaged_record_counts_as_none(checkout: dev.Environment) -> None:
    checkout.folder.mkdir()
    checkout.record.write_text('{"uv": ')
    assert checkout.notes() == {}
    checkout.note("uv", "1")
    assert json.loads(checkout.record.read_text()) == {"uv": "1"}


def test_only_a_sound_environment_is_kept(checkout: dev.Environment) -> None:
    assert not checkout.sound()  # there is none
    venv.create(checkout.folder)
    assert not checkout.sound()  # it has no pip
    pip = next(checkout.folder.glob("lib/python*/site-packages")) / "pip"
    pip.mkdir()
    (pip / "__init__.py").touch()
    assert checkout.sound()
    checkout.note("root", "/somewhere/else")
    assert not checkout.sound()  # it was moved here
    checkout.note("root", str(checkout.root))
    checkout.python.unlink()
    checkout.python.write_text("#!/bin/sh\necho 3.10 True\n")
    checkout.python.chmod(0o755)
    assert not checkout.sound()  # it is of another Python


def test_a_broken_environment_is_removed_but_not_what_it_links_to(checkout: dev.Environment, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    checkout.folder.symlink_to(elsewhere)
    checkout.remove()
    assert elsewhere.is_dir()
    assert not checkout.folder.exists()


def test_a_python_without_ensurepip_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(dev.Failed, match=rf"apt-get install python{dev.MINOR}-venv"):
        dev.check_venv_support()


def test_runs_that_start_together_wait_for_each_other(tmp_path: Path) -> None:
    path, order = tmp_path / "lock", []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with dev.alone(path):
            order.append("second")

    with dev.alone(path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        with path.open("w") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_lint_runs_every_check_and_fails_if_one_does(
    checkout: dev.Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout.programs.mkdir(parents=True)
    for program in ("ruff", "mypy", "lint-imports"):
        (checkout.programs / program).write_text(f"#!/bin/sh\nexit {1 if program == 'mypy' else 0}\n")
        (checkout.programs / program).chmod(0o755)
    assert dev.lint(checkout) == 1
    summary = [line.split() for line in capfd.readouterr().out.splitlines() if line]
    assert [(line[0], line[-1]) for line in summary] == [
        ("style", "ok"),
        ("format", "ok"),
        ("types", "failed"),
        ("floors", "ok"),
    ]
