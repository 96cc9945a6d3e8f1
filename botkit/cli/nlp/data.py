"""Data: the options by which commands name a project, files of utterances, and what to train on."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from botkit.cli.nlp.progress import training_progress
from botkit.cli.output import Output, json_option

if TYPE_CHECKING:
    from nlp.evaluation.classifier import Trained
    from nlp.evaluation.cross_validation import Trainer
    from nlp.evaluation.examples import Example

DEFAULT_TESTS = Path("tests") / "utterances.yaml"


def existing(_context: click.Context, _parameter: click.Parameter, directory: Path) -> Path:
    """The directory of a project; raises `InvalidRequest` where there is none: a slip must not pass as an empty bot."""
    if not directory.is_dir():
        from nlp.errors import InvalidRequest

        raise InvalidRequest(f"{directory}: there is no such directory")
    return directory


directory = click.argument("directory", type=click.Path(path_type=Path), default=".", callback=existing)
tests = click.option(
    "--on", "on", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
    help="Utterances to test, with their intents; tests/utterances.yaml in DIRECTORY where none is named.",
)  # fmt: skip
train = click.option(
    "--train", "train", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
    help="Train on this file instead of the project.",
)  # fmt: skip
tier = click.option("--tier", default="default", show_default=True, help="What to train with --train.")
format = click.option(
    "--format", "format", type=click.Choice(["yaml", "csv", "jsonl", "json", "dialogflow"]), default=None,
    help="Read the files as this, whatever is in them.",
)  # fmt: skip
part = click.option(
    "--part", default="test", show_default=True,
    help="What to test of a file that has several: train, val or test of CLINC's; a language of Dialogflow's, which"
    " is trained on, too.",
)  # fmt: skip
as_json = json_option()
report = click.option(
    "--report", "reports", type=click.Path(path_type=Path, dir_okay=False), multiple=True, metavar="FILE",
    help="Write a report: *.html, *.json, *.md or *.xml (JUnit).",
)  # fmt: skip


def read_tests(
    directory: Path, on: Sequence[Path], format: str | None, part: str = "test", train: Sequence[Path] = ()
) -> "list[Example]":
    """The utterances to test what is trained on `train` or on the project: those named, or the project's own."""
    from nlp.errors import InvalidRequest
    from nlp.evaluation.readers import read_examples
    from nlp.project import read_project

    if not on and not (directory / DEFAULT_TESTS).is_file():
        raise InvalidRequest(
            f"there is no {directory / DEFAULT_TESTS}: write utterances there, or name a file with --on"
        )
    own = () if train else read_project(directory / "nlp").intents
    return read_examples(on or [directory / DEFAULT_TESTS], format=format or "", part=part, own=own)


def part_to_train(part: str) -> str:
    """What to train on of a file that has several, where `part` of it is tested: a language is the same for both."""
    from nlp.evaluation.json_data import CLINC_PARTS

    return "train" if part in CLINC_PARTS else part


def read_trained(
    directory: Path, train: Sequence[Path], tier: str, format: str | None, part: str = "test"
) -> "Trained":
    """What to test: a model trained on files, or the project's pipeline."""
    from nlp.errors import InvalidRequest
    from nlp.evaluation.classifier import Trained, project_classifier, train_classifier
    from nlp.evaluation.examples import distinct

    if not train:
        if tier != "default":
            raise InvalidRequest("--tier goes with --train: a project says in nlp/pipeline.yaml which tier it has")
        with training_progress() as tell:
            return project_classifier(directory, tell)
    from nlp.evaluation.readers import read_examples

    examples, _ = distinct(read_examples(train, format=format or "", part=part_to_train(part)))
    examples.sort(key=lambda example: (example.text, example.intent))  # whatever order the files have
    texts, intents = [row.text for row in examples], [row.intent for row in examples]
    with training_progress() as tell:
        return Trained(train_classifier(texts, intents, tier, progress=tell), tuple(texts), tuple(intents))


class Training(NamedTuple):
    """The utterances to train on, the threshold that holds now, and the tier to train, with its encoder."""

    examples: "list[Example]"
    threshold: float
    tier: str
    encoder: str

    def trainer(self, tier: str = "") -> "Trainer":
        """What trains this tier, or another one with the same encoder."""
        from nlp.evaluation.classifier import train_classifier

        return partial(train_classifier, tier=tier or self.tier, encoder=self.encoder)

    def warn(self, out: Output, *tiers: str) -> None:
        """Say where the utterances that are held out may have been learnt all the same."""
        from nlp.encoder import find_encoder, read_card

        if "onnx" in (tiers or (self.tier,)) and read_card(find_encoder(self.encoder)).tuned_from:
            out.line(
                ("note", "hint"),
                f": the encoder {self.encoder!r} was fine-tuned: if to these utterances, "
                "it knows those that are held out, and the figures promise too much",
                err=True,
            )


def read_training(
    directory: Path, train: Sequence[Path], tier: str, format: str | None, *, part: str = "test",
    doubles: bool = False,
) -> Training:  # fmt: skip
    """What to train on, each utterance once unless `doubles`: the files, or the project as its pipeline says."""
    from nlp.encoder import MINILM
    from nlp.errors import InvalidRequest
    from nlp.evaluation.classifier import DEFAULT_THRESHOLD
    from nlp.evaluation.examples import distinct, make_example
    from nlp.evaluation.readers import read_examples

    encoder = MINILM
    if train:
        rows = read_examples(train, format=format or "", part=part_to_train(part))
        threshold = DEFAULT_THRESHOLD
    else:
        from nlp.pipeline import load_pipeline
        from nlp.project import read_project

        project = read_project(directory / "nlp")
        if not project.intents:
            raise InvalidRequest(f"{directory / 'nlp' / 'intents'}: no intents are written there")
        component = next((one for one in load_pipeline(project).components if "intent" in one.gives), None)
        threshold = float(getattr(component, "threshold", DEFAULT_THRESHOLD))
        tier = tier if tier != "default" else str(getattr(component, "tier", tier))
        encoder = str(getattr(component, "encoder", encoder))
        rows = [make_example(row.text, row.intent, row.file, row.line) for row in project.utterances]
    if not doubles:
        rows = sorted(distinct(rows)[0], key=lambda row: (row.text, row.intent))
    return Training(rows, threshold, tier, encoder)


def name_of(directory: Path, train: Sequence[Path]) -> str:
    """What is tested, for the head of a report."""
    return ", ".join(path.name for path in train) or directory.resolve().name


def options(*chosen: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options at once, in the order in which the help shows them."""

    def add(command: Any) -> Any:
        for option in reversed(chosen):
            command = option(command)
        return command

    return add
