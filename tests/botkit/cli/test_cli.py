"""The command line: what it prints, what it writes, and how it exits."""

import errno
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from botkit import __version__
from botkit.cli.main import COMMANDS, cli, main
from botkit.cli.output import Output

GOOD = "flow: hello\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: end}}\n"
BAD = "flow: hello\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegn: end}}\n"
UNTIDY = "nodes:   # all\n    2: {kind: start, accepts: [sms.mo], next: {onBegin: end}}\nflow: hello\n"
TIDY = "flow: hello\nnodes:  # all\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: end}}\n"
TOML = """\
[project]
name = "Shop"
[assets.sms]
channel = "sms"
provider = "sandbox"
[services.main]
assets = ["sms"]
[[services.main.rules]]
event = "sms.mo"
flow = "hello"
"""


@pytest.fixture(name="folder")
def make_folder(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hello.flow.yaml").write_text(GOOD)
    (tmp_path / "botkit.toml").write_text(TOML)
    return tmp_path


def run(*arguments: object, color: bool = False) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], color=color, prog_name="botkit")


def test_check_of_a_good_project(folder: Path) -> None:
    result = run("check", folder)
    assert (result.output, result.exit_code) == ("Shop: no problems in 1 flow\n", 0)


def test_check_of_a_bad_project(folder: Path) -> None:
    file = folder / "flows" / "hello.flow.yaml"
    file.write_text(BAD)
    result = run("check", folder)
    assert result.exit_code == 1
    assert result.output == (
        f"{file}:3:39: error: node 2: outcome 'onBegin' leads nowhere\n"
        "    hint: add `onBegin: ...` under next: a node, or `end`\n"
        f"{file}:3:46: error: node 2: start has no outcome 'onBegn'\n"
        "    hint: did you mean 'onBegin'?\n"
        "\nShop: 2 errors in 1 flow\n"
    )


def test_warnings_do_not_fail(folder: Path) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(GOOD + "variables: {unused: 1}\n")
    result = run("check", folder)
    assert result.exit_code == 0
    assert "warning: nothing in the flow mentions the variable 'unused'" in result.output


def test_check_for_programs(folder: Path) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(BAD)
    result = run("check", folder, "--json")
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert (found["ok"], found["errors"], found["warnings"]) == (False, 2, 0)
    assert found["problems"][0] == {
        "severity": "error", "code": "open_outcome", "message": "node 2: outcome 'onBegin' leads nowhere",
        "path": str(folder / "flows" / "hello.flow.yaml"), "line": 3, "column": 39, "flow": "hello", "node": 2,
        "field": "next", "hint": "add `onBegin: ...` under next: a node, or `end`",
    }  # fmt: skip
    assert json.loads(run("check", folder / "flows", "--json").output)["problems"][0]["code"] == "no_project"


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        ("trace list . --json", 1, "no_store"),
        ("trace list . --store redis://here --json", 3, "store_failed"),
        ("chat nowhere --json", 1, "no_project"),
        ("chat . --channel pigeon --json", 1, "no_asset"),
        ("nlp test . --json", 1, "invalid_request"),
        ("nlp train nowhere --json", 1, "invalid_request"),
        ("nlp compare a b --json", 1, "invalid"),
        ("trace list --limit none --json", 2, "usage"),
        ("check --bogus --json", 2, "usage"),
    ],
)
def test_what_went_wrong_for_programs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: str, code: int, name: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as caught:
        main(arguments.split())
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    assert (caught.value.code, error["code"]) == (code, name)
    assert error["message"] in shown.err


def test_programs_are_told_every_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(BAD)
    with pytest.raises(SystemExit):
        main(["chat", str(folder), "--json"])
    found = json.loads(capsys.readouterr().out)
    message = "node 2: outcome 'onBegin' leads nowhere"
    assert found["error"] == {"code": "open_outcome", "message": message, "field": "next"}
    assert [problem["line"] for problem in found["problems"]] == [3, 3]


def test_a_file_where_a_project_belongs_and_the_other_way_round(folder: Path) -> None:
    file = folder / "botkit.toml"
    for command in ("check", "chat", "serve"):
        result = run(command, file)
        assert result.exit_code == 1
        assert f"{file}: error: this is a file\n    hint: name the directory of the project" in result.output
    shown = run("flow", "show", file)
    assert shown.exit_code == 1
    assert "error: this goes on where the YAML has ended: is it a flow file?" in shown.output


def test_check_leaves_secrets_to_serve(folder: Path) -> None:
    (folder / "botkit.toml").write_text(TOML.replace('provider = "sandbox"', 'receipts = { env = "NOT_SET_ANYWHERE" }'))
    assert "warning: environment variable NOT_SET_ANYWHERE is not set" in run("check", folder).output
    assert "error: environment variable NOT_SET_ANYWHERE is not set" in run("check", folder, "--secrets").output


