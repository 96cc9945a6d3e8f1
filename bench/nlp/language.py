"""Language: how often the language of a sentence, and of two words of it, is told among ten."""

import importlib
import re
import statistics
import time
from collections.abc import Iterable

from bench.nlp import Absent, Row
from nlp.language import detect

LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "tr")
DATA = "spaCy's example sentences"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def rows(quick: bool) -> Iterable[Row]:
    """Names and other words with a capital are left out of the pairs: they are in no language."""
    sentences, pairs = _texts()
    for what, texts in (("sentences", sentences), ("pairs of words", pairs)):
        right = [detect(text, LANGUAGES)[0] == language for language, text in texts]
        yield Row(bench="language", data=DATA, metric=f"{what} told", value=100 * statistics.mean(right), unit="%")
    times = []
    for _, text in sentences:
        began = time.thread_time_ns()
        detect(text, LANGUAGES)
        times.append((time.thread_time_ns() - began) / 1e3)
    yield Row(bench="language", data=DATA, metric="CPU a sentence", value=statistics.median(times), unit="us")


def _texts() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    sentences, pairs = [], []
    for language in LANGUAGES:
        try:
            examples = importlib.import_module(f"spacy.lang.{language}.examples")
        except ImportError:
            raise Absent('spaCy is not installed: run `pip install "botkit[nlp]"`') from None
        for sentence in examples.sentences:
            sentences.append((language, sentence))
            words = [word for word in _WORD.findall(sentence) if word.islower() or language == "de"]
            pairs += [(language, " ".join(words[at : at + 2])) for at in range(len(words) - 1)]
    return sentences, pairs
