"""Result: what is tested and what is not, the reports, the gate, and the comparison of two."""

import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt

from nlp.errors import CannotWrite, InvalidData, InvalidRequest
from nlp.evaluation.classifier import Trained
from nlp.evaluation.comparison import compare
from nlp.evaluation.examples import Example
from nlp.evaluation.gate import at_least, no_worse
from nlp.evaluation.report_junit import to_junit
from nlp.evaluation.report_markdown import to_markdown
from nlp.evaluation.reports import write_report
from nlp.evaluation.result import Result, read_result, run_test, to_json
from nlp.project import NONE_OF_THESE

from .outcomes import Fixed, examples

TABLE = {
    "where is it": [("order", 0.9), ("cancel", 0.1)],
    "stop it": [("order", 0.6), ("cancel", 0.3)],
    "cancel that": [("cancel", 0.4)],
    "sing": [("order", 0.7)],
}
TRAINED = Trained(
    Fixed(TABLE), ("Where is my order?", "cancel my order", "stop that", "hello"),
    ("order", "cancel", "cancel", NONE_OF_THESE),
)  # fmt: skip
ROWS = (("where is it", "order"), ("stop it", "cancel"), ("cancel that", "cancel"), ("sing", NONE_OF_THESE),
        ("bye", NONE_OF_THESE))  # fmt: skip


def result(rows: list[Example] | None = None, threshold: float = 0.5, name: str = "shop") -> Result:
    return run_test(TRAINED, rows or examples(*ROWS), name=name, threshold=threshold)


def test_outcomes_and_why() -> None:
    found = result()
    assert [row.intent for row in found.outcomes] == ["order", "order", NONE_OF_THESE, "order", NONE_OF_THESE]
    assert (found.figures.right, found.figures.none_recall) == (2, 0.5)
    reasons = {miss.text: miss.because for miss in found.misses}
    assert reasons["stop it"] == "order was first (0.60); cancel came second (0.30); no example has 'it'"
    assert reasons["cancel that"] == "the right intent was first, but with 0.40, less than 0.5"
    assert reasons["sing"] == "it sounds like order (0.70); no example has 'sing'"


def test_what_was_trained_on_is_not_tested() -> None:
    rows = examples(*ROWS, ("where is my ORDER", "order"), ("bye", NONE_OF_THESE), ("sit", "dog"))
    found = result(rows)
    assert len(found.outcomes) == 5
    assert [note.message for note in found.notes] == [
        "1 utterance repeats an earlier one and counts once",
        "1 utterance is not tested: dog is no intent that was trained",
        "1 utterance was trained on; left out",
    ]
    assert found.notes[2].places == ("a.yaml:6: where is my ORDER",)
    kept = run_test(TRAINED, rows, name="x", keep_trained=True)
    assert len(kept.outcomes) == 6


def test_nothing_to_test() -> None:
    with pytest.raises(InvalidRequest, match="no intent in common: dog there, cancel, none_of_these, order"):
        result(examples(("sit", "dog")))
    with pytest.raises(InvalidRequest, match="every utterance of the test was trained on"):
        result(examples(("where is my order", "order")))


def test_json_comes_back(tmp_path: Path) -> None:
    found = result()
    write_report(tmp_path / "new" / "a.json", found)
    assert read_result(tmp_path / "new" / "a.json") == found
    assert to_json(result()) == to_json(found)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"[]", "this is no result of"),
        (b'{"format": 9}', "it has format 9, this version reads 1"),
        (b'{"format": 1}', "this is no result of .*name"),
        (b"\xff", "this is not UTF-8"),
    ],
)
def test_what_is_no_result(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InvalidData, match=says):
        read_result(tmp_path / "a.json")


def test_reports_cannot_be_broken_by_what_customers_say(tmp_path: Path) -> None:
    nasty = "</failure>]]>\x00\x07 | `<script>` \ud800 &amp;"
    found = result(examples(*ROWS[:3], (nasty, "cancel")))
    root = ElementTree.fromstring(to_junit(found))
    assert (root.get("tests"), root.get("failures")) == ("4", "3")
    names = [case.get("name") for case in root.iter("testcase")]
    assert "</failure>]]>\ufffd\ufffd | `<script>` \ufffd &amp;" in names
    text = to_markdown(found)
    assert "<script>" not in text.replace("\\<script\\>", "")
    rows = [line for line in text.splitlines() if "script" in line]
    assert [line.replace("\\|", "").count("|") for line in rows] == [5]
    for suffix in ("json", "md", "xml"):
        write_report(tmp_path / f"a.{suffix}", found)
    assert read_result(tmp_path / "a.json").figures == found.figures