def test_colours_are_for_terminals(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(BAD)
    assert "\x1b[" not in run("check", folder).output
    monkeypatch.setattr("botkit.cli.output.is_terminal", lambda stream: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31merror" in run("check", folder, color=True).output
    assert "\x1b[" not in run("--no-color", "check", folder, color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", folder, color=True).output


def test_fmt_formats_once(folder: Path) -> None:
    file = folder / "flows" / "hello.flow.yaml"
    file.write_text(UNTIDY)
    file.chmod(0o640)
    check = run("flow", "fmt", "--check", folder)
    assert (check.output, check.exit_code) == (f"{file}: not formatted\n1 file to format\n", 1)
    assert file.read_text() == UNTIDY
    done = run("flow", "fmt", file)
    assert (done.output, done.exit_code) == (f"{file}: formatted\n1 file formatted\n", 0)
    assert file.read_text() == TIDY
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["hello.flow.yaml"]
    assert run("flow", "fmt", "--check", file).output == "1 file as it should be\n"


def test_fmt_goes_on_after_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / "flows" / "a.flow.yaml").write_text("flow: [")
    (folder / "flows" / "hello.flow.yaml").write_text(UNTIDY)
    result = run("flow", "fmt", folder)
    assert result.exit_code == 1
    assert "a.flow.yaml:1:8: error: a value is missing, or a bracket or brace is not closed" in result.output
    assert (folder / "flows" / "hello.flow.yaml").read_text() == TIDY


def test_show_draws_a_flow(folder: Path) -> None:
    drawn = "hello  (flow, 1 node)\n\n2 start\n└─ onBegin → end 101 Success\n"
    assert run("flow", "show", folder).output == drawn
    assert run("flow", "show", folder, "hello").output == drawn
    assert run("flow", "show", folder / "flows" / "hello.flow.yaml").output == drawn
    missing = run("flow", "show", folder, "helo")
    assert (missing.exit_code, "did you mean 'hello'?" in missing.output) == (1, True)


def test_schema_knows_the_nodes_of_the_project(folder: Path) -> None:
    assert run("new", "node", "count-words", "--directory", folder).exit_code == 0
    schema = json.loads(run("flow", "schema", folder).output)
    assert "node.count_words" in schema["$defs"]


def test_a_new_project_is_in_order(tmp_path: Path) -> None:
    result = run("new", "project", tmp_path / "my-shop")
    assert result.exit_code == 0, result.output
    assert run("check", tmp_path / "my-shop").output == "My shop: no problems in 1 flow\n"
    assert run("flow", "fmt", "--check", tmp_path / "my-shop").exit_code == 0
    again = run("new", "project", tmp_path / "my-shop")
    assert (again.exit_code, "is not empty" in again.output) == (1, True)


def test_what_to_try_next_can_be_typed_as_it_stands(tmp_path: Path) -> None:
    shop = tmp_path / "my projects" / "shop"
    assert run("new", "project", shop).output.endswith(f"Now try: botkit chat '{shop}'\n")
    result = run("new", "node", "count-words", "--directory", shop)
    assert f"Now try: python -m pytest '{shop / 'tests' / 'test_count_words.py'}'\n" in result.output


def test_a_new_node_passes_its_test(folder: Path) -> None:
    result = run("new", "node", "count-words", "--directory", folder)
    assert result.output.splitlines()[:2] == [
        f"wrote {folder / 'nodes' / 'count_words.py'}",
        f"wrote {folder / 'tests' / 'test_count_words.py'}",
    ]
    assert run("check", folder).exit_code == 0
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", folder,
         folder / "tests"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3], timeout=100,
    )  # fmt: skip
    assert "2 passed" in tested.stdout, tested.stdout + tested.stderr


@pytest.mark.parametrize("name", ["class", "1x", "a.b", "../x", "é", "x" * 65, "send"])
def test_names_that_cannot_be_a_node(folder: Path, name: str) -> None:
    result = run("new", "node", name, "--directory", folder)
    assert result.exit_code == 1
    assert "error: " in result.output
    assert not (folder / "nodes").exists()


def test_a_node_belongs_to_a_project(tmp_path: Path) -> None:
    result = run("new", "node", "shout", "--directory", tmp_path)
    assert (result.exit_code, f"there is no botkit.toml in {tmp_path}" in result.output) == (1, True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "nodes").mkdir()
    assert run("new", "node", "shout", "--directory", tmp_path).exit_code == 0


def test_where_pytest_is_missing_the_way_to_it_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pip install" not in run("new", "node", "shout", "--directory", folder).output
    monkeypatch.setattr("botkit.cli.new.find_spec", lambda name: None)
    assert "pip install pytest" in run("new", "node", "whisper", "--directory", folder).output


