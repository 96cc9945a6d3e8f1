"""`botkit nlp check`: what is doubtful in the examples, and what to add first."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.progress import progress
from botkit.cli.output import FAILED, Output

if TYPE_CHECKING:
    from nlp.evaluation.data_checks import DataReport, Suggestion

MAX_OF_A_KIND = 25
"""Findings shown of each kind, so that thousands of doubles do not hide a label that is wrong."""

MAX_SUGGESTIONS = 10


@click.command("check")
@data.options(data.directory, data.tests, data.train, data.tier, data.format, data.part, data.as_json)
@click.option("--quick", is_flag=True, help="Only what can be seen without training.")
@click.option("--strict", is_flag=True, help="Exit with 1 where anything was found.")
@click.pass_obj
def command(
    out: Output, directory: Path, on: tuple[Path, ...], train: tuple[Path, ...], tier: str, format: str | None,
    part: str, as_json: bool, quick: bool, strict: bool,
) -> None:  # fmt: skip
    """Find what is doubtful in the examples of the project in DIRECTORY, and in its tests.

    Utterances in two intents, doubles, few examples, intents that are too close, utterances that are tested and
    trained on; then what to add first, by what it may gain.
    """
    from nlp.doubles import count_by_intent
    from nlp.evaluation.data_checks import DataReport, check_by_training, check_examples, enough_to_train

    training = data.read_training(directory, train, tier, format, part=part, doubles=True)
    examples = training.examples
    tested = []
    if on or (directory / data.DEFAULT_TESTS).is_file():
        tested = data.read_tests(directory, on, format, part, train)
    findings = check_examples(examples, tested)
    suggestions: list[Suggestion] = []
    if not quick and enough_to_train(examples):
        training.warn(out)
        with progress("Training") as tell:
            more, suggestions = check_by_training(examples, training.trainer(), training.threshold, progress=tell)
        findings += more
    found = DataReport(count_by_intent(examples).total(), tuple(findings), tuple(suggestions))
    if as_json:
        out.json(msgspec.to_builtins(found))
    else:
        _print(out, found)
    if strict and found.findings:
        raise SystemExit(FAILED)


def _print(out: Output, found: "DataReport") -> None:
    kinds: Counter[str] = Counter()
    for row in found.findings:
        kinds[row.kind] += 1
        if kinds[row.kind] > MAX_OF_A_KIND:
            continue
        where = f"{row.file}:{row.line}: " if row.line else (f"{row.file}: " if row.file else "")
        out.line((where, "title"), ("warning", "warning"), f": {row.message}")
    for kind, number in kinds.items():
        if number > MAX_OF_A_KIND:
            out.line(f"... and {number - MAX_OF_A_KIND} more ({kind.replace('_', ' ')}): --json has them all")
    if not found.findings:
        out.line(f"Nothing is doubtful in {found.utterances} utterances.")
    if found.suggestions:
        out.line()
        out.line(("What to add first, and the points of accuracy that it may gain", "title"))
        for suggestion in found.suggestions[:MAX_SUGGESTIONS]:
            out.line(f"{suggestion.gain:>+6.1f}  {suggestion.message}")
