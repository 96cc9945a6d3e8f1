"""Doubts: what in a project's `pipeline.yaml` is allowed, and yet hardly meant."""

from typing import NamedTuple

from nlp.entities import Entities
from nlp.language import Language
from nlp.pipeline import Pipeline, line_of, read_privacy


class Doubt(NamedTuple):
    """Something doubtful, its line in `pipeline.yaml`, and what to do about it."""

    line: int
    message: str
    hint: str


def doubts_of(pipeline: Pipeline) -> list[Doubt]:
    """What a designer should be told of a pipeline that works."""
    return [*_left_out_language(pipeline), *_unmasked_numbers(pipeline)]


def _left_out_language(pipeline: Pipeline) -> list[Doubt]:
    found = []
    for place, component in enumerate(pipeline.components):
        if isinstance(component, Language) and component.languages and pipeline.language not in component.languages:
            line = line_of(pipeline.project, ("components", place, "languages"))
            message = f"the bot's own language, {pipeline.language}, is none of its languages"
            hint = f"add {pipeline.language} to them, or set `language: {component.languages[0]}`"
            found.append(Doubt(line, f"language: languages: {message}", hint))
    return found


def _unmasked_numbers(pipeline: Pipeline) -> list[Doubt]:
    privacy = read_privacy(pipeline.project)
    readers = [row for row in pipeline.components if isinstance(row, Entities)]
    if privacy is None or "phone" not in privacy.mask or any(row.region(pipeline.project) for row in readers):
        return []
    message = "privacy: phone numbers without a prefix such as +44 stay readable, since no country is known for them"
    hint = "set phone_region of the component entities, such as GB, or a timezone such as Europe/London"
    return [Doubt(line_of(pipeline.project, ("privacy",)), message, hint)]
