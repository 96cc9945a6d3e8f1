"""Table: rows as lines of JSON for programs, and side by side with their goals for people."""

import json
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import RESULTS, commit_name
from bench.nlp import Row

TITLES = ("data", "tier", "metric", "value", "spread", "unit", "goal", "", "published")
NUMBERS = ("value", "spread", "goal")


class Table:
    """Collects rows; each is added to the file of results at once."""

    def __init__(self, results: Path = RESULTS) -> None:
        self.rows: list[Row] = []
        self._results = results
        self._stamp = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "commit": commit_name()}

    def add(self, row: Row) -> None:
        """Keep a row. Its goal is the baseline that the value is a ratio of."""
        self.rows.append(row)
        ratio = row.value / row.goal if row.goal else None
        line = {
            "bench": f"nlp/{row.bench}", "data": row.data, "tier": row.tier, "metric": row.metric, "value": row.value,
            "unit": row.unit, "baseline": row.goal, "ratio": ratio, "spread": row.spread, "published": row.published,
            **self._stamp,
        }  # fmt: skip
        self._results.parent.mkdir(parents=True, exist_ok=True)
        with self._results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def text(self) -> str:
        """All rows so far; a goal is marked `ok` or `missed`."""
        lines = [dict(zip(TITLES, TITLES, strict=True)), *map(_cells, self.rows)]
        widths = {title: max(len(line[title]) for line in lines) for title in TITLES}
        return "\n".join(
            "  ".join(
                line[title].rjust(widths[title]) if title in NUMBERS else line[title].ljust(widths[title])
                for title in TITLES
            ).rstrip()
            for line in lines
        )


def _cells(row: Row) -> dict[str, str]:
    mark = {None: "", True: "ok", False: "missed"}[row.reached]
    spread, goal = (f"{number:.4g}" if number is not None else "" for number in (row.spread, row.goal))
    cells = (row.data, row.tier, row.metric, f"{row.value:.4g}", spread, row.unit, goal, mark, row.published)
    return dict(zip(TITLES, cells, strict=True))
