"""Training apart: a process that ends with the one that wanted the model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nlp.errors import NlpError
from nlp.training_process import train_apart

ROOT = Path(__file__).parents[2]


def test_it_makes_the_model(project_folder: Path, tmp_path: Path) -> None:
    train_apart(project_folder, tmp_path)
    assert list(tmp_path.glob("intents-*/intents.npz"))


def test_it_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "all.yaml").write_text("- intent: hello\n  examples: 7\n", "utf-8")
    with pytest.raises(NlpError, match=r"intents/all\.yaml"):
        train_apart(tmp_path, tmp_path / "models")


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Where training takes minutes, it would go on for minutes after a server that was told to stop."""
    (tmp_path / "intents").mkdir()
    os.mkfifo(tmp_path / "intents" / "all.yaml")  # nobody writes into it: reading takes for ever
    command = [sys.executable, "-m", "nlp.training_process", str(tmp_path), str(tmp_path / "models")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.close()
        assert process.wait(20) == 1
        assert process.stderr.read() == b""
