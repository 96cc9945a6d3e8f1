"""The tier onnx: meaning beside words, the same bits however it was trained, and no trust in changed files."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from nlp.embedding_cache import EmbeddingCache
from nlp.encoder import Encoder as RealEncoder
from nlp.encoder import load_encoder
from nlp.errors import InvalidData, InvalidModel, Unavailable
from nlp.intent_model import ARRAYS_FILE, CARD_FILE, Card, load_model
from nlp.intent_training import MAX_INTENTS, train_intents
from nlp.project import NONE_OF_THESE, read_project
from nlp.training import check_project, distinct_examples, model_key, train
from nlp.word_likeness import packed_words

from .conftest import write_project

SAME = {"parcel": "order", "package": "order", "abort": "cancel", "stop": "cancel", "hi": "hello"}
TEXTS = [
    *("where is my order", "track order", "order late", "when will order come", "order status", "order not here"),
    *("cancel order", "please cancel it", "cancel now", "i want to cancel", "cancel the thing", "do cancel"),
    *("hello", "hello there", "hello bot", "hello you", "good hello", "hello hello"),
]
INTENTS = ["order_status"] * 6 + ["cancel_order"] * 6 + ["greeting"] * 6


class Synonyms:
    """An encoder for which some words mean the same: a fixed direction a word, summed."""

    def __init__(self, fingerprint: str = "synonyms") -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], /) -> Any:
        self.asked += texts
        return np.array([self._one(text) for text in texts], dtype=np.float32)

    def _one(self, text: str) -> Any:
        words = [SAME.get(word, word) for word in text.split()] or [""]
        seeds = [int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:4]) for word in words]
        total = sum(np.random.default_rng(seed).standard_normal(32) for seed in seeds)
        return total / np.linalg.norm(total)


class Speaking(Synonyms):
    """The same, and it tells of the words, too."""

    def __init__(self, fingerprint: str = "speaking") -> None:
        super().__init__(fingerprint)
        self.told: list[str] = []

    def words(self, texts: Sequence[str], /) -> Any:
        self.told += texts
        return [packed_words(np.array([self._one(word) for word in text.split()[:9] or [""]])) for text in texts]


ENCODERS = pytest.mark.parametrize("kind", [Synonyms, Speaking])


def onnx(encoder: Any = None, texts: Sequence[str] = TEXTS, intents: Sequence[str] = INTENTS) -> Any:
    return train_intents(texts, intents, "key", tier="onnx", encoder=encoder or Synonyms())


def test_a_word_that_no_example_has_is_understood_by_its_meaning() -> None:
    best = onnx().scores("package")[0]
    assert best.intent == "order_status"
    assert not train_intents(TEXTS, INTENTS).scores("package") or (
        train_intents(TEXTS, INTENTS).scores("package")[0].confidence < best.confidence
    )


@ENCODERS
def test_many_texts_score_as_each_alone(kind: type[Synonyms]) -> None:
    model = onnx(kind())
    assert (model.meaning.words is not None) == (kind is Speaking)
    texts = ["abort", "where is my parcel", "", "  ", "\ud800", "x" * 3_000]
    assert model.scores_many(texts) == [model.scores(text) for text in texts]
    assert model.scores("") == []
    for row in model.scores_many(texts):
        assert sum(score.confidence for score in row) <= 1 + 1e-9


def test_none_of_these_is_taught_and_never_ranked() -> None:
    strange = ["sun rain snow", "who won", "joke please", "rain tomorrow", "sing song"]
    model = onnx(texts=[*TEXTS, *strange], intents=[*INTENTS, *[NONE_OF_THESE] * len(strange)])
    assert NONE_OF_THESE not in {row.intent for row in model.scores("rain tomorrow")}
    assert model.scores("rain tomorrow")[0].confidence < 0.5 < model.scores("where is my parcel")[0].confidence


@ENCODERS
def test_it_comes_back_from_its_files_and_knows_its_encoder(tmp_path: Path, kind: type[Synonyms]) -> None:
    model = onnx(kind())
    model.save(tmp_path / "a")
    onnx(kind()).save(tmp_path / "b")
    for file in (ARRAYS_FILE, CARD_FILE):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    loaded = load_model(tmp_path / "a", "key", kind())
    assert loaded.scores("abort parcel") == model.scores("abort parcel")
    assert loaded.blend == model.blend and (loaded.blend.likeness > 0) == (kind is Speaking)
    with pytest.raises(InvalidModel, match="another encoder"):
        load_model(tmp_path / "a", "key", kind("other"))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("neighbours", np.zeros((18, 32)), "vectors of the utterances"),
        ("starts", np.array([0, 99, 5, 18]), "order of the utterances"),
        ("meaning_bias", np.zeros(9, dtype="f4"), "number of weights of meaning"),
        ("scales", np.full(18, np.nan, dtype="f4"), "not a number"),
        ("said", np.zeros((50, 32)), "words of the utterances"),
        ("word_starts", np.arange(18), "order of the words"),
        ("word_starts", np.array([0] * 18 + [50]), "order of the words"),
        ("weights", np.zeros((3, 3), dtype="i1"), "number of weights is wrong"),
        ("weights", None, "not 8 bits wide"),
        ("steps", np.zeros(3, dtype="f4"), "number of weights is wrong"),
        ("bias", np.full(3, np.inf, dtype="f4"), "not a number"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, name: str, value: Any, says: str) -> None:
    onnx(Speaking()).save(tmp_path)
    before = hashlib.sha256((tmp_path / ARRAYS_FILE).read_bytes()).hexdigest()
    with np.load(tmp_path / ARRAYS_FILE) as arrays:
        value = arrays[name].astype(np.float32) if value is None else value
        changed = {key: arrays[key] for key in arrays.files} | {name: value}
    np.savez(tmp_path / ARRAYS_FILE, **changed)
    after = hashlib.sha256((tmp_path / ARRAYS_FILE).read_bytes()).hexdigest()
    card = tmp_path / CARD_FILE
    sign(card, card.read_text().replace(before, after))
    with pytest.raises(InvalidModel, match=f"refused: .*{says}"):
        load_model(tmp_path, "key", Speaking())


def sign(file: Path, text: str) -> None:
    """A card that was changed by somebody who knows how it is hashed."""
    card = msgspec.json.decode(text, type=Card)
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(card, card_sha256=card.digest)))


@ENCODERS
def test_one_changed_utterance_is_one_to_embed_and_the_bits_are_those_of_a_cold_run(
    tmp_path: Path, kind: type[Synonyms]
) -> None:
    cache = EmbeddingCache(kind(), tmp_path)
    onnx(cache)
    cache.save()
    changed = ["where is my parcel", *TEXTS[1:]]
    encoder = kind()
    warm = EmbeddingCache(encoder, tmp_path)
    onnx(warm, changed).save(tmp_path / "warm")
    onnx(kind(), changed).save(tmp_path / "cold")
    assert encoder.asked == getattr(encoder, "told", encoder.asked) == ["where is my parcel"]
    assert (tmp_path / "warm" / ARRAYS_FILE).read_bytes() == (tmp_path / "cold" / ARRAYS_FILE).read_bytes()
    assert (tmp_path / "warm" / CARD_FILE).read_bytes() == (tmp_path / "cold" / CARD_FILE).read_bytes()


@pytest.mark.parametrize(
    "change", [lambda data: data[:-9] + b"x" + data[-8:], lambda data: b"", lambda data: data[:40]]
)
def test_changed_vectors_are_made_again(tmp_path: Path, change: Any) -> None:
    cache = EmbeddingCache(Synonyms(), tmp_path)
    cache.embed(TEXTS)
    cache.save()
    (file,) = tmp_path.iterdir()
    file.write_bytes(change(file.read_bytes()))
    encoder = Synonyms()
    EmbeddingCache(encoder, tmp_path).embed(TEXTS)
    assert encoder.asked == TEXTS


@pytest.mark.parametrize("tier", ["default", "onnx"])
def test_the_smallest_data(tier: Any) -> None:
    encoder = Synonyms() if tier == "onnx" else None
    alone = train_intents(["where is my order"], ["order status ✓"], tier=tier, encoder=encoder)
    assert alone.scores("where is my order")[0].intent == "order status ✓"
    assert alone.scores("where is my order")[0].confidence > 0.5
    two = train_intents(["where is it", "stop this"], ["où", "停"], tier=tier, encoder=encoder)
    assert [two.scores(text)[0].intent for text in ("where is it", "stop this")] == ["où", "停"]
    nothing = train_intents(["???", "!!!"], ["a", "b"], tier=tier, encoder=encoder)
    assert {row.intent for row in nothing.scores("???")} <= {"a", "b"}


def test_too_many_intents_are_refused_before_any_work() -> None:
    many = [f"intent {number}" for number in range(10_000)]
    with pytest.raises(InvalidData, match=f"10000 intents, but a model holds at most {MAX_INTENTS}: put together"):
        train_intents(many, many)


def test_a_crowded_intent_does_not_drown_a_small_one(tmp_path: Path) -> None:
    crowd = [f"order number {number} is {state} late" for number in range(40) for state in ("very", "a bit", "so")]
    few = ["cancel order", "please cancel", "stop the order", "i cancel", "cancel that"]
    hello = ["hello", "hello there", "hi", "hi you", "good day"]
    model = train_intents([*crowd, *few, *hello], ["late"] * len(crowd) + ["cancel"] * 5 + ["greeting"] * 5)
    assert model.scores("cancel my order")[0].intent == "cancel"
    rows = "".join(f"\n  - {text}" for text in crowd)
    more = "".join(f"\n  - {text}" for text in few)
    hellos = "".join(f"\n  - {text}" for text in hello)
    text = f"- intent: late\n  examples:{rows.replace('  -', '    -')}\n- intent: cancel\n  examples:{more}\n"
    write_project(tmp_path, intents_a=text + f"- intent: greeting\n  examples:{hellos}\n")
    (problem,) = check_project(read_project(tmp_path))
    assert str(problem).startswith("intents/a.yaml:3: intent late has 120 examples where most have about 5")


def test_capitals_and_spaces_make_no_other_example(tmp_path: Path) -> None:
    write_project(tmp_path, intents_a="intent: x\nexamples: [Hello  you, hello you, HELLO YOU, bye]\n")
    assert distinct_examples(read_project(tmp_path)) == [("HELLO YOU", "x"), ("bye", "x")]


def test_without_the_encoder_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path))
    with pytest.raises(Unavailable, match="botkit nlp get-model"):
        train_intents(TEXTS, INTENTS, tier="onnx")
    pipeline = "components:\n  - {kind: intents, tier: onnx}\n"
    folder = write_project(tmp_path / "nlp", intents_a="intent: x\nexamples: [a, b]\n", pipeline=pipeline)
    with pytest.raises(Unavailable, match="botkit nlp get-model"):
        train(folder, tmp_path / "models")
    with pytest.raises(Unavailable, match="no tier 'gpu'"):
        train_intents(TEXTS, INTENTS, tier="gpu")  # type: ignore[arg-type]


def test_progress_is_told_from_start_to_end() -> None:
    told: list[tuple[str, float]] = []
    train_intents(TEXTS, INTENTS, tier="onnx", encoder=Synonyms(), progress=lambda *step: told.append(step))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], told[-1]) == (0.0, ("done", 1.0))


def test_the_real_encoder_in_a_project(tmp_path: Path) -> None:
    from nlp.pipeline import load_pipeline

    try:
        encoder: RealEncoder = load_encoder()
    except Unavailable as reason:
        pytest.skip(str(reason))
    rows = "".join(f"- {{intent: {intent}, examples: [{', '.join(texts)}]}}\n" for intent, texts in {
        "order_status": TEXTS[:6], "cancel_order": TEXTS[6:12], "greeting": TEXTS[12:],
    }.items())  # fmt: skip
    write_project(tmp_path, intents_a=rows)
    without = model_key(read_project(tmp_path))
    write_project(tmp_path, pipeline="components:\n  - {kind: intents, tier: onnx}\n")
    assert train(tmp_path, tmp_path / "models").key != without
    assert not train(tmp_path, tmp_path / "models").trained
    read = load_pipeline(read_project(tmp_path), models=tmp_path / "models").read
    assert read("has the courier got my delivery yet", want=("intent",)).intents[0].intent == "order_status"
    assert len(encoder.fingerprint) == 64
