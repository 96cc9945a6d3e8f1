"""ModelFolder: families of models and poolings, each the same by our graph, by plain numpy and by transformers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from nlp.bert_graph import distance_buckets
from nlp.bert_reference import reference_embedding
from nlp.encoder import load_encoder
from nlp.encoder_making import list_encoders, make_encoder
from nlp.errors import InvalidModel
from nlp.model_folder import read_model
from nlp.transformers_reference import has_transformers, transformers_embeddings
from tests.nlp import tiny_bert

KINDS = ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet"]
LONG = "where is my order? " * 30
needs_transformers = pytest.mark.skipif(
    not has_transformers(), reason='the extra is not installed: run `pip install "botkit[transformers]"`'
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))


def recipe(folder: Path, **found: Any) -> Path:
    """A folder as sentence-transformers writes it."""
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(found))
    return folder


def modules(folder: Path, *kinds: str) -> Path:
    rows = [
        {"idx": number, "name": str(number), "path": f"{number}_{kind}" if number else "",
         "type": f"sentence_transformers.models.{kind}"}
        for number, kind in enumerate(kinds)
    ]  # fmt: skip
    (folder / "modules.json").write_text(json.dumps(rows))
    return folder


def ids(folder: Path, text: str) -> list[int]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(128)
    return list(tokenizer.encode(text).ids)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_every_family_and_pooling_is_as_plain_numpy_has_it(tmp_path: Path, kind: str, pooling: str) -> None:
    folder = recipe(tiny_bert.write_family(tmp_path / "model", kind), pooling_mode=pooling)
    card = make_encoder(folder, "tiny")
    assert card.mean_cosine > 0.995
    model = read_model(folder)
    for text in ("where is my order", "hi", LONG):
        expected = reference_embedding(model.shape, model.weights, ids(folder, text))
        row = load_encoder("tiny").embed([text])[0]
        assert np.linalg.norm(row) == pytest.approx(1, abs=1e-4) and np.linalg.norm(expected) == pytest.approx(1)
        assert float(row @ expected) > 0.985


@needs_transformers
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_every_family_and_pooling_is_as_transformers_has_it(tmp_path: Path, kind: str, pooling: Any) -> None:
    folder = tiny_bert.write_family(tmp_path / "model", kind)
    recipe(folder, pooling_mode=pooling)
    model = read_model(folder)
    texts = [ids(folder, text) for text in ("where is my order?", "0", "unknown words", LONG)]
    for text, theirs in zip(texts, transformers_embeddings(folder, pooling, texts), strict=True):
        assert np.allclose(reference_embedding(model.shape, model.weights, text), theirs, atol=1e-5)


def test_families_differ(tmp_path: Path) -> None:
    """The same weights, read as of another family, are another model: what sets it apart is not lost."""
    rows = {}
    for kind in KINDS:
        folder = tiny_bert.write_family(tmp_path / kind, kind)
        model = read_model(folder)
        rows[kind] = reference_embedding(model.shape, model.weights, ids(folder, "where is my order"))
    assert np.allclose(rows["bert"], rows["xlm-roberta"], atol=1e-9)  # its first positions are cut off, not used
    assert rows["bert"] @ rows["distilbert"] < 0.9999 and rows["bert"] @ rows["mpnet"] < 0.9999


def test_words_far_apart_share_a_bucket() -> None:
    buckets = distance_buckets(200, 32)
    near = {distance: int(buckets[distance + 199]) for distance in (-199, -128, -8, -7, -1, 0, 1, 7, 8, 128, 199)}
    assert near == {-199: 15, -128: 15, -8: 8, -7: 7, -1: 1, 0: 0, 1: 17, 7: 23, 8: 24, 128: 31, 199: 31}


@pytest.mark.parametrize(
    ("found", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode_mean_sqrt_len_tokens": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
    ],
)
def test_a_recipe_says_how_rows_become_one(tmp_path: Path, found: dict[str, Any], pooling: str) -> None:
    folder = tiny_bert.write(tmp_path / "model")
    modules(recipe(folder, **found), "Transformer", "Pooling", "Normalize")
    assert read_model(folder).shape.pooling == pooling


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        (("Transformer", "Pooling", "Dense"), "modules.json: it has Dense, and can have Normalize, Pooling"),
        (("Transformer", "Pooling", "LayerNorm"), "it has LayerNorm"),
    ],
)
def test_a_model_with_another_part_is_refused(tmp_path: Path, kinds: tuple[str, ...], reason: str) -> None:
    folder = modules(tiny_bert.write(tmp_path / "model"), *kinds)
    with pytest.raises(InvalidModel, match=reason):
        make_encoder(folder, "tiny")
    assert list_encoders() == []


@pytest.mark.parametrize("path", ["../outside", "/etc", "a/b"])
def test_a_recipe_outside_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    folder = tiny_bert.write(tmp_path / "model")
    (folder / "modules.json").write_text(json.dumps([{"type": "models.Pooling", "path": path}]))
    with pytest.raises(InvalidModel, match="is no folder beside it"):
        read_model(folder)


@pytest.mark.parametrize(
    ("kind", "changed", "reason"),
    [
        ("roberta", {"pad_token_id": "x"}, "config.json: Expected `int`"),
        ("roberta", {"pad_token_id": 100}, "max_position_embeddings is 61, and 128 are needed"),
        ("roberta", {"is_decoder": True}, "is a decoder"),
        ("mpnet", {"relative_attention_num_buckets": 30}, "relative_attention_num_buckets is 30"),
        ("mpnet", {"relative_attention_num_buckets": 16}, "relative_attention_bias.weight has shape"),
        ("distilbert", {"activation": "relu"}, "only models with gelu"),
        ("distilbert", {"n_layers": 3}, r"transformer.layer.2.attention.q_lin.weight is missing"),
    ],
)
def test_what_cannot_be_built_is_said(tmp_path: Path, kind: str, changed: dict[str, Any], reason: str) -> None:
    folder = tiny_bert.write_family(tmp_path / "model", kind)
    (folder / "config.json").write_text(json.dumps({**tiny_bert.config(kind), **changed}))
    with pytest.raises(InvalidModel, match=reason):
        read_model(folder)
