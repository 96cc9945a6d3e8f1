"""What each component understands, by tables and by properties that hold for any text."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.entities import Entities, find_addresses
from nlp.language import detect
from nlp.pipeline import Pipeline
from nlp.postcodes import find_postcodes
from nlp.profanity import ProfanityFilter
from nlp.project import Project
from nlp.text import MAX_TEXT_LENGTH

from .conftest import NOW, cases, takes_linear_time

PROFANITY = cases("profanity")
SENTIMENT = [
    (language, label, text)
    for language, labels in cases("sentiment").items()
    for label, texts in labels.items()
    for text in texts
]
LANGUAGES = [(language, text) for language, texts in cases("languages").items() for text in texts]
EVERY_PART = ("entities", "intent", "language", "profanity", "sentiment", "tokens")
ANY_TEXT = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=80),
    st.lists(
        st.sampled_from(
            [
                "fuck",
                "f*",
                "s h i t",
                "\ud800",
                "\x00",
                "12:99",
                "31/31",
                "@",
                "http://",
                "+44",
                "a" * 30,
                "😀",
                "two",
                "point",
                "and",
                "in 999 years",
                "next",
                "٣",
                "ß",
                "İ",
                "ﬁ",
                "$",
                "-",
                "\n",
                "1e9",
                "9" * 25,
                "Ⅷ",
                "𝟛",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)


@pytest.fixture(scope="module")
def filter_() -> ProfanityFilter:
    component = ProfanityFilter()
    component.prepare(Project(), None)
    return component


@pytest.mark.parametrize("case", cases("entities"), ids=lambda case: case["text"])
def test_entities(pipeline: Pipeline, case: dict[str, Any]) -> None:
    understanding = pipeline.read(case["text"], want=("entities",), now=NOW)
    assert [[entity.kind, entity.value] for entity in understanding.entities] == case["gives"]


def test_relative_dates_are_in_the_customers_zone(pipeline: Pipeline) -> None:
    far_east = Pipeline(pipeline.components, pipeline.project, timezone="Pacific/Auckland")
    late = NOW + 4 * 3_600_000  # 14:00 UTC is the 23rd in Auckland
    assert far_east.read("today", want=("entities",), now=late).entity("date") == "2026-11-23"
    assert pipeline.read("today", want=("entities",), now=late).entity("date") == "2026-11-22"


@pytest.mark.parametrize(
    ("settings", "text", "value"),
    [
        ({}, "50 cents", {"value": 0.5, "currency": "USD"}),
        ({"timezone": "Europe/Dublin"}, "50 cents", {"value": 0.5, "currency": "EUR"}),
        ({"timezone": "Australia/Sydney"}, "fifty cents", {"value": 0.5, "currency": "AUD"}),
        ({"timezone": "Europe/London"}, "50 cents", {"value": 0.5, "currency": "USD"}),
        ({"timezone": "Europe/Dublin"}, "two dollars and 50 cents", {"value": 2.5, "currency": "USD"}),
    ],
)
def test_cents_alone_are_those_of_the_projects_country(settings: dict[str, Any], text: str, value: object) -> None:
    component = Entities(learn=False)
    project = Project(settings=settings)
    component.prepare(project, None)
    assert Pipeline([component], project).read(text, want=("entities",), now=NOW).entity("amount") == value


@pytest.mark.parametrize("text", PROFANITY["profane"])
def test_profane(filter_: ProfanityFilter, text: str) -> None:
    found = filter_.find(text)
    assert found.found
    assert found.masked != text
    assert len(found.masked) == len(text)


@pytest.mark.parametrize("text", PROFANITY["clean"])
def test_clean(filter_: ProfanityFilter, text: str) -> None:
    found = filter_.find(text)
    assert not found.found
    assert found.masked == text


def test_mask_covers_the_word_and_nothing_else(filter_: ProfanityFilter) -> None:
    assert filter_.find("you f u c k, ok").masked == "you * * * *, ok"
    assert filter_.find("é fùck é").masked == "é **** é"


def test_designers_words(pipeline: Pipeline) -> None:
    def words(text: str, **options: Any) -> tuple[str, ...]:
        found = pipeline.read(text, want=("profanity",), options=options).profanity
        assert found is not None
        return found.words

    assert words("you muppet", block=("muppet",)) == ("muppet",)
    assert words("you m u p p e t", block=("muppet",)) == ("muppet",)
    assert words("bloody big fool", block=("big fool",)) == ("big fool",)
    assert words("oh shit", allow=("shit",)) == ()
    assert words("oh shit") == ("shit",)
    assert words("oh shit", allow=("shit",), block=("shit",)) == ("shit",)


@pytest.mark.parametrize(("severity", "found"), [(1, ("drunk", "shit", "cunt")), (2, ("shit", "cunt")), (3, ("cunt",))])
def test_severity(severity: int, found: tuple[str, ...]) -> None:
    component = ProfanityFilter(from_severity=severity)
    component.prepare(Project(), None)
    assert component.find("drunk shit cunt").words == found


@pytest.mark.parametrize("unit", ["a ", "f", "f*", "fuck ", "a$$hole", "s h i t ", "é", "@", "1a", "ass" * 3])
def test_profanity_is_linear(filter_: ProfanityFilter, unit: str) -> None:
    """Steps of the interpreter grow as the text does, up to 64 kB: four times the text, about four times the steps."""
    short, long = (_steps(filter_, (unit * 65_536)[:size]) for size in (16_384, 65_536))
    assert long < short * 5 + 1_000


def _steps(filter_: ProfanityFilter, text: str) -> int:
    import sys

    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        filter_.find(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(("language", "label", "text"), SENTIMENT)
def test_sentiment(pipeline: Pipeline, language: str, label: str, text: str) -> None:
    spoken = "en" if language == "known_wrong" else language
    sentiment = pipeline.read(text, want=("sentiment",), language=spoken).sentiment
    assert sentiment is not None
    assert (sentiment.label == label) == (language != "known_wrong")


def test_neutral_band_is_the_designers(pipeline: Pipeline) -> None:
    def label(band: float) -> str:
        sentiment = pipeline.read("that is fine", want=("sentiment",), options={"neutral_band": band}).sentiment
        assert sentiment is not None
        return sentiment.label

    assert (label(0.05), label(0.5)) == ("positive", "neutral")


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_language(language: str, text: str) -> None:
    assert detect(text)[0] == language


def test_language_stays_the_expected_one_without_evidence() -> None:
    assert detect("1234 ok", ("de", "en"), expected="de")[0] == "de"
    assert detect("où est la commande", ("de", "en"), expected="de")[0] == "de"
    assert detect("", ())[0] == "und"


def test_intents(pipeline: Pipeline) -> None:
    understanding = pipeline.read("please cancel the order", want=("intent",))
    assert understanding.intent == "cancel_order"
    assert understanding.confidence == understanding.intents[0].confidence > 0.5
    assert "cancel" in understanding.why[0].because


@pytest.mark.parametrize("text", ["", "😀😀", "tell me a joke", "colourless green ideas sleep furiously", "我的订单"])
def test_out_of_scope_is_none_of_these(pipeline: Pipeline, text: str) -> None:
    understanding = pipeline.read(text, want=("intent",))
    assert understanding.intent == ""
    assert all(row.intent != "none_of_these" for row in understanding.intents)


def test_intents_that_may_win(pipeline: Pipeline) -> None:
    text = "please cancel my order"
    assert pipeline.read(text, want=("intent",), options={"intents": ["greeting"]}).intent == ""
    assert pipeline.read(text, want=("intent",), options={"intents": ["greeting"], "threshold": 0}).intent == "greeting"
    assert pipeline.read(text, want=("intent",), options={"threshold": 1.0}).intent == ""


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT)
def test_any_text_is_understood(pipeline: Pipeline, text: str) -> None:
    understanding = pipeline.read(text, want=EVERY_PART, now=NOW)
    assert len(understanding.text) == len(text)
    understanding.text.encode()
    assert understanding.profanity is not None
    assert len(understanding.profanity.masked) == len(text)
    spans = [(row.start, row.end, row.text) for row in understanding.entities]
    spans += [(row.start, row.end, row.text) for row in understanding.tokens]
    assert all(understanding.text[start:end] == words for start, end, words in spans)
    assert all(0 <= start < end <= len(text) for start, end in understanding.profanity.spans)
    assert all(0 <= row.confidence <= 1 for row in understanding.intents)
    assert sum(row.confidence for row in understanding.intents) <= 1 + 1e-6
    for one, other in zip(understanding.entities, understanding.entities[1:], strict=False):
        assert one.end <= other.start or (one.start, one.end) == (other.start, other.end)


def test_long_text_is_cut(pipeline: Pipeline) -> None:
    understanding = pipeline.read("ab " * 400_000, want=EVERY_PART, now=NOW)
    assert understanding.truncated
    assert len(understanding.text) == MAX_TEXT_LENGTH
    assert not pipeline.read("ab", want=("tokens",)).truncated


@pytest.mark.parametrize("unit", ["a.", "a-", "shop.com", "bit.ly/", "e1 6an ", "sw1a1aa", "a.com/", "size "])
def test_addresses_and_postcodes_take_linear_time(unit: str) -> None:
    assert takes_linear_time(lambda text: (find_addresses(text), find_postcodes(text)), (unit * 8_000)[:16_000])
