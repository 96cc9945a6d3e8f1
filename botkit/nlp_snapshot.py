"""NlpSnapshot: a project's `nlp` folder as it was at one moment, which the workers read in place of the folder.

So a worker that is replaced is what it was before, whatever has been written into the folder meanwhile.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

MAX_FILES = 20_000
MAX_DEPTH = 8
LARGE_BYTES = 8 * 1024 * 1024
"""Larger files are linked to, not copied."""

Signature = tuple[tuple[str, int, int], ...]
"""Name, size and time of the last change of every file."""


def signature(folder: Path, beside: Path) -> Signature:
    """What is different after something in the folder, or the file `beside` it, was changed."""
    files = [(name, entry.stat()) for name, entry in _files(folder)]
    if beside.is_file():
        files.append((str(beside), beside.stat()))
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)


def take_snapshot(folder: Path, target: Path, beside: Path) -> Signature:
    """Copy a folder to `target`; a folder that is missing is empty. Raises `OSError` where it cannot.

    Returns the signature of what was copied, and of the file `beside` it, which stays where it is.
    """
    before = signature(folder, beside)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, entry in _files(folder):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if entry.stat().st_size > LARGE_BYTES:
            copy.symlink_to(Path(entry.path).resolve())
        else:
            shutil.copyfile(entry.path, copy)
    return before


def _files(folder: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """The files with their names below the folder, in order; not hidden ones, nor what Python compiles."""
    found = sorted(_below(folder, "", 0))
    if len(found) > MAX_FILES:
        raise OSError(f"{folder} has more than {MAX_FILES} files")
    return iter([(name, entry) for name, _, entry in found])


def _below(folder: Path | str, prefix: str, depth: int) -> Iterator[tuple[str, int, "os.DirEntry[str]"]]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for number, entry in enumerate(entries):
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        name = prefix + entry.name
        if entry.is_file():
            yield name, number, entry
        elif entry.is_dir() and depth < MAX_DEPTH:
            yield from _below(entry.path, f"{name}/", depth + 1)
