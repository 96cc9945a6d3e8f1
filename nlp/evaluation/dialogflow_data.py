"""Dialogflow data: an exported agent, as a folder or a zip file. Nothing of it is unpacked to disk."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nlp.errors import InvalidData
from nlp.evaluation.examples import Example, make_example
from nlp.evaluation.source import MAX_FILE_BYTES, read_bytes, to_json, to_text
from nlp.project import NONE_OF_THESE

MAX_FILES = 30_000
MAX_TOTAL_BYTES = 4 * MAX_FILE_BYTES
USER_SAYS = re.compile(r"(?:.*/)?intents/([^/]+)_usersays_([A-Za-z]+(?:-[A-Za-z0-9]+)*)\.json")
INTENT = re.compile(r"(?:.*/)?intents/([^/]+)\.json")
AGENT = re.compile(r"(?:.*/)?agent\.json")


def is_agent(path: Path) -> bool:
    """Whether it looks like an export of Dialogflow ES."""
    if path.is_dir():
        return (path / "intents").is_dir() and any((path / "intents").glob("*_usersays_*.json"))
    return path.suffix.lower() == ".zip"


def read_dialogflow_data(path: Path, language: str = "") -> Iterator[Example]:
    """The phrases of every intent, in one language (the agent's own, where none is named).

    A fallback intent's phrases belong to `none_of_these`. A line is the number of the phrase.
    """
    files = _folder_files(path) if path.is_dir() else _zip_files(path)
    said = {name: match for name in sorted(files) if (match := USER_SAYS.fullmatch(name))}
    if not said:
        raise InvalidData(str(path), 0, "no intents/*_usersays_*.json is in it: this is no export of Dialogflow")
    own = _own_language(files, path)
    languages = sorted(
        {match[2] for match in said.values()}, key=lambda code: (code != own, not code.startswith("en"), code)
    )
    chosen = language or languages[0]
    if chosen not in languages:
        raise InvalidData(str(path), 0, f"no phrases in {chosen!r}: {', '.join(languages)} are there")
    about = {
        match[1]: _json(files[name], f"{path}/{name}")
        for name in files
        if name not in said and (match := INTENT.fullmatch(name))
    }
    for name, match in said.items():
        if match[2] != chosen:
            continue
        card = about.get(match[1], {})
        card = card if isinstance(card, dict) else {}
        intent = NONE_OF_THESE if card.get("fallbackIntent") else card.get("name") or match[1]
        yield from _phrases(_json(files[name], f"{path}/{name}"), intent, f"{path}/{name}")


def _own_language(files: Mapping[str, bytes], path: Path) -> str:
    """The language that the agent was made in; nothing where the export does not tell."""
    name = min((name for name in files if AGENT.fullmatch(name)), key=len, default="")
    card = _json(files[name], f"{path}/{name}") if name else {}
    own = card.get("language") if isinstance(card, dict) else None
    return own if isinstance(own, str) else ""


def _json(data: bytes, name: str) -> Any:
    return to_json(to_text(data, name), name)


def _of_a_mac(name: str) -> bool:
    """Whether it is what macOS adds to archives and foreign disks: icons and the like, under the names of files."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")


def _phrases(found: Any, intent: str, name: str) -> Iterator[Example]:
    if not isinstance(found, list):
        raise InvalidData(name, 0, "a list of phrases is expected")
    for number, phrase in enumerate(found, start=1):
        parts = phrase.get("data") if isinstance(phrase, dict) else None
        if not isinstance(parts, list):
            raise InvalidData(name, number, "a phrase has 'data'")
        text = "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
        if text.strip():
            yield make_example(text, intent, name, number)


def _folder_files(path: Path) -> Mapping[str, bytes]:
    names = sorted(file for file in (path / "intents").glob("*.json") if not _of_a_mac(file.name))
    if len(names) > MAX_FILES:
        raise InvalidData(str(path), 0, f"an export has at most {MAX_FILES} files")
    about = [path / "agent.json"] if (path / "agent.json").is_file() else []
    return {file.relative_to(path).as_posix(): read_bytes(file) for file in (*about, *names)}


def _zip_files(path: Path) -> Mapping[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [
                entry
                for entry in archive.infolist()
                if (INTENT.fullmatch(entry.filename) or AGENT.fullmatch(entry.filename))
                and not _of_a_mac(entry.filename)
            ]
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
                raise InvalidData(
                    str(path), 0, f"an export has at most {MAX_FILES} files and {MAX_TOTAL_BYTES // 1024 // 1024} MB"
                )
            return {entry.filename: _member(archive, entry, path) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise InvalidData(str(path), 0, f"this zip file cannot be read: {error}") from None


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> bytes:
    with archive.open(entry) as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise InvalidData(f"{path}/{entry.filename}", 0, "this file is too large")
    return data
