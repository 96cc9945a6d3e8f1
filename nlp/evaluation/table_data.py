"""Table data: examples as rows of a CSV file, or as one JSON object a line."""

import contextlib
import csv
import io
import re
from collections.abc import Iterator

from nlp.errors import InvalidData
from nlp.evaluation.examples import MAX_LENGTH, Example, make_example
from nlp.evaluation.source import to_json

TEXT_COLUMNS = ("text", "utterance", "query", "sentence", "message", "phrase")
INTENT_COLUMNS = ("intent", "label", "category", "expected", "class")
DELIMITERS = (",", "\t", ";", "|")
SEPARATOR = re.compile(r"sep=([,\t;|])[ \t;,|]*\r?\n")
"""The first line that Excel reads, and some programs write for it."""


def read_csv_data(text: str, name: str) -> Iterator[Example]:
    """Rows with a column for the text and one for the intent, named in the first line.

    Without such a first line, a file of two columns is read as text and intent.
    """
    csv.field_size_limit(max(csv.field_size_limit(), 16 * MAX_LENGTH))
    said = SEPARATOR.match(text)
    table = text[said.end() :] if said else text
    rows = csv.reader(io.StringIO(table), delimiter=said[1] if said else _delimiter(table), strict=True)
    columns: tuple[int, int] | None = None
    end = above = 1 if said else 0
    try:
        for row in rows:
            line, end = end + 1, rows.line_num + above
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns(row)
                if columns is not None:
                    continue
                if len(row) != 2:
                    raise InvalidData(
                        name, line, f"no columns for text and intent: name them {TEXT_COLUMNS[0]!r} and "
                        f"{INTENT_COLUMNS[0]!r} in the first line",
                    )  # fmt: skip
                columns = (0, 1)
            if len(row) <= max(columns):
                raise InvalidData(name, line, f"this row has {len(row)} columns, {max(columns) + 1} are expected")
            yield make_example(row[columns[0]], row[columns[1]], name, line)
    except csv.Error as error:
        raise InvalidData(name, end + 1, f"this is not CSV: {error}") from None


def _delimiter(text: str) -> str:
    """What parts the cells of the first line that has any: into the columns that are looked for, or into most."""
    first = next((line for line in text.split("\n") if line.strip("".join((*DELIMITERS, " ", '"')))), "")
    rows: dict[str, list[str]] = {}
    for delimiter in DELIMITERS:
        with contextlib.suppress(csv.Error):
            rows[delimiter] = next(csv.reader([first], delimiter=delimiter), [])
    return max(rows, key=lambda delimiter: (_columns(rows[delimiter]) is not None, len(rows[delimiter])), default=",")


def _columns(row: list[str]) -> tuple[int, int] | None:
    names = [cell.strip().casefold() for cell in row]
    text = next((names.index(column) for column in TEXT_COLUMNS if column in names), None)
    intent = next((names.index(column) for column in INTENT_COLUMNS if column in names), None)
    return None if text is None or intent is None else (text, intent)


def read_jsonl_data(text: str, name: str) -> Iterator[Example]:
    """One object a line: `{"text": ..., "intent": ...}`; an `id`, where there is one, comes once."""
    ids: dict[object, int] = {}
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        found = to_json(row, name, line)
        if not isinstance(found, dict):
            raise InvalidData(name, line, "an object is expected: one a line")
        spoken = next((found[column] for column in TEXT_COLUMNS if column in found), None)
        if spoken is None:
            raise InvalidData(name, line, f"no text: one of {', '.join(TEXT_COLUMNS)} is expected")
        intent = next((found[column] for column in INTENT_COLUMNS if column in found), None)
        if "id" in found:
            first = ids.setdefault(str(found["id"]), line)
            if first != line:
                raise InvalidData(name, line, f"the id {found['id']!r} is already in line {first}")
        yield make_example(spoken, intent, name, line)
