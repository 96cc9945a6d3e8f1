"""Review: what is shown is masked, what was labelled comes back as an example, and nothing is asked twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import InvalidData
from nlp.evaluation.examples import make_example
from nlp.evaluation.review import HEADER, REVIEWED_FILE, Heard, Item, add_reviewed, labels, queue
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import NONE_OF_THESE, read_project
from nlp.training import train

from ..conftest import make_project

pytest.importorskip("sklearn")


@pytest.fixture(scope="module", name="pipeline")
def make_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = make_project(tmp_path_factory.mktemp("review") / "nlp")
    train(folder, folder / "models")
    return load_pipeline(read_project(folder), models=folder / "models")


def heard(*texts: str) -> list[Heard]:
    return [Heard(text, "unmatched", number) for number, text in enumerate(texts)]


def test_personal_data_is_masked(pipeline: Pipeline) -> None:
    items = queue(heard("call me on +44 20 7946 0958 about 4711", "I am ada@example.org, order 12345"), pipeline, ())
    texts = " / ".join(item.text for item in items)
    assert not any(secret in texts for secret in ("7946", "0958", "ada", "example", "4711", "12345"))
    assert "order 00000" in texts
    assert "[email]" in texts


def test_the_most_frequent_first(pipeline: Pipeline) -> None:
    items = queue(heard("sing", "where is 1234", "Where is 9876?", "dance", " "), pipeline, ())
    assert [(item.text, item.count, item.at) for item in items] == [
        ("Where is 0000?", 2, 2), ("dance", 1, 3), ("sing", 1, 0),
    ]  # fmt: skip
    keys = dict(labels(items[0]))
    assert set(keys) == {"1", "2", "3", "n"}
    assert (keys["1"], keys["n"]) == (items[0].intents[0].intent, NONE_OF_THESE)


def test_what_is_known_or_skipped_is_not_asked(pipeline: Pipeline) -> None:
    asked = queue(heard("sing", "dance", "track order 99", "x" * 501), pipeline, ["Track order 12!"])
    assert [item.text for item in asked] == ["dance", "sing"]
    assert queue(heard("sing"), pipeline, (), [asked[1].digest]) == []


def test_a_label_is_an_example(tmp_path: Path) -> None:
    for text, intent in [("yes", "b"), ("where is # 00: it", "a"), ("- x", "b"), ("yes", "b"), ("[email] é 😀", "b")]:
        file = add_reviewed(tmp_path, text, intent)
    assert file == tmp_path / REVIEWED_FILE
    assert file.read_text().startswith(HEADER)
    assert [(row.text, row.intent) for row in read_project(tmp_path).utterances] == [
        ("where is # 00: it", "a"), ("yes", "b"), ("- x", "b"), ("[email] é 😀", "b"),
    ]  # fmt: skip
    assert [path.name for path in file.parent.iterdir()] == ["reviewed.yaml"]


@pytest.mark.parametrize("text", ["see [this thing](click me!) now", "see [Paris](city) hotel", "a [x]{b} c"])
def test_a_customer_marks_nothing(tmp_path: Path, text: str) -> None:
    add_reviewed(tmp_path, text, "a")
    (row,) = read_project(tmp_path).utterances
    assert row.slots == () and row.text == text.replace("](", "] (").replace("]{", "] {")


@given(text=st.text(min_size=1, max_size=60).filter(lambda text: bool(text.split())))
def test_any_text_comes_back(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("nlp")
    clean = make_example(text, "a", "", 0).text
    if "](" in clean or not clean.isprintable():
        return
    add_reviewed(folder, clean, "a")
    add_reviewed(folder, "more", "a")
    assert [row.text for row in read_project(folder).utterances] == [clean, "more"]


def test_a_file_that_somebody_broke(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / REVIEWED_FILE).write_text("- intent: a\n")
    with pytest.raises(InvalidData, match=r"reviewed.yaml:1: an entry has"):
        add_reviewed(tmp_path, "x", "a")
    assert (tmp_path / REVIEWED_FILE).read_text() == "- intent: a\n"


def test_a_digest_hides_the_text() -> None:
    assert "sing" not in Item("sing", "unmatched", 1, 0, ()).digest
