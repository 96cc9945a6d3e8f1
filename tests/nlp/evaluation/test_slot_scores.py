"""Slot scores: marked values of a test, found or not; read from three kinds of files, and shown in every report."""

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import msgspec
import pytest

from models.utterance import Entity, IntentScore
from nlp.evaluation.classifier import Classifier, Trained
from nlp.evaluation.comparison import compare
from nlp.evaluation.examples import Example
from nlp.evaluation.gate import slots_at_least, slots_no_worse
from nlp.evaluation.readers import read_examples
from nlp.evaluation.report_html import to_html
from nlp.evaluation.report_junit import to_junit
from nlp.evaluation.report_markdown import to_markdown
from nlp.evaluation.result import Result, read_result, run_test, to_json
from nlp.evaluation.slot_scores import score_slots
from nlp.project import Slot, slots_of
from tests.botkit.cli.project import run

NAIVE = r"""
version: "3.1"
nlu:
- intent: book
  examples: |
    - a table at  [Luigi's](restaurant) for [two]{"entity": "party", "value": "2"}
    - [Rome]{"entity": "city", "role": "to"} or [old:new](city:Rome)[{"group": "1"}]
    - an [odd one]{"value": "7"} stays plain
"""


class Words:
    """Finds every word that it knows."""

    def __init__(self, **known: str) -> None:
        self.known = known

    def scores(self, text: str) -> list[IntentScore]:
        return [IntentScore("book", 0.9)]

    def entities(self, text: str) -> list[Entity]:
        return [
            Entity(kind, word, word, text.index(word), text.index(word) + len(word))
            for word, kind in self.known.items()
            if word in text
        ]


def example(marked: str, file: str = "a.yaml", line: int = 1) -> Example:
    plain = marked
    for slot in slots_of(marked):
        plain = plain.replace(f"[{slot.text}]({slot.entity})", slot.text)
    return Example(plain, "book", file, line, slots_of(marked))


ROWS = [
    example("a table at [Sakura](place) for [two](party)"),
    example("at [Old Mill](place) please", line=2),
    example("two of us", line=3),
    example("two unmarked files", "b.yaml"),
]
FINDER = Words(Sakura="place", two="party", Mill="place", table="number")


def test_what_is_right_what_is_missing_and_what_is_too_much() -> None:
    scores = score_slots(FINDER, ROWS)
    assert scores is not None
    assert scores.utterances == 3, "b.yaml has no marks: it says nothing of values"
    rows = {row.entity: (row.support, row.found, row.right) for row in scores.entities}
    assert rows == {"place": (2, 2, 1), "party": (1, 2, 1)}, "a kind that the test does not mark is nobody's concern"
    assert (scores.all.precision, scores.all.recall, scores.all.f1) == (0.5, pytest.approx(2 / 3), pytest.approx(4 / 7))
    assert [(miss.value, miss.instead, miss.line) for miss in scores.misses] == [("Old Mill", "Mill (place)", 2)]
    assert [(row.value, row.entity, row.line) for row in scores.surplus] == [("Mill", "place", 2), ("two", "party", 3)]
    assert scores.sentence == "2 of 3 marked values found (66.7%), 50.0% of what was found is right, F1 0.571"


def test_without_marks_or_without_a_finder_there_are_no_scores() -> None:
    assert score_slots(FINDER, ROWS[3:]) is None
    assert score_slots(object(), ROWS) is None


def test_every_report_has_them_and_json_brings_them_back(tmp_path: Path) -> None:
    result = run_test(Trained(FINDER, ("x",), ("book",)), [*ROWS, example("[<b>](place)", line=4)], name="t")
    (tmp_path / "now.json").write_bytes(to_json(result))
    assert read_result(tmp_path / "now.json").slots == result.slots is not None
    page = to_html(result)
    assert (
        "found and are not marked so" in page
        and "Marked values" in page
        and "Old Mill" in page
        and "&lt;b&gt;" in page
        and "<b>" not in page
    )
    text = to_markdown(result)
    assert "### Marked values" in text and "| place | 3 | 0.50 | 0.33 | 0.40 |" in text
    assert "Marked values" not in to_html(run_test(Trained(FINDER, ("x",), ("book",)), ROWS[3:], name="t"))


