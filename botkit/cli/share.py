"""Share: an option's number from 0 to 1."""

import math
from typing import Any

import click


class Share(click.FloatRange):
    """A number from 0 to 1; `nan`, which is neither less nor more than any, is none."""

    name = "share"

    def __init__(self) -> None:
        super().__init__(0, 1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if isinstance(found, float) and math.isnan(found):
            self.fail(f"{value!r} is no number from 0 to 1", param, ctx)
        return found
