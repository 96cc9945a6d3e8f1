"""Places: the file that the setting `store` means."""

from pathlib import Path

from botkit.stores.base import StoreFailed


def store_path(setting: str, project: Path) -> Path:
    """A file name, or sqlite:// and a file name; empty: `.botkit/botkit.db` in the project."""
    if not setting:
        return project / ".botkit" / "botkit.db"
    scheme, mark, rest = setting.partition("://")
    if not mark:
        return Path(setting)
    if scheme == "sqlite":
        return Path(rest)
    raise StoreFailed(f"there is no store for {scheme}:// here: give a file name, or sqlite:///path/to/file.db")
