"""`botkit nlp threshold`: the confidence from which an intent should win, chosen from data."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.figures import print_notes
from botkit.cli.nlp.progress import progress
from botkit.cli.output import FAILED, Output
from botkit.cli.share import Share

if TYPE_CHECKING:
    from nlp.evaluation.metrics import Figures
    from nlp.evaluation.outcomes import Outcome
    from nlp.evaluation.result import Note
    from nlp.evaluation.thresholds import Choice, Point


@click.command("threshold")
@data.options(data.directory, data.tests, data.train, data.tier, data.format, data.part, data.as_json)
@click.option(
    "--cross-validate", "cross", is_flag=True,
    help="Choose on the training utterances, each scored by a model that did not learn it; the test stays unseen.",
)  # fmt: skip
@click.option("--max-risk", type=Share(), help="At most this share of the answers may be wrong.")
@click.option("--min-coverage", type=Share(), help="At least this share of the utterances is answered.")
@click.pass_obj
def command(
    out: Output, directory: Path, on: tuple[Path, ...], train: tuple[Path, ...], tier: str,
    format: str | None, part: str,
    as_json: bool, cross: bool, max_risk: float | None, min_coverage: float | None,
) -> None:  # fmt: skip
    """Choose the threshold of the intents of the project in DIRECTORY.

    Without a goal it is the most cautious one within a standard error of the most right decisions, and not below
    0.5 where no utterance without an intent (none_of_these) is tried.
    Exits with 1 where a goal cannot be reached.
    """
    from nlp.evaluation.classifier import DEFAULT_THRESHOLD
    from nlp.evaluation.metrics import measure
    from nlp.evaluation.thresholds import Goal, at, choose, risk_coverage, table

    notes: list[Note] = []
    if cross:
        outcomes, now = _cross(data.read_training(directory, train, tier, format, part=part), out)
    else:
        outcomes, now, notes = _held_out(directory, on, train, tier, format, part)
    points = risk_coverage(outcomes)
    choice = choose(points, Goal(max_risk, min_coverage), len(outcomes), at(outcomes, DEFAULT_THRESHOLD))
    figures = measure(outcomes)
    if as_json:
        out.json(
            {"threshold": choice.point.threshold if choice.met else None, "because": choice.because,
             "met": choice.met, "now": now,
             "point": msgspec.to_builtins(choice.point), "points": msgspec.to_builtins(points),
             "calibration": msgspec.to_builtins(figures.bins), "calibration_error": figures.calibration_error,
             "notes": msgspec.to_builtins(notes)}
        )  # fmt: skip
    else:
        print_notes(out, notes)
        _print(out, table(outcomes), choice, figures, now, project=not train)
    if not choice.met:
        raise SystemExit(FAILED)


def _held_out(
    directory: Path, on: tuple[Path, ...], train: tuple[Path, ...], tier: str, format: str | None, part: str
) -> "tuple[list[Outcome], float, list[Note]]":
    from nlp.evaluation.outcomes import classify
    from nlp.evaluation.result import testable

    trained = data.read_trained(directory, train, tier, format, part)
    kept, notes = testable(trained, data.read_tests(directory, on, format, part, train))
    with progress("Scoring") as tell:
        return classify(trained.classifier, kept, trained.threshold, tell), trained.threshold, notes


def _cross(training: data.Training, out: Output) -> "tuple[list[Outcome], float]":
    from nlp.evaluation.cross_validation import cross_validate

    training.warn(out)
    with progress("Scoring") as tell:
        found = cross_validate(
            [(training.tier, training.trainer())], training.examples, threshold=training.threshold, progress=tell,
        )  # fmt: skip
    return list(found.pipelines[0].outcomes), training.threshold


def _print(
    out: Output, rows: "list[Point]", choice: "Choice", figures: "Figures", now: float, *, project: bool
) -> None:
    out.line(("threshold  coverage   risk  at most  right  none noticed", "title"))
    for row in rows:
        noticed = f"{row.none_recall:>12.1%}" if row.none_recall is not None else f"{'':>12}"
        out.line(
            f"{row.threshold:>9.2f}  {row.coverage:>8.1%}  {row.risk:>5.1%}  {row.risk_high:>7.1%}  "
            f"{row.accuracy:>5.1%}  {noticed}"
        )
    out.line("coverage: of the utterances with an intent, those answered; risk: of the answers, those wrong")
    out.line("at most: the end of the risk's 95 % interval; right: of all decisions")
    out.line()
    out.line(("confidence   utterances  said  was right", "title"))
    for bin in figures.bins:
        out.line(f"{bin.low:.1f} to {bin.high:.1f}  {bin.count:>11}  {bin.confidence:>4.2f}  {bin.accuracy:>9.2f}")
    out.line(f"expected calibration error: {figures.calibration_error:.3f}")
    out.line()
    point = choice.point
    if choice.met:
        out.line((f"threshold {point.threshold:g}", "green"), f" (now {now:g}): {choice.because}")
    else:
        out.line(("no threshold reaches the goal", "red"), f": {choice.because}")
    if choice.met or point.answered:
        _print_point(out, point, met=choice.met)
    if project and choice.met:
        out.line(
            ("  hint: ", "hint"),
            f"write it to nlp/pipeline.yaml, `- {{kind: intents, threshold: {point.threshold:g}}}` under components, "
            "or to the threshold of a node",
        )


def _print_point(out: Output, point: "Point", *, met: bool) -> None:
    what = "it" if met else f"the nearest, {point.threshold:g},"
    out.line(
        f"  {what} answers {point.coverage:.1%} of the utterances with an intent; "
        f"{point.wrong} of {point.answered} answers are wrong"
    )
