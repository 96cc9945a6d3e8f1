"""Classifier: what is tested: something that ranks intents for a text; a project's pipeline, or a model."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast, get_args

import msgspec

from models.utterance import Entity, IntentScore, Understanding
from nlp.encoder import MINILM, find_encoder, load_encoder
from nlp.errors import InvalidRequest, Unavailable
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import read_project

DEFAULT_THRESHOLD = 0.5


Progress = Callable[[str, float], None]
"""Is told the step of a training, and the share of the work that is done."""


class Classifier(Protocol):
    """Ranks intents: best first, with probabilities; those left out share the rest with "none of these"."""

    def scores(self, text: str) -> list[IntentScore]: ...


class Trained(msgspec.Struct, frozen=True):
    """A classifier with what it was trained on, and the confidence from which an intent wins."""

    classifier: Any
    texts: tuple[str, ...]
    intents: tuple[str, ...]
    threshold: float = DEFAULT_THRESHOLD
    key: str = ""

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(self.intents)


class PipelineClassifier:
    """A project's pipeline as it answers in the bot, with the threshold left to the caller."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def scores(self, text: str) -> list[IntentScore]:
        return self.read(text).intents

    def entities(self, text: str) -> list[Entity]:
        """What the pipeline finds; nothing where no component of it gives entities."""
        return self.pipeline.read(text, want=("entities",)).entities

    def read(self, text: str, threshold: float | None = 0.0) -> Understanding:
        options = {} if threshold is None else {"threshold": threshold}
        return self.pipeline.read(text, want=("intent",), options=options)


def project_classifier(folder: Path, progress: Progress | None = None) -> Trained:
    """The pipeline of the project in `folder`, trained now if it is not.

    Raises `InvalidData`, `InvalidPipeline` or `Unavailable`, as training does.
    """
    from nlp.training import distinct_examples, train

    models = folder / ".botkit" / "models"
    report = train(folder / "nlp", models, progress)
    project = read_project(folder / "nlp")
    if not project.intents:
        raise InvalidRequest(f"{folder / 'nlp' / 'intents'}: no intents are written there: there is nothing to test")
    pipeline = load_pipeline(project, models=models)
    component = next((component for component in pipeline.components if "intent" in component.gives), None)
    if component is None:
        raise InvalidRequest("no component of this project's pipeline gives intents: there is nothing to test")
    threshold = float(getattr(component, "threshold", DEFAULT_THRESHOLD))
    examples = distinct_examples(project)
    return Trained(
        PipelineClassifier(pipeline), tuple(text for text, _ in examples), tuple(intent for _, intent in examples),
        threshold, report.key,
    )  # fmt: skip


def train_classifier(
    texts: Sequence[str], intents: Sequence[str], tier: str = "default", encoder: str = MINILM,
    progress: Progress | None = None,
) -> Classifier:  # fmt: skip
    """A model of a tier, trained on these utterances; raises `Unavailable` where the tier cannot be had.

    The default tier takes the word table of this machine, where there is one, as it does in a bot; the tier onnx the
    encoder that is named.
    """
    try:
        from nlp.intent_training import Tier, train_intents
        from nlp.training import word_table
    except ImportError as error:
        raise Unavailable(f'training needs {error.name}: run `pip install "botkit[nlp]"`') from None
    if tier not in get_args(Tier):
        raise Unavailable(f"there is no tier {tier!r}: {', '.join(get_args(Tier))} are known")
    model: Classifier = train_intents(
        texts,
        intents,
        tier=cast("Tier", tier),
        encoder=_encoder(find_encoder(encoder).resolve()) if tier == "onnx" else None,
        table=word_table() if tier == "default" else None,
        progress=progress,
    )
    return model


@cache
def _encoder(home: Path) -> Any:
    """The sentence encoder of a folder, loaded once for all folds."""
    return load_encoder(str(home))
