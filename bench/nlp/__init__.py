"""Figures of language understanding: one module a subject, one row a figure, one table of them all.

`python -m bench.nlp [NAME ...] [--quick]` prints the table and adds the rows to bench/out/results.jsonl.
A module is added by its line in `MODULES` and a function `rows(quick: bool) -> Iterable[Row]`; it raises
`Absent` with the reason where the data, the model or the code that it measures is not there.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

MODULES = {
    "intents": "accuracy, out of scope, ten examples an intent, time of training",
    "few": "small projects: accuracy, and how honest the confidence is",
    "suggestions": "what following the check brings, and what it promised",
    "slots": "values found where marked utterances teach that they stand",
    "latency": "CPU time of a message through the whole pipeline",
    "memory": "memory of a worker over that of a bare server",
    "language": "sentences and pairs of words whose language is told",
    "profanity": "time, recall and false alarms of the filter",
    "answers": "the right answer out of the knowledge, by words, and by words and meaning",
    "encoder": "time, memory and exactness of the sentence encoder",
    "fine_tuning": "what tuning the encoder to the intents brings, and what it costs",
    "sentiment": "correlation with people's ratings",
}
"""Every module with what it measures, in the order of the table; one that is not written yet is skipped."""

LESS_IS_BETTER = frozenset({"us", "ms", "s", "MB"})
"""The units of which a goal is an upper bound."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A figure: `value` in `unit`, what it was to reach, what others published, its spread over seeds.

    `bench` is the module's subject, `data` the data set or the text, `tier` default, onnx or transformers.
    `spread` is a standard deviation in the same unit; None where nothing is random.
    """

    bench: str
    data: str
    metric: str
    value: float
    unit: str
    tier: str = ""
    goal: float | None = None
    published: str = ""
    spread: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the goal was reached; None where there is none."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.unit in LESS_IS_BETTER else self.value >= self.goal


class Absent(Exception):
    """Something that a module measures is not there; the text says what, and how to get it."""


class Module(Protocol):
    """What every module of `MODULES` is."""

    def rows(self, quick: bool) -> Iterable[Row]:
        """Its figures, each as soon as it is measured; `quick` is shorter and less exact."""
