"""`botkit nlp get-model`: the sentence encoder, fetched or taken from a folder, checked and made small."""

import re
from pathlib import Path

import click
import msgspec

from botkit.cli.output import Output, json_option

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@click.command("get-model")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A model folder (config.json, model.safetensors, tokenizer.json) to take instead of fetching one.",
)
@click.option("--name", default="minilm", show_default=True, help="What to call it: the setting `encoder` names it.")
@json_option("Print what was made for programs.")
@click.pass_obj
def command(out: Output, folder: Path | None, name: str, as_json: bool) -> None:  # fmt: skip
    """Get the sentence encoder that the tier `onnx` works with.

    It is kept in your data folder (BOTKIT_DATA changes which) and used by all projects. What is fetched is checked
    against the official SHA-256, and what is made of it is proved by comparing it with the original.
    """
    if not NAME.fullmatch(name):
        raise click.UsageError(f"{name!r} is no name for a model: use small letters, digits, - and _")
    if folder is None and name != "minilm":
        raise click.UsageError("a model with a name of its own comes from a folder: add --from FOLDER")
    try:
        from nlp.encoder import encoder_home
        from nlp.encoder_making import OFFICIAL, get_minilm, make_encoder
    except ImportError as error:
        out.fail(f"this needs {error.name}", hint='run `pip install "botkit[onnx]"`')

    def tell(text: str) -> None:
        if not as_json:
            out.line((f"{text} ...", "quiet"))

    if folder is None:
        card = get_minilm(tell)
    else:
        card = make_encoder(folder, name, official=OFFICIAL if name == "minilm" else None, tell=tell)
    if as_json:
        out.json({**msgspec.to_builtins(card), "folder": str(encoder_home(name))})
    else:
        out.line(("Made", "green"), f" {name}: cosine to the original {card.mean_cosine:.4f} on average,"
                 f" {card.least_cosine:.4f} at the least")  # fmt: skip
        out.line(f"It lies in {encoder_home(name)}")
