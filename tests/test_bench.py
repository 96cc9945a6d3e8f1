"""Bench: its table, its lines of JSON, and that it knows what it can do. What it measures is never a test."""

import json
import subprocess
import sys
from pathlib import Path

from bench.figures import Figures


def test_a_figure_is_a_line_of_json_and_a_row_of_the_table(tmp_path: Path) -> None:
    figures = Figures(tmp_path / "out" / "results.jsonl")
    figures.add("throughput", "rate", 1234.5678, "messages/s", baseline=2469.1356)
    figures.add("footprint", "modules", 11, "modules")
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [row["ratio"] for row in rows] == [0.5, None]
    assert {"bench", "metric", "value", "unit", "baseline", "ratio"} <= rows[0].keys()
    table = figures.table().splitlines()
    assert table[0].split() == ["bench", "metric", "value", "unit", "baseline", "ratio"]
    assert table[1].split()[:2] == ["throughput", "rate"]


def test_it_lists_what_it_measures_and_refuses_the_rest(root: Path) -> None:
    listed = subprocess.run([sys.executable, "-m", "bench", "--list"], cwd=root, capture_output=True, text=True)
    assert listed.returncode == 0
    for name in ("throughput", "waiting", "footprint"):
        assert name in listed.stdout
    wrong = subprocess.run([sys.executable, "-m", "bench", "speed"], cwd=root, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "speed" in wrong.stderr and "throughput" in wrong.stderr
