"""Cross-validation: every utterance tested by a model that was not trained on it, in several runs."""

import math
from collections.abc import Callable, Sequence

import msgspec

from nlp.errors import InvalidRequest
from nlp.evaluation.classifier import Classifier
from nlp.evaluation.examples import Example
from nlp.evaluation.explanation import Explainer, Explanation
from nlp.evaluation.metrics import Figures, measure
from nlp.evaluation.outcomes import Outcome, classify
from nlp.evaluation.result import FORMAT, Note, Result
from nlp.evaluation.significance import Resampled, corrected_resampled_t, p_told
from nlp.evaluation.splits import runs
from nlp.project import NONE_OF_THESE

Trainer = Callable[[Sequence[str], Sequence[str]], Classifier]


class Validated(msgspec.Struct, frozen=True):
    """One pipeline: its accuracy by fold and run, and the figures over all outcomes of the first run.

    `misses` explain what went wrong in that run, each by the examples that its model learnt from.
    """

    name: str
    accuracies: tuple[float, ...]
    mean: float
    spread: float
    figures: Figures
    outcomes: tuple[Outcome, ...]
    misses: tuple[Explanation, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """How much more the second has right than the first, and whether that is more than luck."""

    first: str
    second: str
    test: Resampled

    @property
    def sentence(self) -> str:
        points = 100 * self.test.difference
        p = f"{p_told(self.test.p_value)}, corrected resampled t-test, {self.test.runs} folds"
        if not self.test.significant:
            return f"{self.second} and {self.first} do not differ significantly ({points:+.1f} points; {p})"
        word = "better" if points > 0 else "worse"
        return f"{self.second} is {word} than {self.first} by {abs(points):.1f} points ({p})"


class CrossValidation(msgspec.Struct, frozen=True):
    """Several pipelines on the same folds."""

    utterances: int
    folds: int
    runs: int
    seed: int
    threshold: float
    pipelines: tuple[Validated, ...]
    differences: tuple[Difference, ...] = ()


def cross_validate(
    trainers: Sequence[tuple[str, Trainer]],
    examples: Sequence[Example],
    *,
    folds: int = 5,
    count: int = 1,
    seed: int = 0,
    threshold: float = 0.5,
    progress: Callable[[int, int], None] | None = None,
) -> CrossValidation:
    """Train and test each pipeline on the same folds, and compare each to the first.

    Raises `InvalidRequest` for fewer than two intents, or fewer utterances than folds.
    """
    texts = [example.text for example in examples]
    intents = [example.intent for example in examples]
    if len({*intents} - {NONE_OF_THESE}) < 1 or len(set(intents)) < 2:
        raise InvalidRequest("cross-validation needs two intents or more, or one and none_of_these")
    plan = list(runs(texts, intents, folds, count, seed))
    accuracies: dict[str, list[float]] = {name: [] for name, _ in trainers}
    first_run: dict[str, dict[int, Outcome]] = {name: {} for name, _ in trainers}
    misses: dict[str, dict[int, Explanation]] = {name: {} for name, _ in trainers}
    done = 0
    for run, train, test in plan:
        learnt = [texts[row] for row in train], [intents[row] for row in train]
        explainer = Explainer(*learnt) if run == 0 else None
        for name, trainer in trainers:
            model = trainer(*learnt)
            outcomes = classify(model, [examples[row] for row in test], threshold)
            accuracies[name].append(sum(outcome.right for outcome in outcomes) / len(outcomes))
            if explainer is not None:
                first_run[name].update(zip(test, outcomes, strict=True))
                misses[name].update(
                    (row, explainer.explain(outcome, threshold))
                    for row, outcome in zip(test, outcomes, strict=True)
                    if not outcome.right
                )
            done += 1
            if progress is not None:
                progress(done, len(plan) * len(trainers))
    validated = tuple(_validated(name, accuracies[name], first_run[name], misses[name]) for name, _ in trainers)
    return CrossValidation(
        len(examples), folds, count, seed, threshold, validated, _differences(validated, folds)
    )  # fmt: skip


def result_of(found: CrossValidation, examples: Sequence[Example], name: str) -> Result:
    """The first run of the first pipeline as the result of a test, for reports and to compare with."""
    first = found.pipelines[0]
    files = tuple(sorted({example.file.partition("#")[0] for example in examples}))
    how = f"cut into {found.folds} parts: each utterance was tested by a model that learnt from the other parts"
    return Result(
        FORMAT, f"{name}, {first.name}, cross-validated", files, found.threshold, first.outcomes, first.figures,
        first.misses, (Note(how),),
    )  # fmt: skip


def _validated(
    name: str, accuracies: list[float], outcomes: dict[int, Outcome], misses: dict[int, Explanation]
) -> Validated:
    mean = math.fsum(accuracies) / len(accuracies)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in accuracies) / max(len(accuracies) - 1, 1))
    rows = tuple(outcomes[row] for row in sorted(outcomes))
    explained = tuple(misses[row] for row in sorted(misses))
    return Validated(name, tuple(accuracies), mean, spread, measure(rows), rows, explained)


def _differences(validated: Sequence[Validated], folds: int) -> tuple[Difference, ...]:
    first = validated[0]
    return tuple(
        Difference(
            first.name, other.name,
            corrected_resampled_t(
                [theirs - ours for ours, theirs in zip(first.accuracies, other.accuracies, strict=True)],
                1 / (folds - 1),
            ),
        )
        for other in validated[1:]
    )  # fmt: skip
