"""Spelling: a bot's own words first, and English ones only for a bot that speaks English."""

from pathlib import Path

import pytest

from nlp.project import Project, read_project
from nlp.spelling import Spelling
from tests.nlp.conftest import write_project


def test_a_bot_of_another_language_is_not_corrected_into_english(tmp_path: Path) -> None:
    project = read_project(
        write_project(tmp_path, intents_a="- {intent: status, examples: [wo ist meine Bestellung]}\n")
    )
    german, english = Spelling(project, english=False), Spelling(project)
    assert german.correct("Bestelung plesse") == "Bestellung plesse"
    assert english.correct("Bestelung plesse") == "Bestellung please"


def test_without_a_project_it_knows_common_words() -> None:
    assert Spelling(Project()).correct("definately") == "definitely"
    assert Spelling(Project(), english=False).correct("definately") == "definately"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("wher is my oder", "where is my order"),
        ("WHER IS MY PARSEL", "WHERE IS MY PARCEL"),
        ("I live in Stansted. Wher is it", "I live in Stansted. Where is it"),
        ("a hose or a parsel", "a hose or a parcel"),
        ("I havent seen it, it isnt here, DONT", "I haven't seen it, it isn't here, DONT"),
        ("I wnat to know wich one", "I want to know which one"),
        ("theyre late and dont care", "they're late and don't care"),
        ("recieved: and/or definately", "received: and/or definitely"),
        ("plese close my accuont", "please close my account"),
        ("my name is Bob, wher is my parsel", "my name is Bob, where is my parcel"),
        ("helo, I neeed it deliverd", "hello, I need it delivered"),
        ("plese deliver to middlesbrough ts1 2ab", "please deliver to middlesbrough ts1 2ab"),
        ("my adress is sw1a 1aa", "my address is sw1a 1aa"),
        ("my name is mispelled", "my name is misspelled"),
        ("the name is wrng", "the name is wrong"),
        ("12 pleese close my account", "12 please close my account"),
        ("it dosnt and wasent, alot", "it doesn't and wasn't, a lot"),
        ("a sorce I caled, hors ago, controled", "a source I called, hours ago, controlled"),
    ],
)
def test_slips_of_english(text: str, right: str) -> None:
    assert Spelling(Project()).correct(text) == right


@pytest.mark.parametrize(
    "text",
    [
        "write to bob.smth@exampel.org",
        "see www.shopp.com/oderr or https://shopp.com/oderr or shopp.com",
        "the codes ABCD-EFGH and abcd1efgh and REFF",
        "flights to Stansted",
        "Are “Stansted” flights late?",
        "on insta and whatsapp, lmao, wanna haha",
        "@recieved #recieved recieved_at",
        "canceled my favorite traveler's jewelry, analyzed at the theater in the neighborhood",
        "the tumor, the pediatric anesthesia and the estrogen",
        "in 10 mins to my appt, my iban and imei, on gmail at 3 mbps",
        "merci, danke, gracias, grazie mille, hola",
        "deliver to 12 cockburn street, middlesbrough ts1 2ab",
        "14 great elmhurst close, harlow, cm20 1ab",
        "my name is hans müller, surname: kowalsky, mr haskel",
        "at münchner straße",
        "math on airplanes, an installment for cozy pajamas, dialing 5 kilometers",
    ],
)
def test_names_addresses_codes_and_american_words_stay(text: str) -> None:
    assert Spelling(Project()).correct(text) == text


def test_a_german_noun_is_no_name(tmp_path: Path) -> None:
    project = read_project(
        write_project(tmp_path, intents_a="- {intent: status, examples: [wo ist meine Bestellung]}\n")
    )
    assert Spelling(project, english=False).correct("wo ist meine Bestelung") == "wo ist meine Bestellung"
