"""Fine-tuning: what an encoder tuned to the intents brings over one that was taken as it is, and what it costs."""

import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from bench.nlp import Absent, Row
from bench.nlp.clinc import data_file
from bench.nlp.intents import Examples, answer, banking_file, examples_of, joined
from nlp.encoder import load_encoder
from nlp.encoder_making import official_minilm
from nlp.errors import NlpError, Unavailable
from nlp.fine_tuning import check_torch, fine_tune, keep_tuned
from nlp.intent_model import Encoder, IntentModel
from nlp.intent_training import train_intents
from nlp.model_folder import Model, read_model
from nlp.project import NONE_OF_THESE

NAME = "bench-tuned"


def rows(quick: bool) -> Iterable[Row]:
    """Ten examples an intent (the published draws), then, unless it is to be quick, all of BANKING77: minutes."""
    try:
        check_torch()
        plain = load_encoder()
        with official_minilm() as folder:
            model = read_model(folder)
    except Unavailable as reason:
        raise Absent(str(reason)) from None
    home = data_file().parents[1]
    known, test = (banking_file(home / "banking77" / f"{part}.csv") for part in ("train", "test"))
    clinc = json.loads(data_file().read_text("utf-8"))
    inside = examples_of(clinc["test"])
    both = joined(inside, examples_of(clinc["oos_test"], NONE_OF_THESE))
    few = "accuracy, ten examples an intent"
    yield from _pair("BANKING77", few, model, plain, _published(home, "banking77", known), test)
    yield from _pair("CLINC150", few, model, plain, _published(home, "clinc150", examples_of(clinc["train"])), both)
    if not quick:
        yield from _pair("BANKING77", "accuracy", model, plain, known, test)


def _pair(data: str, metric: str, model: Model, plain: Encoder, known: Examples, test: Examples) -> Iterable[Row]:
    """The tier onnx with the encoder as it was, and as it is; out of scope too, where the test part has such texts."""
    began = time.process_time()
    with _tuned(model, known) as tuned:
        spent = time.process_time() - began
        for tier, encoder in (("onnx", plain), ("transformers", tuned)):
            found = answer(_train(known, encoder), test.texts)
            right = found.accuracy(test.intents)
            figures = [(metric, right)]
            if NONE_OF_THESE not in test.intents:
                sure = 100 * sum(found.confidence) / len(found.confidence)
                figures.append((f"mean confidence less {metric}", sure - right))
            if NONE_OF_THESE in test.intents:
                figures.append(("AUROC, ten examples an intent", found.auroc(test.intents)))
            for name, value in figures:
                yield Row(bench="fine_tuning", data=data, tier=tier, metric=name, value=value, unit="%")
    many = f"CPU of tuning, {len(known.texts):,} utterances"
    yield Row(bench="fine_tuning", data=data, tier="transformers", metric=many, value=spent, unit="s")


def _train(known: Examples, encoder: Encoder) -> IntentModel:
    return train_intents(known.texts, known.intents, tier="onnx", encoder=encoder)


@contextmanager
def _tuned(model: Model, known: Examples) -> Iterator[Encoder]:
    """The encoder as the command makes it, in a data folder that goes away."""
    try:
        tuned, _ = fine_tune(model, known.texts, known.intents)
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"BOTKIT_DATA": folder}):
            keep_tuned(model, tuned, NAME)
            yield load_encoder(NAME)
    except NlpError as reason:
        raise Absent(str(reason)) from None


def _published(home: Path, name: str, known: Examples) -> Examples:
    places = json.loads((home / name / "ten_shot_rows.json").read_text("utf-8"))
    return known.rows(places if isinstance(places, list) else places["rows"])
