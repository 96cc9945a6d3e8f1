"""EntityRules: what marked utterances and lists teach beyond the letter."""

from pathlib import Path

import pytest

from nlp.entity_rules import ValueList, load_rules, shape_of
from nlp.project import read_project
from tests.nlp.conftest import takes_linear_time, write_project

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


def test_marked_words_that_hold_a_listed_value_mean_it(tmp_path: Path) -> None:
    intents = """
- intent: order_status
  examples:
    - where is [a mug](product)
    - where is [the coffee cup](product)
    - where are [a mug and headphones](product)
"""
    project = read_project(write_project(tmp_path / "nlp", intents_a=intents, entities_a=ENTITIES))
    values, _ = load_rules(project)
    said = {row.text: row.value for row in values.find("a mug and headphones, a mug, the coffee cup")}
    assert said["a mug"] == "mug"
    assert said["the coffee cup"] == "the coffee cup"
    assert said["a mug and headphones"] == "a mug and headphones"


def test_a_slip_in_a_long_word_is_forgiven(tmp_path: Path) -> None:
    assert found(tmp_path, "where are my sneekers") == [("product", "sneakers")]
    assert found(tmp_path, "hedphones please") == [("product", "headphones")]
    assert found(tmp_path, "plimsols") == [("product", "sneakers")]
    assert found(tmp_path, "where are my sneekers", slips=False) == []


SHOP = """
- entity: product
  values: [tee, t-shirt, jumper, running shoes, coffee machine, dress, pas, iphone, garden hose]
- entity: size
  values: {small: [s], medium: [m], large: [l]}
- entity: first_name
  values: [Don, Luigi]
"""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2 tees", ["tee"]),
        ("T-Shirts and jumpers", ["t-shirt", "jumper"]),
        ("dresses, two coffee machines", ["dress", "coffee machine"]),
        ("runing shoes", ["running shoes"]),
        ("a coffe machine please", ["coffee machine"]),
        ("running sheos", []),  # that word has five letters
        ("cunning shoes", []),  # a word of its own
        ("a hose, a coffee", []),
        ("they pass this class", []),
        ("there's a problem, what's the weather, I'm in, he’s here", []),
        ("s, m or 'l'", ["small", "medium", "large"]),
        ("l'iphone de l'amie", ["iphone"]),
        ("I don't, at Luigi's, the tee's colour", ["Luigi", "tee"]),
    ],
)
def test_what_customers_make_of_listed_values(tmp_path: Path, text: str, values: list[str]) -> None:
    project = read_project(write_project(tmp_path, entities_a=SHOP))
    found = load_rules(project, slips=True)[0].find(text)
    assert [row.value for row in sorted(found, key=lambda row: row.start)] == values


def test_ten_thousand_values_keep_the_time_linear() -> None:
    values = ValueList(slips=True)
    for number in range(10_000):
        name = "".join(chr(97 + int(digit)) for digit in f"{number:05d}")
        values.add("product", f"r{name}ing shoes", name)
    text = "rxaabbing boots, rabcdxing shoes and rjjjjjing shirts are what I need. " * 50
    assert [row.value for row in values.find("rabcddxing shoes, rabcdding shoe")] == ["abcdd"]
    assert takes_linear_time(values.find, text)


def test_other_words_are_left_alone(tmp_path: Path) -> None:
    assert found(tmp_path, "a mag, a jug") == []  # too short to tell
    assert found(tmp_path, "the seekers sang") == []  # the project knows that word
    assert found(tmp_path, "the speakers hum") == []
