"""Paths: the files and directories that a command is about, and that have to be there."""

from pathlib import Path
from typing import Any

import click

from botkit.cli.output import FAILED, output_of


class Existing(click.Path):
    """A path to something there. One that leads nowhere is a mistake in the files (1), not in the command (2)."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if not ((self.file_okay and path.is_file()) or (self.dir_okay and path.is_dir())):
            what = " or ".join(["file"] * self.file_okay + ["directory"] * self.dir_okay)
            output_of(ctx or click.get_current_context()).fail(f"{path}: there is no such {what}", code=FAILED)
        return path


DIRECTORY = Existing(file_okay=False)
FILE = Existing(dir_okay=False)
FILE_OR_DIRECTORY = Existing()
