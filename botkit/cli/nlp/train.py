"""`botkit nlp train`: a project's model, made now rather than at the next start."""

from pathlib import Path

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.progress import training_progress
from botkit.cli.output import Output, json_option


@click.command("train")
@data.directory
@json_option("Print the report for programs.")
@click.pass_obj
def command(out: Output, directory: Path, as_json: bool) -> None:
    """Train the model of the project in DIRECTORY."""
    from nlp.training import train

    with training_progress() as tell:
        report = train(directory / "nlp", directory / ".botkit" / "models", tell)
    if as_json:
        out.json(msgspec.to_builtins(report))
        return
    for problem in report.problems:
        out.line((problem.level, "error" if problem.level == "error" else "warning"), f": {problem}")
    done = "Trained" if report.trained else "Up to date:"
    intents, utterances = _count(len(report.intents), "intent"), _count(report.utterances, "utterance")
    out.line(f"{done} {intents} on {utterances}{_learnt(report.slots)}")


def _learnt(slots: dict[str, int]) -> str:
    """What was learnt from marks, where there are any."""
    if not slots:
        return ""
    entities = "1 entity" if len(slots) == 1 else f"{len(slots)} entities"
    return f", {entities} on {_count(sum(slots.values()), 'mark')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
