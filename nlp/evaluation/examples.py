"""Example: an utterance with the intent that a person gave it, and the file and line that it stands at."""

from collections.abc import Iterable, Sequence

import msgspec

from nlp.doubles import folded
from nlp.errors import InvalidData
from nlp.project import NONE_OF_THESE, Slot
from nlp.text import REPLACEMENT, UNREADABLE

MAX_EXAMPLES = 500_000
MAX_LENGTH = 10_000
MAX_LABEL_LENGTH = 200


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """An utterance and its intent, `none_of_these` where it has none, and the values that are marked in it."""

    text: str
    intent: str
    file: str = ""
    line: int = 0
    slots: tuple[Slot, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def in_scope(self) -> bool:
        return self.intent != NONE_OF_THESE


def make_example(text: object, intent: object, file: str, line: int, slots: tuple[Slot, ...] = ()) -> Example:
    """A checked example, with white space folded as where `slots` stand.

    Raises `InvalidData` that names the file and line.
    """
    if not isinstance(text, str):
        raise InvalidData(file, line, "the utterance is not text: put it in quotes")
    if not isinstance(intent, str) or not intent.strip():
        raise InvalidData(file, line, "the utterance has no intent: name one, or none_of_these")
    if len(text) > MAX_LENGTH:
        raise InvalidData(file, line, f"an utterance has at most {MAX_LENGTH} characters, this has {len(text)}")
    words = " ".join(UNREADABLE.sub(REPLACEMENT, text).split())
    if not words:
        raise InvalidData(file, line, "an utterance needs words")
    label = " ".join(UNREADABLE.sub(REPLACEMENT, intent).split())
    if len(label) > MAX_LABEL_LENGTH:
        raise InvalidData(file, line, f"the name of an intent has at most {MAX_LABEL_LENGTH} characters")
    return Example(words, label, file, line, slots)


def distinct(examples: Iterable[Example]) -> tuple[list[Example], list[Example]]:
    """The first of each text and intent, and those that only say the same again."""
    seen: set[tuple[str, str]] = set()
    first: list[Example] = []
    again: list[Example] = []
    for example in examples:
        key = (example.text, example.intent)
        (again if key in seen else first).append(example)
        seen.add(key)
    return first, again


def leaked(tested: Sequence[Example], trained: Iterable[str]) -> list[Example]:
    """Tested examples whose words are among those trained on, whatever their case and punctuation."""
    known = {folded(text) for text in trained}
    return [example for example in tested if folded(example.text) in known]
