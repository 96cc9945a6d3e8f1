"""Language: sticky in a session, careful with little, and restricted to what the bot speaks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bench.nlp.make_language_grams import made
from nlp.language import Language, detect
from nlp.language_grams import FILE, GRAMS, LANGUAGES, LONGEST_GRAM, MAX_CHARACTERS, MOST_STEPS, evidence, table
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


@pytest.mark.parametrize(
    ("languages", "text", "previous", "found"),
    [
        (("en", "el"), "Παρασκευή", "en", "el"),
        (("en", "el"), "ναι", "en", "el"),
        (("en", "el"), "5 Ω", "en", "en"),
        (("en", "el"), "10 µ", "en", "en"),
        (("en", "el"), "Visa", "el", "el"),
        (("en", "el"), "book a table παρακαλώ", "en", "en"),
        (("en", "ru"), "заказ 4711", "en", "ru"),
        (("en", "ja"), "配送状況", "en", "ja"),
        (("ja", "zh"), "配送状況", "ja", "ja"),
        (("en", "de"), "спасибо", "en", "en"),  # the bot speaks nothing of the kind
    ],
)
def test_a_word_in_another_alphabet_speaks_clearly(
    languages: tuple[str, ...], text: str, previous: str, found: str
) -> None:
    assert language(Pipeline([Language(languages=languages)]), text, previous) == found


ALL = ("en", "de", "fr", "es", "it", "pt")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hola", "es"),
        ("salut", "fr"),
        ("Servus!", "de"),
        ("hilfe", "de"),
        ("oui", "fr"),
        ("ayuda", "es"),
        ("Guten Morgen", "de"),
        ("buongiorno", "it"),
        ("obrigada", "pt"),
        ("hello", "en"),
        ("thanks", "en"),
        ("cancelar", "en"),  # Spanish and Portuguese
        ("hola hello", "en"),
        ("hilfe my order did not come", "en"),
        ("sneakers", "en"),
    ],
)
def test_a_first_word_that_one_language_has_decides(text: str, found: str) -> None:
    every = Pipeline([Language(languages=ALL)])
    assert language(every, text) == found
    assert language(Pipeline([Language(languages=("en", "it"))]), "hola") == "en"


def test_later_one_such_word_decides_nothing() -> None:
    assert language(Pipeline([Language(languages=ALL)]), "hola", previous="en") == "en"


def test_a_language_is_known_by_the_first_part_of_its_code() -> None:
    assert Language(languages=("pt-BR", "en", "pt")).languages == ("pt", "en")
    assert Pipeline([], language="pt-BR").language == "pt"
    assert language(Pipeline([Language(languages=("en", "pt"))]), "ok", previous="pt-BR") == "pt"


def test_what_is_too_short_is_said_to_be(pipeline: Pipeline) -> None:
    read = pipeline.read("ok", want=("language",))
    assert read.language_confidence == 0 and "too short" in read.why[0].because


CASES_FILE = Path(__file__).parent / "cases" / "language_of_chats.yaml"
CASES: list[tuple[str, str]] = [
    (row["language"], text) for row in YAML(typ="safe").load(CASES_FILE) for text in row["texts"]
]


@pytest.mark.parametrize(("language", "text"), CASES)
def test_words_that_no_list_has_tell_the_language(language: str, text: str) -> None:
    assert detect(text, (language, "en", "de", "es", "fr", "it"))[0] == language


def test_most_texts_are_told_apart_among_all_languages() -> None:
    right = sum(detect(text)[0] == language for language, text in CASES)
    assert right >= 0.9 * len(CASES)


def test_a_text_in_a_language_that_the_bot_does_not_speak_changes_nothing() -> None:
    language, confidence = detect("toujours rien reçu", ("en", "de"), expected="de")
    assert language == "de" and confidence < 0.1


@pytest.mark.parametrize("text", ["no problem", "no signal", "no"])
def test_a_short_no_is_english_to_a_bot_that_speaks_english_first(text: str) -> None:
    assert detect(text, ("en", "de", "es", "fr", "it", "pt"), "en", first=True)[0] == "en"


def test_of_a_long_text_the_beginning_counts() -> None:
    begun = ("wo bleibt mein paket denn so lange " * MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert evidence(begun, LANGUAGES) == evidence(f"{begun} dónde está mi pedido", LANGUAGES)


def test_the_table_is_whole() -> None:
    grams = table()
    assert len(grams) == GRAMS
    assert all(len(row) == len(LANGUAGES) and min(row) == 0 and max(row) <= MOST_STEPS for row in grams.values())
    assert max(map(len, grams)) == LONGEST_GRAM
    assert all(gram == gram.lower() for gram in grams)


def test_the_table_is_what_the_model_gives() -> None:
    pytest.importorskip("py3langid", reason="py3langid is not installed: it comes with the extra dev")
    assert FILE.read_text("utf-8") == made()


@given(st.text(max_size=2_000), st.sampled_from(["", "en", "tr"]))
def test_whatever_is_written_is_in_one_of_the_languages(text: str, expected: str) -> None:
    language, confidence = detect(text, ("en", "ru", "tr"), expected)
    assert language in ("en", "ru", "tr") or (language == "und" and confidence == 0)
    assert 0 <= confidence <= 1
