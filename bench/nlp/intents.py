"""Intents: accuracy on test parts that nothing was chosen on, out of scope, ten examples an intent, training time."""

import csv
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from sklearn.metrics import roc_auc_score

from bench.nlp import Absent, Row
from bench.nlp.clinc import data_file
from nlp.distillation import distil, vocabulary_of
from nlp.embedding_cache import EmbeddingCache
from nlp.encoder import encoder_home, load_encoder
from nlp.errors import Unavailable
from nlp.intent_model import Encoder, IntentModel
from nlp.intent_training import Tier, train_intents
from nlp.project import NONE_OF_THESE
from nlp.word_table import WordTable

SEEDS = range(5)
TEN = 10
IN_SCOPE_SHARE = 0.95
TRAINED_AT_ONCE = 10_000


class Examples(msgspec.Struct, frozen=True):
    """Texts with their intents."""

    texts: tuple[str, ...]
    intents: tuple[str, ...]

    def rows(self, numbers: Iterable[int]) -> "Examples":
        chosen = list(numbers)
        return Examples(tuple(self.texts[i] for i in chosen), tuple(self.intents[i] for i in chosen))

    def draw(self, seed: int, count: int = TEN) -> "Examples":
        """So many examples of each intent."""
        random = np.random.default_rng(seed)
        places: dict[str, list[int]] = {}
        for number, intent in enumerate(self.intents):
            places.setdefault(intent, []).append(number)
        found = [random.choice(rows, min(count, len(rows)), replace=False) for _, rows in sorted(places.items())]
        return self.rows(sorted(np.concatenate(found).tolist()))


class Answers(msgspec.Struct, frozen=True):
    """What a model said of test texts: the intent it ranks first, with its confidence."""

    first: tuple[str, ...]
    confidence: tuple[float, ...]

    def accuracy(self, truth: Sequence[str]) -> float:
        right = [first == true for first, true in zip(self.first, truth, strict=True) if true != NONE_OF_THESE]
        return 100 * sum(right) / len(right)

    def recall_out_of_scope(self, truth: Sequence[str]) -> float | None:
        """The share of texts out of scope that is refused where 95 % of all in scope are still answered rightly.

        None where no threshold leaves so many right.
        """
        rows = list(zip(self.first, self.confidence, truth, strict=True))
        inside = sum(true != NONE_OF_THESE for *_, true in rows)
        right = sorted((sure for first, sure, true in rows if first == true != NONE_OF_THESE), reverse=True)
        needed = int(np.ceil(IN_SCOPE_SHARE * inside))
        if len(right) < needed:
            return None
        outside = [sure for _, sure, true in rows if true == NONE_OF_THESE]
        return 100 * sum(sure < right[needed - 1] for sure in outside) / len(outside)

    def auroc(self, truth: Sequence[str]) -> float:
        return 100 * float(roc_auc_score([true != NONE_OF_THESE for true in truth], self.confidence))


def rows(quick: bool) -> Iterable[Row]:
    """Everything of the default tier, then of onnx where its encoder is at hand."""
    clinc = json.loads(data_file().read_text("utf-8"))
    home = data_file().parents[1]
    banking = {part: banking_file(home / "banking77" / f"{part}.csv") for part in ("train", "test")}
    yield from _tier("default", None, clinc, banking, home, quick)
    try:
        found = load_encoder()
    except Unavailable as reason:
        raise Absent(f"tier onnx: {reason}") from None
    table = distil(vocabulary_of(encoder_home()), found)
    yield from _tier("default", None, clinc, banking, home, quick, table)
    with tempfile.TemporaryDirectory() as folder:
        yield from _tier("onnx", EmbeddingCache(found, Path(folder)), clinc, banking, home, quick)
        yield from _training("onnx", found, banking["train"])


