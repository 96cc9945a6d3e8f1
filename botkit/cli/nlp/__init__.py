"""`botkit nlp`: understanding trained, tested and looked into. One file a command."""

import click

from botkit.cli.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("botkit.cli.nlp.check", "Find what is doubtful in the examples, and what to add first."),
    "compare": ("botkit.cli.nlp.compare", "See what got better and worse between two results."),
    "cross-validate": ("botkit.cli.nlp.cross_validate", "Test each training utterance without having learnt it."),
    "fine-tune": ("botkit.cli.nlp.fine_tune", "Tune the sentence encoder to the intents of a project."),
    "get-model": ("botkit.cli.nlp.get_model", "Get the sentence encoder of the tier onnx."),
    "distil": ("botkit.cli.nlp.distil", "Make the small table of what words mean."),
    "latency": ("botkit.cli.nlp.latency", "Measure what it costs to understand a message."),
    "parse": ("botkit.cli.nlp.parse", "Show everything that is understood of a text, and why."),
    "review": ("botkit.cli.nlp.review", "Label messages that were not understood, with one key each."),
    "robustness": ("botkit.cli.nlp.robustness", "Test intents on typos, capitals, emoji and the like."),
    "test": ("botkit.cli.nlp.test", "Test intents on utterances that were not trained on."),
    "threshold": ("botkit.cli.nlp.threshold", "Choose the confidence from which an intent wins."),
    "train": ("botkit.cli.nlp.train", "Train the model of a project."),
    "train-sentiment": ("botkit.cli.nlp.train_sentiment", "Train a head of sentiment on texts that people rated."),
}
"""Every command with the module that holds it, as `command`, and its line in the help."""

HELP = """Language understanding: train it, test it, look into it.

\b
  botkit nlp train shop       train on shop/nlp, and say what is doubtful in the data
  botkit nlp test shop        test it on shop/tests/utterances.yaml
  botkit nlp threshold shop   choose the confidence from which an intent wins
"""


@click.group(cls=LazyGroup, table=COMMANDS, help=HELP, no_args_is_help=True)
def command() -> None:
    pass
