"""`botkit nlp test`: how well intents are understood, on utterances that were not trained on."""

from pathlib import Path

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.figures import print_result
from botkit.cli.nlp.progress import progress
from botkit.cli.output import FAILED, Output
from botkit.cli.share import Share


@click.command("test")
@data.options(data.directory, data.tests, data.train, data.tier, data.format, data.part, data.report, data.as_json)
@click.option("--threshold", type=Share(), help="Decide by this confidence, not by the project's.")
@click.option("--keep-trained", is_flag=True, help="Count utterances that were trained on too.")
@click.option("--min-accuracy", type=Share(), help="Fail where a smaller share is right: 0 to 1.")
@click.option("--min-slot-f1", type=Share(), help="Fail where marked values are found with a smaller F1: 0 to 1.")
@click.option(
    "--no-worse-than", "baseline", type=click.Path(path_type=Path), metavar="BASELINE.json",
    help="Fail where intents or marked values are significantly worse than in this earlier report"
    " (McNemar's exact test, by utterance).",
)  # fmt: skip
@click.pass_obj
def command(
    out: Output, directory: Path, on: tuple[Path, ...], train: tuple[Path, ...], tier: str,
    format: str | None, part: str,
    reports: tuple[Path, ...], as_json: bool, threshold: float | None, keep_trained: bool,
    min_accuracy: float | None, min_slot_f1: float | None, baseline: Path | None,
) -> None:  # fmt: skip
    """Test the intents of the project in DIRECTORY on utterances that it was not trained on.

    Exits with 1 where a condition (--min-accuracy, --min-slot-f1, --no-worse-than) does not hold, and says why.
    """
    from nlp.evaluation.gate import at_least, no_worse, slots_at_least, slots_no_worse
    from nlp.evaluation.reports import check_report, tell_failed, write_reports
    from nlp.evaluation.result import read_result, run_test

    for path in reports:
        check_report(path)
    before = read_result(baseline) if baseline else None
    examples = data.read_tests(directory, on, format, part, train)
    trained = data.read_trained(directory, train, tier, format, part)
    with progress("Testing") as tell:
        result = run_test(
            trained, examples, name=data.name_of(directory, train), threshold=threshold,
            keep_trained=keep_trained, progress=tell,
        )  # fmt: skip
    verdicts = [at_least(result.figures, min_accuracy)] if min_accuracy is not None else []
    verdicts += [slots_at_least(result.slots, min_slot_f1)] if min_slot_f1 is not None else []
    if before is not None:
        verdicts.append(no_worse(result, before))
        slots = slots_no_worse(result.slots, before.slots)
        verdicts += [slots] if slots else []
    # Before anything is printed, which may end early: `| head`.
    failed = write_reports(reports, result, [verdict.sentence for verdict in verdicts])
    if as_json:
        out.json({**msgspec.to_builtins(result), "verdicts": msgspec.to_builtins(verdicts)})
    else:
        print_result(out, result)
        for path in reports:
            if path not in failed:
                out.line(f"Report: {path}")
        for verdict in verdicts:
            out.line(("passed", "green") if verdict.holds else ("failed", "red"), f": {verdict.sentence}")
    tell_failed(failed)  # last: it is no reason to have tested for nothing
    if not all(verdict.holds for verdict in verdicts):
        raise SystemExit(FAILED)
