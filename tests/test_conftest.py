"""Fixtures for all tests: what they skip, and what they do not let skip."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.e2e
def test_in_a_browser(chromium):
    pass

def test_with_data(shared_data):
    pass

@pytest.mark.e2e
def test_in_a_browser_with_data(shared_data):
    pass
"""


@pytest.mark.parametrize(
    ("required", "status", "says"),
    [
        ("", 0, ["3 skipped", "no browser: install chromium", "no test data"]),
        ("1", 1, ["1 error", "2 skipped", "BOTKIT_REQUIRE_BROWSER is set, but this test skipped: Skipped: no browser"]),
    ],
)
def test_a_missing_browser_skips_unless_it_is_required(
    root: Path, tmp_path: Path, required: str, status: int, says: list[str]
) -> None:
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = e2e: drives a browser\n")
    environment = {**os.environ, "PATH": "", "BOTKIT_SHARED": str(tmp_path / "no"), "BOTKIT_REQUIRE_BROWSER": required}
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", str(tmp_path)]
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == status
    assert [words for words in says if words not in answer.stdout] == []
