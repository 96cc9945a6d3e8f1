"""SpacyModels: models of spaCy that somebody installed; none is fetched at run time."""

import importlib.metadata
import re
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from nlp.errors import Unavailable
from nlp.text import is_of_a_word

NAME = r"^[A-Za-z0-9_]{0,80}$"
"""What a model may be called: a package, never a path."""

ANY = "auto"
"""In the place of a name: the one installed model that is for the project's language."""

OFFICIAL = {
    "en": "en_core_web_sm", "zh": "zh_core_web_sm",
    **{
        code: f"{code}_core_news_sm"
        for code in "ca da de el es fi fr hr it ja ko lt mk nb nl pl pt ro ru sl sv uk".split()  # noqa: SIM905
    },
}  # fmt: skip
"""The small model that spaCy itself publishes for a language; xx_ent_wiki_sm finds names in any."""

Read = TypeVar("Read")

MAX_RUN = 400
"""Characters without white space that spaCy is given at once: what a run of signs takes grows with its square."""

_LONG_RUN = re.compile(rf"\S{{{MAX_RUN + 1},}}")

KEPT_WORDS = 5_000
"""Words, spaCy's own among them, that are remembered for good: a known word costs a twentieth of a new one."""

MEMORY = 50_000
"""Once these are known, characters until the others seen are forgotten: they can be a few megabytes."""


class SpacyReader:
    """spaCy, which else remembers every word that it ever saw: this one the first thousands, and the latest."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._lock = threading.Lock()
        self._zone = ExitStack()
        self._left = 0

    def read(self, text: str, take: Callable[[Any], Read], *, words_only: bool = False) -> Read:
        """What `take` finds in a text's `Doc`; nothing of the `Doc` itself may be kept.

        `words_only`: where nothing but the words and their places is needed, the rest of the engine does not run.
        """
        with self._lock:
            self._make_room(len(text))
            document = self._cut(text)
            return take(document if words_only else self.engine(document))

    def _cut(self, text: str) -> Any:
        """The words of a text."""
        if not _LONG_RUN.search(text) or not hasattr(self.engine.tokenizer, "prefix_search"):  # others have a way apart
            return self.engine.make_doc(text)
        documents = [self.engine.make_doc(piece) for piece in _pieces(text)]
        return type(documents[0]).from_docs(documents, ensure_whitespace=False)

    def _make_room(self, letters: int) -> None:
        if self._left < letters:
            self._zone.close()
            if len(self.engine.vocab) < KEPT_WORDS:
                return
            self._zone.enter_context(self.engine.memory_zone())
            self._left = max(MEMORY, letters)
        self._left -= letters


def _pieces(text: str) -> list[str]:
    """A text with long runs of signs cut, and no word."""
    pieces, begin = [], 0
    for run in _LONG_RUN.finditer(text):
        at = run.start() + MAX_RUN
        while at < run.end():
            if is_of_a_word(text[at - 1]) and is_of_a_word(text[at]):
                at += 1
            else:
                pieces.append(text[begin:at])
                begin, at = at, at + MAX_RUN
    return [*pieces, text[begin:]]


def check_spacy(name: str) -> None:
    """Raises `Unavailable` where the model of this name is not installed; spaCy is not loaded for it."""
    if not is_installed(name):
        raise Unavailable(f"the spaCy model {name} is not installed: run `python -m spacy download {name}`")


def is_installed(name: str) -> bool:
    """Whether there is a package of this name."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def load_spacy(name: str, *, without: tuple[str, ...] = ()) -> Any:
    """An installed model; raises `Unavailable`, with how to get it, where it is not there or does not fit spaCy."""
    import spacy

    check_spacy(name)
    try:
        return spacy.load(name, exclude=list(without))
    except Exception as error:  # a damaged file of it ends in whatever the code that reads it trips over
        reason = " ".join(str(error).split())[:300]
        raise Unavailable(
            f"the spaCy model {name} cannot be loaded: run `python -m spacy download {name}` again ({reason})"
        ) from None


def choose_spacy(name: str, language: str) -> str:
    """The name of a model, or, for `ANY`, the one that is installed for a language; raises `Unavailable`."""
    if name != ANY:
        return name
    import spacy

    code = language.partition("-")[0].lower()
    found = sorted(model for model in spacy.util.get_installed_models() if model.partition("_")[0] == code)
    if len(found) == 1:
        return found[0]
    if found:
        raise Unavailable(f"several spaCy models for {code} are installed, {', '.join(found)}: name one of them")
    official = OFFICIAL.get(code, "xx_ent_wiki_sm")
    raise Unavailable(f"no spaCy model for {code} is installed: run `python -m spacy download {official}`")
