"""Reference: `botkit reference`: pages about nodes and channels, in Markdown."""

from pathlib import Path
from typing import Literal

import click

from botkit.cli.output import FAILED, output_of
from botkit.cli.paths import DIRECTORY
from models.problem import has_errors


@click.command("reference")
@click.argument("of", type=click.Choice(["nodes", "channels"]))
@click.argument("directory", type=DIRECTORY, default=".")
@click.pass_context
def command(context: click.Context, of: Literal["nodes", "channels"], directory: Path) -> None:
    """Print what every node or channel does and takes, as Markdown, with the nodes of the project in DIRECTORY."""
    from botkit.catalog import load_catalog
    from botkit.reference import channels_page, nodes_page

    out = output_of(context)
    catalog = load_catalog(directory)
    out.problems(catalog.problems, err=True)
    for line in nodes_page(catalog.nodes) if of == "nodes" else channels_page(catalog.channels):
        out.line(line)
    if has_errors(catalog.problems):
        context.exit(FAILED)
