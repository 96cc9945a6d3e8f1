"""`botkit nlp distil`: what words mean, taken once from a sentence encoder into a small table."""

from pathlib import Path

import click

from botkit.cli.nlp.progress import progress
from botkit.cli.output import Output, json_option


@click.command("distil")
@click.option("--encoder", "name", default="minilm", show_default=True, help="The encoder to ask: a name or a folder.")
@json_option("Print what was made for programs.")
@click.pass_obj
def command(out: Output, name: str, as_json: bool) -> None:
    """Make the small table of what words mean, which the tier `default` reads where it is there.

    It is kept in your data folder (BOTKIT_DATA changes which) and used by all projects: each trains its model
    again with it. The table is read without the encoder, in microseconds. Delete its folder to do without.
    """
    try:
        from nlp.distillation import distil, vocabulary_of
        from nlp.encoder import encoder_home, load_general_encoder
        from nlp.training import table_folder
    except ImportError as error:
        out.fail(f"this needs {error.name}", hint='run `pip install "botkit[onnx]"`')

    encoder = load_general_encoder(name, "the table of words")
    source = Path(name) if "/" in name else encoder_home(name)
    with progress("Distilling") as tell:
        table = distil(vocabulary_of(source), encoder, progress=tell)
    home = table_folder()
    table.save(home)
    if as_json:
        made = {"folder": str(home), "pieces": len(table.pieces), "dimensions": table.dimensions}
        out.json({**made, "encoder": table.encoder, "fingerprint": table.fingerprint})
        return
    out.line(("Made", "green"), f" a table of {len(table.pieces):,} words and pieces of words")
    out.line(f"It lies in {home}")
