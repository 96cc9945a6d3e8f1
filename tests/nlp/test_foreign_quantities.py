"""Numbers, ordinals, durations, units and money as six languages write them: by tables, and for any text."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.entities import Entities
from nlp.foreign_numbers import LANGUAGES, find_foreign_numbers, small_numbers
from nlp.foreign_quantities import find_foreign_quantities
from nlp.methods import run_method
from nlp.pipeline import Pipeline
from nlp.project import Project
from nlp.text import MAX_TEXT_LENGTH

from .conftest import NOW, cases, takes_linear_time

PIPELINE = Pipeline([Entities()], Project())
CASES = [(language, case) for language, rows in cases("quantities").items() for case in rows]
WORDS = {
    "de": "ein eine zwei tausend million dutzend komma und einhalb halbe stunde minuten kilo prozent erste achte der",
    "es": "un una dos mil millon docena coma y medio media hora minutos kilo por ciento primer segundo el cien",
    "fr": "un une deux mille million douzaine virgule et demie demi heure minutes kilo pour cent neuf seconde la",
    "it": "un una due mille mila milione dozzina virgola e mezza mezz ora minuti chilo per cento sei primo secondo il",
    "nl": "een twee duizend miljoen dozijn komma en anderhalf half uur minuten kilo procent eerste de kwartier derde",
    "pt": "um uma dois mil milhao duzia virgula e meia meio hora minutos quilo por cento primeiro segundo o vinte cem",
}


@pytest.mark.parametrize(
    ("language", "case"), CASES, ids=lambda value: value if isinstance(value, str) else value["text"]
)
def test_quantities(language: str, case: dict[str, Any]) -> None:
    found = PIPELINE.read(case["text"], want=("entities",), now=NOW, language=language).entities
    assert [[entity.kind, entity.value] for entity in found] == case["gives"]
    assert all(case["text"][entity.start : entity.end] == entity.text for entity in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_below_a_thousand_can_be_said(language: str) -> None:
    assert set(small_numbers(language).values()) >= set(range(1_000))
    for words, value in small_numbers(language).items():
        if 1 < value < 1_000 or value == 1_500:
            after = {"neuf": " colis", "sei": " pacchi"}.get(words, "")
            assert [row.value for row in find_foreign_numbers(words + after, language)] == [value], words


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_text(language: str, data: st.DataObject) -> None:
    odd = [
        "\ud800",
        "\x00",
        "ſ",
        "İtausend",
        "ß",
        "-",
        ",",
        "3",
        "1.234",
        "2,5",
        "2h30",
        "5kg",
        "º",
        "٣",
        "9" * 25,
        "e",
    ]
    text = data.draw(
        st.one_of(
            st.text(max_size=60),
            st.lists(st.sampled_from([*WORDS[language].split(), *odd]), max_size=12).map(" ".join),
            st.lists(st.sampled_from([*WORDS[language].split(), *odd]), max_size=12).map("".join),
        )
    )
    for entity in find_foreign_quantities(text, language):
        assert text[entity.start : entity.end] == entity.text != ""
    PIPELINE.read(text, want=("entities",), now=NOW, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "word",
    [
        "cent ",
        "deux ",
        "tausend",
        "y ",
        "veintiun ",
        "quatre vingt ",
        "mil e ",
        "duemila",
        "decimo ",
        "1 ",
        "a",
        "un demi ",
    ],
)
def test_the_longest_text_takes_linear_time(language: str, word: str) -> None:
    assert takes_linear_time(
        lambda part: find_foreign_quantities(part, language), (word * MAX_TEXT_LENGTH)[:MAX_TEXT_LENGTH]
    )


def test_methods_count_in_the_projects_language() -> None:
    german = Pipeline([Entities()], Project(), language="de")
    numbers = run_method(german, "Number Recognition", "zwei von einundzwanzig, 1.234,5", NOW)
    assert numbers["RecognizedNumbers"] == [2, 21, 1234.5]
    units = run_method(german, "Units Recognition", "fünf Kilo in zwei Stunden für 20 €", NOW)
    assert units["RecognizedUnits"] == {
        "fünf Kilo": {"value": 5, "unit": "kilogram"},
        "zwei Stunden": {"value": 2, "unit": "hour"},
        "20 €": {"value": 20, "unit": "euro"},
    }
