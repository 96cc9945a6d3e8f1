"""Profanity: kinds, other languages, and better-profanity in our matcher's place."""

from typing import Any

import pytest

from models.utterance import Understanding
from nlp.base import Context
from nlp.folding import fold
from nlp.profanity import ProfanityFilter
from nlp.profanity_languages import INNOCENT_IN, words_of
from nlp.profanity_matcher import Matcher, lexicon
from nlp.profanity_words import MORE_ENGLISH, RUDE
from nlp.project import Project


def made(**settings: Any) -> ProfanityFilter:
    component = ProfanityFilter.load(settings)
    assert isinstance(component, ProfanityFilter)
    component.prepare(Project(), None)
    return component


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("what a load of bullshit", ("excretory",)),
        ("you fucking idiot bastard", ("insult", "sexual")),
        ("nigger", ("slur",)),
        ("have a nice day", ()),
    ],
)
def test_what_kind_it_is(text: str, categories: tuple[str, ...]) -> None:
    assert made().find(text).categories == categories


@pytest.mark.parametrize(
    ("language", "profane", "clean"),
    [
        ("de", ["so eine Scheiße", "verpiss dich!", "du Arschl0ch"], ["wo ist mein Paket", "der Deppich ist schön"]),
        ("es", ["eres un hijo de puta", "qué m1erda", "CABRÓN"], ["dónde está mi pedido", "una disputa"]),
        ("fr", ["ta gueule", "quel connard", "putain de merde"], ["où est ma commande", "le concert est reporté"]),
        ("it", ["che cazzo", "vaffanculo", "testa di cazzo"], ["dove è il mio ordine", "il palazzo"]),
        ("pt", ["filho da puta", "que porra é essa"], ["onde está o meu pedido", "a disputa"]),
    ],
)
def test_other_languages_where_they_are_named(language: str, profane: list[str], clean: list[str]) -> None:
    own = made(languages=["en", language])
    for text in profane:
        found = own.find(text)
        assert found.found and len(found.masked) == len(text) and "*" in found.masked, text
        assert not made().find(text).found or language == "en", f"{text}: English alone does not know it"
    for text in clean:
        assert not own.find(text).found, text


def test_english_can_be_left_out() -> None:
    assert not made(languages=["de"]).find("fuck").found


def test_better_profanity_can_look_instead() -> None:
    other = made(backend="better_profanity", block=["muppet"], allow=["crap"])
    found = other.find("you silly shit, you muppet")
    assert found.masked == "you silly ****, you ******"
    assert {"shit", "muppet"} <= set(found.words)
    assert not other.find("this is crap").found and not other.find("where is my order").found


def test_better_profanity_is_not_given_more_than_it_can_read() -> None:
    assert not made(backend="better_profanity").find("hello " * 200 + "shit").found


def read(language: str, text: str, spoken: str = "") -> tuple[str, ...]:
    component = ProfanityFilter.load({})
    assert isinstance(component, ProfanityFilter)
    component.prepare(Project(settings={"language": language}), None)
    understanding = Understanding(text=text, language=spoken or language)
    component.read(understanding, Context(want=frozenset({"profanity"}), now=0))
    assert understanding.profanity is not None
    return understanding.profanity.words


@pytest.mark.parametrize(
    ("entry", "found", "clean"),
    [
        ("🖕", ["🖕", "é 🖕🏽 you"], ["you", "😀"]),
        ("❤️", ["I ❤️ it", "❤"], ["♥"]),
        ("🖕 you", ["🖕  you"], ["you", "🖕"]),
        ("s.o.b.", ["you s.o.b.", "S.O.B"], ["I sob", "so bad"]),
        ("u r", ["u r bad"], ["ur bad", "our"]),
        ("C#", ["I know C#"], ["c", "vitamin C"]),
        ("oh no!", ["oh no!", "oh no", "Oh! No!"], ["oh, nobody"]),
        ("<script>", ["a <script> b"], ["script"]),
        ("one two " * 12, ["one two " * 12], ["one two"]),
        ("Foo_Bar", ["foo_bar", "foo bar"], ["foo"]),
    ],
)
def test_whatever_is_blocked_is_found(entry: str, found: list[str], clean: list[str]) -> None:
    own = made(block=[entry])
    asked = made()
    for text in found:
        assert own.find(text).found and asked.find(text, (entry,)).found, text
        assert len(own.find(text).masked) == len(text)
    for text in clean:
        assert not own.find(text).found and not asked.find(text, (entry,)).found, text


