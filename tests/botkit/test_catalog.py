"""The catalogue holds our own plug-ins, installed ones and a project's nodes, each kind once."""

import asyncio
import inspect
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from botkit import catalog
from botkit.catalog import load_catalog
from botkit.project import load_project
from botkit.testing import run_node
from channels.base import Channel
from flows.schema import flow_schema
from models.problem import has_errors

NODE = '''"""Shout."""

from botkit import Node, Turn, green


class Shout(Node):
    """Shouts."""

    kind = "{kind}"
    outcomes = (green("onSuccess"),)

    async def run(self, turn: Turn) -> str:
        return "onSuccess"
'''


@pytest.fixture(name="nodes")
def make_nodes(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    return tmp_path / "nodes"


def problems(nodes: Path) -> list[tuple[str, str, int]]:
    return [(problem.code, Path(problem.path).name, problem.line) for problem in load_catalog(nodes.parent).problems]


def test_our_own_are_all_there() -> None:
    found = load_catalog()
    assert {"start", "receive", "send", "branch", "end"} <= found.nodes.keys()
    assert {"sandbox", "inapp", "sms_http", "kannel", "twilio"} <= found.channels.keys()
    assert found.nlp
    assert found.problems == ()


def test_every_plugin_explains_itself() -> None:
    found = load_catalog()
    for plugin in (*found.nodes.values(), *found.channels.values(), *found.nlp.values()):
        assert inspect.getdoc(plugin), plugin
        assert plugin.about().endswith((".", ":"))
        for name, field in plugin.model_fields.items():
            assert field.description, f"{plugin.__name__}.{name} has no help"


def test_nodes_of_a_project_are_found(nodes: Path) -> None:
    (nodes / "shout.py").write_text(NODE.format(kind="shout"))
    (nodes / "_private.py").write_text("raise RuntimeError")
    found = load_catalog(nodes.parent)
    assert found.problems == ()
    assert found.nodes["shout"].about() == "Shouts."


def test_files_of_one_name_in_two_projects_do_not_meet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "nodes").mkdir(parents=True)
        (tmp_path / name / "nodes" / "shout.py").write_text(NODE.format(kind=name))
    assert "a" in load_catalog(tmp_path / "a").nodes
    assert "a" not in load_catalog(tmp_path / "b").nodes


def test_files_of_a_project_share_code(tmp_path: Path) -> None:
    """By files that begin with `_`: each project its own, and as they are now."""
    for project, word in (("one", "a"), ("two", "bb"), ("one", "ccc")):
        folder = tmp_path / project / "nodes"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "_words.py").write_text(f"WORD = {word!r}\n")
        shout = NODE.format(kind="shout").replace("from botkit", "from ._words import WORD\nfrom botkit")
        (folder / "shout.py").write_text(shout.replace('return "onSuccess"', "return WORD"))
        found = load_catalog(tmp_path / project)
        assert found.problems == ()
        assert asyncio.run(run_node(found.nodes["shout"].load({}))).left == word


def test_two_of_one_kind_are_refused_by_name(nodes: Path) -> None:
    (nodes / "shout.py").write_text(NODE.format(kind="send"))
    found = load_catalog(nodes.parent)
    assert [problem.message for problem in found.problems] == [
        "two nodes are called 'send': flows.nodes.send.Send and nodes/shout.py: Shout"
    ]
    assert found.problems[0].line == 6
    assert found.nodes["send"].__module__ == "flows.nodes.send"


