"""Readers: examples from a file of any format that is known, told by what is in it."""

import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from nlp.errors import InvalidData
from nlp.evaluation.dialogflow_data import is_agent, read_dialogflow_data
from nlp.evaluation.examples import MAX_EXAMPLES, Example
from nlp.evaluation.json_data import CLINC_PARTS, read_json_data
from nlp.evaluation.source import read_bytes, to_text
from nlp.evaluation.table_data import TEXT_COLUMNS, read_csv_data, read_jsonl_data
from nlp.evaluation.yaml_data import read_yaml_data
from nlp.project import NONE_LABELS, NONE_OF_THESE

Format = Literal["yaml", "csv", "jsonl", "json", "dialogflow"]
"""yaml: a project's own, and Rasa's. csv: BANKING's too. json: CLINC's, Snips', a list."""

FORMATS: tuple[str, ...] = get_args(Format)


def read_examples(
    paths: Iterable[Path], *, format: str = "", part: str = "", own: Collection[str] = ()
) -> list[Example]:
    """The examples of files and Dialogflow folders, in order.

    `format` forces one of `FORMATS`; else the content tells. `part`: of CLINC's file, train, val or test;
    of a Dialogflow export, the language (the agent's own where it is one of those three). The labels that data sets
    have for "none of these" become `none_of_these`, but those that are intents of the project's `own`.
    Raises `InvalidData` that names file and line.
    """
    examples: list[Example] = []
    for path in paths:
        before = len(examples)
        for example in _read(path, format, part):
            nothing = example.intent in NONE_LABELS and example.intent not in own
            examples.append(msgspec.structs.replace(example, intent=NONE_OF_THESE) if nothing else example)
            if len(examples) > MAX_EXAMPLES:
                raise InvalidData(str(path), example.line, f"at most {MAX_EXAMPLES} utterances are read")
        if len(examples) == before:
            raise InvalidData(str(path), 0, "there are no utterances in it")
    return examples


def _read(path: Path, format: str, part: str) -> Iterator[Example]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InvalidData(str(path), 0, f"cannot be read: {error.strerror}") from None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InvalidData(str(path), 0, "this is a pipe or a device, and is read more than once: save it as a file")
    kind = format or detect(path)
    if kind == "dialogflow":
        return read_dialogflow_data(path, "" if part in CLINC_PARTS else part)
    if path.is_dir():
        raise InvalidData(str(path), 0, "this is a folder, and no export of Dialogflow: name a file")
    if kind == "yaml":
        to_text(read_bytes(path), str(path))  # the same words about a bad file as elsewhere
        return read_yaml_data(path)
    text = to_text(read_bytes(path), str(path))
    if kind == "csv":
        return read_csv_data(text, str(path))
    if kind == "jsonl":
        return read_jsonl_data(text, str(path))
    if kind == "json":
        return read_json_data(text, str(path), part)
    raise InvalidData(str(path), 0, f"unknown format {kind!r}: {', '.join(FORMATS)} are known")


def detect(path: Path) -> Format:
    """The format of a file by its content; its name decides only where the content may be either."""
    if path.is_dir() or _is_zip(path):
        if is_agent(path):
            return "dialogflow"
        raise InvalidData(str(path), 0, "this is no export of Dialogflow: name a file")
    lines = _first_lines(to_text(read_bytes(path), str(path)))
    first = lines[0]
    if first.startswith("{") and first.endswith("}") and _has_text(first):
        return "jsonl"
    if first.startswith("{") or (first.startswith("[") and path.suffix.lower() not in {".yaml", ".yml"}):
        return "json"
    if path.suffix.lower() in {".yaml", ".yml"}:
        return "yaml"
    if path.suffix.lower() in {".csv", ".tsv"}:
        return "csv"
    if any(line.endswith(":") or line.startswith(("- ", "intent:", "version:", "nlu:", "---")) for line in lines):
        return "yaml"
    return "csv"


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise InvalidData(str(path), 0, f"cannot be read: {error.strerror}") from None


def _has_text(line: str) -> bool:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(found, dict) and any(column in found for column in TEXT_COLUMNS)


def _first_lines(text: str, count: int = 5) -> Sequence[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            lines.append(stripped)
            if len(lines) == count:
                break
    return lines or [""]