@pytest.mark.parametrize("entry", ["", "  ", "\u200b"])
@pytest.mark.parametrize("name", ["block", "allow"])
def test_what_no_text_has_is_refused(name: str, entry: str) -> None:
    with pytest.raises(ValueError, match=r"entry 2 is .*, which no text has"):
        made(**{name: ["fine", entry]})
    assert not made().find("fine", (entry,)).found


def test_the_severest_of_two_spellings_counts() -> None:
    assert made(languages=["fr"]).find("enculé").severity == 3


def test_a_name_that_is_blocked_is_found() -> None:
    assert made(block=["dick"]).find("can I speak to Dick").found


INFLECTED = {
    "de": (
        "so ein Scheißverein, ihr Arschlöcher, verfickte, verfickter, verficktes, Hurensöhne, Wichsern, Schlampen,"
        " beschissener, Vollidioten, Missgeburten, Arschgesicht, Vollidiotin",
        "Marsch, Barsch, Wichtel, ficht, geschickt, verflixt, die Uhren",
    ),
    "es": (
        "putas, cabrones, cabronazo, gilipollas, gilipollez, pendejos, jodidos, imbéciles, maricones, hijos de puta,"
        " capullos, mierdas, mierdoso, joderos, vergas",
        "disputas, diputado, reputación, computadoras, joya, imposible",
    ),
    "fr": (
        "connards, connasse, connasses, salopes, saloperie, enculés, enculée, emmerdeur, enfoirés, chiante, abrutis,"
        " merdique, merdeux",
        "salopette, connaître, reculer, la truculence, réputé, conte, friches",
    ),
    "it": (
        "stronzi, stronze, stronzata, cazzi, cazzata, incazzati, vaffanculo, coglioni, puttane, bastardi, cretine,"
        " minchiate, figli di puttana",
        "ragazzi, palazzo, puttanesca, cazzuola, maglione, imbastire",
    ),
    "pt": (
        "caralhos, filhos da puta, filha da puta, fodidos, arrombada, cabrões, otários, babacas, cuzões, merdas,"
        " merdinha, putaria",
        "disputas, deputados, viaduto, enviados, encaracolado, culpa",
    ),
}


@pytest.mark.parametrize("language", INFLECTED)
def test_every_ending_counts_and_no_other_word(language: str) -> None:
    own = made(languages=[language])
    profane, clean = INFLECTED[language]
    for word in profane.split(", "):
        assert own.find(word).found, word
    assert own.find(clean).words == ()


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("de", "so eine Scheiße, du Arschloch", ("scheisse", "arschloch")),
        ("de-AT", "du fucking Arschloch", ("fucking", "arschloch")),
        ("fr", "la livraison a du retard", ()),
        ("fr", "quel connard", ("connard",)),
        ("es", "vino negro", ()),
        ("en", "so eine Scheiße", ()),
    ],
)
def test_the_project_says_whose_words_count(language: str, text: str, words: tuple[str, ...]) -> None:
    assert read(language, text) == words


def test_no_language_excuses_its_own_words() -> None:
    own = {language: set(words_of(language)) for language in INNOCENT_IN if language != "en"}
    own["en"] = {word for word, severity in (lexicon() | MORE_ENGLISH).items() if severity >= RUDE}
    for language, words in INNOCENT_IN.items():
        assert not own[language] & words, language
    assert read("en", "you idiot") == ("idiot",)


def test_the_text_says_what_is_innocent() -> None:
    assert read("fr", "can I have a bite", "en") == ()
    assert read("fr", "ma bite", "fr") == ("bite",)
    assert read("fr", "you retard", "en") == ("retard",)


def test_what_was_read_before_changes_nothing() -> None:
    texts = [
        "Dick Van Dyke",
        "you dick",
        "fu bar",
        "fu ck",
        "the pen is mightier",
        "pen is",
        "sh",
        "sh it",
        "a" * 5_000,
    ]
    matcher = Matcher(lexicon())
    alone = [Matcher(lexicon()).find(fold(text)[0]) for text in texts]
    assert [matcher.find(fold(text)[0]) for text in texts] == alone
    assert [matcher.find(fold(text)[0]) for text in reversed(texts)] == alone[::-1]


@pytest.mark.parametrize(
    "text",
    [
        "the customerdata",
        "a hammerdrill",
        "farmerdirect",
        "premierdeal",
        "das Zimmerdach",
        "enculturation",
        "lo stronzio",
    ],
)
def test_an_innocent_word_may_hold_another_language_s_stem(text: str) -> None:
    assert not made(languages=["de", "en", "es", "fr", "it"]).find(text).found


@pytest.mark.parametrize("text", ["il m'emmerde", "demmerde-toi", "che stronzi", "merdasse"])
def test_a_stem_is_found_in_other_endings(text: str) -> None:
    assert made(languages=["fr", "it"]).find(text).found
