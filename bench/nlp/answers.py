"""Answers: how often the knowledge gives the right one, on validation data, by words and by words and meaning."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from bench.nlp import Absent, Row
from bench.nlp.clinc import data_file
from nlp.answers import Answers
from nlp.errors import Unavailable
from nlp.evaluation.significance import mcnemar
from nlp.knowledge import Article
from nlp.pipeline import Pipeline
from nlp.project import Project

SEEDS, QUICK_SEEDS = 10, 3
ANSWERS, QUESTIONS = 40, 4
THRESHOLD = 0.4
DATA = "CLINC150 validation, 40 answers"


class Draw(msgspec.Struct, frozen=True):
    """Articles of training texts, and validation texts with the number of their article; -1 for none."""

    articles: tuple[Article, ...]
    asked: tuple[tuple[str, int], ...]


def rows(quick: bool) -> Iterable[Row]:
    """The nearest answer, and what the default threshold makes of it; the mean of some draws, with its deviation."""
    found = json.loads(data_file().read_text("utf-8"))
    draws = [draw(_by_intent(found["train"]), _by_intent(found["val"]), seed) for seed in range(_seeds(quick))]
    results = {"default": [_asked(drawn, "default") for drawn in draws]}
    yield from _figures("default", draws, results["default"])
    try:
        results["onnx"] = [_asked(drawn, "onnx") for drawn in draws]
    except Unavailable as reason:
        raise Absent(f"tier onnx: {reason}") from None
    yield from _figures("onnx", draws, results["onnx"])
    chances = [_chance(drawn, *pair) for drawn, *pair in zip(draws, *results.values(), strict=True)]
    yield Row(
        bench="answers", data=DATA, tier="onnx", metric="largest p of a draw (McNemar) that it is luck",
        value=max(chances), unit="p",
    )  # fmt: skip


def draw(known: Mapping[str, Sequence[str]], asked: Mapping[str, Sequence[str]], seed: int) -> Draw:
    """Some intents become articles; as many questions are about them as are about the other intents."""
    random = np.random.default_rng(seed)
    names = random.permutation(sorted(known)).tolist()
    articles, texts = [], []
    for number, name in enumerate(names[:ANSWERS]):
        questions = random.choice(known[name], QUESTIONS, replace=False).tolist()
        articles.append(Article(tuple(questions), str(number)))
        texts += [(text, number) for text in random.choice(asked[name], QUESTIONS, replace=False).tolist()]
    others = [text for name in names[ANSWERS:] for text in asked[name]]
    texts += [(text, -1) for text in random.choice(others, ANSWERS * QUESTIONS, replace=False).tolist()]
    return Draw(tuple(articles), tuple(texts))


def _seeds(quick: bool) -> int:
    return QUICK_SEEDS if quick else SEEDS


def _by_intent(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, intent in pairs:
        found.setdefault(intent, []).append(text)
    return found


def _asked(drawn: Draw, tier: str) -> list[tuple[int, float]]:
    """The number of the nearest article and its score, a text each; -1 where there is none."""
    pipeline = Pipeline([Answers.load({"tier": tier})], Project(knowledge=drawn.articles))
    found = []
    for text, _ in drawn.asked:
        answers = pipeline.read(text, want=("answers",)).answers
        found.append((int(answers[0].text), answers[0].score) if answers else (-1, 0.0))
    return found


def _figures(tier: str, draws: Sequence[Draw], results: Sequence[Sequence[tuple[int, float]]]) -> Iterable[Row]:
    names = ("nearest is right", "right at 0.4", "wrong at 0.4", "strange, but answered at 0.4")
    shares: dict[str, list[float]] = {name: [] for name in names}
    for drawn, result in zip(draws, results, strict=True):
        pairs = [(true, best, score) for (_, true), (best, score) in zip(drawn.asked, result, strict=True)]
        inside, outside = [row for row in pairs if row[0] >= 0], [row for row in pairs if row[0] < 0]
        shares[names[0]].append(100 * statistics.mean(true == best for true, best, _ in inside))
        shares[names[1]].append(
            100 * statistics.mean(true == best and score >= THRESHOLD for true, best, score in inside)
        )
        shares[names[2]].append(
            100 * statistics.mean(true != best and score >= THRESHOLD for true, best, score in inside)
        )
        shares[names[3]].append(100 * statistics.mean(score >= THRESHOLD for *_, score in outside))
    for name, values in shares.items():
        yield Row(
            bench="answers", data=DATA, tier=tier, metric=name, value=statistics.mean(values), unit="%",
            spread=statistics.stdev(values),
        )  # fmt: skip


def _chance(drawn: Draw, one: Sequence[tuple[int, float]], other: Sequence[tuple[int, float]]) -> float:
    """McNemar's exact p of the texts that only one of two ways has right."""
    right = [
        (first[0] == true, second[0] == true)
        for (_, true), first, second in zip(drawn.asked, one, other, strict=True)
        if true >= 0
    ]
    return mcnemar(sum(a and not b for a, b in right), sum(b and not a for a, b in right)).p_value
