"""`botkit nlp`: the commands on a small project, in the process of the test."""

import asyncio
import errno
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from botkit.cli.main import cli, main
from botkit.cli.nlp.progress import Tell
from botkit.stores.base import Change, StoredStep, Unmatched
from botkit.stores.sqlite import SqliteStore
from models.errors import BotkitError
from models.transaction import NodeVisit, Step, Transaction
from tests.botkit.cli.project import write
from tests.nlp.fake_engine import fake_engine

pytest.importorskip("sklearn")

INTENTS = """
- intent: order_status
  examples: [where is my order, my order 4321 has not arrived, track my parcel, when will my shoes come, has it shipped]
- intent: cancel_order
  examples: [cancel my order, i want to cancel order 4321, please stop my order, do not send it, call it off]
- intent: none_of_these
  examples: [what is the weather, tell me a joke, who won the match, how old are you]
"""
UTTERANCES = """
utterances:
  order_status: [where is my parcel, when will order 77 come, "yo"]
  cancel_order: [please cancel my order now, stop order 4711]
  none_of_these: [sing a song]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "shop"
    (folder / "nlp" / "intents").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "nlp" / "intents" / "a.yaml").write_text(INTENTS)
    (folder / "tests" / "utterances.yaml").write_text(UTTERANCES)
    return folder


def run(*arguments: str | Path, input: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["nlp", *map(str, arguments)], input=input)


def asked(*arguments: str | Path, code: int = 0, input: str | None = None) -> Any:
    result = run(*arguments, "--json", input=input)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        ("components: [{kind: intents, treshold: 0.4}]", 1, "pipeline.yaml: intents: treshold: unknown setting"),
        ("components: [{kind: intents, tier: onnx, encoder: not-there}]", 3, "is not on this machine: run `botkit nlp"),
    ],
)
def test_the_exit_code_tells_whether_the_project_has_to_be_mended(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: str, code: int, says: str
) -> None:
    shutil.copytree(shop / "nlp", tmp_path / "nlp")
    (tmp_path / "nlp" / "pipeline.yaml").write_text(settings)
    for command in ("train", "test", "parse"):
        rest = ["--project", str(tmp_path), "hi"] if command == "parse" else [str(tmp_path)]
        rest += ["--on", str(shop / "tests" / "utterances.yaml")] if command == "test" else []
        with pytest.raises(SystemExit) as left:
            main(["nlp", command, *rest])
        assert (left.value.code, says in capsys.readouterr().err) == (code, True), command


def test_check_tells_what_the_machine_has_not(shop: Path, tmp_path: Path) -> None:
    write(tmp_path)
    shutil.copytree(shop / "nlp", tmp_path / "nlp")
    row = "{kind: intents, tier: onnx, encoder: not-there}"
    (tmp_path / "nlp" / "pipeline.yaml").write_text(f"components: [{row}, {{kind: sentiment, head: not-there}}]")
    result = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert result.exit_code == 0, "another machine may have it"
    assert result.output.count("warning: the sentence encoder 'not-there' is not on this machine") == 1
    rows = "[{kind: tokens, model: not_there}, {kind: entities, ner: not_there}]"
    (tmp_path / "nlp" / "pipeline.yaml").write_text(f"components: {rows}")
    result = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.count("warning: the spaCy model not_there is not installed: run `python -m") == 1


def test_a_test_with_reports_and_gates(shop: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"a.{suffix}" for suffix in ("json", "xml", "md", "html")]
    good = run("test", shop, *(part for file in files for part in ("--report", file)))
    assert good.exit_code == 0, good.output
    assert f"Report: {tmp_path / 'a.xml'}" in good.output
    assert "'yo' means order_status, taken for none_of_these" in good.output
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["figures"]["count"] == 6
    low = run("test", shop, "--min-accuracy", "1", "--no-worse-than", tmp_path / "a.json")
    assert low.exit_code == 1
    assert "fewer than the 100.0% that are asked for" in low.output
    assert "passed: no worse than the baseline" in low.output


def test_a_full_disk_leaves_the_last_report(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "base.json"
    asked("test", shop, "--report", report)
    before, write = report.read_bytes(), Path.write_bytes

    def half(path: Path, data: bytes) -> int:
        write(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    full = run("test", shop, "--threshold", "0.9", "--report", report)
    assert str(full.exception) == f"{report}: cannot be written: No space left on device"
    assert "right: " in full.output  # what was tested is told all the same
    assert (report.read_bytes(), list(tmp_path.iterdir())) == (before, [report])


def test_a_report_that_cannot_be_written_takes_nothing_along(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    bad, good = tmp_path / "file" / "a.md", tmp_path / "new" / "a.json"
    options = ("--report", bad, "--report", good, "--min-accuracy", "1")
    told = run("test", shop, *options)
    assert str(told.exception).startswith(f"{bad}: cannot be written: ")
    assert f"Report: {good}" in told.output
    assert f"Report: {bad}" not in told.output
    assert "failed: " in told.output
    assert json.loads(good.read_text()) == {
        name: value for name, value in json.loads(run("test", shop, *options, "--json").stdout).items()
        if name != "verdicts"
    }  # fmt: skip

    def nobody_reads(*_: object) -> None:
        raise BrokenPipeError

    good.unlink()
    monkeypatch.setattr("botkit.cli.nlp.test.print_result", nobody_reads)
    run("test", shop, "--report", good)
    assert good.is_file()


def test_what_cannot_be_tested(shop: Path, tmp_path: Path) -> None:
    for arguments, says in [
        (("test", tmp_path), "there is no .*utterances.yaml: write utterances there, or name a file with --on"),
        (("test", tmp_path, "--on", shop / "tests" / "utterances.yaml"), "no intents are written there"),
        (("test", shop, "--report", tmp_path / "a.doc"), "a report is one of"),
        (("test", shop, "--tier", "onnx"), "--tier goes with --train"),
        (("test", shop, "--no-worse-than", shop / "tests" / "utterances.yaml"), "this is no result of"),
        (("cross-validate", tmp_path), "no intents are written there"),
        (("cross-validate", shop, "--tier", "no_such_tier"), "no_such_tier"),
    ]:
        result = run(*arguments)
        assert isinstance(result.exception, BotkitError), (arguments, result.output)
        assert re.search(says, str(result.exception)), str(result.exception)


def test_train_on_a_file(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\n" + "".join(f"hello {n},hi\ngoodbye {n},bye\n" for n in "abcdef"))
    (tmp_path / "test.csv").write_text("text,label\nhello x,hi\ngoodbye x,bye\n")
    found = asked("test", "--train", tmp_path / "train.csv", "--on", tmp_path / "test.csv", "--threshold", "0.1")
    assert (found["name"], found["figures"]["right"]) == ("train.csv", 2)


def test_what_turns_the_order_of_letters_round_is_not_shown_to_a_terminal(shop: Path) -> None:
    assert run("parse", "--project", shop, "pay \u202e0001\u2066 now").stdout.startswith("pay \ufffd0001\ufffd now\n")


def test_parse_shows_everything(shop: Path) -> None:
    text = run("parse", "--project", shop, "where is my order 4321?").stdout
    for part in ("language", "intent", "order_status", "tokens", "sentiment", "profanity", "why", "microseconds"):
        assert part in text
    lines = run("parse", "--project", shop, "--json", "-", input="where is my order\n\ncancel it\n").stdout.splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["where is my order", "", "cancel it"]
    assert {why["component"] for why in json.loads(lines[0])["why"]} >= {"language", "intents", "sentiment"}


def test_threshold(shop: Path) -> None:
    found = asked("threshold", shop)
    assert 0 <= found["threshold"] <= 1
    assert found["now"] == 0.5
    assert "expected calibration error" in run("threshold", shop, "--cross-validate", "--min-coverage", "0.5").output


def test_a_goal_that_no_threshold_reaches(shop: Path, tmp_path: Path) -> None:
    on = tmp_path / "on.csv"
    on.write_text("text,intent\nwhere is the parcel of mine,cancel_order\nplease stop the order,order_status\n")
    goal = ("threshold", shop, "--on", on, "--max-risk", "0.2")
    never = run(*goal)
    assert never.exit_code == 1
    assert "no threshold reaches the goal: the smallest risk is 100.0%\n  the nearest, 0, answers" in never.output
    assert "hint" not in never.output and "now 0.5" not in never.output
    found = asked(*goal, code=1)
    assert (found["threshold"], found["met"], found["point"]["risk"]) == (None, False, 1.0)


def test_cross_validate(shop: Path) -> None:
    found = asked("cross-validate", shop, "--folds", "2", "--runs", "2")
    assert (found["utterances"], len(found["pipelines"][0]["accuracies"])) == (14, 4)
    assert found == asked("cross-validate", shop, "--folds", "2", "--runs", "2")
    assert "14 utterances, 2 folds, 1 run, threshold 0.5" in run("cross-validate", shop, "--folds", "2").output


def test_cross_validation_is_reported_as_a_test_is(shop: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"cut.{kind}" for kind in ("html", "json", "md", "xml")]
    chosen = [word for file in files for word in ("--report", file)]
    assert run("cross-validate", shop, "--folds", "2", *chosen).output.endswith(f"Report: {files[-1]}\n")
    found = json.loads(files[1].read_text())
    how = "cut into 2 parts: each utterance was tested by a model that learnt from the other parts"
    assert [row["message"] for row in found["notes"]] == [how]
    assert f'<p class="note">{how}</p>' in files[0].read_text() and how in files[2].read_text()
    misses = {row["text"]: row["because"] for row in found["misses"]}
    assert misses and misses.keys() == {row["text"] for row in found["outcomes"] if row["intent"] != row["expected"]}
    assert not [text for text, because in misses.items() if f"like {text!r}" in because]  # it was not learnt from
    assert asked("compare", files[1], files[1])["utterances"] == 14
    assert run("cross-validate", shop, "--report", tmp_path / "cut.pdf").exit_code != 0
    (tmp_path / "file").write_text("")
    bad, good = [tmp_path / "file" / f"{name}.md" for name in "ab"], tmp_path / "good.md"
    told = run("cross-validate", shop, "--folds", "2", *(word for file in (*bad, good) for word in ("--report", file)))
    assert all(f"{file}: cannot be written: " in str(told.exception) for file in bad)
    assert told.stdout.endswith(f"Report: {good}\n") and good.is_file()


def test_distil_needs_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path))
    result = run("distil")
    assert isinstance(result.exception, BotkitError) or result.exit_code == 1
    assert "botkit nlp get-model" in f"{result.output}{result.exception}"
    assert not list(tmp_path.iterdir())


def test_compare(shop: Path, tmp_path: Path) -> None:
    for name, threshold in (("a", "1"), ("b", "0")):
        assert run("test", shop, "--threshold", threshold, "--report", tmp_path / f"{name}.json").exit_code == 0
    found = asked("compare", tmp_path / "a.json", tmp_path / "b.json")
    assert found["right_now"] > found["right_before"]
    assert len(found["better"]) - len(found["worse"]) == found["right_now"] - found["right_before"]
    assert "Better: " in run("compare", tmp_path / "a.json", tmp_path / "b.json").output
    assert "the same utterances are right" in run("compare", shop, shop).output


def test_compare_on_some_utterances(shop: Path, tmp_path: Path) -> None:
    for name, threshold in (("a", "1"), ("b", "0")):
        assert run("test", shop, "--threshold", threshold, "--report", tmp_path / f"{name}.json").exit_code == 0
    results = (tmp_path / "a.json", tmp_path / "b.json")
    on = tmp_path / "on.csv"
    on.write_text("text,intent\nwhere is my parcel,order_status\nsing a song,none_of_these\nnot tested,order_status\n")
    found = asked("compare", *results, "--on", on)
    assert (found["utterances"], found["only_before"], found["only_now"]) == (2, 0, 0)
    assert asked("compare", shop, tmp_path / "b.json", "--on", on)["utterances"] == 2
    on.write_text("text,intent\nnot tested,order_status\n")
    nothing = run("compare", *results, "--on", on)
    assert str(nothing.exception) == f"{results[0]}: none of the utterances to compare was tested in it"


def test_robustness_and_latency(shop: Path) -> None:
    found = asked("robustness", shop)
    assert found["utterances"] == 6
    assert found == asked("robustness", shop)
    assert "right before" in run("robustness", shop).output
    cost = asked("latency", shop, "--repeat", "2", "--want", "intent")
    assert (cost["messages"], [row["name"] for row in cost["components"]]) == (12, ["intents"])
    assert "p99" in run("latency", shop, "--repeat", "1").output


def test_robustness_adds_no_english_to_another_language(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder)
    (folder / "nlp" / "pipeline.yaml").write_text("language: bg\n")
    told = "note: not tried, as nobody wrote them for bg: greeting, long message, politeness, sms"
    assert told in run("robustness", folder).output
    assert "sms" not in {row["name"] for row in asked("robustness", folder)["perturbations"]}
    assert "not tried" not in run("robustness", shop).output


@pytest.mark.parametrize("command", ["test", "threshold", "robustness"])
def test_what_is_left_out_is_told(shop: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "t.csv").write_text("text,intent\nTrack my parcel!,order_status\nstop it,cancel_order\nsit,dog\n")
    wanted = ["1 utterance is not tested: dog is no intent that was trained", "1 utterance was trained on; left out"]
    assert [row["message"] for row in asked(command, shop, "--on", tmp_path / "t.csv")["notes"]] == wanted
    output = run(command, shop, "--on", tmp_path / "t.csv").output
    assert all(f"note: {message}" in output for message in wanted)


def test_check(shop: Path, tmp_path: Path) -> None:
    assert asked("check", shop, "--quick")["findings"] == []
    found = asked("check", shop)
    assert all(row["gain"] > 0 for row in found["suggestions"])
    (tmp_path / "t.csv").write_text("text,intent\nTrack my parcel!,order_status\n")
    leak = run("check", shop, "--quick", "--strict", "--on", tmp_path / "t.csv")
    assert leak.exit_code == 1
    assert "'Track my parcel!' is tested, but it was trained on (intents/a.yaml:3)" in leak.output
    (tmp_path / "t.csv").write_text("text,intent\nsit,dog\n")
    strange = run("check", shop, "--quick", "--on", tmp_path / "t.csv").output
    assert "1 tested utterance is of dog, which is not trained" in strange


def test_many_doubles_hide_nothing_else(tmp_path: Path) -> None:
    rows = ["where is my order,order"] * 130 + ["cancel my order,cancel", "track it,order", "track it,cancel"]
    (tmp_path / "a.csv").write_text("\n".join(["text,intent", *rows]))
    found = run("check", tmp_path, "--train", tmp_path / "a.csv", "--quick").output
    assert "'track it' is in cancel here and in order in" in found
    assert (found.count("once is enough"), "... and 104 more (double): --json has them all" in found) == (25, True)


def test_the_first_examples_of_a_bot_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,intent\nhelp,help\nhello,greet\nhi,greet\nhelp,help\n")
    found = asked("check", tmp_path, "--train", tmp_path / "a.csv")
    assert [row["kind"] for row in found["findings"]] == ["double", "few_examples", "few_examples", "no_none"]


def test_check_and_train_count_doubles_alike(shop: Path, tmp_path: Path) -> None:
    shutil.copytree(shop / "nlp", tmp_path / "nlp")
    (tmp_path / "nlp" / "intents" / "b.yaml").write_text(
        "- {intent: order_status, examples: ['Track my parcel!', \"when's it here\", whens it here, TRACK MY PARCEL]}\n"
        "- {intent: cancel_order, examples: ['Has it shipped?']}\n"
    )
    checked = asked("check", tmp_path, "--quick")
    trained = asked("train", tmp_path)
    assert trained["utterances"] == checked["utterances"] == 16
    places = [(row["file"], row["line"]) for row in checked["findings"]]
    assert [row["kind"] for row in checked["findings"]] == ["double"] * 3 + ["two_intents"]
    assert [(row["file"], row["line"]) for row in trained["problems"]] == places


@pytest.mark.parametrize("name", ["oos", "out_of_scope", "none"])
def test_an_intent_with_the_name_that_data_sets_have_for_none_is_an_intent(
    shop: Path, tmp_path: Path, name: str
) -> None:
    shutil.copytree(shop / "nlp", tmp_path / "nlp")
    (tmp_path / "nlp" / "intents" / "b.yaml").write_text(
        f"- {{intent: {name}, examples: [open a window, close the door, shut the gate, lock it, ring the bell]}}\n"
    )
    on = tmp_path / "on.yaml"
    on.write_text(f"utterances:\n  {name}: [please open the window]\n  order_status: [where is my parcel now]\n")
    found = asked("test", tmp_path, "--on", on)
    assert [(row["expected"], row["intent"]) for row in found["outcomes"]] == [
        (name, name), ("order_status", "order_status"),
    ]  # fmt: skip
    validated = asked("cross-validate", tmp_path, "--folds", "2")["pipelines"][0]["outcomes"]
    assert sum(row["expected"] == name for row in validated) == 5
    if name != "none":
        assert asked("test", shop, "--on", on)["outcomes"][0]["expected"] == "none_of_these"
    told = [row["message"] for row in asked("check", tmp_path, "--quick")["findings"]]
    said = [row["message"] for row in asked("train", tmp_path).get("problems", [])]
    wanted = f"intent {name} is one like all others: if it stands for what the bot is not for, call it none_of_these"
    assert told == said == ([] if name == "none" else [wanted])


@pytest.fixture
def talked(shop: Path, tmp_path: Path) -> Path:
    """The shop with a store in which some messages were not understood."""
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns("*.lock"))
    visit = NodeVisit(5, "nlp_pipeline", outputs={"intent": "order_status", "confidence": 0.52})
    sure = NodeVisit(5, "nlp_pipeline", outputs={"intent": "cancel_order", "confidence": 0.93})
    steps = [Step(2, "sms.mo", "parcel 4711 please", [visit]), Step(3, "sms.mo", "cancel all", [sure])]
    head = Transaction("t1", "s", "main", 1, "k", 1)

    async def fill() -> None:
        store = SqliteStore(folder / ".botkit" / "botkit.db")
        await store.open()
        lost = ["sing for me", "sing for me", "ring +44 20 7946 0958"]
        await store.commit(
            Change(
                unmatched=[Unmatched("s", "a", "sms", "+1", text, number) for number, text in enumerate(lost)],
                steps=[
                    StoredStep("t1", number, step, head if not number else None) for number, step in enumerate(steps)
                ],
            )
        )
        await store.close()

    asyncio.run(fill())
    return folder


def test_review_by_keys(talked: Path) -> None:
    listed = asked("review", talked)
    assert [(row["text"], row["count"], row["source"]) for row in listed] == [
        ("sing for me", 2, "unmatched"), ("parcel 0000 please", 1, "low confidence"), ("ring [phone]", 1, "unmatched"),
    ]  # fmt: skip
    done = run("review", talked, input="xn1s")
    assert done.exit_code == 0, done.output
    assert "2 examples added: a running bot learns them at once" in done.output
    assert "7946" not in done.output
    first = listed[1]["intents"][0]["intent"]
    text = (talked / "nlp" / "intents" / "reviewed.yaml").read_text()
    assert [line for line in text.splitlines() if "for me" in line or "parcel" in line] != []
    assert first in text
    assert "Nothing to review" in run("review", talked).output
    assert [row["text"] for row in asked("review", talked, "--again")] == ["ring [phone]"]
    assert "ring" not in (talked / ".botkit" / "review-skipped.txt").read_text()


def test_review_knows_every_node_that_understands(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns("*.lock"))
    close = NodeVisit(6, "intent", outputs={"intent": "", "confidence": 0.4, "first": "order_status"})
    answer = NodeVisit(6, "intent", outputs={"intent": "order_status"})
    lost = NodeVisit(6, "intent", outputs={})
    steps = [Step(2, "sms.mo", "stop my parcel", [close]), Step(3, "sms.mo", "the first one", [answer]),
             Step(4, "sms.mo", "sing", [lost])]  # fmt: skip

    async def fill() -> None:
        store = SqliteStore(folder / ".botkit" / "botkit.db")
        await store.open()
        head = Transaction("t1", "s", "main", 1, "k", 1)
        rows = [StoredStep("t1", number, step, None if number else head) for number, step in enumerate(steps)]
        await store.commit(Change(steps=rows))
        await store.close()

    asyncio.run(fill())
    assert {row["text"] for row in asked("review", folder)} == {"stop my parcel", "sing"}, "an answer is no example"


@pytest.mark.parametrize(
    "command",
    [("train",), ("test",), ("check",), ("threshold",), ("review",), ("latency",), ("parse", "hello", "--project")],
    ids=lambda command: command[0],
)
def test_a_directory_that_is_not_there(command: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*command, tmp_path / "nowhere")
    assert isinstance(result.exception, BotkitError) and result.exception.of_files
    assert str(result.exception).endswith("nowhere: there is no such directory")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_told_before_training(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(shop / "nlp", folder / "nlp")
    (folder / ".botkit").write_text("a file where a folder should be")
    for command in (("train", folder), ("parse", "hello", "--project", folder)):
        result = run(*command)
        assert isinstance(result.exception, BotkitError) and not result.exception.of_files
        assert ".botkit/models: cannot be written: Not a directory" in str(result.exception)


@pytest.mark.parametrize("text", ["where is my order", ""])
def test_parse_asks_an_engine_about_the_text_and_nothing_else(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("BOTKIT_ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("ENGINE_TOKEN", "secret")
    folder = shutil.copytree(shop, tmp_path / "shop", ignore=shutil.ignore_patterns(".botkit"))
    said = {"queryResult": {"intent": {"displayName": "order_status"}, "intentDetectionConfidence": 0.75}}
    with fake_engine({"json": said}) as server:
        engine = {"kind": "dialogflow", "project": "my-shop", "token_variable": "ENGINE_TOKEN", "endpoint": server.url}
        (folder / "nlp" / "pipeline.yaml").write_text(json.dumps({"components": ["tokens", engine]}))
        result = run("parse", "--project", folder, text)
    assert result.exit_code == 0, result.output
    assert [row["body"]["queryInput"]["text"]["text"] for row in server.asked] == ([text] if text else [])
    assert not (folder / ".botkit").exists(), "a model of our own was trained, which nothing uses"
    if text:
        assert "dialogflow order_status with 0.75, says dialogflow" in result.stdout


def test_a_test_that_an_engine_ends_names_the_utterance(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTKIT_ALLOW_PRIVATE_ADDRESSES", "true")
    folder = shutil.copytree(shop, tmp_path / "shop")
    (tmp_path / "on.csv").write_text("text,intent\nstop it,cancel_order\nwhere is it,order_status\n")
    with fake_engine({"json": {"intent": {"name": "cancel_order", "confidence": 0.9}}}, {"status": 429}) as server:
        (folder / "nlp" / "pipeline.yaml").write_text(json.dumps({"components": [{"kind": "rasa", "url": server.url}]}))
        result = run("test", folder, "--on", tmp_path / "on.csv")
    says = f"{tmp_path / 'on.csv'}:3: 'where is it' could not be read: rasa answered with status 429"
    assert str(result.exception).startswith(says)


@pytest.mark.parametrize("code", ["xx", "english", "en_GB", "EN", "ger"])
def test_parse_refuses_a_language_that_is_none(shop: Path, code: str) -> None:
    with pytest.raises(BotkitError, match=f"--language: .*language '{code}'"):
        CliRunner().invoke(
            cli, ["nlp", "parse", "--project", str(shop), "--language", code, "hi"], catch_exceptions=False
        )


def test_a_language_that_is_given_is_taken(tmp_path: Path) -> None:
    (tmp_path / "nlp").mkdir()
    (tmp_path / "nlp" / "pipeline.yaml").write_text(
        "language: en\ncomponents: [{kind: language, languages: [en, fr, it]}, entities]\n"
    )
    found = json.loads(run("parse", "ventitré", "--project", tmp_path, "--language", "it", "--json").stdout)
    assert (found["language"], [row["value"] for row in found["entities"]]) == ("it", [23])


def test_review_can_be_left(talked: Path) -> None:
    assert "0 examples added" in run("review", talked, input="q").output
    assert "0 examples added" in run("review", talked, input="").output
    assert not (talked / "nlp" / "intents" / "reviewed.yaml").exists()
    assert len(asked("review", talked)) == 3


def test_review_without_a_store(shop: Path, tmp_path: Path) -> None:
    missing = run("review", shop, "--store", tmp_path / "none.db")
    assert (missing.exit_code, "there is no store" in missing.output) == (1, True)


def test_progress_is_shown_on_a_terminal_only(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(shop, tmp_path, dirs_exist_ok=True)
    (tmp_path / "a.csv").write_text("text,intent\nwhere is it,order_status\nstop that,cancel_order\n")
    quiet = run("cross-validate", shop, "--folds", "2")
    assert quiet.stderr == ""
    monkeypatch.setattr("botkit.cli.nlp.progress.is_terminal", lambda stream: True)
    watched = run("cross-validate", shop, "--folds", "2")
    assert (watched.exit_code, watched.stdout) == (0, quiet.stdout)
    for arguments in (("train", tmp_path), ("test", tmp_path), ("test", tmp_path, "--train", tmp_path / "a.csv")):
        told: list[tuple[int, int]] = []

        @contextmanager
        def bar(what: str, told: list[tuple[int, int]] = told) -> Iterator[Tell]:
            yield lambda done, total: told.append((done, total)) if what == "Training" else None

        monkeypatch.setattr("botkit.cli.nlp.progress.progress", bar)
        shutil.rmtree(tmp_path / ".botkit", ignore_errors=True)
        assert run(*arguments).exit_code == 0
        assert told and told[-1] == (100, 100), arguments


def test_a_dialogflow_export_is_tested(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "a.json").write_text('{"name": "order_status"}')
    (tmp_path / "intents" / "a_usersays_en.json").write_text(
        '[{"data": [{"text": "where is "}, {"text": "my stuff"}]}]'
    )
    found = asked("test", shop, "--on", tmp_path)
    assert [(row["text"], row["expected"]) for row in found["outcomes"]] == [("where is my stuff", "order_status")]


def test_a_language_of_dialogflow_is_trained_on_where_it_is_tested(tmp_path: Path) -> None:
    said = {
        "a": {"en": ["where is it", "track my parcel"], "de": ["wo ist es", "wo bleibt mein paket"]},
        "b": {"en": ["cancel it", "stop my order"], "de": ["storniere es", "bitte stornieren"]},
    }
    (tmp_path / "intents").mkdir()
    for intent, languages in said.items():
        for language, texts in languages.items():
            phrases = [{"data": [{"text": text}]} for text in texts]
            (tmp_path / "intents" / f"{intent}_usersays_{language}.json").write_text(json.dumps(phrases))
    german = {text for languages in said.values() for text in languages["de"]}
    here = ("--train", tmp_path, "--part", "de")
    (validated,) = asked("cross-validate", *here, "--folds", "2")["pipelines"]
    assert {row["text"] for row in validated["outcomes"]} == german
    (tmp_path / "de.csv").write_text("text,intent\nwo ist mein paket,a\n")
    (missed,) = asked("test", *here, "--on", tmp_path / "de.csv", "--threshold", "1")["misses"]
    assert not missed.get("unknown_words")
    assert "'wo ist es' is tested, but it was trained on" in run("check", *here, "--on", tmp_path, "--quick").output
