"""`botkit nlp`: understanding trained, tested and looked into. One file a command."""

import click

from botkit.cli.lazy import LazyGroup

COMMANDS: dict[str, tuple[str, str]] = {
    "get-model": ("botkit.cli.nlp.get_model", "Get the sentence encoder of the tier onnx."),
    "test": ("botkit.cli.nlp.test", "Test intents on utterances that were not trained on."),
    "train": ("botkit.cli.nlp.train", "Train the model of a project."),
}
"""Every command with the module that holds it, as `command`, and its line in the help."""

HELP = """Language understanding: train it, test it, look into it.

\b
  botkit nlp train shop       train on shop/nlp, and say what is doubtful in the data
"""


@click.group(cls=LazyGroup, table=COMMANDS, help=HELP, no_args_is_help=True)
def command() -> None:
    pass
