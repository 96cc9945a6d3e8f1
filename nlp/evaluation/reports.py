"""Reports: a result written as a file, in the form that the file's name asks for."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nlp.errors import CannotWrite, InvalidRequest
from nlp.evaluation.report_junit import to_junit
from nlp.evaluation.report_markdown import to_markdown
from nlp.evaluation.result import Result, to_json

SUFFIXES = (".html", ".json", ".md", ".xml")


def check_report(path: Path) -> None:
    """Raises `InvalidRequest` where the name asks for no form that is known: before anything is tested."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidRequest(f"{path}: a report is one of {', '.join('*' + suffix for suffix in SUFFIXES)}")


def write_report(path: Path, result: Result, verdicts: Sequence[str] = ()) -> None:
    """Write one report, all of it or nothing: the last one stays; raises `CannotWrite` where that fails."""
    check_report(path)
    suffix = path.suffix.lower()
    if suffix == ".json":
        data = to_json(result)
    elif suffix == ".xml":
        data = to_junit(result)
    elif suffix == ".md":
        data = to_markdown(result, verdicts).encode()
    else:
        from nlp.evaluation.report_html import to_html

        data = to_html(result, verdicts).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path.resolve(), data)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written: {error.strerror}") from None


def write_reports(paths: Iterable[Path], result: Result, verdicts: Sequence[str] = ()) -> dict[Path, CannotWrite]:
    """Write all reports that can be written; gives why others cannot, for when everything else has been told."""
    failed: dict[Path, CannotWrite] = {}
    for path in paths:
        try:
            write_report(path, result, verdicts)
        except CannotWrite as error:
            failed[path] = error
    return failed


def tell_failed(failed: Mapping[Path, CannotWrite]) -> None:
    """Raises `CannotWrite` with all reports that could not be written, where there are such."""
    if failed:
        raise CannotWrite("; ".join(error.message for error in failed.values()))


def _replace(path: Path, data: bytes) -> None:
    """A file in one move, readable for whom a new file is: a full disk must not take the baseline of later tests."""
    if path.exists() and not path.is_file():  # a pipe or a device stays one
        path.write_bytes(data)
        return
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
