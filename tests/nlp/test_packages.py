"""Components from outside: an installed package, a project's own in the place of ours, and broken ones."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nlp.errors import InvalidPipeline
from nlp.pipeline import load_pipeline
from nlp.project import read_project

from .conftest import write_project

ROOT = Path(__file__).parents[2]
SOURCE = """
from typing import ClassVar
from nlp.base import Component

class Shout(Component):
    '''Tells whether a text is in capitals.'''

    kind = "shout"
    gives: ClassVar = ("shout",)

    share: float = 0.8
    '''Capitals among the letters, from which it is shouting.'''

    def read(self, understanding, context):
        letters = [letter for letter in understanding.text if letter.isalpha()]
        capitals = sum(map(str.isupper, letters))
        understanding.extra["shout"] = bool(letters) and capitals >= self.share * len(letters)
        return f"{capitals} of {len(letters)} letters are capitals"
"""
READ = """
import sys, json
from pathlib import Path
from nlp.pipeline import load_pipeline
from nlp.project import read_project
understanding = load_pipeline(read_project(Path(sys.argv[1]))).read("HELP me", want=("shout",))
print(json.dumps([understanding.extra, understanding.why[-1].because]))
"""


def install(folder: Path, source: str, entry: str = "botkit_shout:Shout") -> Path:
    """A package of one module, as a wheel, installed by pip into a folder."""
    wheel = folder / "botkit_shout-1.0-py3-none-any.whl"
    info = "botkit_shout-1.0.dist-info"
    files = {
        "botkit_shout.py": source,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: botkit-shout\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[botkit.nlp]\nshout = {entry}\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    target = folder / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile",
         "--disable-pip-version-check", "--target", str(target), str(wheel)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return target


def read(project: Path, site: Path) -> "subprocess.CompletedProcess[str]":
    paths = os.pathsep.join([str(ROOT), str(site)])
    return subprocess.run(
        [sys.executable, "-c", READ, str(project)], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip


def test_an_installed_package_gives_a_component(tmp_path: Path) -> None:
    project = write_project(tmp_path / "nlp", pipeline="components: [{kind: shout, share: 0.6}]")
    done = read(project, install(tmp_path, SOURCE))
    assert done.stderr == ""
    assert json.loads(done.stdout) == [{"shout": True}, "4 of 6 letters are capitals"]


@pytest.mark.parametrize(
    ("source", "entry", "says"),
    [
        ("import nothing_of_that_name", "botkit_shout:Shout", "fails on import: ModuleNotFoundError"),
        ("raise SystemExit(3)", "botkit_shout:Shout", "fails on import: SystemExit"),
        (SOURCE, "botkit_shout:ClassVar", "is no component"),
        (SOURCE, "botkit_shout:Component", "is no component"),
    ],
)
def test_a_broken_package_is_told_to_those_who_name_what_is_in_it(
    tmp_path: Path, source: str, entry: str, says: str
) -> None:
    site = install(tmp_path, source, entry)
    done = read(write_project(tmp_path / "nlp", pipeline="components: [shout]"), site)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert "unknown component 'shout'" in said
    assert f"entry point 'shout' of package 'botkit-shout' {says}" in said
    done = read(write_project(tmp_path / "nlp", pipeline="components: [language]"), site)
    assert "this pipeline gives language" in done.stderr.splitlines()[-1]  # it was loaded, and gives no shouts


def test_a_project_replaces_one_of_ours(tmp_path: Path) -> None:
    project = write_project(tmp_path / "nlp", pipeline="components: [sentiment]")
    (project / "components").mkdir()
    (project / "components" / "cheerful.py").write_text(
        "from nlp.sentiment import SentimentScore\n"
        "from models.utterance import Sentiment\n"
        "class Cheerful(SentimentScore):\n"
        "    '''Finds all texts pleasant.'''\n"
        "    kind = 'sentiment'\n"
        "    def read(self, understanding, context):\n"
        "        understanding.sentiment = Sentiment('positive', 1.0)\n"
        "        return 'always'\n"
    )
    found = load_pipeline(read_project(project)).read("awful", want=("sentiment",))
    assert found.sentiment is not None
    assert found.sentiment.label == "positive"


def test_a_component_that_cannot_be_made_ready_is_named(tmp_path: Path) -> None:
    project = write_project(tmp_path / "nlp", pipeline="components: [picky]")
    (project / "components").mkdir()
    (project / "components" / "picky.py").write_text(
        "from nlp.base import Component\n"
        "class Picky(Component):\n"
        "    '''Is never ready.'''\n"
        "    kind = 'picky'\n"
        "    gives = ('picky',)\n"
        "    def prepare(self, project, models):\n"
        "        raise KeyError('weights')\n"
        "    def read(self, understanding, context):\n"
        "        return 'nothing'\n"
    )
    with pytest.raises(Exception, match="component 'picky' cannot be made ready: KeyError: 'weights'"):
        load_pipeline(read_project(project)).warm(("picky",))
    write_project(tmp_path / "nlp", pipeline="components: [{kind: picky, budget_milliseconds: 0}]")
    with pytest.raises(InvalidPipeline, match="picky: budget_milliseconds"):
        load_pipeline(read_project(project))
