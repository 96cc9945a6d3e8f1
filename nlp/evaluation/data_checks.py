"""Data checks: what in the examples makes a bot worse, and what to add first."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import msgspec

from nlp.doubles import count_by_intent, doubles, folded
from nlp.evaluation.cross_validation import Trainer
from nlp.evaluation.examples import Example
from nlp.evaluation.outcomes import Outcome, classify
from nlp.evaluation.splits import stratified_folds
from nlp.project import NONE_LABELS, NONE_OF_THESE, none_label

FEWEST_EXAMPLES = 5
MANY_TIMES = 10
"""An intent with this many times the examples of another is favoured by the model."""

SURE = 0.8
"""The confidence from which a wrong answer casts doubt on the label, not on the model."""

FEWEST_CONFUSED = 2
CONFUSED_SHARE = 0.1
FOLDS = 5


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something doubtful. `kind` is for programs."""

    kind: str
    message: str
    file: str = ""
    line: int = 0


class Suggestion(msgspec.Struct, frozen=True):
    """What to do, and how many more of 100 messages it may get right."""

    intent: str
    message: str
    gain: float


class DataReport(msgspec.Struct, frozen=True):
    """Findings by file and line, and suggestions, the most promising first."""

    utterances: int
    findings: tuple[Finding, ...]
    suggestions: tuple[Suggestion, ...] = ()


def check_examples(trained: Sequence[Example], tested: Sequence[Example] = ()) -> list[Finding]:
    """What can be seen without training: doubles, few examples, imbalance, words that are tested and trained on.

    And utterances that are tested in two intents: whatever the model says, one of the two is a miss.
    """
    findings = [*_doubles(trained), *_counts(trained), *_names(trained)]
    places: dict[str, Example] = {}
    for example in trained:
        places.setdefault(folded(example.text), example)
    for example in tested:
        if other := places.get(folded(example.text)):
            message = f"{example.text!r} is tested, but it was trained on ({other.place}): take it out of one of them"
            findings.append(Finding("leak", message, example.file, example.line))
    findings += [_two_intents(row, other) for row, other in doubles(tested) if row.intent != other.intent]
    known = {example.intent for example in trained} | {NONE_OF_THESE}
    for intent, count in sorted(Counter(row.intent for row in tested if row.intent not in known).items()):
        what = "1 tested utterance is" if count == 1 else f"{count} tested utterances are"
        findings.append(Finding("unknown_intent", f"{what} of {intent}, which is not trained"))
    return findings


def _doubles(trained: Sequence[Example]) -> list[Finding]:
    findings = []
    for example, other in doubles(trained):
        if other.intent != example.intent:
            findings.append(_two_intents(example, other))
        else:
            message = f"{example.text!r} says the same as {other.text!r} in {other.place}: once is enough"
            findings.append(Finding("double", message, example.file, example.line))
    return findings


def _two_intents(example: Example, other: Example) -> Finding:
    message = f"{example.text!r} is in {example.intent} here and in {other.intent} in {other.place}: choose one"
    return Finding("two_intents", message, example.file, example.line)


def _counts(trained: Sequence[Example]) -> list[Finding]:
    findings = []
    counts = count_by_intent(trained)
    first = {example.intent: example for example in reversed(trained)}
    intents = [intent for intent in counts if intent != NONE_OF_THESE]
    for intent in intents:
        if counts[intent] < FEWEST_EXAMPLES:
            message = f"intent {intent} has few examples ({counts[intent]}): give it {FEWEST_EXAMPLES} or more"
            findings.append(Finding("few_examples", message, first[intent].file, first[intent].line))
    if not counts[NONE_OF_THESE]:
        message = "none_of_these has no examples: the bot has not seen what it is not for; write some"
        findings.append(Finding("no_none", message))
    if len(intents) > 1:
        largest = max(intents, key=lambda intent: counts[intent])
        smallest = min(intents, key=lambda intent: counts[intent])
        if counts[largest] > MANY_TIMES * counts[smallest]:
            message = (
                f"intent {largest} has {counts[largest]} examples and {smallest} has {counts[smallest]}: "
                f"the model leans to {largest}"
            )
            findings.append(Finding("imbalance", message, first[smallest].file, first[smallest].line))
    return findings


def _names(trained: Sequence[Example]) -> list[Finding]:
    first = {example.intent: example for example in reversed(trained) if example.intent in NONE_LABELS}
    return [
        Finding("none_label", none_label(intent), example.file, example.line)
        for intent, example in sorted(first.items())
    ]


