"""Review: what customers said and the bot did not understand, masked, for a person to label."""

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from ruamel.yaml import YAML

from models.utterance import IntentScore
from nlp.doubles import folded
from nlp.errors import CannotWrite
from nlp.pipeline import Pipeline
from nlp.privacy import mask
from nlp.project import MAX_UTTERANCE_LENGTH, NONE_OF_THESE
from nlp.yaml_lines import read_yaml

REVIEWED_FILE = Path("intents") / "reviewed.yaml"
HEADER = "# What customers said, labelled with `botkit nlp review`: personal data is masked, digits are zeros.\n"
SHOWN = 3
DIGIT = re.compile(r"\d")


class Heard(msgspec.Struct, frozen=True):
    """A message from the store: why it is here, and when it came (milliseconds since 1970)."""

    text: str
    source: str
    at: int = 0


class Item(msgspec.Struct, frozen=True):
    """A message to label, masked: how often it came, when last, and the likeliest intents."""

    text: str
    source: str
    count: int
    at: int
    intents: tuple[IntentScore, ...]

    @property
    def digest(self) -> str:
        """What is remembered of a message that was skipped: no text."""
        return hashlib.sha256(folded(self.text).encode()).hexdigest()


MARK = re.compile(r"\](?=[({])")


def masked(text: str, pipeline: Pipeline) -> str:
    """A text that may be kept: personal data as [kind], every other digit 0."""
    entities = pipeline.read(text, want=("entities",)).entities if _has_entities(pipeline) else []
    return " ".join(DIGIT.sub("0", mask(text, entities)).split())


def queue(heard: Iterable[Heard], pipeline: Pipeline, known: Iterable[str], skipped: Iterable[str] = ()) -> list[Item]:
    """What is to be labelled, the most frequent first, then the newest.

    Left out: what an example says already (digits aside), what was skipped before (by digest), and texts that are
    too long for an example.
    """
    seen = {_key(text) for text in known}
    before = frozenset(skipped)
    groups: dict[str, list[Heard]] = {}
    for message in sorted(heard, key=lambda row: -row.at):
        if not message.text.strip() or len(message.text) > MAX_UTTERANCE_LENGTH:
            continue
        text = masked(message.text, pipeline)
        if len(text) <= MAX_UTTERANCE_LENGTH and _key(text) not in seen:
            groups.setdefault(_key(text), []).append(msgspec.structs.replace(message, text=text))
    items = []
    for rows in groups.values():
        scores = pipeline.read(rows[0].text, want=("intent",), options={"threshold": 0.0}).intents
        ranked = tuple(score for score in scores if score.intent != NONE_OF_THESE)[:SHOWN]
        item = Item(rows[0].text, rows[0].source, len(rows), rows[0].at, ranked)
        if item.digest not in before:
            items.append(item)
    return sorted(items, key=lambda item: (-item.count, -item.at, item.text))


def add_reviewed(folder: Path, text: str, intent: str) -> Path:
    """Add an example to `intents/reviewed.yaml` of a project's `nlp` folder; readers see all of it or nothing.

    What looks like a mark of a designer's, `[this](thing)`, is written so that it is none: a customer marks nothing.

    Raises `InvalidData` where the file is not as it was written, `CannotWrite` where it cannot be written.
    """
    file = folder / REVIEWED_FILE
    entries = _read(file, folder) if file.is_file() else {}
    text = MARK.sub("] ", text)
    examples = entries.setdefault(intent, [])
    if text not in examples:
        examples.append(text)
    rows = [{"intent": name, "examples": entries[name]} for name in sorted(entries)]
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 10 * MAX_UTTERANCE_LENGTH
    yaml.representer.sort_base_mapping_type_on_output = False
    yaml.dump(rows, stream)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            written.write(HEADER + stream.getvalue())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except OSError as error:
        raise CannotWrite(f"{file}: cannot be written: {error.strerror}") from None
    return file


def _read(file: Path, folder: Path) -> dict[str, list[str]]:
    top = read_yaml(file, folder)
    entries: dict[str, list[str]] = {}
    for entry in [] if top.empty else top.items():
        fields = entry.as_mapping().fields({"intent", "examples", "about"})
        if "intent" not in fields or "examples" not in fields:
            raise entry.error("an entry has an 'intent' and 'examples'")
        texts = [text.text() for text in fields["examples"].items()]
        entries.setdefault(fields["intent"].text(), []).extend(texts)
    return entries


def _has_entities(pipeline: Pipeline) -> bool:
    return any("entities" in component.gives for component in pipeline.components)


def _key(text: str) -> str:
    return DIGIT.sub("0", folded(text))


def labels(item: Item) -> Sequence[tuple[str, str]]:
    """(key, intent) of what can be pressed for an item."""
    return [(str(number), score.intent) for number, score in enumerate(item.intents, start=1)] + [("n", NONE_OF_THESE)]
