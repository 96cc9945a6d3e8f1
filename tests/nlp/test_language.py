"""Language: sticky in a session, careful with little, and restricted to what the bot speaks."""

import pytest

from nlp.language import Language
from nlp.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline([Language(languages=("en", "de", "es"))])


def language(pipeline: Pipeline, text: str, previous: str = "") -> str:
    options = {"previous_language": previous} if previous else {}
    return pipeline.read(text, want=("language",), options=options).language


@pytest.mark.parametrize(
    ("text", "previous", "found"),
    [
        ("wo ist meine Bestellung bitte", "", "de"),
        ("ok", "de", "de"),
        ("1234", "es", "es"),
        ("😀", "de", "de"),
        ("ok", "", "en"),
        ("status", "de", "de"),  # one word that says nothing does not change it
        ("bitte", "en", "en"),  # nor does one word of another language
        ("where is my order and what can you do for me", "de", "en"),
        ("dónde está mi pedido por favor", "en", "es"),
        ("où est ma commande s'il vous plaît", "en", "en"),  # the bot does not speak it
    ],
)
def test_it_stays_until_the_words_speak_clearly(pipeline: Pipeline, text: str, previous: str, found: str) -> None:
    assert language(pipeline, text, previous) == found


def test_what_is_too_short_is_said_to_be(pipeline: Pipeline) -> None:
    read = pipeline.read("ok", want=("language",))
    assert read.language_confidence == 0 and "too short" in read.why[0].because
