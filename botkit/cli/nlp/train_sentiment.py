"""`botkit nlp train-sentiment`: a head of sentiment, trained on texts that people rated."""

from pathlib import Path

import click
import msgspec

from botkit.cli.nlp.progress import progress
from botkit.cli.output import Output, json_option
from botkit.cli.paths import DIRECTORY, FILE


@click.command("train-sentiment")
@click.argument("file", type=FILE)
@click.argument("directory", type=DIRECTORY, default=".")
@click.option("--scale", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="The highest score that a text can have in FILE; the lowest is its opposite.")  # fmt: skip
@click.option("--encoder", default="minilm", show_default=True, help="The sentence encoder to build on.")
@json_option("Print what was trained for programs.")
@click.pass_obj
def command(out: Output, file: Path, directory: Path, scale: float, encoder: str, as_json: bool) -> None:
    """Train the sentiment of the project in DIRECTORY on FILE, a CSV or TSV of scores and English texts.

    The columns are called score and text, or are the last two. The head rates what VADER does not see by its words;
    it is used where the setting `head` of the component sentiment names the encoder.
    """
    try:
        from nlp.encoder import load_general_encoder
        from nlp.sentiment_head import FEWEST_TEXTS, FOLDER, train_head
    except ImportError as error:
        out.fail(f"this needs {error.name}", hint='run `pip install "botkit[nlp,onnx]"`')
    from nlp.project import Project
    from nlp.rated_texts import read_rated
    from nlp.sentiment import SentimentScore

    rated = read_rated(file, scale)
    if len(rated) < FEWEST_TEXTS:
        out.fail(f"{file} has {len(rated)} different texts: a head needs {FEWEST_TEXTS} or more", code=1)
    if len({row.score for row in rated}) < 2:
        out.fail(f"all texts of {file} have the score {rated[0].score:g}: there is nothing to learn from them", code=1)
    engine = load_general_encoder(encoder, "sentiment")
    component = SentimentScore()
    component.prepare(Project(), None)
    home = directory / ".botkit" / "models" / FOLDER
    with progress("Reading texts") as tell:
        card = train_head(
            [row.text for row in rated], [row.score for row in rated], engine, component.polarity, home, tell
        )
    if as_json:
        out.json({**msgspec.to_builtins(card), "folder": str(home)})
        return
    out.line(("Trained", "green"), f" on {card.texts} texts. On texts that were held out its scores go with people's by"
             f" {card.pearson:.3f} (Pearson), VADER's by {card.vader_pearson:.3f}")  # fmt: skip
    if card.pearson <= card.vader_pearson:
        out.line(("note", "hint"), ": it knows no better than VADER, which needs no head: rate more texts first")
    out.line(f"It lies in {home}; to use it, write in nlp/pipeline.yaml: {{kind: sentiment, head: {encoder}}}")
