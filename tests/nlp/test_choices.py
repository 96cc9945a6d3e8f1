"""Choices: the number of a menu's line says which line it is, although other numbers are all alike."""

import pytest

from nlp.features import words_of
from nlp.intent_training import train_intents

MENU = {
    "order": ["1", "order", "track", "my order", "option 1"],
    "returns": ["2", "return", "refund", "send back", "option 2"],
    "agent": ["3", "agent", "human", "help", "option 3"],
    "start": ["0", "back", "main menu", "start again"],
    "number": ["48213", "my number is 7781", "it is 90210", "order number 5512"],
}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("1", "order"), ("2", "returns"), ("3.", "agent"), ("2)", "returns"), ("0", "start"), ("2️⃣", "returns"),
        ("٣", "agent"), ("option 3!", "agent"), ("2 please", "returns"), ("66712", "number"),
        ("my number is 1234", "number"), ("No.2", "returns"), ("option:2", "returns"), ("Option-3", "agent"),
        ("option #2! 👍", "returns"), ("#1", "order"),
    ],
)  # fmt: skip
def test_a_line_of_a_menu_is_chosen_by_its_number(text: str, intent: str) -> None:
    pairs = [(example, name) for name, rows in MENU.items() for example in rows]
    best = train_intents([example for example, _ in pairs], [name for _, name in pairs]).scores(text)[0]
    assert best.intent == intent
    assert best.confidence > 0.5


PIZZAS = {
    "order": ["1", "order a pizza", "I want a pizza", "two large pizzas please", "option 1"],
    "status": ["2", "where is my pizza", "track my order", "how long does it take", "option 2"],
    "agent": ["3", "agent", "talk to a human", "help", "option 3"],
}


@pytest.mark.parametrize(("text", "not_this"), [("2 pizzas", "status"), ("3 pizzas", "agent"), ("12", "order")])
def test_a_number_says_less_beside_other_words_and_another_number_nothing(text: str, not_this: str) -> None:
    pairs = [(example, name) for name, rows in PIZZAS.items() for example in rows]
    scores = train_intents([example for example, _ in pairs], [name for _, name in pairs]).scores(text)
    assert {score.intent: score.confidence for score in scores}[not_this] < 0.5
    assert text != "12" or scores[0].confidence < 0.3


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2番", 2), ("２番です", 2), ("选2", 2), ("我选2号", 2), ("第2", 2), ("2번이요", 2), ("2번 주세요", 2),
        ("ข้อ 2 ครับ", 2), ("ข้อ๒", 2), ("विकल्प २", 2), ("الخيار ٣", 3), ("3. ", 3), ("(1)", 1), ("no. 2", 2),
        ("1️⃣ please", 1),
    ],
)  # fmt: skip
def test_the_number_is_found_as_each_script_writes_it(text: str, number: int) -> None:
    assert [word for word in words_of(text) if word[0] == "#"] == [f"#{number}"]


def test_a_number_that_no_example_has_says_what_any_number_does() -> None:
    texts = ["34", "I am 40", "25 years", "blue", "a red one", "green please"]
    model = train_intents(texts, ["age"] * 3 + ["colour"] * 3)
    assert model.scores("29")[0].intent == "age"
    assert model.scores("29")[0].confidence > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "10:30", "3.5", "07/11", "2026", "1st", "-5", "a table for 4 people", "0049 170 1234567", "+49 30 1234567",
        ".5", "at .5", "v2", "1500円です", "๑๒๓๔", "1和2", "我昨天在网上买了2件衣服",
    ],
)  # fmt: skip
def test_a_number_in_anything_else_is_any_number(text: str) -> None:
    assert not [word for word in words_of(text) if word[0] == "#" and word[1:]]