@pytest.mark.parametrize(
    "text",
    ["ask @octocat", "&#64;octocat", "see #12", "octo/cat#12", "&#35;12", "GH-12", "<b>bold</b>", "&lt;b&gt;",
     "<https://a.b/c>", "https://github.com/octo/cat/issues/12", "www.a.b", "[a](b)", "![a](b)", "me@a.b", "`@octocat`",
     "a \\| b | c", "$x$", "*a* _b_ ~~c~~"],
)  # fmt: skip
def test_nothing_that_was_said_is_markup_or_calls_anybody(text: str) -> None:
    report = to_markdown(result(examples((text, "order"), ("where is it", "order"))))
    (row,) = [line for line in report.splitlines() if line.endswith(" |") and "none" in line and "no word" in line]
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"|a|b|c|d|\n|-|-|-|-|\n{row}\n")
    cell = html.split("<td>")[1].partition("</td>")[0]
    assert "<" not in cell
    shown = unescape(cell)
    assert shown.replace("\u200b", "") == text
    assert not re.search(r"@\w|#\w|(?i:gh-\d|www\.\w)|://", shown)


def test_a_report_of_an_unknown_form(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"a.pdf: a report is one of"):
        write_report(tmp_path / "a.pdf", result())
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_report(tmp_path / "file" / "a.md", result())


def test_the_gate() -> None:
    figures = result().figures
    assert at_least(figures, 0.4).holds
    failed = at_least(figures, 0.9)
    assert (failed.holds, failed.sentence) == (
        False, "2 of 5 utterances are right (40.0%), fewer than the 90.0% that are asked for",
    )  # fmt: skip


def many(right: int, wrong: int) -> Result:
    table = {str(number): [("order" if number < right else "cancel", 0.9)] for number in range(right + wrong)}
    trained = msgspec.structs.replace(TRAINED, classifier=Fixed(table))
    return run_test(trained, examples(*((text, "order") for text in table)), name=f"{right} right")


def test_an_intent_that_is_gone_is_worse() -> None:
    before = many(12, 0)
    gone = msgspec.structs.replace(many(12, 0), outcomes=before.outcomes[1:], untrained=(("0", "order"),))
    failed = no_worse(gone, before)
    assert (failed.holds, failed.sentence) == (
        False, "worse than the baseline: 1 utterance that it had right is of an intent that is no longer trained"
        " (order)",
    )  # fmt: skip
    assert no_worse(msgspec.structs.replace(gone, untrained=(("other", "order"),)), before).holds


def test_worse_only_if_it_is_no_luck() -> None:
    assert no_worse(many(10, 2), many(12, 0)).holds
    assert "not significantly worse" in no_worse(many(10, 2), many(12, 0)).sentence
    failed = no_worse(many(2, 10), many(12, 0))
    assert not failed.holds
    assert failed.sentence == (
        "worse than the baseline: of 12 utterances that both have, 0 got better and 10 got worse (McNemar p = 0.002)"
    )
    assert no_worse(many(0, 20), many(20, 0)).sentence.endswith("20 got worse (McNemar p < 0.001)")  # no chance is 0
    assert no_worse(many(12, 0), many(2, 10)).holds
    with pytest.raises(InvalidRequest, match="the baseline has none of these utterances"):
        no_worse(many(2, 0), result())


def test_compare() -> None:
    found = compare(result(name="half"), result(threshold=0.35, name="third"))
    assert [(row.text, row.before, row.now) for row in found.better] == [("cancel that", NONE_OF_THESE, "cancel")]
    assert (found.worse, found.right_before, found.right_now) == ((), 2, 3)
    assert found.sentence == "no significant difference: 1 got better, 0 got worse (McNemar, exact: p = 1.000)"
    assert compare(many(12, 0), many(2, 10)).sentence.startswith("2 right is worse than 12 right: 0 got better, 10")
    assert compare(result(), result()).sentence == "the same utterances are right in both"
    with pytest.raises(InvalidRequest, match="no utterance in common"):
        compare(result(), many(3, 0))