def _tier(
    tier: Tier, encoder: Encoder | None, clinc: dict[str, list[tuple[str, str]]], banking: dict[str, Examples],
    home: Path, quick: bool, table: WordTable | None = None,
) -> Iterable[Row]:  # fmt: skip
    onnx = tier == "onnx"
    if not onnx:
        yield from _training(tier, None, banking["train"], table)

    def row(
        data: str, metric: str, value: float, goal: float | None, published: str, spread: float | None = None
    ) -> Row:
        return Row(
            bench="intents", data=data, tier=_named(tier, table), metric=metric, value=value, unit="%", goal=goal,
            published=published, spread=spread,
        )  # fmt: skip

    def train(examples: Examples) -> IntentModel:
        return train_intents(examples.texts, examples.intents, tier=tier, encoder=encoder, table=table)

    test = banking["test"]
    accuracy = answer(train(banking["train"]), test.texts).accuracy(test.intents)
    yield row("BANKING77", "accuracy", accuracy, 94.5 if onnx else 92, "BERT 93.7")

    known, strange = examples_of(clinc["train"]), examples_of(clinc["oos_train"], NONE_OF_THESE)
    within, without = examples_of(clinc["test"]), examples_of(clinc["oos_test"], NONE_OF_THESE)
    both = joined(within, without)
    for name, examples in (("CLINC150", joined(known, strange)), ("CLINC150, no oos trained", known)):
        answers = answer(train(examples), both.texts)
        main = examples is not known
        others = "BERT 52, Rasa 31 to 45, Dialogflow 14 to 27" if main else ""
        yield row(name, "accuracy in scope", answers.accuracy(both.intents), (96.5 if onnx else 94) if main else None,
                  "BERT 96.9, Rasa 91.5, Dialogflow 91.7" if main else "")  # fmt: skip
        recall = answers.recall_out_of_scope(both.intents)
        if recall is not None:  # else fewer than 95 % are right even if all is answered
            yield row(name, "recall out of scope at 95 % in scope", recall, 80 if onnx and main else None, others)
        yield row(name, "AUROC", answers.auroc(both.intents), 98.5 if onnx and main else None, "")
        if quick:
            break
    yield from _ten(row, train, "BANKING77", banking["train"], test, home, 87.5 if onnx else None, "85.2", quick)
    yield from _ten(row, train, "CLINC150", known, within, home, 93 if onnx else None, "93.3", quick)


def _ten(row, train, data: str, known: Examples, test: Examples, home: Path, goal, other: str, quick: bool):  # type: ignore[no-untyped-def]
    """Ten examples an intent: the published draw, then others, whose mean and spread say what luck is in it."""
    places = json.loads((home / data.lower() / "ten_shot_rows.json").read_text("utf-8"))
    chosen = known.rows(places if isinstance(places, list) else places["rows"])
    accuracy = answer(train(chosen), test.texts).accuracy(test.intents)
    yield row(data, "accuracy, ten examples an intent", accuracy, goal, f"USE+ConveRT {other}")
    if not quick:
        draws = [answer(train(known.draw(seed)), test.texts).accuracy(test.intents) for seed in SEEDS]
        yield row(data, "the same, five other draws", statistics.mean(draws), None, "", statistics.stdev(draws))


def _named(tier: Tier, table: WordTable | None) -> str:
    return f"{tier} + words" if table else tier


def _training(tier: Tier, encoder: Encoder | None, known: Examples, table: WordTable | None = None) -> Iterable[Row]:
    """CPU time of training 10,000 utterances; with an encoder, again with one of them changed."""
    texts, intents = list(known.texts[:TRAINED_AT_ONCE]), known.intents[:TRAINED_AT_ONCE]
    for metric, goal in (("training, 10,000 utterances", 45 if tier == "onnx" else 7), ("after one changed", 5)):
        with tempfile.TemporaryDirectory() as folder:
            cache = EmbeddingCache(encoder, Path(folder)) if encoder else None
            if cache and goal == 5:
                cache.embed(texts)
                cache.words(texts)
            texts[0] += " please" if goal == 5 else ""
            began = time.process_time()
            train_intents(texts, intents, tier=tier, encoder=cache, table=table)
            yield Row(
                bench="intents", data="BANKING77", tier=_named(tier, table), metric=metric, unit="s", goal=goal,
                value=time.process_time() - began,
            )  # fmt: skip


def answer(model: IntentModel, texts: Sequence[str]) -> Answers:
    """What the model ranks first."""
    ranked = [row[:1] for row in model.scores_many(texts)]
    return Answers(
        tuple(row[0].intent if row else "" for row in ranked),
        tuple(row[0].confidence if row else 0.0 for row in ranked),
    )


def banking_file(file: Path) -> Examples:
    """The utterances of a part of BANKING77; raises `Absent`."""
    if not file.is_file():
        raise Absent(f"{file.parent.name}/{file.name} is not there")
    with file.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    return Examples(tuple(row["text"] for row in found), tuple(row["category"] for row in found))


def examples_of(found: Iterable[tuple[str, str]], intent: str = "") -> Examples:
    pairs = [(text, intent or label) for text, label in found]
    return Examples(tuple(text for text, _ in pairs), tuple(label for _, label in pairs))


def joined(first: Examples, second: Examples) -> Examples:
    return Examples(first.texts + second.texts, first.intents + second.intents)
