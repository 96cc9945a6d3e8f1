"""The reference page describes the settings of any node, those within a setting too."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from botkit.reference import nodes_page
from flows.base import Node


class Place(BaseModel):
    """Where to."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    street: str
    """The street."""
    country: Literal["DE"] = "DE"
    """The country."""


class Parcel(Node):
    """Sends a parcel."""

    kind: ClassVar[str] = "parcel"

    to: Place
    """Where it goes."""
    back: Place | None = None
    """Where it goes if nobody is there."""
    weight: float = Field(default=1, gt=0)
    """How heavy it is."""
    share: float = Field(default=0.5, gt=0, lt=1)
    """What is paid at once."""


def test_settings_within_a_setting_and_open_bounds_are_told() -> None:
    rows = [line for line in nodes_page({"parcel": Parcel}) if line.startswith("| `")]
    assert rows == [
        "| `to` | settings | mandatory | Where it goes. |",
        "| `to.street` | text | mandatory | The street. |",
        "| `to.country` | `DE` | `DE` | The country. |",
        "| `back` | settings |  | Where it goes if nobody is there. |",
        "| `back.street` | text | mandatory | The street. |",
        "| `back.country` | `DE` | `DE` | The country. |",
        "| `weight` | number, more than 0 | `1` | How heavy it is. |",
        "| `share` | number, more than 0 to less than 1 | `0.5` | What is paid at once. |",
    ]
