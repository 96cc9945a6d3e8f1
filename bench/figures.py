"""Figures: what a bench measured, as lines of JSON for programs and a table for people."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "out" / "results.jsonl"


class Figures:
    """Collects figures: each is told at once and added to the file of results."""

    def __init__(self, results: Path = RESULTS, *, quick: bool = False) -> None:
        self.quick = quick
        self._results = results
        self._at = datetime.now(UTC).isoformat(timespec="seconds")
        self._commit = commit_name()
        self._rows: list[dict[str, object]] = []

    def add(
        self,
        bench: str,
        metric: str,
        value: float,
        unit: str,
        *,
        baseline: float | None = None,
        ratio: float | None = None,
    ) -> None:
        """Keep a figure. `ratio` is value / baseline where it is not given."""
        if ratio is None and baseline:
            ratio = value / baseline
        row: dict[str, object] = {
            "bench": bench, "metric": metric, "value": _rounded(value), "unit": unit, "baseline": _rounded(baseline),
            "ratio": _rounded(ratio), "at": self._at, "commit": self._commit,
        }  # fmt: skip
        self._rows.append(row)
        self._results.parent.mkdir(parents=True, exist_ok=True)
        with self._results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def table(self) -> str:
        """All figures so far."""
        titles = ["bench", "metric", "value", "unit", "baseline", "ratio"]
        lines = [titles, *([_text(row[title]) for title in titles] for row in self._rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if title in ("value", "baseline", "ratio") else cell.ljust(width)
                for title, cell, width in zip(titles, line, widths, strict=True)
            ).rstrip()
            for line in lines
        )


def say(text: str) -> None:
    """Tell how far it is, on standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}") if abs(value) < 10_000 else round(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) and abs(value) < 10_000 else str(value)


def commit_name() -> str:
    """The commit that is measured, short; empty outside git."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return answer.stdout.strip()