CLASS = "from botkit import Node, green\n\n\nclass X(Node):\n    kind = 'x'\n"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("class X(:\n", "cannot_load", 1),
        ("\n\nraise RuntimeError('no')\n", "cannot_load", 3),
        ("import nowhere_at_all\n", "cannot_load", 1),
        ("x = 1\n", "no_node", 0),
        ("from botkit import Node\n\n\nclass X(Node):\n    pass\n", "no_kind", 4),
        ("raise SystemExit(3)\n", "cannot_load", 1),
        (CLASS + "    pass\n", "wrong_class", 4),
        (CLASS + "    outcomes = ('onSuccess',)\n    async def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    outcomes = green('onSuccess')\n    async def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    outputs = ['a']\n    async def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    waits = True\n    async def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    label: str = ''\n    async def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    price: 'Price' = 1\n    async def run(self, turn): ...\n", "wrong_class", 4),
        (CLASS + "    price: type(print) = print\n    async def run(self, turn): ...\n", "wrong_class", 4),
    ],
)
def test_what_is_wrong_in_a_file_is_told(nodes: Path, text: str, code: str, line: int) -> None:
    (nodes / "x.py").write_text(text)
    assert problems(nodes) == [(code, "x.py", line)]


def test_the_line_is_told_of_a_project_that_is_named_from_where_one_stands(
    nodes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nodes / "x.py").write_text("\n\nraise RuntimeError('no')\n")
    monkeypatch.chdir(nodes.parent)
    assert [str(problem) for problem in load_catalog(Path()).problems] == ["nodes/x.py:3: error: RuntimeError: no"]


@pytest.mark.parametrize(
    ("shared", "said"), [("x = 1\n\ndef f(:\n", "SyntaxError"), ("\n\n1 / 0\n", "ZeroDivisionError")]
)
def test_what_is_wrong_in_a_file_that_a_node_imports_is_told_of_that_file(nodes: Path, shared: str, said: str) -> None:
    (nodes / "_shared.py").write_text(shared)
    (nodes / "x.py").write_text("import os\nfrom ._shared import x\n")
    assert problems(nodes) == [("cannot_load", "_shared.py", 3)]
    assert load_catalog(nodes.parent).problems[0].message.startswith(f"x.py cannot be loaded: {said}")


def test_a_test_of_a_node_that_cannot_be_loaded_shows_why(nodes: Path) -> None:
    (nodes / "a.py").write_text("import nowhere_at_all\n")
    (nodes / "x.py").write_text("raise RuntimeError('no')\n")
    with pytest.raises(KeyError, match=r"x\.py:1: error: RuntimeError: no") as caught:
        load_catalog(nodes.parent).nodes["x"]
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(KeyError, match=r"^'x'$"):
        load_catalog().nodes["x"]


def test_a_setting_that_no_file_can_hold_is_named(nodes: Path) -> None:
    text = NODE.format(kind="shout").replace('"""Shout."""', "from collections.abc import Callable")
    (nodes / "x.py").write_text(text.replace("    async", "    change: Callable[[str], str] = str.upper\n\n    async"))
    found = load_catalog(nodes.parent)
    assert "setting 'change' has a type that no file can hold" in found.problems[0].message
    assert flow_schema(found.nodes)


def test_a_default_that_is_plain_text_is_read_as_a_setting_is(nodes: Path) -> None:
    text = NODE.format(kind="shout").replace("import Node", "import Node, Template")
    (nodes / "shout.py").write_text(text.replace("    async", '    text: Template = "$(name)"\n\n    async'))
    made: Any = load_catalog(nodes.parent).nodes["shout"].load({})
    assert made.text.paths == (("name",),)


def test_installed_plugins_are_found_and_broken_ones_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(*, group: str) -> list[EntryPoint]:
        values = {"good": "flows.nodes.send:Send", "broken": "nowhere_at_all:X", "other": "json:dumps"}
        return [EntryPoint(name, value, group) for name, value in values.items()] if group == "botkit.nodes" else []

    monkeypatch.setattr(catalog, "entry_points", installed)
    found: dict[str, Any] = {problem.code: problem.message for problem in load_catalog().problems}
    assert found.keys() == {"cannot_load", "not_a_plugin"}
    assert "nowhere_at_all:X" in found["cannot_load"]
    assert found["not_a_plugin"] == "json:dumps is not a Node"


