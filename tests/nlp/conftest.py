"""A small project on disk, the tables of cases, and how the time of reading grows with a text."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import read_project
from nlp.training import train

CASES = Path(__file__).parent / "cases"
NOW = 1_795_341_600_000  # 2026-11-22 10:00 UTC, a Sunday

INTENTS = """
- intent: order_status
  examples:
    - where is my order
    - my order [1234](order_number) has not arrived
    - track my parcel
    - when will my [red shoes](product) come
    - has my order shipped yet
    - what is the status of order 5678
- intent: cancel_order
  examples:
    - cancel my order
    - i want to cancel order [4321](order_number)
    - please stop my order
    - i changed my mind about the order
    - do not send it
- intent: greeting
  examples: [hello, hi there, good morning, hey, hello bot]
- intent: none_of_these
  examples: [what is the weather, tell me a joke, who won the match, how old are you]
"""
ENTITIES = r"""
- entity: order_number
  pattern: '\b\d{4,8}\b'
- entity: parcel
  pattern: 'parcel\s+AB-(\d+)'
- entity: product
  values:
    t-shirt: [tee, t shirt]
    trainers:
"""
PIPELINE = """
language: en
timezone: UTC
components:
  - language
  - tokens
  - kind: entities
    phone_region: GB
  - intents
  - sentiment
  - profanity
"""


def cases(name: str) -> Any:
    return YAML(typ="safe").load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))


def write_project(folder: Path, **files: str) -> Path:
    """A project's `nlp` folder; `intents_a="..."` is intents/a.yaml, `pipeline="..."` is pipeline.yaml."""
    for name, text in files.items():
        path = folder / f"{name.replace('_', '/', 1)}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def make_project(folder: Path) -> Path:
    return write_project(folder, intents_orders=INTENTS, entities_shop=ENTITIES, pipeline=PIPELINE)


@pytest.fixture(scope="session")
def project_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("project") / "nlp")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, project_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train(project_folder, folder)
    return folder


@pytest.fixture(scope="session")
def pipeline(project_folder: Path, models: Path) -> Pipeline:
    return load_pipeline(read_project(project_folder), models=models)


def takes_linear_time(read: Callable[[str], object], text: str) -> bool:
    """Whether twice the text takes about twice as long, and not four times; asked again where the machine was busy."""
    half = text[: len(text) // 2]
    best = dict.fromkeys((half, text), float("inf"))
    for _ in range(40):
        for part in best:
            began = time.thread_time()
            read(part)
            best[part] = min(best[part], time.thread_time() - began)
        if best[text] < 3.2 * best[half] + 0.002:
            return True
    return False
