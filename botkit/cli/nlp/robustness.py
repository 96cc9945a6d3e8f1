"""`botkit nlp robustness`: what is still understood when customers write less carefully."""

from pathlib import Path

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.figures import print_notes
from botkit.cli.nlp.progress import progress
from botkit.cli.output import Output
from botkit.cli.share import Share

MAX_SHOWN = 3


@click.command("robustness")
@data.options(data.directory, data.tests, data.train, data.tier, data.format, data.part, data.as_json)
@click.option("--seed", type=int, default=0, show_default=True, help="What the changes are drawn with.")
@click.option("--threshold", type=Share(), help="Decide by this confidence, not by the project's.")
@click.pass_obj
def command(
    out: Output, directory: Path, on: tuple[Path, ...], train: tuple[Path, ...], tier: str,
    format: str | None, part: str,
    as_json: bool, seed: int, threshold: float | None,
) -> None:  # fmt: skip
    """Test the intents of the project in DIRECTORY on utterances with typos, in capitals, with emoji and the like."""
    from nlp.evaluation.classifier import PipelineClassifier
    from nlp.evaluation.result import testable
    from nlp.evaluation.robustness import measure_robustness
    from nlp.evaluation.significance import p_told

    trained = data.read_trained(directory, train, tier, format, part)
    classifier = trained.classifier
    language = classifier.pipeline.language if isinstance(classifier, PipelineClassifier) else "en"
    examples, notes = testable(trained, data.read_tests(directory, on, format, part, train))
    with progress("Testing") as tell:
        found = measure_robustness(
            classifier, examples, trained.threshold if threshold is None else threshold, seed=seed,
            language=language, progress=tell,
        )  # fmt: skip
    if as_json:
        out.json({**msgspec.to_builtins(found), "notes": msgspec.to_builtins(notes)})
        return
    print_notes(out, notes)
    out.line(f"As written, {found.right} of {found.utterances} utterances are right. Of those that a change alters:")
    out.line((f"{'change':<15} utterances  right before  right now  p (McNemar)", "title"))
    for row in found.perturbations:
        chance = p_told(row.test.p_value).removeprefix("p ").removeprefix("= ")
        out.line(
            f"{row.name:<15} {row.changed:>10}  {row.right_before:>12}  {row.right:>9}  {chance:>11}",
            ("  significant", "orange") if row.test.significant and row.loss > 0 else "",
        )
    if found.left_out:
        out.line(("note", "hint"), f": not tried, as nobody wrote them for {language}: {', '.join(found.left_out)}")
    for row in found.perturbations:
        for broken in row.broken[:MAX_SHOWN]:
            out.line((f"{row.name}: ", "quiet"), f"{broken.changed!r} ({broken.expected}) is taken for {broken.intent}")