def test_a_broken_package_stops_only_projects_that_use_it(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"botkit.channels": "nowhere_at_all:X", "botkit.nodes": "json:dumps"}
    entries = [EntryPoint("pigeon", value, group) for group, value in broken.items()]
    monkeypatch.setattr(catalog, "entry_points", lambda *, group: [each for each in entries if each.group == group])
    toml = nodes.parent / "botkit.toml"
    toml.write_text('[assets.a]\nchannel = "sms"\nprovider = "sandbox"\n[services.s]\nassets = ["a"]\n')
    found = load_project(nodes.parent, environ={}).problems
    assert not has_errors(found)
    assert {problem.code for problem in found} >= {"cannot_load", "not_a_plugin"}
    toml.write_text('[assets.a]\nchannel = "pigeon"\n[services.s]\nassets = ["a"]\n')
    found = load_project(nodes.parent, environ={}).problems
    assert ["there is no provider 'pigeon'" in row.message for row in found if row.severity == "error"] == [True]


def test_a_package_that_exits_takes_nothing_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leaves_at_once.py").write_text("raise SystemExit('no licence')")
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("leaves", "leaves_at_once:X", "botkit.nodes")
    monkeypatch.setattr(catalog, "entry_points", lambda *, group: [entry] if group == entry.group else [])
    assert [problem.message for problem in load_catalog().problems] == [
        "node 'leaves' (leaves_at_once:X) cannot be loaded: SystemExit: no licence"
    ]


def test_a_package_takes_the_place_of_our_component_and_of_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}_mood.py").write_text(
            "from botkit import Component\n"
            "class Mood(Component):\n"
            "    'Finds every text pleasant.'\n"
            "    kind = 'sentiment'\n"
            "    gives = ('sentiment',)\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    entries = [EntryPoint(name, f"{name}_mood:Mood", "botkit.nlp") for name in ("first", "second")]
    monkeypatch.setattr(catalog, "entry_points", lambda *, group: entries[:1] if group == "botkit.nlp" else [])
    found = load_catalog()
    assert not found.problems
    assert found.nlp["sentiment"].__module__ == "first_mood"

    monkeypatch.setattr(catalog, "entry_points", lambda *, group: entries if group == "botkit.nlp" else [])
    assert [problem.message for problem in load_catalog().problems] == [
        "two components are called 'sentiment': first_mood:Mood and second_mood:Mood"
    ]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({}, "it does not say which channel it serves"),
        ({"channel": "pigeon"}, "it does not say how to send"),
        ({"channel": "pigeon", "send": lambda self, outgoing, http: None}, "send cannot be awaited"),
    ],
)
def test_an_adapter_that_could_not_send_is_refused(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, Any], told: str
) -> None:
    types = dict.fromkeys(names.keys() - {"send"} | {"kind"}, ClassVar[str])
    body = {"__doc__": "A pigeon.", "__module__": __name__, "__annotations__": types, "kind": "pigeon", **names}
    pigeon = type("Pigeon", (Channel,), body)

    class Installed(EntryPoint):
        def load(self) -> type[Channel]:
            return pigeon

    entry = Installed("pigeon", "pigeons:Pigeon", "botkit.channels")
    monkeypatch.setattr(catalog, "entry_points", lambda *, group: [entry] if group == entry.group else [])
    found = load_catalog()
    assert "pigeon" not in found.channels
    assert [(problem.code, told in problem.message) for problem in found.problems] == [("wrong_class", True)]


def test_the_number_of_files_is_bounded(nodes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MAX_NODE_FILES", 1)
    for name in ("a", "b"):
        (nodes / f"{name}.py").write_text(NODE.format(kind=name))
    found = load_catalog(nodes.parent)
    assert "b" not in found.nodes
    assert [problem.code for problem in found.problems] == ["too_many_files"]
