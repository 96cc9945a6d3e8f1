"""Whole conversations with a bot that understands: clarification, questions and answers, privacy, mood."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from botkit.project import load_project
from models.transaction import Transaction
from nlp.privacy import PrivacySettings
from tests.botkit.bot import Bot, rule

INTENTS = """
- intent: order_status
  title: Where an order is
  examples: [where is my order, track my order, when will my order come, status of my order, has my order left]
- intent: cancel_order
  title: Cancel an order
  examples: [cancel my order, stop my order, i do not want my order, please cancel the order, undo my order]
- intent: none_of_these
  examples: [tell me a joke, what is the weather, who won the match, how old are you]
"""
KNOWLEDGE = """
## How long does delivery take?
## When will it arrive?
Three working days.

## Do you take credit cards?
All of them.
"""
CLARIFY = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: intent
    intents: [order_status, cancel_order]
    threshold: 0.3
    close: 1
    ask: Did you mean one of these?
    next: {order_status: 4, cancel_order: 4, none_of_these: 5, onTimeout: 6, onError: 6}
  4: {kind: send, text: "You want $(n3.intent)", next: {onSuccess: end 101}}
  5: {kind: send, text: "Neither, then", next: {onSuccess: end 101}}
  6: {kind: send, text: "No answer", next: {onSuccess: end 103}}
"""
QUESTIONS = """
flow: main
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: qna_bot
    next: {onSuccess: 4, onAgentHandover: 5, onTimeOut: end 102, onError: end 102, onInvalidMessage: end 102}
  4: {kind: send, text: "$(n3.TextResponse)", next: {onSuccess: end 101}}
  5: {kind: send, text: "I will ask somebody", next: {onSuccess: end 101}}
"""
PRIVATE = """
flow: main
variables: {address: {default: ""}}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: nlp_pipeline
    intents: [order_status]
    on_leave:
      - set: {address: $(n3.entities.email)}
      - log: "she wrote $(message.text)"
    next: {order_status: 4, none_of_these: 4, onTimeout: end 102, onError: end 102}
  4: {kind: send, text: "I write to $(address)", next: {onSuccess: 5}}
  5: {kind: receive, events: [sms.mo], next: {sms.mo: 6, onTimeout: end 103}}
  6: {kind: set_variable, set: {address: "$(message.text)"}, on_leave: [{log: "now $(address)"}],
      next: {onSuccess: end 101}}
"""
MOOD = """
flow: main
session_key: msisdn
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: sentiment
    next: {positive: 4, neutral: 4, negative: 4, onTimeout: end 102, onError: end 102}
  4: {kind: send, text: "$(n3.sentiment) $(n3.direction) $(nlp.mood)", next: {onSuccess: 5}}
  5: {kind: receive, events: [sms.mo], next: {sms.mo: 3, onTimeout: end 103}}
"""


@pytest.fixture(autouse=True)
def language(tmp_path: Path) -> None:
    for name, text in (("intents/shop.yaml", INTENTS), ("knowledge/faq.md", KNOWLEDGE)):
        file = tmp_path / "nlp" / name
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")


async def answered(bot: Bot, text: str) -> str:
    """Say something, and wait for the reply: understanding is done elsewhere, and takes its time."""
    before = len(bot.texts)
    await bot.say(text)
    async with asyncio.timeout(60):
        while len(bot.texts) == before:
            await bot.settle()
    await bot.settle()
    return bot.texts[-1]


ANSWERS = {
    "2": "You want {second}",
    "1": "You want {first}",
    "Cancel an order": "You want cancel_order",
    "the second one please": "You want {second}",
    "neither": "Neither, then",
    "3": "Neither, then",
}


async def test_clarification(tmp_path: Path) -> None:
    async with Bot(tmp_path, CLARIFY) as bot:
        for answer, reply in ANSWERS.items():
            question, *choices = (await answered(bot, "my order")).splitlines()
            assert question == "Did you mean one of these?"
            titles = [choice.split(". ")[1] for choice in choices]
            assert sorted(titles) == ["Cancel an order", "Neither", "Where an order is"]
            intents = {"Cancel an order": "cancel_order", "Where an order is": "order_status"}
            expected = reply.format(first=intents[titles[0]], second=intents[titles[1]])
            assert await answered(bot, answer) == expected
        await answered(bot, "my order")
        await bot.later(25 * 3600)
        await bot.until(lambda: bot.texts[-1] == "No answer")


async def test_questions_and_answers(tmp_path: Path) -> None:
    async with Bot(tmp_path, QUESTIONS) as bot:
        assert await answered(bot, "how long does the delivery take") == "Three working days."
        assert await answered(bot, "do you take cards") == "All of them."
        assert await answered(bot, "sing a song for my cat") == "I will ask somebody"


def logged(transactions: list[Transaction]) -> str:
    return msgspec.json.encode(transactions).decode()


async def test_personal_data_is_masked_where_it_is_kept(tmp_path: Path) -> None:
    bot = Bot(tmp_path, PRIVATE, rules=[rule("main", "order")])
    bot.project = msgspec.structs.replace(bot.project, privacy=PrivacySettings())
    async with bot:
        assert await answered(bot, "order 12 for ann@example.org, card 4111 1111 1111 1111") == (
            "I write to ann@example.org"
        )
        await bot.say("rather bob@example.org")
        await bot.say("nobody asked for +44 20 7946 0018", "+15550000009")
        kept = logged(await bot.transactions())
        assert "[email]" in kept
        assert "now rather [email]" in kept
        assert "card [card]" in kept
        for secret in ("ann@example.org", "bob@example.org", "4111"):
            assert secret not in kept
        (lost,) = await bot.store.unmatched(10)
        assert lost.text == "nobody asked for [phone]"
        inbox = bot.store._all("SELECT payload FROM inbox")
        assert all(payload is None for (payload,) in inbox)


async def test_nothing_is_masked_where_nobody_asked_for_it(tmp_path: Path) -> None:
    async with Bot(tmp_path, PRIVATE) as bot:
        await answered(bot, "order 12 for ann@example.org")
        assert "she wrote order 12 for ann@example.org" in logged(await bot.transactions())


async def test_the_mood_of_a_session(tmp_path: Path) -> None:
    async with Bot(tmp_path, MOOD) as bot:
        first = (await answered(bot, "I love it, wonderful service")).split()
        assert first[:2] == ["positive", "steady"]
        second = (await answered(bot, "this is terrible, I hate it")).split()
        assert second[:2] == ["negative", "worse"]
        assert float(second[2]) < float(first[2])
        assert (await answered(bot, "oh great, thank you so much"))[:15] == "positive better"


def test_a_wrong_pipeline_is_a_problem_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "botkit.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    (tmp_path / "nlp" / "pipeline.yaml").write_text("components: [toknes]", encoding="utf-8")
    found = [problem for problem in load_project(tmp_path, environ={}).problems if problem.code == "nlp_pipeline"]
    assert [(problem.severity, problem.path) for problem in found] == [
        ("error", str(tmp_path / "nlp" / "pipeline.yaml"))
    ]
    assert "unknown component 'toknes'" in found[0].message
    (tmp_path / "nlp" / "pipeline.yaml").write_text("privacy: {mask: [email]}", encoding="utf-8")
    project = load_project(tmp_path, environ={})
    assert project.privacy == PrivacySettings(mask=("email",))
