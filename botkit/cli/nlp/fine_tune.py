"""`botkit nlp fine-tune`: an encoder whose top layers learnt to keep a project's intents apart."""

from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from botkit.cli.nlp.get_model import NAME
from botkit.cli.nlp.progress import progress
from botkit.cli.output import Output, json_option
from botkit.cli.paths import DIRECTORY

EXTRA = "transformers"


@click.command("fine-tune")
@click.argument("directory", type=DIRECTORY, default=".")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The model folder to begin with; otherwise the weights of minilm are fetched again, and checked.",
)
@click.option(
    "--name",
    default="",
    help="What to call it: the setting `encoder` names it.  [default: DIRECTORY's name, and -tuned]",
)
@click.option("--layers", type=click.IntRange(1, 48), default=2, show_default=True, help="So many top layers learn.")
@click.option("--epochs", type=click.IntRange(1, 100), default=5, show_default=True,
              help="How often all utterances are gone through at most.")  # fmt: skip
@json_option("Print what was made for programs.")
@click.pass_obj
def command(
    out: Output, directory: Path, folder: Path | None, name: str, layers: int, epochs: int, as_json: bool
) -> None:
    """Tune the sentence encoder to the intents of the project in DIRECTORY.

    A tenth of the utterances is held out: it says when to stop, and whether the tuned encoder is better than it was.
    What is made serves intents only. It takes minutes: about a second of CPU for every hundred utterances and epoch.
    """
    name = name or f"{directory.resolve().name.lower()}-tuned"
    if not NAME.fullmatch(name):
        raise click.UsageError(f"{name!r} is no name for a model: add --name with small letters, digits, - and _")
    try:
        from nlp.encoder import encoder_home
        from nlp.encoder_making import official_minilm
        from nlp.fine_tuning import check_torch, fine_tune, keep_tuned, refuse_name
        from nlp.model_folder import read_model
        from nlp.project import read_project
        from nlp.training import distinct_examples
    except ImportError as error:
        out.fail(f"this needs {error.name}", hint=f'run `pip install "botkit[nlp,onnx,{EXTRA}]"`')
    check_torch()
    refuse_name(name)

    def tell(text: str) -> None:
        if not as_json:
            out.line((f"{text} ...", "quiet"))

    examples = distinct_examples(read_project(directory / "nlp"))
    with ExitStack() as stack:
        model = read_model(folder or stack.enter_context(official_minilm(tell)))
    tell(f"learning from {len(examples)} utterances")
    with progress("Fine-tuning") as watch:
        texts, intents = zip(*examples, strict=True) if examples else ((), ())
        tuned, report = fine_tune(model, texts, intents, layers=layers, epochs=epochs, progress=watch)
    if not report.best:
        out.fail("nothing was made: after no epoch were the held-out utterances told apart better than before", code=1)
    card = keep_tuned(model, tuned, name, tell=tell)
    if as_json:
        out.json({**msgspec.to_builtins(report), "card": msgspec.to_builtins(card), "folder": str(encoder_home(name))})
        return
    out.line(("Made", "green"), f" {name}: cosine to the tuned original {card.mean_cosine:.4f} on average,"
             f" {card.least_cosine:.4f} at the least")  # fmt: skip
    out.line(f"Of {report.held_out} utterances that were held out, the tier onnx knows {report.before:.1f} % with the"
             f" encoder as it was, and {report.after:.1f} % with the tuned one")  # fmt: skip
    if report.after <= report.before:
        out.line(("It is no better", "warning"), ": keep the encoder that you have")
    out.line(f"It lies in {encoder_home(name)}; to use it, write in nlp/pipeline.yaml:"
             f" {{kind: intents, tier: onnx, encoder: {name}}}")  # fmt: skip
