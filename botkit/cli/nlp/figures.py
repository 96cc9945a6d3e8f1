"""Figures: a result as a person reads it in the terminal."""

from typing import TYPE_CHECKING

from botkit.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.evaluation.result import Note, Result
    from nlp.evaluation.slot_scores import SlotScores

MAX_MISSES = 30
MAX_INTENTS = 40
MAX_SLOT_MISSES = 15


def print_result(out: Output, result: "Result") -> None:
    """Figures, intents and misses."""
    from nlp.evaluation.report_markdown import summary

    out.line((result.name, "title"), f"  (threshold {result.threshold:g})")
    for name, value in summary(result.figures):
        out.line(f"  {name}: {value}")
    print_notes(out, result.notes)
    rows = sorted(result.figures.intents, key=lambda row: (row.f1, row.intent))
    width = max(len("intent"), *(len(row.intent) for row in rows[:MAX_INTENTS]))
    out.line()
    out.line((f"{'intent':<{width}}  utterances  precision  recall    F1", "title"))
    for row in rows[:MAX_INTENTS]:
        out.line(f"{row.intent:<{width}}  {row.support:>10}  {row.precision:>9.2f}  {row.recall:>6.2f}  {row.f1:>4.2f}")
    if len(rows) > MAX_INTENTS:
        out.line(f"... and {len(rows) - MAX_INTENTS} that are better")
    if result.slots is not None:
        _print_slots(out, result.slots)
    if not result.misses:
        return
    out.line()
    out.line((f"Missed: {len(result.misses)}", "title"))
    for miss in result.misses[:MAX_MISSES]:
        out.line(f"{miss.text!r} means {miss.expected}, taken for ", (miss.intent, "red"))
        out.line((f"    {miss.because}", "quiet"))
        if miss.advice:
            out.line(("    hint: ", "hint"), miss.advice)
    if len(result.misses) > MAX_MISSES:
        out.line(f"... and {len(result.misses) - MAX_MISSES} more: a report has them all (--report FILE)")


def print_notes(out: Output, notes: "Iterable[Note]") -> None:
    """What a reader of the figures has to know of the test data."""
    for note in notes:
        out.line(("  note", "warning"), f": {note.message}")


def _print_slots(out: Output, slots: "SlotScores") -> None:
    """Entities, the weakest first, and marked values that were not found as they are marked."""
    rows = slots.entities[:MAX_INTENTS]
    width = max(len("entity"), *(len(row.entity) for row in rows))
    out.line()
    out.line((f"{'entity':<{width}}      marked  precision  recall    F1", "title"))
    for row in rows:
        out.line(f"{row.entity:<{width}}  {row.support:>10}  {row.precision:>9.2f}  {row.recall:>6.2f}  {row.f1:>4.2f}")
    if len(slots.entities) > MAX_INTENTS:
        out.line(f"... and {len(slots.entities) - MAX_INTENTS} that are better")
    out.line(f"{slots.sentence}")
    for miss in slots.misses[:MAX_SLOT_MISSES]:
        out.line(f"{miss.text!r}: {miss.entity} {miss.value!r}, found there: ", (miss.instead or "nothing", "red"))
    for extra in slots.surplus[:MAX_SLOT_MISSES]:
        out.line(f"{extra.text!r}: ", (f"{extra.value!r} found as {extra.entity}", "red"), ", and not marked so")
    missed = slots.all.support - slots.all.right
    if missed > MAX_SLOT_MISSES or len(slots.surplus) > MAX_SLOT_MISSES:
        out.line("... and more: a report has them (--report FILE)")
