"""Markdown report: a result as text for a pull request."""

import re
from collections.abc import Iterable, Sequence

from nlp.evaluation.metrics import Figures
from nlp.evaluation.result import Result

MAX_MISSES = 50
MAX_CONFUSIONS = 15
MAX_INTENTS = 200
BREAK = "&#8203;"
"""A space without width: code hosts look for mentions and links in the finished text, where a backslash is gone."""

SPECIAL = str.maketrans({**{char: f"\\{char}" for char in "\\`*_{}[]<>|~&$"}, "#": f"\\#{BREAK}", "@": f"@{BREAK}"})
LINK = re.compile(r"\b(www(?=\.)|gh(?=-)|\w+:(?=//))", re.IGNORECASE)


def to_markdown(result: Result, verdicts: Sequence[str] = ()) -> str:
    """The result: figures, intents, confusions and misses; long lists are cut and say so."""
    figures = result.figures
    lines = [f"## Intents: {_cell(result.name)}", "", *(f"**{_cell(sentence)}**\n" for sentence in verdicts)]
    lines += _table(("figure", "value"), [(name, value) for name, value in summary(figures)])
    lines += ["", f"Threshold {result.threshold:g}; tested on {', '.join(map(_cell, result.files))}.", ""]
    lines += [f"- {_cell(note.message)}" for note in result.notes] + ([""] if result.notes else [])
    lines += _table(
        ("intent", "utterances", "precision", "recall", "F1"),
        [
            (_cell(row.intent), str(row.support), f"{row.precision:.2f}", f"{row.recall:.2f}", f"{row.f1:.2f}")
            for row in figures.intents[:MAX_INTENTS]
        ],
    )
    lines += _cut(len(figures.intents), MAX_INTENTS)
    if figures.confusions:
        lines += ["", "### Confused", ""]
        lines += _table(
            ("meant", "taken for", "times"),
            [(_cell(row.expected), _cell(row.intent), str(row.count)) for row in figures.confusions[:MAX_CONFUSIONS]],
        )
        lines += _cut(len(figures.confusions), MAX_CONFUSIONS)
    if result.slots is not None:
        lines += ["", "### Marked values", "", f"{result.slots.sentence}.", ""]
        lines += _table(
            ("entity", "marked", "precision", "recall", "F1"),
            [
                (_cell(row.entity), str(row.support), f"{row.precision:.2f}", f"{row.recall:.2f}", f"{row.f1:.2f}")
                for row in result.slots.entities[:MAX_INTENTS]
            ],
        )
        lines += _cut(len(result.slots.entities), MAX_INTENTS)
        lines.append("")
        lines += _table(
            ("utterance", "value", "entity", "found there"),
            [
                (_cell(miss.text), _cell(miss.value), _cell(miss.entity), _cell(miss.instead) or "nothing")
                for miss in result.slots.misses[:MAX_MISSES]
            ],
        )
        lines += _cut(len(result.slots.misses), MAX_MISSES)
        lines.append("")
        lines += _table(
            ("utterance", "found, and not marked so", "entity"),
            [
                (_cell(extra.text), _cell(extra.value), _cell(extra.entity))
                for extra in result.slots.surplus[:MAX_MISSES]
            ],
        )
        lines += _cut(len(result.slots.surplus), MAX_MISSES)
    if result.misses:
        lines += ["", "### Missed", ""]
        lines += _table(
            ("utterance", "meant", "taken for", "why"),
            [
                (_cell(miss.text), _cell(miss.expected), f"{_cell(miss.intent)}", _cell(miss.because))
                for miss in result.misses[:MAX_MISSES]
            ],
        )
        lines += _cut(len(result.misses), MAX_MISSES)
    return "\n".join(lines) + "\n"


def summary(figures: Figures) -> list[tuple[str, str]]:
    """The figures over all, as (name, value); those that the test cannot tell are left out."""
    rows = [
        ("right", f"{figures.right} of {figures.count} ({figures.accuracy:.1%}; 95 % interval "
                  f"{figures.low:.1%} to {figures.high:.1%})"),
    ]  # fmt: skip
    if figures.in_scope_accuracy is not None and figures.best_guess_accuracy is not None:
        rows.append(("in scope, right", f"{figures.in_scope_accuracy:.1%} of {figures.in_scope}"))
        rows.append(("in scope, right if there were no threshold", f"{figures.best_guess_accuracy:.1%}"))
    if figures.none_recall is not None:
        rows.append(("out of scope, noticed", f"{figures.none_recall:.1%} of {figures.out_of_scope}"))
    if figures.auroc is not None:
        rows.append(("in scope told from out of scope (AUROC)", f"{figures.auroc:.3f}"))
    rows.append(("macro F1", f"{figures.macro_f1:.3f}"))
    rows.append(("expected calibration error", f"{figures.calibration_error:.3f}"))
    return rows


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    heads = list(head)
    return [
        f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)
    ]  # fmt: skip


def _cut(count: int, shown: int) -> list[str]:
    return ["", f"... and {count - shown} more."] if count > shown else []


def _cell(text: str) -> str:
    """Text as Markdown shows it in a table: nothing in it is markup, mentions anybody, or links to an issue or page."""
    return " ".join(LINK.sub(rf"\1{BREAK}", text.translate(SPECIAL)).split())
