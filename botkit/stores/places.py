"""Places: the file that the setting `store` means."""

from pathlib import Path

from botkit.stores.base import StoreFailed


def store_path(setting: str, project: Path) -> Path:
    """A file name, or sqlite:// and a file name; empty: `.botkit/botkit.db` in the project.

    `~` is the home folder: no shell has seen what stands in botkit.toml or in a service's environment.
    """
    if not setting:
        return project / ".botkit" / "botkit.db"
    scheme, mark, rest = setting.partition("://")
    if mark and scheme != "sqlite":
        raise StoreFailed(f"there is no store for {scheme}:// here: give a file name, or sqlite:///path/to/file.db")
    try:
        return Path(rest if mark else setting).expanduser()
    except RuntimeError:
        raise StoreFailed(f"whose home folder is meant by {setting} is not known: write the whole path") from None
