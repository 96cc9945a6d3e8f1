"""`botkit nlp latency`: what it costs to understand a message."""

from pathlib import Path

import click
import msgspec

from botkit.cli.nlp import data
from botkit.cli.nlp.parse import open_pipeline
from botkit.cli.nlp.progress import progress
from botkit.cli.output import Output


@click.command("latency")
@data.options(data.directory, data.tests, data.format, data.part, data.as_json)
@click.option("--repeat", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How often each is read.")
@click.option("--want", multiple=True, help="Only these parts, such as intent; everything where none is named.")
@click.pass_obj
def command(
    out: Output, directory: Path, on: tuple[Path, ...], format: str | None, part: str, as_json: bool,
    repeat: int, want: tuple[str, ...],
) -> None:  # fmt: skip
    """Measure the time per message of the whole language understanding of the project in DIRECTORY."""
    from nlp.evaluation.latency import measure_latency

    texts = [example.text for example in data.read_tests(directory, on, format, part)]
    pipeline, parts = open_pipeline(out, directory)
    with progress("Reading") as tell:
        found = measure_latency(pipeline, texts, want or sorted(parts), repeat=repeat, progress=tell)
    if as_json:
        out.json(msgspec.to_builtins(found))
        return
    out.line((f"{found.messages} messages; microseconds a message", "title"))
    out.line((f"{'':<14}    p50      p95      p99     mean", "title"))
    for row in (found.cpu, found.wall, *found.components):
        out.line(f"{row.name:<14}{row.p50:>7.0f}  {row.p95:>7.0f}  {row.p99:>7.0f}  {row.mean:>7.0f}")
    out.line("cpu: this thread's own time; wall: with what other programs took; then the components, in CPU")