def enough_to_train(trained: Sequence[Example]) -> bool:
    """Whether there is enough for `check_by_training`: two intents, and different words for every fold."""
    return len({row.intent for row in trained}) > 1 and len({folded(row.text) for row in trained}) >= FOLDS


def check_by_training(
    trained: Sequence[Example],
    trainer: Trainer,
    threshold: float,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Finding], list[Suggestion]]:
    """What cross-validation shows: intents too close, labels in doubt, and where more examples would help most.

    The gain of doubling an intent's examples is guessed from what doubling did here: each fold is also trained on
    half of its examples. What says the same again in an intent counts once, as it does in a bot.
    Raises `InvalidRequest` for fewer different utterances than folds.
    """
    trained = _once(trained)
    texts, intents = [row.text for row in trained], [row.intent for row in trained]
    outcomes: dict[int, Outcome] = {}
    half_wrong = 0
    for number, test in enumerate(stratified_folds(texts, intents, FOLDS, seed), start=1):
        held_out = set(test)
        rows = [row for row in range(len(texts)) if row not in held_out]
        examples = [trained[row] for row in test]
        model = trainer([texts[row] for row in rows], [intents[row] for row in rows])
        outcomes.update(zip(test, classify(model, examples, threshold), strict=True))
        halved = _half(rows, intents)
        weaker = trainer([texts[row] for row in halved], [intents[row] for row in halved])
        half_wrong += sum(not outcome.right for outcome in classify(weaker, examples, threshold))
        if progress is not None:
            progress(number, FOLDS)
    ordered = [outcomes[row] for row in sorted(outcomes)]
    wrong = sum(not outcome.right for outcome in ordered)
    mended = max(0.0, 1 - wrong / half_wrong) if half_wrong else 0.0
    return [*_doubtful(ordered), *_close(ordered)], _suggestions(ordered, mended)


def _once(trained: Sequence[Example]) -> list[Example]:
    """The first of each words and intent."""
    first: dict[tuple[str, str], Example] = {}
    for example in trained:
        first.setdefault((folded(example.text), example.intent), example)
    return list(first.values())


def _half(rows: Sequence[int], intents: Sequence[str]) -> list[int]:
    """Every second row of each intent, at least one."""
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        if seen[intents[row]] % 2 == 0:
            kept.append(row)
        seen[intents[row]] += 1
    return kept


def _doubtful(outcomes: Sequence[Outcome]) -> list[Finding]:
    """Examples that the others would put elsewhere without hesitation."""
    return [
        Finding(
            "doubtful_label",
            f"{row.text!r} is in {row.expected}, but sounds like {row.best} ({row.confidence:.2f}): which is it?",
            row.file, row.line,
        )
        for row in outcomes
        if row.best != row.expected and row.confidence >= SURE
    ]  # fmt: skip


def _close(outcomes: Sequence[Outcome]) -> list[Finding]:
    """Pairs of intents that are taken for each other, whatever the threshold."""
    support = Counter(row.expected for row in outcomes)
    pairs: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for row in outcomes:
        if row.in_scope and row.best not in {row.expected, NONE_OF_THESE}:
            first, second = sorted((row.expected, row.best))
            pairs[first, second].append(row)
    findings = []
    for (first, second), rows in sorted(pairs.items(), key=lambda item: (-len(item[1]), item[0])):
        fewer = min(support[first], support[second])
        if len(rows) >= FEWEST_CONFUSED and len(rows) >= CONFUSED_SHARE * fewer:
            shown = ", ".join(repr(row.text) for row in rows[:3])
            message = (
                f"intents {first} and {second} are close: {len(rows)} of their {support[first] + support[second]} "
                f"examples are taken for the other, such as {shown}; make their examples differ, or join the two"
            )
            findings.append(Finding("close_intents", message))
    return findings


def _suggestions(outcomes: Sequence[Outcome], mended: float) -> list[Suggestion]:
    """Where doubling the examples would mend most, if it mends the same share of misses everywhere."""
    support = Counter(row.expected for row in outcomes)
    wrong = Counter(row.expected for row in outcomes if not row.right)
    rows = []
    for intent, count in wrong.items():
        gain = 100 * mended * count / len(outcomes)
        message = (
            f"give {intent} about {support[intent]} more examples: {count} of {support[intent]} are missed, "
            f"and doubling may mend {mended:.0%} of them"
        )
        rows.append(Suggestion(intent, message, round(gain, 2)))
    return sorted((row for row in rows if row.gain > 0), key=lambda row: (-row.gain, row.intent))
