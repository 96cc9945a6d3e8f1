"""Regions: the country that a time zone is in, so that phone numbers without a prefix are read as its own."""

import importlib.util
import zoneinfo
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from nlp.project import Project

TABLE = "zone.tab"
"""The list of the time zone database in which each zone has one country."""


def region_of(project: Project) -> str:
    """The country that a project's language (de-AT) or else its time zone (Europe/London) names; empty if none does."""
    timezone = project.settings.get("timezone")
    return project.region or (_countries().get(timezone, "") if isinstance(timezone, str) else "")


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    for file in _tables():
        if file.is_file():
            rows = [line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
            return {row[2]: row[0] for row in rows if len(row) > 2}
    return {}


def _tables() -> Iterator[Path]:
    yield from (Path(folder) / TABLE for folder in zoneinfo.TZPATH)
    package = importlib.util.find_spec("tzdata")
    for folder in (package.submodule_search_locations or ()) if package else ():
        yield Path(folder) / "zoneinfo" / TABLE
