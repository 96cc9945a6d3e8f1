"""Robustness: how much is still understood when customers write less carefully."""

from collections.abc import Callable, Sequence

import msgspec

from nlp.evaluation.classifier import Classifier
from nlp.evaluation.examples import Example
from nlp.evaluation.outcomes import Outcome, classify
from nlp.evaluation.perturbations import left_out, perturb, perturbations
from nlp.evaluation.significance import Paired, mcnemar

MAX_BROKEN = 20


class Broken(msgspec.Struct, frozen=True):
    """An utterance that was right, and is wrong once it is changed."""

    text: str
    changed: str
    expected: str
    intent: str
    confidence: float


class Perturbed(msgspec.Struct, frozen=True):
    """A perturbation: how many utterances it changes, and of those, how many were and are right."""

    name: str
    changed: int
    right_before: int
    right: int
    broken: tuple[Broken, ...]
    test: Paired

    @property
    def accuracy(self) -> float:
        return self.right / self.changed if self.changed else 1.0

    @property
    def loss(self) -> float:
        """What it costs, as a share of the changed utterances."""
        return (self.right_before - self.right) / self.changed if self.changed else 0.0


class Robustness(msgspec.Struct, frozen=True):
    """Every perturbation, the most harmful first. `left_out`: those that nobody wrote for the language of the texts."""

    utterances: int
    right: int
    seed: int
    perturbations: tuple[Perturbed, ...]
    left_out: tuple[str, ...] = ()


def measure_robustness(
    classifier: Classifier,
    examples: Sequence[Example],
    threshold: float,
    *,
    seed: int = 0,
    language: str = "en",
    progress: Callable[[int, int], None] | None = None,
) -> Robustness:
    """Classify each utterance as it is and once with each perturbation for its language."""
    before = classify(classifier, examples, threshold)
    rows = []
    names = sorted(perturbations(language))
    for number, name in enumerate(names, start=1):
        pairs = [
            (outcome, msgspec.structs.replace(example, text=changed))
            for outcome, example in zip(before, examples, strict=True)
            if (changed := perturb(name, example.text, seed, language)) != example.text
        ]
        after = classify(classifier, [example for _, example in pairs], threshold)
        rows.append(_perturbed(name, [outcome for outcome, _ in pairs], after))
        if progress is not None:
            progress(number, len(names))
    rows.sort(key=lambda row: (-row.loss, row.name))
    return Robustness(len(before), sum(outcome.right for outcome in before), seed, tuple(rows), left_out(language))


def _perturbed(name: str, before: Sequence[Outcome], after: Sequence[Outcome]) -> Perturbed:
    pairs = list(zip(before, after, strict=True))
    broken = [
        Broken(old.text, new.text, new.expected, new.intent, new.confidence)
        for old, new in pairs
        if old.right and not new.right
    ]
    mended = sum(new.right and not old.right for old, new in pairs)
    return Perturbed(
        name, len(pairs), sum(old.right for old in before), sum(new.right for new in after),
        tuple(broken[:MAX_BROKEN]), mcnemar(mended, len(broken)),
    )  # fmt: skip
