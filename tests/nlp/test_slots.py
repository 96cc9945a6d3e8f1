"""Slots: marks in utterances teach where values stand, so that others are found there."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.utterance import Entity
from nlp.entities import Entities
from nlp.errors import InvalidModel
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import Project, Slot, Utterance, read_project, slots_of
from nlp.slot_features import MAX_WORDS, features_of, words_of
from nlp.slot_model import ARRAYS_FILE, CARD_FILE, SlotModel, chances, legal_tags, load_slots, unbroken
from nlp.slot_training import examples_of, train_slots
from nlp.slots import FEWEST_MARKS, MAX_LEARNT_ENTITIES, decided_entities, learnt_entities
from nlp.training import model_folder, model_key, train
from nlp.worker import make_pipeline

from .conftest import NOW

PLACES = ["Luigi's", "the Blue Door", "Casa Nova", "Old Mill", "Sakura", "Le Bistro", "Golden Fork", "Green Olive"]
MONTHS = ["May", "June", "March", "August"]
PEOPLE = ["two", "4", "six", "three people", "10"]


def write(folder: Path, files: dict[str, dict[str, list[str]]]) -> Path:
    home = folder / "nlp" / "intents"
    home.mkdir(parents=True, exist_ok=True)
    for name, intents in files.items():
        rows = [f"- intent: {intent}\n  examples: {json.dumps(texts)}\n" for intent, texts in intents.items()]
        (home / f"{name}.yaml").write_text("".join(rows), "utf-8")
    return folder / "nlp"


def bookings() -> dict[str, list[str]]:
    book = [f"book a table at [{place}](restaurant) for [{people}](party)" for place, people in
            itertools.product(PLACES, PEOPLE)]  # fmt: skip
    book += [f"can I reserve at [{place}](restaurant) in [{month}](month)" for place, month in
             itertools.product(PLACES, MONTHS)]  # fmt: skip
    ask = ["may I pay by card", "do you take cards", "is there a menu", "what is on the menu", "can I see the menu",
           "how long is the wait", "how may I reach you", "what is the number to call you"]  # fmt: skip
    return {"book": book, "ask": ask}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("slots"), {"all": bookings()})
    train(folder, folder.parent / "models")
    return folder


@pytest.fixture(scope="module")
def pipeline(home: Path) -> Pipeline:
    return load_pipeline(read_project(home), models=home.parent / "models")


def found(pipeline: Pipeline, text: str) -> list[tuple[str, object, str]]:
    entities = pipeline.read(text, want=("entities",)).entities
    return [(entity.kind, entity.value, entity.text) for entity in entities]


def test_marks_are_taken_out_and_their_places_are_kept() -> None:
    marked = "a  [table for two](what) at [ Luigi's ](restaurant)!"
    assert slots_of(marked) == (Slot("what", "table for two", 2, 15), Slot("restaurant", "Luigi's", 19, 26))
    assert slots_of("[Paris](city)[Rome](city)") == (Slot("city", "Paris", 0, 5), Slot("city", "Rome", 5, 9))


def test_values_that_were_never_marked_are_found_where_such_values_stand(pipeline: Pipeline) -> None:
    assert ("restaurant", "Burger Queen", "Burger Queen") in found(pipeline, "book a table at Burger Queen for two")
    assert ("restaurant", "zum wilden eber", "zum wilden eber") in found(
        pipeline, "please book a table at zum wilden eber for six"
    )


def test_the_words_around_a_marked_value_decide_whether_it_is_one(pipeline: Pipeline) -> None:
    assert ("month", "May") in [row[:2] for row in found(pipeline, "can I reserve at Sakura in May")]
    assert not found(pipeline, "may I pay by card")


def test_a_slot_has_the_value_of_the_number_or_date_that_it_is(pipeline: Pipeline) -> None:
    assert ("party", 7, "seven") in found(pipeline, "book a table at Sakura for seven")


def test_what_is_certain_is_not_overruled(pipeline: Pipeline) -> None:
    rows = found(pipeline, "book a table at ann@example.com for two")
    assert ("email", "ann@example.com", "ann@example.com") in rows


def test_a_slot_says_how_sure_it_is_and_where_it_comes_from(pipeline: Pipeline) -> None:
    rows = pipeline.read("book a table at Burger Queen for two", want=("entities",)).entities
    slot = next(row for row in rows if row.kind == "restaurant")
    assert slot.source == "learnt" and 0.5 <= slot.confidence < 1


def test_with_few_marks_a_marked_value_counts_wherever_it_stands(tmp_path: Path) -> None:
    marks = ["fly to [Oslo](city)", "fly to [Rome](city)", "a flight to [Lima](city)", "fly to [Cairo](city)"]
    folder = write(tmp_path, {"all": {"fly": marks, "ask": ["what do I pay", "do you have seats"]}})
    train(folder, tmp_path / "models")
    project = read_project(folder)
    assert learnt_entities(project) == ("city",) and not decided_entities(project)
    pipeline = load_pipeline(project, models=tmp_path / "models")
    assert ("city", "Rome", "rome") in found(pipeline, "hmm rome perhaps")


def test_a_value_of_two_entities_is_what_the_words_around_say(tmp_path: Path) -> None:
    marks = [
        "a ticket from [Paris](origin) to [Lyon](goal)", "I want to go from [Nice](origin) to [Lille](goal)",
        "from [Brest](origin) to [Paris](goal) please", "a train from [Lyon](origin) to [Nice](goal)",
        "from [Metz](origin) to [Nancy](goal) tomorrow", "to [Bordeaux](goal) from [Angers](origin)",
    ]  # fmt: skip
    folder = write(tmp_path, {"all": {"travel": marks, "stop": ["cancel it", "stop it now", "call it off"]}})
    assert not [row for row in train(folder, tmp_path / "models").problems if "marked" in row.message]
    pipeline = load_pipeline(read_project(folder), models=tmp_path / "models")
    for origin, goal in (("Paris", "Nice"), ("Lyon", "Paris"), ("Rome", "Milan")):
        rows = found(pipeline, f"a ticket from {origin} to {goal}")
        assert [row[:2] for row in rows] == [("origin", origin), ("goal", goal)]
    rows = found(pipeline, "to Nice from Lyon")
    assert [row[:2] for row in rows] == [("goal", "Nice"), ("origin", "Lyon")]


def test_a_value_that_is_marked_as_two_things_too_seldom_is_told(tmp_path: Path) -> None:
    marks = ["from [Paris](origin) to [Lyon](goal)", "from [Lyon](origin) to [Rome](goal)"]
    report = train(write(tmp_path, {"all": {"travel": marks, "stop": ["stop"]}}), tmp_path / "models")
    said = [problem.message for problem in report.problems if "marked as" in problem.message]
    assert len(said) == 1
    assert said[0].startswith("'lyon' is marked as goal and as origin: mark 4 or more values of each, so that")


@pytest.mark.parametrize("learn", ["true", "false"])
def test_an_entity_of_numbers_has_numbers_wherever_it_is_found(tmp_path: Path, learn: str) -> None:
    marks = [
        *("a table for [two](party)", "for [4](party) please", "we are [six](party)", "[seven](party) of us"),
        *("I need [five](number) seats", "at [Five Guys](place)", "at [Seven](place)", "in [Rome](place)"),
    ]
    folder = write(tmp_path, {"all": {"book": marks, "stop": ["cancel it", "stop it now"]}})
    (folder / "pipeline.yaml").write_text(f"components: [{{kind: entities, learn: {learn}}}, intents]\n", "utf-8")
    train(folder, tmp_path / "models")
    pipeline = load_pipeline(read_project(folder), models=tmp_path / "models")
    assert ("party", 2, "two") in found(pipeline, "hm, two")
    assert ("party", 2, "two") in found(pipeline, "a table for two")
    assert ("number", 5, "five") in found(pipeline, "I need five seats")
    assert all(isinstance(value, str) for kind, value, _ in found(pipeline, "at Seven") if kind == "place")


@pytest.mark.parametrize("setting", ["learn: false", "sure: 1.0"])
def test_learning_may_be_turned_off_and_doubt_refused(home: Path, setting: str) -> None:
    (home / "pipeline.yaml").write_text(f"components: [{{kind: entities, {setting}}}, intents]\n", "utf-8")
    try:
        pipeline = load_pipeline(read_project(home), models=home.parent / "models")
        kinds = [row[0] for row in found(pipeline, "book a table at Burger Queen for two")]
    finally:
        (home / "pipeline.yaml").unlink()
    assert "restaurant" not in kinds


def test_what_has_a_list_a_pattern_a_shape_or_too_few_marks_is_not_learnt(tmp_path: Path) -> None:
    texts = [f"[{word}](listed) [{number}](patterned) [A-{number}](shaped)" for word, number in
             zip(["a", "b", "c", "d", "e"], range(11, 16), strict=True)]  # fmt: skip
    few = [f"one [{word}](few)" for word in ("x", "y", "z")]
    folder = write(tmp_path, {"all": {"one": texts, "two": few}})
    (folder / "entities").mkdir()
    (folder / "entities" / "own.yaml").write_text(
        "- {entity: listed, values: [a, b]}\n- {entity: patterned, pattern: '[0-9]+'}\n", "utf-8"
    )
    project = read_project(folder)
    assert learnt_entities(project) == ()
    report = train(folder, tmp_path / "models")
    assert report.slots == {}
    said = [problem.message for problem in report.problems if "marked" in problem.message]
    assert said == [f"few is marked with 3 different values: mark {FEWEST_MARKS} or more, so that others are found too"]
    assert not (model_folder(tmp_path / "models", report.key) / CARD_FILE).exists()


def test_there_are_at_most_so_many_learnt_entities(tmp_path: Path) -> None:
    rows = [f"say [{word}](e{number})" for number in range(MAX_LEARNT_ENTITIES + 1) for word in "abcd"]
    folder = write(tmp_path, {"all": {"one": [*rows, "say [e](e7)"]}})
    kept = learnt_entities(read_project(folder))
    assert len(kept) == MAX_LEARNT_ENTITIES and "e7" in kept


def test_the_same_marks_give_the_same_bits_whatever_the_files_are_called(home: Path, tmp_path: Path) -> None:
    texts = bookings()
    folder = write(tmp_path, {"b": {"ask": texts["ask"]}, "a": {"book": texts["book"][::-1]}})
    train(folder, tmp_path / "models")
    homes = [
        model_folder(folder.parent / "models", model_key(read_project(folder))) for folder in (home, tmp_path / "nlp")
    ]
    assert homes[0].name == homes[1].name
    for file in (ARRAYS_FILE, CARD_FILE):
        assert (homes[0] / file).read_bytes() == (homes[1] / file).read_bytes()


def test_other_marks_make_another_model(tmp_path: Path) -> None:
    texts = bookings()
    folder = write(tmp_path, {"all": texts})
    first = model_key(read_project(folder))
    texts["book"][0] = texts["book"][0].replace("(party)", "(people)")
    assert model_key(read_project(write(tmp_path, {"all": texts}))) != first


@pytest.mark.parametrize("harm", ["missing", "changed", "card", "other", "renamed"])
def test_a_model_of_slots_that_is_not_as_it_was_is_refused_and_made_again(tmp_path: Path, harm: str) -> None:
    folder = write(tmp_path, {"all": bookings()})
    models = tmp_path / "models"
    report = train(folder, models)
    assert report.slots == {"month": 32, "party": 40, "restaurant": 72}
    home = model_folder(models, report.key)
    if harm == "missing":
        (home / CARD_FILE).unlink()
    elif harm == "changed":
        data = bytearray((home / ARRAYS_FILE).read_bytes())
        data[len(data) // 2] ^= 1
        (home / ARRAYS_FILE).write_bytes(data)
    elif harm == "card":
        (home / CARD_FILE).write_text('{"format": 1}', "utf-8")
    elif harm == "renamed":  # by one letter: what is found would have a name that no flow knows
        card = (home / CARD_FILE).read_text("utf-8")
        (home / CARD_FILE).write_text(card.replace('"restaurant"', '"restaurbnt"'), "utf-8")
    else:
        card = json.loads((home / CARD_FILE).read_text("utf-8"))
        (home / CARD_FILE).write_text(json.dumps({**card, "entities": ["a"]}), "utf-8")
    with pytest.raises(InvalidModel, match=r"the model of slots .*train it again"):
        load_slots(home, report.key)
    pipeline = make_pipeline(folder, models, ["entities"])
    assert ("restaurant", "Burger Queen", "Burger Queen") in found(pipeline, "book a table at Burger Queen for two")


@pytest.mark.parametrize(
    ("text", "spans", "whole"),
    [
        ("call Jean-Luc now", [(1, 2, 0)], ["Jean-Luc"]),
        ("call Jean-Luc now", [(3, 4, 0)], ["Jean-Luc"]),
        ("call Anne-Marie-Luise", [(3, 4, 0)], ["Anne-Marie-Luise"]),
        ("from Paris-London today", [(1, 2, 0), (3, 4, 1)], ["Paris", "London"]),
        ("Jean - Luc and 2-3 of us", [(0, 1, 0), (4, 5, 1)], ["Jean", "2"]),
        ("Jean-", [(0, 1, 0)], ["Jean"]),
        ("-Luc", [(1, 2, 0)], ["Luc"]),
    ],
)
def test_words_joined_by_hyphens_stay_together(text: str, spans: list[tuple[int, int, int]], whole: list[str]) -> None:
    words = words_of(text)
    found = [text[words[start].start : words[end - 1].end] for start, end, _ in unbroken(spans, words)]
    assert found == whole


def test_an_utterance_where_a_mark_was_forgotten_teaches_nothing_wrong() -> None:
    marked = ["fly to [Oslo](city)", "fly to Oslo", "fly away"]
    texts = ["fly to Oslo", "fly to Oslo", "fly away"]
    project = Project(
        utterances=tuple(Utterance(text, "fly", slots_of(mark)) for text, mark in zip(texts, marked, strict=True))
    )
    assert [row.text for row in examples_of(project, ("city",))] == ["fly to Oslo", "fly away"]
    assert [bool(row.slots) for row in examples_of(project, ("city",))] == [True, False]


@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_chances_are_those_of_all_ways_through_a_text(entities: int, words: int, seed: int) -> None:
    legal, first = legal_tags(entities)
    dice = np.random.default_rng(seed)
    says = dice.normal(size=(words, len(legal))).astype(np.float32)
    transitions = dice.normal(size=legal.shape).astype(np.float32)
    single, pairs = chances(says, np.where(legal, np.exp(transitions), np.float32(0)), first)
    expected, expected_pairs, total = np.zeros(says.shape), np.zeros(legal.shape), 0.0
    for way in itertools.product(range(len(legal)), repeat=words):
        steps = list(itertools.pairwise(way))
        if not first[way[0]] or not all(legal[step] for step in steps):
            continue
        weight = np.exp(sum(says[at, tag] for at, tag in enumerate(way)) + sum(transitions[step] for step in steps))
        total += weight
        for at, tag in enumerate(way):
            expected[at, tag] += weight
        for step in steps:
            expected_pairs[step] += weight
    assert single == pytest.approx(expected / total, abs=1e-4)
    assert pairs == pytest.approx(expected_pairs / total, abs=1e-4)


@pytest.fixture(scope="module")
def model(home: Path) -> SlotModel:
    project = read_project(home)
    learnt = learnt_entities(project)
    return train_slots(examples_of(project, learnt), learnt)


WORDS = ["book", "a", "table", "at", "in", "for", "May", "two", "\u200d", "中", "!", "Sakura"]


@settings(max_examples=150)
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_slots_of_any_text_are_whole_words_that_do_not_overlap(model: SlotModel, text: str) -> None:
    slots: list[Entity] = model.find(text, 0.0)
    edges = {word.start for word in words_of(text)}, {word.end for word in words_of(text)}
    for slot, after in itertools.zip_longest(slots, slots[1:]):
        assert text[slot.start : slot.end] == slot.text
        assert slot.start in edges[0] and slot.end in edges[1]
        assert 0 < slot.confidence <= 1
        assert after is None or slot.end <= after.start


def test_a_long_text_is_read_as_far_as_its_bound(model: SlotModel) -> None:
    text = "book a table at Sakura for two " * 100
    assert max(slot.end for slot in model.find(text)) <= words_of(text)[-1].end
    assert len(features_of(words_of(text))) == MAX_WORDS


MARKED_DAYS = """
- intent: book
  examples:
    - I'd like to book for [3](party) on [Friday](day)
    - a table [tomorrow](day) for [two](party)
    - a table on [Monday](day) for [six](party)
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("book for 3 on Friday", [("party", 3), ("date", "2026-11-27"), ("day", "2026-11-27")]),
        ("tomorrow at 8pm for six", [("day", "2026-11-23"), ("datetime", "2026-11-23T20:00"), ("party", 6)]),
        ("a table tomorrow", [("day", "2026-11-23")]),
        ("on Monday for 3 hours", [("date", "2026-11-23"), ("day", "2026-11-23"), ("duration", {"seconds": 10_800})]),
    ],
)
def test_a_marked_day_is_found_within_a_longer_one(text: str, found: list[tuple[str, object]], tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "a.yaml").write_text(MARKED_DAYS, "utf-8")
    read = Pipeline([Entities()], read_project(tmp_path)).read(text, want=("entities",), now=NOW)
    assert [(row.kind, row.value) for row in read.entities] == found
