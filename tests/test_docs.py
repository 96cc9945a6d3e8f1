"""Docs: pages made from the classes are in step, links lead somewhere, and what is shown as a file is right."""

import hmac
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr, ValidationError

from botkit import (
    BadSignature,
    Context,
    HttpFailed,
    HttpRequest,
    HttpResponse,
    Outgoing,
    Text,
    Understanding,
    WebhookRequest,
    metrics,
)
from botkit.catalog import load_catalog
from botkit.cli.main import cli
from botkit.config import ServerSettings
from botkit.project import load_project
from flows.checker import check
from flows.document import read_flow
from flows.nodes.nlp import METHODS, Nlp
from nlp.entities import RANK
from nlp.pipeline import load_pipeline
from nlp.project import Project

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for pattern in ("README.md", "*/README.md", "examples/*/README.md", "docs/*.md")
    for page in ROOT.glob(pattern)
    if ".venv" not in page.parts
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLOW = "flow: shown\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: end}}\n"


def blocks(language: str) -> list[tuple[str, str]]:
    """The code blocks in a language, with the page and line that they stand at."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for block in BLOCK.finditer(text):
            if block[1] == language:
                line = text.count("\n", 0, block.start()) + 1
                found.append((f"{page.relative_to(ROOT)}:{line}", block[2]))
    return found


def anchors(page: Path) -> set[str]:
    """What links to headings of a page are called."""
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize(("page", "of"), [("nodes.md", "nodes"), ("channel-settings.md", "channels")])
def test_made_pages_are_in_step(page: str, of: str, tmp_path: Path) -> None:
    made = CliRunner().invoke(cli, ["reference", of, str(tmp_path)])
    assert made.exit_code == 0
    assert (ROOT / "docs" / page).read_text("utf-8") == made.output, f"run: botkit reference {of} > docs/{page}"


def test_the_reference_has_the_nodes_of_a_project(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    assert CliRunner().invoke(cli, ["new", "node", "count_words", "--directory", str(tmp_path)]).exit_code == 0
    page = CliRunner().invoke(cli, ["reference", "nodes", str(tmp_path)]).output
    assert "## count_words\n" in page
    assert "| `text` | text with `$(...)` | `$(message.text)` | What to count the words of." in page
    (tmp_path / "nodes" / "broken.py").write_text("1 +", "utf-8")
    broken = CliRunner().invoke(cli, ["reference", "nodes", str(tmp_path)])
    assert (broken.exit_code, "broken.py" in broken.stderr, "## count_words\n" in broken.stdout) == (1, True, True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize(("place", "text"), [case for case in blocks("yaml") if case[1].startswith("flow:")])
def test_shown_flows_are_right(place: str, text: str) -> None:
    problems = check(read_flow(text), load_catalog().nodes)
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize(("place", "text"), blocks("toml"))
def test_shown_settings_are_right(place: str, text: str, tmp_path: Path) -> None:
    """A piece of botkit.toml may leave out what it is not about: its flows, and services for its assets."""
    (tmp_path / "flows").mkdir()
    for flow in {"shown", *re.findall(r'^flow = "(.*?)"', text, re.MULTILINE)}:
        file = tmp_path / "flows" / f"{flow}.flow.yaml"
        file.write_text(FLOW.replace("shown", flow), "utf-8")
    assets = re.findall(r"^\[assets\.(.*?)\]", text, re.MULTILINE)
    named = {asset for list in re.findall(r"^assets = \[(.*?)\]", text, re.MULTILINE) for asset in _texts(list)}
    rest = "".join(f'\n[assets.{asset}]\nchannel = "sms"\nprovider = "sandbox"\n' for asset in named - {*assets})
    if "[services." not in text:
        rest += f"\n[services.main]\nassets = {assets}\n"
    (tmp_path / "botkit.toml").write_text(text + rest, "utf-8")
    secrets = dict.fromkeys(re.findall(r'env = "(.*?)"', text), "only a test's secret")
    problems = load_project(tmp_path, environ=secrets).problems
    assert [str(problem) for problem in problems if problem.code not in LEFT_OUT] == []


LEFT_OUT = {"no_asset", "unused_channel"}
"""What is only said because the rest of the project is not shown."""


def _texts(list: str) -> list[str]:
    return re.findall(r'"(.*?)"', list)


def test_every_setting_of_the_server_is_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert listed >= set(ServerSettings.model_fields)
    assert set(re.findall(r"`(botkit_\w+?)(?:_total)?`", text)) == {
        family.name for family in metrics.REGISTRY.collect()
    }


def test_promises_of_operations_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [int(number) for number in re.findall(r"^\*\*P(\d)", text, re.MULTILINE)] == [1, 2, 3, 4, 5, 6]


def test_the_shown_node_works(tmp_path: Path) -> None:
    """The node in extending.md, and the test of it that is shown beside it."""
    codes = [text for place, text in blocks("python") if place.startswith("docs/extending.md")]
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "shipping_cost.py").write_text(codes[0], "utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_shipping_cost.py").write_text(codes[1], "utf-8")
    catalog = load_catalog(tmp_path)
    assert [str(problem) for problem in catalog.problems] == []
    assert "shipping_cost" in catalog.nodes
    assert (
        pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-c", os.devnull, str(tmp_path / "tests")])
        == 0
    )


def test_the_shown_parts_of_nodes_and_channels_work() -> None:
    shown: dict[str, Any] = {}
    for place, text in blocks("python"):
        if place.startswith("docs/extending.md") and "run_node" not in text and "(Node)" not in text:
            exec("from __future__ import annotations\nimport hmac\nfrom botkit import require\n" + text, shown)
    assert shown["answers"](HttpRequest("GET", "https://shop.example/stock")).text == '{"count": 4}'
    with pytest.raises(HttpFailed, match="in time"):
        shown["answers"](HttpRequest("GET", "https://shop.example/slow"))
    with pytest.raises(ValidationError):
        shown["Address"](street="1 High Street", coutry="FR")
    signed = hmac.new(b"sesame", b"{}", "sha256").hexdigest()
    channel = SimpleNamespace(secret=SecretStr("sesame"))
    shown["verify"](channel, WebhookRequest("POST", "", "", {"x-signature": signed}, b"{}", 1))
    with pytest.raises(BadSignature, match="is wrong"):
        shown["verify"](channel, WebhookRequest("POST", "", "", {"x-signature": "\xe9"}, b"{}", 1))


async def test_the_shown_channel_works() -> None:
    pigeon = _shown("channels/README.md", "Pigeon").load(
        {"asset": "loft", "number": "7", "loft_url": "http://loft.example", "token": "sesame"}
    )
    head = {"x-loft": "sesame", "content-type": "application/x-www-form-urlencoded"}
    request = WebhookRequest("POST", "", "", head, b"from=447911123456&text=coo&ring=r1", 1)
    pigeon.verify(request)
    message, receipt = pigeon.parse(request) + pigeon.parse(WebhookRequest("POST", "", "landed=r2", {}, b"", 1))
    assert (message.text, message.sender.value, receipt.message_id) == ("coo", "+447911123456", "r2")
    asked: list[HttpRequest] = []

    class Loft:
        async def request(self, request: HttpRequest) -> HttpResponse:
            asked.append(request)
            return HttpResponse(200, "OK", {}, b"r3", request.url)

    assert (await pigeon.send(Outgoing("d1", message.sender, Text("hello")), Loft())).provider_id == "r3"
    assert asked[0].body == b'{"to": "+447911123456", "text": "hello", "ref": "d1"}'


def test_the_shown_component_works() -> None:
    understanding = Understanding("HELLO")
    shout = _shown("nlp/README.md", "Shout").load({})
    assert shout.read(understanding, Context(frozenset(), 0)) == "5 of 5 letters are capitals"
    assert understanding.extra == {"shout": True}


def _shown(page: str, name: str) -> Any:
    """A class that a page shows as a file of one's own."""
    (code,) = [text for place, text in blocks("python") if place.startswith(page) and f"class {name}" in text]
    made: dict[str, Any] = {"__name__": name.lower()}
    exec(compile(code, page, "exec"), made)
    return made[name]


def test_shown_entities_have_the_values_that_are_shown() -> None:
    text = (ROOT / "docs" / "nlp-pipeline.md").read_text("utf-8")
    table = re.findall(r"^\| `(\w+)` \| (.+?) \| `(.+?)` \|$", text, re.MULTILINE)
    shown = [row for row in table if row[0] in RANK]
    assert {kind for kind, _, _ in shown} == set(RANK)
    pipeline = load_pipeline(Project())
    friday = 1_795_800_000_000
    for kind, said, value in shown:
        found = pipeline.read(said, want=("entities",), now=friday)
        assert found.entity(kind) == json.loads(value), said


def test_every_output_of_a_method_is_explained() -> None:
    assert {output for outputs in METHODS.values() for output in outputs} <= {*Nlp.outputs}
