"""Doubts: settings that are allowed and hardly meant are told, and no others."""

from pathlib import Path

import pytest

from nlp.doubts import doubts_of
from nlp.pipeline import load_pipeline
from nlp.project import read_project
from tests.nlp.conftest import write_project


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            "components: [{kind: language, languages: [de, fr]}]",
            ["language: languages: the bot's own language, en, is"],
        ),
        ("language: de\ncomponents: [{kind: language, languages: [de, fr]}]", []),
        ("language: pt-BR\ncomponents: [{kind: language, languages: [pt, fr]}]", []),
        ("components: [language]", []),
        ("privacy: {mask: [phone]}", ["privacy: phone numbers without a prefix"]),
        ("privacy:", ["privacy: phone numbers without a prefix"]),
        ("privacy: {mask: [email]}", []),
        ("privacy: {mask: [phone]}\ntimezone: Europe/London", []),
        ("privacy: {mask: [phone]}\nlanguage: de-AT", []),
        ("privacy: {mask: [phone]}\ncomponents: [{kind: entities, phone_region: GB}]", []),
        ("timezone: UTC", []),
    ],
)
def test_doubts(tmp_path: Path, settings: str, told: list[str]) -> None:
    found = doubts_of(load_pipeline(read_project(write_project(tmp_path, pipeline=settings))))
    assert len(found) == len(told)
    assert all(row.message.startswith(start) and row.line and row.hint for row, start in zip(found, told, strict=True))