def test_nothing_is_written_over(folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_shout.py").write_text("mine")
    result = run("new", "node", "shout", "--directory", folder)
    assert (result.exit_code, "is there already" in result.output) == (1, True)
    assert not (folder / "nodes").exists()
    assert (folder / "tests" / "test_shout.py").read_text() == "mine"


def test_help_names_commands_and_exit_codes() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, (_, line) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", result.output, re.MULTILINE)
    assert "Exit codes:" in result.output
    assert run("--version").output == f"botkit {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chek"], "Did you mean 'check'?"),
        (["check", "--jsn"], "No such option"),
        (["flow", "fmt"], "Missing argument"),
    ],
)
def test_what_is_not_understood_exits_with_2(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("flow", "fmt"),
        ("flow", "schema"),
        ("flow", "show"),
        ("reference", "nodes"),
        ("reference", "channels"),
        ("nlp", "compare", "."),
        ("nlp", "fine-tune"),
        ("nlp", "train-sentiment"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_exits_with_1(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, tmp_path / "none")
    assert (result.exit_code, "there is no such" in result.output) == (1, True), result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("trace", "list", "--help"),
        ("reference", "nodes"),
        ("flow", "schema"),
        ("flow", "fmt", "--check"),
        ("serve", "--port", "0"),
    ],
    ids=" ".join,
)
def test_a_reader_that_goes_away_is_no_error(folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(UNTIDY)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "botkit", *arguments, str(folder)], stdout=writer, stderr=subprocess.PIPE,
            text=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("arguments", ["chekc", "check --bogus", "check nowhere", "flow fmt nowhere"])
def test_nobody_need_read_what_went_wrong(arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "botkit", *arguments.split()]
    try:
        done = subprocess.run(command, stdout=writer, stderr=writer, check=False, timeout=60)
    finally:
        os.close(writer)
    assert done.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [("check",), ("check", "--json"), ("reference", "nodes"), ("serve", "--port", "0"), ("check", "--help")],
    ids=" ".join,
)
def test_a_disk_that_is_full_is_told(folder: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "botkit", *arguments, str(folder)], stdout=full, stderr=subprocess.PIPE,
            text=True, check=False, timeout=60,
        )  # fmt: skip
    words = "error: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (3, words)


def test_what_the_system_refuses_is_not_put_down_to_the_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")  # as where all disks are full

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(SystemExit) as caught:
        main(["chat", str(folder)])
    assert (caught.value.code, capsys.readouterr().err) == (3, "error: No usable temporary directory found\n")


def test_a_name_longer_than_the_system_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["flow", "show", "a" * 300])
    said = {3: "File name too long", 1: "there is no such file or directory"}  # the second from Python 3.14 on
    assert capsys.readouterr().err == f"error: {'a' * 300}: {said[caught.value.code]}\n"


def test_streams_that_are_closed_do_no_harm(folder: Path) -> None:
    """As they are under some supervisors."""
    command = f"exec {shlex.quote(sys.executable)} -m botkit check {shlex.quote(str(folder))} <&- >&-"
    done = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (click.Abort(), 130), (click.ClickException("no"), 1)],
)
def test_exit_codes_of_main(monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    def stop(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(cli, "main", stop)
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == code


def test_main_exits_with_what_the_command_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", str(folder)])
    assert caught.value.code == 0
    (folder / "botkit.toml").unlink()
    with pytest.raises(SystemExit) as caught:
        main(["check", str(folder)])
    assert caught.value.code == 1
    assert "there is no botkit.toml here" in capsys.readouterr().out


def test_every_command_has_help() -> None:
    for name in COMMANDS:
        result = run(name, "--help")
        assert (result.exit_code, "Usage:" in result.output) == (0, True), name


HEAVY = (
    "aiohttp", "asyncio", "flows", "channels", "jsonpath", "nlp", "numpy", "pydantic", "quickjs", "rich", "ruamel",
    "sklearn", "spacy", "torch", "transformers",
)  # fmt: skip


@pytest.mark.parametrize(
    "command", [(), ("trace",), ("chat",), ("serve",), ("check",), ("nlp", "fine-tune")], ids=" ".join
)
def test_help_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    heavy = [name for name in HEAVY if name != "asyncio" or not command]
    code = (
        "import sys\nfrom botkit.cli.main import main\n"
        f"try:\n    main([*{command!r}, '--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip() == "[]"


def test_nothing_that_is_shown_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    said = "a\x1b[31m\x07\x9b2J\x7fz"
    Output().json({"text": said})
    written = capsys.readouterr().out
    assert json.loads(written) == {"text": said}
    Output().line(said)
    for shown in (written, capsys.readouterr().out):
        assert not [char for char in shown if char != "\n" and not char.isprintable()]


def test_json_has_no_numbers_that_json_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"a": float("nan"), "b": [1.5, (float("inf"), -float("inf"))], "c": {"d": float("nan")}}
    Output().json(said)
    whole = capsys.readouterr().out
    Output().json_line(said)
    for text in (whole, capsys.readouterr().out):
        found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        assert found == {"a": None, "b": [1.5, [None, None]], "c": {"d": None}}
