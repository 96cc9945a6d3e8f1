"""`botkit nlp parse`: everything that is understood of a text, and why."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from botkit.cli.nlp import data
from botkit.cli.output import Output, Span, json_option

if TYPE_CHECKING:
    from models.utterance import Understanding
    from nlp.pipeline import Pipeline

MAX_LINE = 100_000
SHOWN_INTENTS = 5


def _language(_context: click.Context, _parameter: click.Parameter, code: str) -> str:
    """A code that no rule knows would read the text as in no language at all, with a confidence of 1."""
    from nlp.errors import InvalidRequest
    from nlp.language_codes import fault_of

    if code and (fault := fault_of(code)):
        raise InvalidRequest(f"--language: {fault}")
    return code


@click.command("parse")
@click.argument("text")
@click.option(
    "--project", "directory", type=click.Path(path_type=Path), default=".", show_default=True, metavar="DIR",
    callback=data.existing,
    help="The project whose language understanding reads it.",
)  # fmt: skip
@json_option("Print JSON: one object a line.")
@click.option(
    "--language", default="", callback=_language, metavar="CODE",
    help="The language of the text, where it is known: en, de, pt-BR.",
)  # fmt: skip
@click.pass_obj
def command(out: Output, text: str, directory: Path, as_json: bool, language: str) -> None:
    """Show everything that is understood of TEXT, and what led to it.

    With - for TEXT, every line of standard input is a text.
    """
    pipeline, want = open_pipeline(out, directory)
    for number, line in enumerate(_texts(text)):
        found = pipeline.read(line, want=want, language=language, now=time.time_ns() // 1_000_000)
        if as_json:
            out.json_line(_whole(found))
        else:
            if number:
                out.line()
            for shown in lines(found):
                out.line(*shown)


def open_pipeline(out: Output, directory: Path) -> "tuple[Pipeline, frozenset[str]]":
    """The project's pipeline, trained if it has intents, and the parts that can be had here."""
    from nlp.errors import Unavailable
    from nlp.pipeline import load_pipeline
    from nlp.project import read_project
    from nlp.training import train

    project = read_project(directory / "nlp")
    models = directory / ".botkit" / "models"
    pipeline = load_pipeline(project, models=models)
    if not project.intents:
        out.line(("note", "hint"), f": there are no intents in {directory / 'nlp' / 'intents'}", err=True)
    elif any(component.is_trained(project) for component in pipeline.components):
        train(directory / "nlp", models)
    parts = set()
    for part in sorted({part for component in pipeline.components for part in component.gives}):
        try:
            pipeline.read(" ", want=(part,))  # engines outside, which may cost money, are not asked about nothing
            parts.add(part)
        except (Unavailable, ImportError) as error:
            if part == "lemmas":  # they need a model that few have, and come with the tokens where there is one
                continue
            out.line(("note", "hint"), f": without {part}: {error}", err=True)
    return pipeline, frozenset(parts)


def _texts(text: str) -> Iterator[str]:
    if text != "-":
        yield text
        return
    while line := sys.stdin.readline(MAX_LINE):
        yield line.rstrip("\n")


def lines(found: "Understanding") -> Iterator[list[str | Span]]:
    """An understanding as a person reads it: a part a line, then what each component says."""
    yield [(found.text, "title")]
    if found.truncated:
        yield ["  only the beginning was read: the text is too long"]
    sure = f" ({found.language_confidence:.2f})" if found.language_confidence else ""
    yield ["  language    ", f"{found.language or 'unknown'}{sure}"]
    yield ["  intent      ", (found.intent or "none of these", "green" if found.intent else "orange"),
           f" ({found.confidence:.2f})"]  # fmt: skip
    for score in found.intents[:SHOWN_INTENTS]:
        bar = "\u2588" * round(20 * score.confidence)
        yield ["              ", f"{score.confidence:.2f} {bar:<20} {score.intent}"]
    for entity in found.entities:
        value = json.dumps(_plain(entity.value), ensure_ascii=False)
        yield [
            "  entity      ",
            f"{entity.kind} = {value}",
            (f"  {entity.text!r} {entity.start}-{entity.end}", "quiet"),
        ]
    if found.tokens:
        words = [
            f"{token.text}/{token.part_of_speech}" if token.part_of_speech else token.text for token in found.tokens
        ]
        yield ["  tokens      ", " ".join(words)]
    if found.sentiment is not None:
        yield ["  sentiment   ", f"{found.sentiment.label} ({found.sentiment.score:+.2f})"]
    if found.profanity is not None:
        said = f"{', '.join(found.profanity.words)} (severity {found.profanity.severity})"
        yield ["  profanity   ", said if found.profanity.found else "none"]
    for name, value in found.extra.items():
        yield [f"  {name:<11} ", json.dumps(_plain(value), ensure_ascii=False)]
    total = sum(why.microseconds for why in found.why)
    yield [("  why", "title"), (f"         {total} microseconds of CPU", "quiet")]
    for why in found.why:
        yield [f"    {why.component:<9} ", why.because, (f"  {why.microseconds} us", "quiet")]


def _whole(value: Any) -> Any:
    """A value for a program, with what is empty or false in it, too."""
    import msgspec

    if isinstance(value, msgspec.Struct) and not value.__struct_config__.array_like:
        return {name: _whole(getattr(value, name)) for name in value.__struct_fields__}
    return [_whole(one) for one in value] if isinstance(value, list | tuple) else msgspec.to_builtins(value)


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)