def test_marks_of_our_own_and_of_rasa_and_of_snips_are_read(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text('utterances:\n  book: ["at  [the Old Mill](place) for [2](party)"]\n', "utf-8")
    (tmp_path / "rasa.yml").write_text(NAIVE, "utf-8")
    data = [{"text": "a table at "}, {"text": " Sakura", "entity": "place"}, {"text": " "}, {"text": "in"}]
    (tmp_path / "snips.json").write_text(json.dumps({"book": [{"data": data}]}), "utf-8")
    own, *rasa, snips = [
        row for name in ("own.yaml", "rasa.yml", "snips.json") for row in read_examples([tmp_path / name])
    ]
    assert own.slots == (Slot("place", "the Old Mill", 3, 15), Slot("party", "2", 20, 21))
    assert [row.text for row in rasa] == ["a table at Luigi's for two", "Rome or old:new", "an odd one stays plain"]
    assert [[(slot.entity, slot.text) for slot in row.slots] for row in rasa] == [
        [("restaurant", "Luigi's"), ("party", "two")], [("city", "Rome"), ("city", "old:new")], [],
    ]  # fmt: skip
    assert (snips.text, snips.slots) == ("a table at Sakura in", (Slot("place", "Sakura", 11, 17),))
    for row in (own, *rasa, snips):
        assert all(row.text[slot.start : slot.end] == slot.text for slot in row.slots)


def test_build_servers_see_an_entity_as_a_test() -> None:
    found = run_test(Trained(FINDER, ("x",), ("book",)), ROWS, name="t")
    root = fromstring(to_junit(found))
    assert (root.get("tests"), root.get("failures")) == ("6", "1"), "four utterances and two entities"
    suite = root[-1]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("marked values", "2", "1")
    failure = suite.find("./testcase[@name='place']/failure")
    assert failure is not None and failure.get("message") == "1 of 2 marked values found, F1 0.500"
    assert failure.text == "a.yaml:2: 'Old Mill' in 'at Old Mill please': found Mill (place)"


def test_the_gate_on_marked_values() -> None:
    scores = score_slots(FINDER, ROWS)
    assert slots_at_least(scores, 0.5).holds
    failed = slots_at_least(scores, 0.6)
    assert not failed.holds and failed.sentence.endswith("F1 0.571, less than the 0.6 that is asked for")
    assert not slots_at_least(None, 0.1).holds, "a gate that nothing is tested for holds nobody back"


class Deaf:
    """Knows intents, and looks for no values."""

    def scores(self, text: str) -> list[IntentScore]:
        return [IntentScore("book", 0.9)]


def many(classifier: Classifier) -> Result:
    """A test of twelve utterances with a place each."""
    rows = [example(f"a table at [Place{chr(65 + number)}](place)", line=number) for number in range(12)]
    return run_test(Trained(classifier, ("x",), ("book",)), rows, name="t")


def all_but(*missed: str) -> Result:
    return many(Words(**{f"Place{letter}": "place" for letter in "ABCDEFGHIJKL" if letter not in missed}))


def test_marked_values_are_compared_with_a_baseline() -> None:
    baseline = all_but()
    failed = slots_no_worse(all_but(*"ABCDEFGH").slots, baseline.slots)
    assert failed is not None and not failed.holds
    assert failed.sentence == (
        "worse than the baseline: marked values: of 12 utterances that both have, 0 got better and 8 got worse"
        " (McNemar p = 0.008)"
    )
    unlucky = slots_no_worse(all_but("A", "B").slots, baseline.slots)
    assert unlucky is not None and unlucky.holds and "not significantly worse" in unlucky.sentence
    better = slots_no_worse(baseline.slots, all_but("A").slots)
    assert better is not None and better.holds and "1 got better and 0 got worse" in better.sentence


def test_what_cannot_be_compared_says_so() -> None:
    found, nothing = all_but(), many(Deaf())
    assert nothing.slots is None
    assert slots_no_worse(None, None) is None
    gone = slots_no_worse(None, found.slots)
    assert gone is not None and not gone.holds, "a bot that stopped looking for values is worse"
    for baseline in (None, msgspec.structs.replace(found.slots, by_utterance={})):
        verdict = slots_no_worse(found.slots, baseline)
        assert verdict is not None and verdict.holds and "not compared" in verdict.sentence


def test_compare_shows_marked_values() -> None:
    slots = compare(all_but("A"), all_but("B", "C")).slots
    assert slots is not None
    assert (slots.test.better, slots.test.worse) == (1, 2)
    assert [(row.name, round(row.before, 3), round(row.now, 3)) for row in slots.entities] == [("place", 0.957, 0.909)]
    assert slots.sentence == (
        "F1 0.957 -> 0.909, by utterance 1 got better and 2 got worse (McNemar, exact: p = 1.000, not significant)"
    )
    assert compare(all_but(), many(Deaf())).slots is None


def test_the_command_shows_entities_and_what_was_missed(tmp_path: Path) -> None:
    home = tmp_path / "nlp" / "intents"
    home.mkdir(parents=True)
    places = ["Sakura", "Old Mill", "Casa Nova", "Luigi's", "Blue Door", "Green Olive"]
    book = [text for place in places for text in (f"book a table at [{place}](place)", f"at [{place}](place) please")]
    ask = ["is it far", "a menu"]
    rows = [f"- intent: {name}\n  examples: {json.dumps(texts)}\n" for name, texts in (("book", book), ("ask", ask))]
    (home / "all.yaml").write_text("".join(rows), "utf-8")
    tests = tmp_path / "held.yaml"
    said = ["book a table at [Burger Queen](place)", "[Nowhere](place) it is"]
    tests.write_text(f"utterances:\n  book: {json.dumps(said)}\n  ask: [what is on it]\n", "utf-8")
    output = run("nlp", "test", tmp_path, "--on", tests).output
    assert "1 of 2 marked values found (50.0%), 100.0% of what was found is right, F1 0.667" in output
    assert "'Nowhere it is': place 'Nowhere', found there: nothing" in output
    for least, code in (("0.6", 0), ("0.7", 1)):
        asked = run("nlp", "test", tmp_path, "--on", tests, "--min-slot-f1", least)
        assert asked.exit_code == code, asked.output
    baseline = tmp_path / "before.json"
    assert run("nlp", "test", tmp_path, "--on", tests, "--report", baseline).exit_code == 0
    gated = run("nlp", "test", tmp_path, "--on", tests, "--no-worse-than", baseline)
    assert gated.exit_code == 0
    assert "no worse than the baseline: marked values: of 3 utterances that both have" in gated.output
    assert "Marked values: F1 0.667 -> 0.667" in run("nlp", "compare", baseline, tmp_path, "--on", tests).output
