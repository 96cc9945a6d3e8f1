"""JSON data: CLINC's and Snips' files, and lists of examples."""

from collections.abc import Iterator
from typing import Any

from nlp.errors import InvalidData
from nlp.evaluation.examples import Example, make_example
from nlp.evaluation.source import to_json
from nlp.evaluation.table_data import INTENT_COLUMNS, TEXT_COLUMNS
from nlp.project import Slot

CLINC_PARTS = ("train", "val", "test")


def read_json_data(text: str, name: str, part: str = "") -> Iterator[Example]:
    """Examples of a JSON file. `part` is the one to read of CLINC's: train, val or test (with its oos part).

    CLINC: https://github.com/clinc/oos-eval. Snips: https://github.com/sonos/nlu-benchmark.
    A line is the number of the example: JSON keeps no lines.
    """
    found = to_json(text, name)
    if isinstance(found, dict) and any(key in found for key in CLINC_PARTS):
        yield from _clinc(found, name, part or "test")
    elif isinstance(found, dict):
        yield from _snips(found, name)
    elif isinstance(found, list):
        yield from _list(found, name)
    else:
        raise InvalidData(name, 0, "a list of examples is expected")


def _clinc(found: dict[str, Any], name: str, part: str) -> Iterator[Example]:
    if part not in found and f"oos_{part}" not in found:
        known = ", ".join(key for key in found if not key.startswith("oos_"))
        raise InvalidData(name, 0, f"there is no part {part!r}: {known} are there")
    for key in (part, f"oos_{part}"):
        rows = found.get(key, [])
        if not isinstance(rows, list):
            raise InvalidData(name, 0, f"{key!r} is no list of pairs of text and intent")
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, list) or len(row) != 2:
                raise InvalidData(name, 0, f"{key}: entry {number} is no pair of text and intent")
            yield make_example(row[0], row[1], f"{name}#{key}", number)


def _snips(found: dict[str, Any], name: str) -> Iterator[Example]:
    for intent, rows in found.items():
        if not isinstance(rows, list):
            raise InvalidData(name, 0, f"{intent!r} is no list of examples")
        for number, row in enumerate(rows, start=1):
            parts = row.get("data") if isinstance(row, dict) else None
            if not isinstance(parts, list):
                raise InvalidData(name, 0, f"{intent}: entry {number} has no 'data'")
            text, slots = "", []
            for piece in parts:
                if isinstance(piece, dict):
                    said, entity = piece.get("text", ""), piece.get("entity")
                    if not isinstance(said, str):
                        raise InvalidData(name, 0, f"{intent}: entry {number}: the text of a piece is not text")
                    text += said
                    words, end = " ".join(said.split()), len(" ".join(text.split()))
                    if isinstance(entity, str) and entity and words:
                        slots.append(Slot(entity, words, end - len(words), end))
            yield make_example(text, intent, f"{name}#{intent}", number, tuple(slots))


def _list(found: list[Any], name: str) -> Iterator[Example]:
    for number, row in enumerate(found, start=1):
        if isinstance(row, list) and len(row) == 2:
            yield make_example(row[0], row[1], name, number)
        elif isinstance(row, dict):
            text = next((row[key] for key in TEXT_COLUMNS if key in row), None)
            intent = next((row[key] for key in INTENT_COLUMNS if key in row), None)
            yield make_example(text, intent, name, number)
        else:
            raise InvalidData(name, number, "an example is an object with text and intent, or a pair of them")
