"""Intents: what a customer wants, by a model trained on the project's own utterances."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, PrivateAttr

from models.utterance import Understanding
from nlp.base import Component, Context
from nlp.encoder import check_encoder
from nlp.project import NONE_OF_THESE, Project

if TYPE_CHECKING:
    from nlp.intent_model import IntentModel

MAX_RANKED = 10
LONGEST_QUOTED = 60


class Intents(Component):
    """The intent of a text with an honest confidence, or none of these.

    Trained from `nlp/intents/*.yaml`.
    """

    kind = "intents"
    gives: ClassVar[tuple[str, ...]] = ("intent",)
    trained: ClassVar[bool] = True

    threshold: float = Field(default=0.5, ge=0, le=1)
    """The confidence from which an intent wins; below it, it is none of these."""

    tier: Literal["default", "onnx"] = "default"
    """`default` reads words and pieces of words; `onnx` reads meaning too, with a sentence encoder."""

    encoder: str = "minilm"
    """The encoder of the tier onnx: a name that `botkit nlp get-model` gave it, or a folder (with a /)."""

    _model: "IntentModel | None" = PrivateAttr(default=None)

    def check_machine(self, project: Project) -> None:
        if self.tier == "onnx" and project.intents:
            check_encoder(self.encoder)

    def prepare(self, project: Project, models: Path | None) -> None:
        if models is None or not project.intents:
            return
        from nlp.encoder import shared_encoder
        from nlp.intent_model import load_model
        from nlp.training import model_folder, model_key, word_table

        key = model_key(project)
        encoder = shared_encoder(self.encoder) if self.tier == "onnx" else None
        table = word_table() if self.tier == "default" else None
        self._model = load_model(model_folder(models, key), key, encoder, table)

    def read(self, understanding: Understanding, context: Context) -> str:
        if self._model is None:
            return "there is no trained model: no intents are written in nlp/intents"
        allowed = context.options.intents
        ranked, sentence = self._model.read(understanding.text, None if allowed else MAX_RANKED)
        first = ranked[0].intent if ranked else ""
        if allowed:
            ranked = [row for row in ranked if row.intent in allowed]
        chosen = context.options.threshold
        threshold = self.threshold if chosen is None else chosen
        understanding.intents = ranked[:MAX_RANKED]
        if not ranked:
            return f"{NONE_OF_THESE}: no word of it is known"
        best = ranked[0]
        understanding.confidence = best.confidence
        if best.confidence < threshold:
            return f"{NONE_OF_THESE}: {best.intent} has {best.confidence:.2f}, less than {threshold:g}"
        understanding.intent = best.intent
        evidence = ", ".join(self._model.evidence(understanding.text, best.intent))
        why = f"{best.intent} with {best.confidence:.2f}" + (f", for: {evidence}" if evidence else "")
        return why + (f"; made surer by {_quoted(sentence)}" if sentence and best.intent == first else "")


def _quoted(sentence: str) -> str:
    """A sentence on one line, cut where it is long."""
    line = " ".join(sentence.split())
    return repr(line if len(line) <= LONGEST_QUOTED else f"{line[: LONGEST_QUOTED - 1]}…")
