"""Spelling: a bot's own words first, and English ones only for a bot that speaks English."""

from pathlib import Path

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
