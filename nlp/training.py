"""Training: a project's utterances, checked and made into a model that is kept by its key.

`python -m nlp.training NLP_FOLDER MODELS_FOLDER` prints the report as JSON.
"""

import hashlib
import importlib.metadata
import itertools
import json
import logging
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from nlp.doubles import count_by_intent, doubles
from nlp.encoder import MINILM, data_home, find_encoder, load_encoder, read_card
from nlp.entity_rules import check_rules, shape_of
from nlp.errors import CannotWrite, InvalidModel, NlpError, Unavailable
from nlp.project import NONE_LABELS, NONE_OF_THESE, Project, Utterance, none_label, read_project
from nlp.slots import FEWEST_MARKS, learnt_entities

if TYPE_CHECKING:
    from nlp.embedding_cache import EmbeddingCache
    from nlp.word_table import WordTable

Tier = Literal["default", "onnx"]

log = logging.getLogger("botkit.nlp")

FEWEST_EXAMPLES = 5
"""Fewer examples than this are reported: the model has little to generalise from."""

CROWD = 3.0
"""An intent with this many times as many examples as the middling one is held back in training, and reported."""

FEWEST_REPORTED_AS_CROWD = 50
MAX_WARNINGS = 200
KEPT_MODELS = 4
CODE = (
    "blending.py", "counted_texts.py", "features.py", "intent_calibration.py", "intent_model.py", "intent_training.py",
    "meaning.py", "scope.py", "scope_learning.py", "word_learning.py", "word_likeness.py", "word_table.py",
)  # fmt: skip
"""The files whose change makes a model stale."""

SLOT_CODE = ("slot_features.py", "slot_model.py", "slot_training.py", "slots.py")
"""Those that count where there are slots to learn, too."""

SLOT_SHARE = 0.3
"""How much of the work of training is that of slots, where there are some."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something about the data that makes the bot worse, or untrainable where `level` is `error`."""

    message: str
    file: str = ""
    line: int = 0
    level: Literal["warning", "error"] = "warning"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.file else self.message


class TrainingReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was trained, where it lies, and what is wrong with the data."""

    key: str
    folder: str = ""
    intents: dict[str, int] = {}
    utterances: int = 0
    slots: dict[str, int] = {}
    """The entities that are learnt from marks, and how many marks each has."""

    problems: tuple[Problem, ...] = ()
    trained: bool = False


def train(folder: Path, models: Path, progress: Callable[[str, float], None] | None = None) -> TrainingReport:
    """Train the model of a project's `nlp` folder into `models`, unless it is there already.

    `progress` is told the step and the share of the work that is done. Raises `InvalidData` for files that
    cannot be used, `InvalidPipeline` for settings, `Unavailable` without scikit-learn, or without the encoder that the
    project's tier needs, and `CannotWrite` where there is no place for the model.
    """
    from nlp.pipeline import load_pipeline

    project = read_project(folder)
    load_pipeline(project)  # wrong settings are told before anything takes time
    problems = check_project(project)
    examples = distinct_examples(project)
    counts = count_by_intent(project.utterances)
    key = model_key(project)
    home = model_folder(models, key)
    learnt = learnt_entities(project)
    marks = Counter(slot.entity for row in project.utterances for slot in row.slots)
    report = TrainingReport(
        key=key, folder=str(home) if project.intents else "", intents=dict(counts), utterances=counts.total(),
        slots={name: marks[name] for name in learnt}, problems=tuple(problems[:MAX_WARNINGS]),
    )  # fmt: skip
    tier, source = intent_settings(project)
    table = word_table() if tier == "default" else None
    if not project.intents or not (refused := _refused(home, key, table, slots=bool(learnt))):
        return report
    _check_place(home)
    if home.exists():
        log.warning("%s: %s; it is trained again", home, refused)
    try:
        from nlp.intent_training import train_intents
        from nlp.slot_training import examples_of, train_slots
    except ImportError as error:
        raise Unavailable(f'training needs {error.name}: run `pip install "botkit[nlp]"`') from None
    cache = _cached_encoder(source, models) if tier == "onnx" else None
    tell = progress or (lambda _step, _share: None)
    rest = 1.0 - SLOT_SHARE if learnt else 1.0
    model = train_intents(
        [text for text, _ in examples], [intent for _, intent in examples], key,
        tier=tier, encoder=cache, table=table,
        progress=lambda step, share: tell(step, rest * share),
    )  # fmt: skip
    if cache is not None:
        cache.save()
    if learnt:
        slots = train_slots(
            examples_of(project, learnt), learnt, str(project.settings.get("language", "en")),
            lambda share: tell("learning the slots", rest + SLOT_SHARE * share),
        )  # fmt: skip
        slots.save(home, key)
    model.save(home, trained_with=f"scikit-learn {importlib.metadata.version('scikit-learn')}")
    _forget_old(models, home)
    return msgspec.structs.replace(report, trained=True)


def check_project(project: Project) -> list[Problem]:
    """What is wrong or doubtful in the data, in the order of files and lines.

    Raises `InvalidData` for a pattern that is no regular expression.
    """
    check_rules(project)
    problems = [*_double_utterances(project), *_small_intents(project), *_small_slots(project)]
    return sorted(problems, key=lambda problem: (problem.file, problem.line))


def distinct_examples(project: Project) -> list[tuple[str, str]]:
    """What the model learns from: (text, intent) in a fixed order, whatever the files are called.

    Of several writings that capitals alone tell apart, the one that sorts first stays in each intent; other writings
    of the same words stay, though they count once: customers leave out apostrophes, too.
    """
    texts: dict[tuple[str, str], str] = {}
    for row in project.utterances:
        text = " ".join(row.text.split())
        place = (text.casefold(), row.intent)
        texts[place] = min(text, texts.get(place, text))
    return sorted((text, intent) for (_, intent), text in texts.items())


def model_key(project: Project) -> str:
    """The name of the model: a hash of the utterances, of the code that trains and scores, of encoder or table.

    Raises `Unavailable` where the tier needs an encoder that is not there.
    """
    digest = hashlib.sha256()
    for name in CODE:
        digest.update((Path(__file__).parent / name).read_bytes())
    digest.update(json.dumps(distinct_examples(project), ensure_ascii=True).encode())
    if learnt_entities(project):
        digest.update(str(project.settings.get("language", "en")).encode())
        for name in SLOT_CODE:
            digest.update((Path(__file__).parent / name).read_bytes())
        for row in sorted({msgspec.json.encode((row.text, row.slots)) for row in project.utterances}):
            digest.update(row)
    tier, source = intent_settings(project)
    if tier == "onnx":
        digest.update(read_card(find_encoder(source)).fingerprint.encode())
    elif (card := table_folder() / "words.json").is_file():
        digest.update(card.read_bytes())
    return digest.hexdigest()[:32]


def intent_settings(project: Project) -> tuple[Tier, str]:
    """The tier of the component `intents`, and its encoder, as pipeline.yaml says; nonsense is for the pipeline."""
    rows = project.settings.get("components")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("kind") == "intents" and row.get("tier") == "onnx":
            return "onnx", str(row.get("encoder", MINILM))
    return "default", MINILM


def _cached_encoder(source: str, models: Path) -> "EmbeddingCache":
    from nlp.embedding_cache import EmbeddingCache

    return EmbeddingCache(load_encoder(source), models)


def model_folder(models: Path, key: str) -> Path:
    return models / f"intents-{key}"


def table_folder() -> Path:
    """Where the user's word table lies, if one was distilled."""
    return data_home() / "words"


def word_table() -> "WordTable | None":
    """The user's word table, or None where none was distilled; raises `InvalidModel` for a damaged one."""
    from nlp.word_table import load_table

    return load_table(table_folder())


def _refused(home: Path, key: str, table: "WordTable | None", *, slots: bool) -> str:
    """Why what lies there is no whole, untouched model, that of slots included; nothing where it is one."""
    from nlp.intent_model import load_model
    from nlp.slot_model import load_slots

    try:
        load_model(home, key, table=table)
        if slots:
            load_slots(home, key)
    except InvalidModel as error:
        return error.reason
    return ""


