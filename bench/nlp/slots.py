"""Slots: values found where marked utterances teach that they stand, on SNIPS; a span has to be right to the letter.

Every figure is of a whole project with all seven intents, through the component `entities`.
"""

import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from bench.nlp import Absent, Row
from bench.nlp.clinc import data_file
from nlp.pipeline import Pipeline, load_pipeline
from nlp.project import read_project
from nlp.slot_training import examples_of, train_slots
from nlp.slots import learnt_entities
from nlp.training import train

DATA = "SNIPS"
SEEDS, QUICK_SEEDS = 5, 2
PUBLISHED = {
    "recall, mean over slots, 10 an intent": "Snips 46, Dialogflow 40, Wit 28, LUIS 21",
    "recall, mean over slots, 70 an intent": "Snips 73, Dialogflow 59, Wit 52, LUIS 47",
    "F1, mean over slots, all": "Snips 90.7",
}
"""From the metrics that lie beside the data."""

BRACKETS = frozenset("[]()")


class Said(msgspec.Struct, frozen=True):
    """An utterance of an intent, with (start, end, entity) of each slot."""

    text: str
    intent: str
    slots: tuple[tuple[int, int, str], ...]

    @property
    def marked(self) -> str:
        """As a designer writes it."""
        parts, at = [], 0
        for start, end, entity in self.slots:
            parts.append(f"{self.text[at:start]}[{self.text[start:end]}]({entity})")
            at = end
        return "".join([*parts, self.text[at:]])


def rows(quick: bool) -> Iterable[Row]:
    """Few, some and all examples an intent; what lists alone would find; small letters; time."""
    home = data_file().parents[1] / "snips" / "2017-06-custom-intent-engines"
    if not home.is_dir():
        raise Absent("snips is not there")
    known, test = read(home, "train_{}"), read(home, "validate_{}")
    for count in (10, 70):
        seeds = range(QUICK_SEEDS if quick else SEEDS)
        yield from _figures(f"{count} an intent", [draw(known, count, seed) for seed in seeds], test)
    if not quick:
        yield from _figures("all", [read(home, "train_{}_full")], test)


def read(home: Path, name: str) -> list[Said]:
    """The utterances of every intent; those with brackets, which marks cannot hold, are left out."""
    found = []
    for folder in sorted(path for path in home.iterdir() if path.is_dir()):
        file = folder / f"{name.format(folder.name)}.json"
        for row in json.loads(file.read_bytes().decode("utf-8", "replace"))[folder.name]:
            text, slots = "", []
            for part in row["data"]:
                text += part["text"]
                words = " ".join(part["text"].split())
                if "entity" in part and words:
                    end = len(" ".join(text.split()))
                    slots.append((end - len(words), end, part["entity"]))
            text = " ".join(text.split())
            if text and not BRACKETS.intersection(text):
                found.append(Said(text, folder.name, tuple(slots)))
    return found


def draw(known: Sequence[Said], count: int, seed: int) -> list[Said]:
    """So many utterances of each intent."""
    dice = np.random.default_rng(seed)
    by_intent: dict[str, list[Said]] = defaultdict(list)
    for said in known:
        by_intent[said.intent].append(said)
    return [group[int(at)] for group in by_intent.values() for at in dice.choice(len(group), count, replace=False)]


def _figures(name: str, draws: Sequence[list[Said]], test: Sequence[Said]) -> Iterable[Row]:
    found: dict[str, list[float]] = defaultdict(list)
    for drawn in draws:
        with tempfile.TemporaryDirectory() as scratch:
            home = write(Path(scratch), drawn)
            train(home, home.parent / "models")
            project = read_project(home)
            began = time.process_time()
            learnt = learnt_entities(project)
            train_slots(examples_of(project, learnt), learnt)
            found["training the slots"].append(time.process_time() - began)
            pipeline = load_pipeline(project, models=home.parent / "models")
            for metric, value in scores(pipeline, test).items():
                found[f"{metric}, {name}"].append(value)
            small = [msgspec.structs.replace(said, text=said.text.lower()) for said in test]
            found[f"F1, all in small letters, {name}"].append(scores(pipeline, small)["F1"])
            (home / "pipeline.yaml").write_text("components: [{kind: entities, learn: false}]\n", "utf-8")
            listed = load_pipeline(read_project(home), models=home.parent / "models")
            found[f"F1 of marked values alone, {name}"].append(scores(listed, test)["F1"])
            found["CPU per text, component entities, median"].append(_milliseconds(pipeline, test))
    for metric, values in found.items():
        unit = "s" if metric.startswith("training") else "ms" if metric.startswith("CPU") else "%"
        yield Row(
            bench="slots", data=DATA if unit == "%" else f"{DATA}, {name}", tier="default", metric=metric, unit=unit,
            value=statistics.mean(values), spread=statistics.stdev(values) if len(values) > 1 else None,
            published=PUBLISHED.get(metric, ""),
        )  # fmt: skip


def write(folder: Path, drawn: Iterable[Said]) -> Path:
    """A project of these utterances."""
    home = folder / "nlp" / "intents"
    home.mkdir(parents=True)
    by_intent: dict[str, list[str]] = defaultdict(list)
    for said in drawn:
        by_intent[said.intent].append(said.marked)
    for intent, texts in by_intent.items():
        (home / f"{intent}.yaml").write_text(f"intent: {intent}\nexamples: {json.dumps(texts)}\n", "utf-8")
    return folder / "nlp"


def scores(pipeline: Pipeline, test: Sequence[Said]) -> dict[str, float]:
    """Over all slots, and the mean over the slots of each intent."""
    right: dict[tuple[str, str], int] = defaultdict(int)
    meant: dict[tuple[str, str], int] = defaultdict(int)
    given: dict[tuple[str, str], int] = defaultdict(int)
    names = {entity for said in test for *_, entity in said.slots}
    for said in test:
        found = pipeline.read(said.text, want=("entities",)).entities
        spans = {(row.start, row.end, row.kind) for row in found if row.kind in names}
        for slot in spans:
            given[said.intent, slot[2]] += 1
        for slot in said.slots:
            meant[said.intent, slot[2]] += 1
            right[said.intent, slot[2]] += slot in spans
    both = [100 * right[slot] / meant[slot] for slot in meant]
    mean_f1 = statistics.mean(_f1(right[slot], given[slot], meant[slot]) for slot in meant)
    return {
        "F1": _f1(sum(right.values()), sum(given.values()), sum(meant.values())),
        "precision": 100 * sum(right.values()) / max(sum(given.values()), 1),
        "recall": 100 * sum(right.values()) / sum(meant.values()),
        "recall, mean over slots": statistics.mean(both),
        "F1, mean over slots": mean_f1,
    }


def _f1(right: int, given: int, meant: int) -> float:
    return 200 * right / max(given + meant, 1)


def _milliseconds(pipeline: Pipeline, test: Sequence[Said]) -> float:
    times = []
    for said in test:
        began = time.thread_time_ns()
        pipeline.read(said.text, want=("entities",))
        times.append((time.thread_time_ns() - began) / 1e6)
    return statistics.median(times)
