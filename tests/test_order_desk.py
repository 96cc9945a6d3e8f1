"""Order desk: the demo bot talks as its tests say, also to customers it was not trained on."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from botkit.chatting import Chat
from botkit.project import Project, load_project
from models.address import Address, AddressKind

FEWEST_UTTERANCES = 40


def read(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text("utf-8"))


@pytest.fixture(scope="module")
def desk(root: Path) -> Path:
    return root / "examples" / "order_desk"


@pytest.fixture(scope="module")
def project(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy, so that the demo's own store and models stay as they are."""
    copy = tmp_path_factory.mktemp("desk") / "order_desk"
    shutil.copytree(desk, copy, ignore=shutil.ignore_patterns(".botkit"))
    return load_project(copy, environ=os.environ)


def utterances(desk: Path) -> list[tuple[str, str]]:
    found = read(desk / "tests" / "utterances.yaml")["utterances"]
    return [(meaning, text) for meaning, texts in found.items() for text in texts]


def folded(text: str) -> str:
    """A text as two people might write it alike: marks of entities, case and punctuation gone."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.findall(r"\w+", plain.casefold()))


def as_customer(chat: Chat, number: int) -> None:
    """Write as somebody who has not written before."""
    chat.address = Address("sms", f"+1555000{number:04}", AddressKind.MSISDN)


def test_nothing_tested_was_trained_on(desk: Path) -> None:
    trained = {
        folded(example)
        for file in (desk / "nlp" / "intents").glob("*.yaml")
        for intent in read(file)
        for example in intent["examples"]
    }
    tested = [text for _, text in utterances(desk)]
    assert len(tested) >= FEWEST_UTTERANCES
    assert [text for text in tested if folded(text) in trained] == []
    assert len({folded(text) for text in tested}) == len(tested)


async def test_the_bot_understands_as_many_as_its_readme_says(desk: Path, project: Project, tmp_path: Path) -> None:
    replies = read(desk / "tests" / "utterances.yaml")["replies"]
    missed = []
    asked = utterances(desk)
    async with Chat(project, tmp_path / "chat.db", channel="sms") as chat:
        for number, (meaning, text) in enumerate(asked):
            as_customer(chat, number)
            await chat.say(text)
            await chat.settle()
            said = [entry.text for entry in await chat.heard()]
            assert len(said) == 1, (text, said)
            if not said[0].startswith(tuple(replies[meaning])):
                missed.append((meaning, text, said[0]))
    print("\n".join(f"{meaning}: {text!r} got {said!r}" for meaning, text, said in missed))
    readme = (desk / "README.md").read_text("utf-8")
    assert [text for _, text, _ in missed if f'"{text}"' not in readme] == [], "the README does not list them"
    promised = re.search(r"understands (\d+) of (\d+)", readme)
    assert promised is not None
    assert len(asked) - len(missed) >= int(promised[1])
    assert len(asked) == int(promised[2])


async def test_conversations_go_as_written(desk: Path, project: Project, tmp_path: Path) -> None:
    talks = read(desk / "tests" / "conversations.yaml")
    async with Chat(project, tmp_path / "chat.db", channel="sms") as chat:
        for number, (name, talk) in enumerate(talks.items()):
            as_customer(chat, 5000 + number)
            for turn in talk:
                await chat.say(turn["say"])
                await chat.settle()
                said = [entry.text for entry in await chat.heard()]
                assert said == turn["hear"], (name, turn["say"])
