"""Training process: a project trained apart, so that scikit-learn does not stay in the memory of a worker."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from nlp.errors import NlpError


def train_apart(folder: Path, models: Path) -> None:
    """Train in a process of its own, which ends with this one, however that ends. Raises `NlpError`."""
    command = [sys.executable, "-P", "-m", "nlp.training_process", str(folder), str(models)]
    # Nothing is written to its input: the pipe is there to be closed by the system when this process is gone.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        printed = process.stdout.read()
    if process.returncode:
        raise NlpError(_reason(printed))


def _reason(printed: bytes) -> str:
    try:
        return str(json.loads(printed)["error"])
    except (ValueError, KeyError, TypeError):
        return "training the intents failed: see the log above"


def main(arguments: list[str]) -> int:
    """`nlp.training`, which ends when the process that started it does."""
    from nlp import training

    threading.Thread(target=_end_with_parent, daemon=True).start()
    return training.main(arguments)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
