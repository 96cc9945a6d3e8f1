"""Places: which file the setting `store` means."""

from pathlib import Path

import pytest

from botkit.stores.base import StoreFailed
from botkit.stores.places import store_path


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("", "shop/.botkit/botkit.db"),
        ("kept.db", "kept.db"),
        ("/data/kept.db", "/data/kept.db"),
        ("sqlite:///data/kept.db", "/data/kept.db"),
        ("~/kept.db", "/ann/kept.db"),
        ("sqlite://~/kept.db", "/ann/kept.db"),
    ],
)
def test_where_it_is(monkeypatch: pytest.MonkeyPatch, setting: str, path: str) -> None:
    monkeypatch.setenv("HOME", "/ann")
    assert store_path(setting, Path("shop")) == Path(path)


@pytest.mark.parametrize(
    ("setting", "words"),
    [("redis://here", "there is no store for redis://"), ("~nobody-of-this-name/kept.db", "is not known")],
)
def test_where_it_cannot_be(setting: str, words: str) -> None:
    with pytest.raises(StoreFailed, match=words):
        store_path(setting, Path("shop"))
