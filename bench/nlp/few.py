"""Few: small projects drawn by seed from training data: how much is right, and how honest the confidence is.

Each has 3 to 30 intents with about 5 to 30 examples, and every second one some for none of these. It is tested
on other training utterances of its intents, and on a fifth of utterances of other intents and of no intent. No
test part is read here: what is chosen for small projects may be chosen on these.
"""

import json
import statistics
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from bench.nlp import Absent, Row
from bench.nlp.clinc import data_file
from bench.nlp.intents import Examples, banking_file
from nlp.encoder import load_encoder
from nlp.errors import Unavailable
from nlp.evaluation.examples import Example
from nlp.evaluation.metrics import Figures, measure
from nlp.evaluation.outcomes import Outcome, classify
from nlp.evaluation.thresholds import risk_coverage
from nlp.intent_model import Encoder
from nlp.intent_training import Tier, train_intents
from nlp.project import NONE_OF_THESE

PROJECTS = 40
INTENTS, EXAMPLES = (3, 30), (5, 30)
UNEVEN = 0.4
"""An intent has up to so much more or less than the usual number of examples."""

FEWEST_TESTED, TESTED = 10, 400
MOST_OF_NONE = 25
OUT_OF_SCOPE_SHARE = 0.2
COVERAGE = 0.7


class SmallProject(msgspec.Struct, frozen=True):
    """What a small project learns from, and what it is tested on."""

    trained: tuple[Example, ...]
    tested: tuple[Example, ...]


def rows(quick: bool) -> Iterable[Row]:
    """Both tiers, or the default one where there is no encoder."""
    clinc = json.loads(data_file().read_text("utf-8"))
    sources = (
        banking_file(data_file().parents[1] / "banking77" / "train.csv"),
        Examples(tuple(text for text, _ in clinc["train"]), tuple(intent for _, intent in clinc["train"])),
    )
    strange = [text for text, _ in (*clinc["oos_train"], *clinc["oos_val"])]
    projects = [draw(sources[seed % 2], strange, seed) for seed in range(PROJECTS // 10 if quick else PROJECTS)]
    yield from _tier("default", None, projects)
    try:
        yield from _tier("onnx", load_encoder(), projects)
    except Unavailable as reason:
        raise Absent(f"tier onnx: {reason}") from None


def draw(source: Examples, strange: Sequence[str], seed: int) -> SmallProject:
    """A project of some of the intents; half of what it is not for are utterances of the others."""
    random = np.random.default_rng(seed)
    count, usual = (round(float(np.exp(random.uniform(*np.log(bounds))))) for bounds in (INTENTS, EXAMPLES))
    intents = np.array(source.intents)
    names = random.permutation(np.unique(intents))
    trained: list[Example] = []
    tested: list[Example] = []
    for name in names[:count].tolist():
        places = random.permutation(np.flatnonzero(intents == name))
        taught = min(max(4, round(usual * random.uniform(1 - UNEVEN, 1 + UNEVEN))), len(places) - FEWEST_TESTED)
        asked = max(FEWEST_TESTED, TESTED // count // 10 * 10)
        trained += [Example(source.texts[place], name) for place in places[:taught]]
        tested += [Example(source.texts[place], name) for place in places[taught : taught + asked]]
    others = [source.texts[place] for place in random.permutation(np.flatnonzero(np.isin(intents, names[count:])))]
    outside = [str(text) for text in random.permutation(np.array(strange))]
    mixed = [text for pair in zip(outside, others, strict=False) for text in pair]
    taught = int(random.integers(5, MOST_OF_NONE + 1)) * int(random.integers(0, 2))
    asked = round(len(tested) * OUT_OF_SCOPE_SHARE / (1 - OUT_OF_SCOPE_SHARE))
    trained += [Example(text, NONE_OF_THESE) for text in mixed[:taught]]
    tested += [Example(text, NONE_OF_THESE) for text in mixed[taught : taught + asked]]
    return SmallProject(tuple(trained), tuple(tested))


def _tier(tier: Tier, encoder: Encoder | None, projects: Sequence[SmallProject]) -> Iterable[Row]:
    found: list[tuple[Figures, float]] = []
    for project in projects:
        texts, intents = zip(*((row.text, row.intent) for row in project.trained), strict=True)
        outcomes = classify(train_intents(texts, intents, tier=tier, encoder=encoder), project.tested, 0.5)
        found.append((measure(outcomes), _risk(outcomes)))
    for metric, values in {
        "accuracy in scope": [figures.best_guess_accuracy or 0.0 for figures, _ in found],
        "right at a threshold of 0.5": [figures.accuracy for figures, _ in found],
        "AUROC": [figures.auroc or 0.0 for figures, _ in found],
        "calibration error": [figures.calibration_error for figures, _ in found],
        f"risk at {COVERAGE:.0%} coverage": [risk for _, risk in found],
    }.items():
        yield Row(
            bench="few", data=f"{len(projects)} small projects", tier=tier, metric=metric, unit="%",
            value=100 * statistics.mean(values), spread=100 * statistics.stdev(values),
        )  # fmt: skip


def _risk(outcomes: Sequence[Outcome]) -> float:
    """The share of wrong answers at the highest threshold that answers enough."""
    points = [point for point in risk_coverage(outcomes) if point.coverage >= COVERAGE]
    return max(points, key=lambda point: point.threshold).risk
