"""Progress: a bar on a terminal, nothing in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botkit.cli.output import is_terminal

Tell = Callable[[int, int], None] | None
"""Is told how many of how many are done; None where nobody looks."""


@contextmanager
def progress(what: str) -> Iterator[Tell]:
    """A function to call with (done, of how many); None where nobody looks."""
    if not is_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tell


@contextmanager
def training_progress() -> Iterator[Callable[[str, float], None] | None]:
    """A function to call with a step of training and the share that is done; None where nobody looks."""
    with progress("Training") as tell:
        yield None if tell is None else lambda _step, share: tell(round(100 * share), 100)
