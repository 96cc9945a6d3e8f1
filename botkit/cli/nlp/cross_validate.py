"""`botkit nlp cross-validate`: how good the training data is, each utterance tested without having been learnt."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.progress import progress
from botkit.cli.output import Output, count
from botkit.cli.share import Share

if TYPE_CHECKING:
    from nlp.evaluation.cross_validation import CrossValidation

MAX_SHOWN = 15


@click.command("cross-validate")
@data.options(data.directory, data.train, data.format, data.report, data.as_json)
@click.option("--part", default="train", help="The language to read of Dialogflow's that has several.")
@click.option("--tier", "tiers", multiple=True, help="A tier to train; several are compared to the first of them.")
@click.option("--folds", type=click.IntRange(2, 50), default=5, show_default=True, help="Parts the data is cut into.")
@click.option("--runs", type=click.IntRange(1, 100), default=1, show_default=True, help="How often it is cut anew.")
@click.option("--seed", type=int, default=0, show_default=True, help="What the cuts are drawn with.")
@click.option("--threshold", type=Share(), help="Decide by this confidence, not by the project's.")
@click.pass_obj
def command(
    out: Output, directory: Path, train: tuple[Path, ...], format: str | None, part: str,
    reports: tuple[Path, ...], as_json: bool,
    tiers: tuple[str, ...], folds: int, runs: int, seed: int, threshold: float | None,
) -> None:  # fmt: skip
    """Test every training utterance of the project in DIRECTORY by a model that did not learn it.

    Several --tier are trained on the same folds, and compared by the corrected resampled t-test
    (Nadeau and Bengio, 2003). A report tells of the first run of the first tier.
    """
    from nlp.evaluation.cross_validation import cross_validate, result_of
    from nlp.evaluation.reports import check_report, tell_failed, write_reports

    for path in reports:
        check_report(path)
    training = data.read_training(directory, train, "default", format, part=part)
    names = list(dict.fromkeys(tiers or (training.tier,)))
    training.warn(out, *names)
    with progress("Training") as tell:
        found = cross_validate(
            [(name, training.trainer(name)) for name in names], training.examples, folds=folds, count=runs,
            seed=seed, threshold=training.threshold if threshold is None else threshold, progress=tell,
        )  # fmt: skip
    name = data.name_of(directory, train)
    failed = write_reports(reports, result_of(found, training.examples, name))
    if as_json:
        out.json(msgspec.to_builtins(found))
    else:
        _print(out, found, name)
        for path in reports:
            if path not in failed:
                out.line(f"Report: {path}")
    tell_failed(failed)  # last: it takes no figures away


def _print(out: Output, found: "CrossValidation", name: str) -> None:
    size = f"{count(found.utterances, 'utterance')}, {found.folds} folds, {count(found.runs, 'run')}"
    out.line((name, "title"), f"  {size}, threshold {found.threshold:g}")
    first = "in the first run: " if found.runs > 1 else ""
    for each in found.pipelines:
        out.line(
            f"  {each.name}: {each.mean:.1%} right (spread over folds {100 * each.spread:.1f} points), {first}"
            f"macro F1 {each.figures.macro_f1:.3f}, calibration error {each.figures.calibration_error:.3f}"
        )
    for difference in found.differences:
        out.line(f"  {difference.sentence}")
    out.line()
    out.line(("Most confused, first run of the first tier", "title"))
    confusions = found.pipelines[0].figures.confusions
    for row in confusions[:MAX_SHOWN]:
        out.line(f"{row.count:>5}  {row.expected} taken for {row.intent}")
    if not confusions:
        out.line("nothing")
