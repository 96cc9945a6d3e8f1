"""EntityRules: what marked utterances and lists teach beyond the letter."""

from pathlib import Path

import pytest

from nlp.entity_rules import load_rules, shape_of
from nlp.project import read_project
from tests.nlp.conftest import write_project

INTENTS = """
- intent: order_status
  examples:
    - where is [AB-12](parcel)
    - track [CD-3456](parcel) please
    - show me [sneakers](product)
    - the seekers sang
"""
ENTITIES = """
- entity: product
  values:
    sneakers: [plimsolls]
    headphones: []
    mug: []
"""


@pytest.mark.parametrize(
    ("texts", "shape"),
    [
        (["1234", "98765"], r"\b\d{4,5}\b"),
        (["AB-12", "AB-345"], r"\bAB\-\d{2,3}\b"),
        (["A1", "B22"], r"\b\pL{1,1}\d{1,2}\b"),
        (["1234"], ""),
        (["1234", "1234"], ""),
        (["red", "blue"], ""),
        (["12", "A12"], ""),
        ([], ""),
    ],
)
def test_what_marked_values_have_in_common(texts: list[str], shape: str) -> None:
    assert shape_of(texts) == shape


def found(folder: Path, text: str, *, slips: bool = True) -> list[tuple[str, str]]:
    project = read_project(write_project(folder / "nlp", intents_a=INTENTS, entities_a=ENTITIES))
    values, patterns = load_rules(project, slips=slips)
    return [(row.kind, row.value) for row in [*values.find(text), *patterns.find(text)]]


def test_marked_values_teach_their_shape(tmp_path: Path) -> None:
    assert found(tmp_path, "is XY-777 here") == [("parcel", "XY-777")]
    assert found(tmp_path, "is XY-77777 or XYZ-777 here") == []


def test_a_slip_in_a_long_word_is_forgiven(tmp_path: Path) -> None:
    assert found(tmp_path, "where are my sneekers") == [("product", "sneakers")]
    assert found(tmp_path, "hedphones please") == [("product", "headphones")]
    assert found(tmp_path, "plimsols") == [("product", "sneakers")]
    assert found(tmp_path, "where are my sneekers", slips=False) == []


def test_other_words_are_left_alone(tmp_path: Path) -> None:
    assert found(tmp_path, "a mag, a jug") == []  # too short to tell
    assert found(tmp_path, "the seekers sang") == []  # the project knows that word
    assert found(tmp_path, "the speakers hum") == []
