"""Result: a test that was run: what was tested, every outcome, the figures; kept as JSON to compare with."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nlp.errors import InvalidData, InvalidRequest
from nlp.evaluation.classifier import Trained
from nlp.evaluation.examples import Example, distinct, leaked
from nlp.evaluation.explanation import Explainer, Explanation
from nlp.evaluation.metrics import Figures, measure
from nlp.evaluation.outcomes import Outcome, classify
from nlp.evaluation.slot_scores import SlotScores, score_slots
from nlp.evaluation.source import read_bytes, to_text
from nlp.project import NONE_OF_THESE

FORMAT = 1


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something about the test data that a reader of the figures has to know."""

    message: str
    places: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """A test. `files` and `threshold` say of what; `misses` explain what went wrong."""

    format: int
    name: str
    files: tuple[str, ...]
    threshold: float
    outcomes: tuple[Outcome, ...]
    figures: Figures
    misses: tuple[Explanation, ...] = ()
    notes: tuple[Note, ...] = ()
    model: str = ""
    slots: SlotScores | None = None
    untrained: tuple[tuple[str, str], ...] = ()
    """Utterances that were not tested since their intent is not trained, each with its intent."""


def run_test(
    trained: Trained,
    examples: Sequence[Example],
    *,
    name: str,
    threshold: float | None = None,
    keep_trained: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Test a classifier on examples that it was not trained on; those that it was are left out and noted.

    Raises `InvalidRequest` where nothing is left to test.
    """
    chosen = trained.threshold if threshold is None else threshold
    kept, notes = testable(trained, examples, keep_trained=keep_trained)
    outcomes = classify(trained.classifier, kept, chosen, progress)
    explainer = Explainer(trained.texts, trained.intents)
    misses = tuple(explainer.explain(outcome, chosen) for outcome in outcomes if not outcome.right)
    files = tuple(sorted({example.file.partition("#")[0] for example in examples}))
    return Result(
        FORMAT, name, files, chosen, tuple(outcomes), measure(outcomes), misses, tuple(notes), trained.key,
        score_slots(trained.classifier, kept),
        tuple((row.text, row.intent) for row in examples if row.intent not in trained.labels | {NONE_OF_THESE}),
    )  # fmt: skip


def testable(
    trained: Trained, examples: Sequence[Example], *, keep_trained: bool = False
) -> tuple[list[Example], list[Note]]:
    """The examples to test, and why others are not: trained on, said before, of an intent that is not trained."""
    notes = []
    kept, again = distinct(examples)
    if again:
        notes.append(_note(len(again), "repeats an earlier one and counts once", "repeat earlier ones", again))
    known = trained.labels | {NONE_OF_THESE}
    unknown = sorted({example.intent for example in kept} - known)
    if unknown:
        gone = [example for example in kept if example.intent not in known]
        kept = [example for example in kept if example.intent in known]
        names = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        notes.append(
            _note(len(gone), f"is not tested: {names} is no intent that was trained",
                  f"are not tested: no such intent was trained ({names})", gone)
        )  # fmt: skip
        if not kept:
            mine = ", ".join(sorted(trained.labels)[:5])
            raise InvalidRequest(
                f"the test data and the model have no intent in common: {names} there, {mine}, ... in the model"
            )
    seen = leaked(kept, trained.texts)
    if seen:
        ending = "; counted all the same" if keep_trained else "; left out"
        notes.append(_note(len(seen), f"was trained on{ending}", f"were trained on{ending}", seen))
        if not keep_trained:
            gone_texts = {example.text for example in seen}
            kept = [example for example in kept if example.text not in gone_texts]
    if not kept:
        raise InvalidRequest("every utterance of the test was trained on: a test needs others")
    return kept, notes


def _note(count: int, one: str, many: str, examples: Iterable[Example]) -> Note:
    message = f"1 utterance {one}" if count == 1 else f"{count} utterances {many}"
    return Note(message, tuple(f"{example.place}: {example.text}" for example in examples)[:20])


def to_json(result: Result) -> bytes:
    """The result as JSON; the same result gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def read_result(path: Path) -> Result:
    """A result that `to_json` made; raises `InvalidData` for anything else."""
    text = to_text(read_bytes(path), str(path))
    try:
        head: Any = msgspec.json.decode(text)
        if isinstance(head, dict) and head.get("format", FORMAT) != FORMAT:
            raise InvalidData(str(path), 0, f"it has format {head['format']}, this version reads {FORMAT}")
        result = msgspec.json.decode(text, type=Result)
    except msgspec.MsgspecError as error:
        raise InvalidData(str(path), 0, f"this is no result of `botkit nlp test --report ....json`: {error}") from None
    if not result.outcomes:
        raise InvalidData(str(path), 0, "there are no outcomes in it")
    return result
