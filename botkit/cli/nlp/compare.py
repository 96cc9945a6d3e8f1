"""`botkit nlp compare`: two results by utterance: what got better, what got worse."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.output import Output
from botkit.cli.paths import FILE_OR_DIRECTORY

if TYPE_CHECKING:
    from nlp.evaluation.comparison import Change

MAX_SHOWN = 30


@click.command("compare")
@click.argument("before", type=FILE_OR_DIRECTORY)
@click.argument("now", type=FILE_OR_DIRECTORY)
@data.options(data.tests, data.format, data.part, data.as_json)
@click.pass_obj
def command(
    out: Output, before: Path, now: Path, on: tuple[Path, ...], format: str | None, part: str, as_json: bool
) -> None:
    """Compare two results of `botkit nlp test --report ....json`, or two projects, BEFORE and NOW.

    Projects are tested on the utterances of --on, or on those of NOW; of results, only those of --on are compared.
    The test is McNemar's, exact, by utterance.
    """
    from nlp.evaluation.comparison import compare, only
    from nlp.evaluation.result import Result, read_result, run_test

    def result_of(place: Path) -> Result:
        if not place.is_dir():
            result = read_result(place)
            return only(result, data.read_tests(place, on, format, part), name=str(place)) if on else result
        examples = data.read_tests(now if now.is_dir() else place, on, format, part)
        return run_test(data.read_trained(place, (), "default", None), examples, name=str(place))

    old, new = result_of(before), result_of(now)
    if old.name == new.name:
        old, new = (msgspec.structs.replace(old, name=str(before)), msgspec.structs.replace(new, name=str(now)))
    found = compare(old, new)
    if as_json:
        out.json({**msgspec.to_builtins(found), "sentence": found.sentence, "significant": found.test.significant})
        return
    out.line((found.sentence, "title"))
    out.line(f"  {found.before}: {found.right_before} of {found.utterances} right")
    out.line(f"  {found.now}: {found.right_now} of {found.utterances} right")
    if found.only_before or found.only_now:
        out.line(
            f"  not compared: {found.only_before} that only the first has, {found.only_now} that only the second has"
        )
    _print(out, "Better", found.better, "green")
    _print(out, "Worse", found.worse, "red")
    _print(out, "Wrong in another way", found.otherwise, "orange")
    if found.intents:
        out.line()
        out.line(("F1 by intent", "title"))
        for row in found.intents[:MAX_SHOWN]:
            out.line(f"  {row.before:.2f} -> {row.now:.2f}  {row.name}")
    if found.slots:
        out.line()
        out.line(("Marked values", "title"), f": {found.slots.sentence}")
        for row in found.slots.entities[:MAX_SHOWN]:
            out.line(f"  {row.before:.2f} -> {row.now:.2f}  {row.name}")


def _print(out: Output, title: str, changes: "Sequence[Change]", style: str) -> None:
    if not changes:
        return
    out.line()
    out.line((f"{title}: {len(changes)}", style))
    for row in changes[:MAX_SHOWN]:
        out.line(f"  {row.text!r} ({row.expected}): {row.before} {row.confidence_before:.2f} -> "
                 f"{row.now} {row.confidence_now:.2f}")  # fmt: skip
    if len(changes) > MAX_SHOWN:
        out.line(f"  ... and {len(changes) - MAX_SHOWN} more: --json has them all")
