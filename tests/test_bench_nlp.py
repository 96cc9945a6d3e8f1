"""Figures of language understanding: the table, its marks, and what is skipped. What it measures is never a test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.nlp import MODULES, Row
from bench.nlp.table import Table


@pytest.mark.parametrize(
    ("value", "unit", "goal", "reached"),
    [
        (94.6, "%", 94.5, True),
        (94.4, "%", 94.5, False),
        (4.9, "ms", 5, True),
        (5.1, "ms", 5, False),
        (1, "%", None, None),
    ],
)
def test_a_goal_is_a_lower_bound_of_shares_and_an_upper_bound_of_costs(
    value: float, unit: str, goal: float | None, reached: bool | None
) -> None:
    assert Row(bench="x", data="d", metric="m", value=value, unit=unit, goal=goal).reached is reached


def test_a_row_is_a_line_of_json_and_of_the_table(tmp_path: Path) -> None:
    table = Table(tmp_path / "out" / "results.jsonl")
    table.add(Row(bench="intents", data="banking77", tier="onnx", metric="accuracy", value=94.0, unit="%", goal=94.5))
    table.add(Row(bench="intents", data="clinc150", metric="accuracy", value=92.5, unit="%", spread=0.1))
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [(row["bench"], row["data"], row["tier"]) for row in rows] == [
        ("nlp/intents", "banking77", "onnx"), ("nlp/intents", "clinc150", ""),
    ]  # fmt: skip
    assert rows[0]["ratio"] == pytest.approx(94.0 / 94.5)
    lines = table.text().splitlines()
    assert lines[0].split() == ["data", "tier", "metric", "value", "spread", "unit", "goal", "published"]
    assert lines[1].split() == ["banking77", "onnx", "accuracy", "94", "%", "94.5", "missed"]


def test_it_lists_what_it_measures_and_refuses_the_rest(root: Path) -> None:
    listed = subprocess.run([sys.executable, "-m", "bench.nlp", "--list"], cwd=root, capture_output=True, text=True)
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(MODULES)
    wrong = subprocess.run([sys.executable, "-m", "bench.nlp", "speed"], cwd=root, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "speed" in wrong.stderr and "intents" in wrong.stderr
