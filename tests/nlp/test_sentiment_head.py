"""Sentiment head: trained on rated texts, kept by its hash, refused when changed, heard through the component."""

from pathlib import Path

import pytest

from models.utterance import Understanding
from nlp.base import Context
from nlp.encoder import load_encoder
from nlp.encoder_making import make_encoder
from nlp.errors import InvalidData, InvalidModel, Unavailable
from nlp.project import Project
from nlp.rated_texts import read_rated
from nlp.sentiment import SentimentScore
from nlp.sentiment_head import ARRAYS_FILE, CARD_FILE, FOLDER, HeadCard, load_head, train_head
from tests.nlp import tiny_bert

PRAISE, BLAME = "where where where", "9 9 9 9"
RATED = [
    (f"{opinion} {letter}", score)
    for letter in "abcdefghijklmnopqrst"
    for opinion, score in ((PRAISE, 0.8), (BLAME, -0.8), ("my order is", 0.0))
]
"""VADER knows none of these words; what they mean here can be learnt from the ratings alone."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))
    make_encoder(tiny_bert.write(tmp_path / "model"), "tiny")
    return tmp_path


def plain() -> SentimentScore:
    component = SentimentScore()
    component.prepare(Project(), None)
    return component


def train(home: Path) -> HeadCard:
    texts, scores = zip(*RATED, strict=True)
    return train_head(texts, scores, load_encoder("tiny"), plain().polarity, home / "models" / FOLDER)


def listen(component: SentimentScore, text: str, language: str = "en") -> tuple[str, str]:
    understanding = Understanding(text=text, language=language)
    why = component.read(understanding, Context(want=frozenset({"sentiment"}), now=0))
    assert understanding.sentiment is not None and -1 <= understanding.sentiment.score <= 1
    return understanding.sentiment.label, why


def test_what_people_said_counts_where_vader_knows_no_word(home: Path) -> None:
    card = train(home)
    assert card.texts == len(RATED) and card.pearson > card.vader_pearson
    component = SentimentScore(head="tiny")
    component.prepare(Project(), home / "models")
    assert [listen(plain(), f"{opinion} z")[0] for opinion in (PRAISE, BLAME)] == ["neutral", "neutral"]
    assert [listen(component, f"{opinion} z")[0] for opinion in (PRAISE, BLAME)] == ["positive", "negative"]
    assert "trained head" in listen(component, f"{PRAISE} z")[1]


@pytest.mark.parametrize("text", ["", " ", "😀", "\x00", "a" * 100_000, "great 😡", "!" * 2_000])
def test_any_text_has_a_sentiment(home: Path, text: str) -> None:
    train(home)
    component = SentimentScore(head="tiny")
    component.prepare(Project(), home / "models")
    listen(component, text)


def test_other_languages_keep_their_lexicons(home: Path) -> None:
    train(home)
    component = SentimentScore(head="tiny")
    component.prepare(Project(), home / "models")
    for text, language in (("das ist schrecklich", "de"), ("где мой заказ", "ru")):
        assert listen(component, text, language) == listen(plain(), text, language)


def test_the_same_ratings_give_the_same_bits(home: Path) -> None:
    assert train(home) == train(home)


def spoil_arrays(folder: Path) -> None:
    path = folder / ARRAYS_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def spoil_card(folder: Path) -> None:
    (folder / CARD_FILE).write_text("{}")


def old_format(folder: Path) -> None:
    path = folder / CARD_FILE
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))


def other_encoder(folder: Path) -> None:
    path = folder / CARD_FILE
    path.write_text(path.read_text().replace('"encoder_fingerprint": "', '"encoder_fingerprint": "0'))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_arrays, "changed after training"),
        (spoil_card, "missing required field"),
        (old_format, "has format 99"),
        (other_encoder, "another encoder"),
        (lambda folder: (folder / ARRAYS_FILE).unlink(), "No such file"),
    ],
)  # fmt: skip
def test_a_changed_head_is_refused_with_the_reason(home: Path, spoil: object, reason: str) -> None:
    train(home)
    spoil(home / "models" / FOLDER)  # type: ignore[operator]
    with pytest.raises(InvalidModel, match=reason):
        load_head(home / "models" / FOLDER, load_encoder("tiny"))


def test_without_a_head_a_line_says_how_to_get_it(home: Path) -> None:
    with pytest.raises(Unavailable, match="botkit nlp train-sentiment FILE"):
        SentimentScore(head="tiny").prepare(Project(), home / "models")
    with pytest.raises(Unavailable, match="botkit nlp train-sentiment FILE"):
        SentimentScore(head="tiny").prepare(Project(), None)


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", 'score,text\n0.5,"good, really"\n-1,bad\n', [("good, really", 0.5), ("bad", -1.0)]),
        ("a.csv", "text,other,score\nfine,x,0.5\n", [("fine", 0.5)]),
        ("a.tsv", '1\t0.5\tsay "hi\n\n2\t-0.5\tno\n', [('say "hi', 0.5), ("no", -0.5)]),
        ("a.tsv", "1\tsame  text\n0\tsame text\n", [("same text", 0.5)]),
        ("a.csv", "\ufeffscore,text\n1,x\n", [("x", 1.0)]),
        ("a.csv", "", []),
    ],
)
def test_rated_texts_are_read(tmp_path: Path, name: str, content: str, rows: list[tuple[str, float]]) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert [(row.text, row.score) for row in read_rated(tmp_path / name)] == rows


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"0.5,good\nfine\n", "a.csv:2: a row needs a score and a text"),
        (b"good,0.5\n", "a.csv:1: 'good' is no score"),
        (b"0.5,good\n4,better\n", "a.csv:2: the score 4 is beyond 1: say the highest by --scale"),
        (b"nan,good\n", "beyond"),
        (b"0.5, \n", "the text is empty"),
        (b"0.5,\xff\n", "not UTF-8"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InvalidData, match=reason):
        read_rated(tmp_path / "a.csv")


def test_a_scale_brings_scores_between_one_and_minus_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("4,good\n-2,bad\n")
    assert [row.score for row in read_rated(tmp_path / "a.csv", scale=4)] == [1.0, -0.5]