def _check_place(home: Path) -> None:
    """Raises `CannotWrite` where a model cannot be kept: rather now than after minutes of training."""
    place = home if home.is_dir() else home.parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
        wrong = [home] if home.is_file() else [path for path in home.glob("*") if path.is_dir()]
    except OSError as error:
        raise CannotWrite(f"{place}: cannot be written: {error.strerror}") from None
    for path in wrong:
        what = "a file is where a folder belongs" if path == home else "a folder is where a file of the model belongs"
        raise CannotWrite(f"{path}: {what}: take it away")


def _double_utterances(project: Project) -> list[Problem]:
    problems = []
    for row, other in doubles(project.utterances):
        where = f"{other.file}:{other.line}"
        if other.intent == row.intent:
            problems.append(Problem(f"{row.text!r} is already in {where}: once is enough", row.file, row.line))
        else:
            problems.append(
                Problem(f"{row.text!r} belongs to {row.intent} here and to {other.intent} in {where}: choose one",
                        row.file, row.line)
            )  # fmt: skip
    return problems


def _small_intents(project: Project) -> list[Problem]:
    counts = count_by_intent(project.utterances)
    first = {row.intent: row for row in reversed(project.utterances)}
    problems = [
        Problem(f"intent {intent} has {count} example{'s' if count > 1 else ''}: give it {FEWEST_EXAMPLES} or more",
                first[intent].file, first[intent].line)
        for intent, count in counts.items()
        if count < FEWEST_EXAMPLES and intent != NONE_OF_THESE
    ]  # fmt: skip
    counts.pop(NONE_OF_THESE, None)
    middling = statistics.median(counts.values()) if counts else 0
    problems += [
        Problem(f"intent {intent} has {count} examples where most have about {middling:g}: each counts for less,"
                " so that the others are heard; give the others more", first[intent].file, first[intent].line)
        for intent, count in counts.items()
        if count > CROWD * middling and count >= FEWEST_REPORTED_AS_CROWD
    ]  # fmt: skip
    problems += [
        Problem(none_label(intent), first[intent].file, first[intent].line)
        for intent in project.intents
        if intent in NONE_LABELS
    ]
    if len(project.intents) == 1:
        problems.append(Problem("there is one intent only: add another, or utterances for none_of_these"))
    return problems


def _small_slots(project: Project) -> list[Problem]:
    """Entities that are only marked, and too seldom for anything but the marked values to be found."""
    ruled = {*(rule.name for rule in project.entities), *learnt_entities(project)}
    texts: dict[str, set[str]] = {}
    first: dict[str, Utterance] = {}
    for row in project.utterances:
        for slot in row.slots:
            if slot.entity not in ruled:
                texts.setdefault(slot.entity, set()).add(slot.text.casefold())
                first.setdefault(slot.entity, row)
    small = [
        Problem(f"{name} is marked with {len(values)} different value{'s' if len(values) > 1 else ''}: mark"
                f" {FEWEST_MARKS} or more, so that others are found too", first[name].file, first[name].line)
        for name, values in sorted(texts.items())
        if len(values) < FEWEST_MARKS and not shape_of(sorted(values))
    ]  # fmt: skip
    learnt = set(learnt_entities(project))
    pairs = itertools.combinations(sorted(texts.items()), 2)
    return small + [
        Problem(f"{min(both)!r} is marked as {one} and as {other}: mark {FEWEST_MARKS} or more values of each, so that"
                " the words around tell which it is", first[other].file, first[other].line)
        for (one, values), (other, more) in pairs
        if (both := values & more) and not {one, other} <= learnt
    ]  # fmt: skip


def _forget_old(models: Path, newest: Path) -> None:
    """Keep the last few models, so that going back does not train again."""
    homes = sorted(models.glob("intents-*"), key=lambda home: home.stat().st_mtime, reverse=True)
    for home in [home for home in homes if home != newest][KEPT_MODELS - 1 :]:
        shutil.rmtree(home, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Train, and print the report, or what is wrong, as one line of JSON."""
    folder, models = map(Path, arguments)
    try:
        report = train(folder, models)
    except NlpError as error:
        sys.stdout.write(json.dumps({"error": error.message, "code": error.code}) + "\n")
        return 1
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
