"""Encoder: made from a model folder, proved, refused when anything is wrong, and the same to the bit."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from nlp.encoder import CARD_FILE, GRAPH_FILE, Encoder, encoder_home, load_encoder, read_card
from nlp.encoder_making import list_encoders, make_encoder
from nlp.errors import InvalidModel, Unavailable
from tests.nlp import tiny_bert

REAL = "BOTKIT_REQUIRE_ENCODER"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("tiny")
    patch = pytest.MonkeyPatch()
    patch.setenv("BOTKIT_DATA", str(folder / "data"))
    make_encoder(tiny_bert.write(folder / "model"), "tiny")
    encoder = load_encoder(str(encoder_home("tiny")))
    patch.undo()
    return encoder


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    """The real one, where `botkit nlp get-model` got it."""
    try:
        return load_encoder()
    except Unavailable as error:
        if os.environ.get(REAL):
            raise
        pytest.skip(f"{error}")


def test_an_encoder_is_made_from_a_folder_and_kept_with_its_card(home: Path) -> None:
    told: list[str] = []
    card = make_encoder(tiny_bert.write(home / "model"), "tiny", tell=told.append)
    assert told and card.dimension == 32 and card.mean_cosine > 0.995
    assert list_encoders() == ["tiny"]
    row = load_encoder("tiny").embed(["where is my order"])
    assert row.shape == (1, 32) and row.dtype == np.float32 and abs(float((row**2).sum()) - 1) < 1e-5


def test_making_it_again_gives_the_same_bits(home: Path) -> None:
    folder = tiny_bert.write(home / "model")
    first = make_encoder(folder, "one")
    assert make_encoder(folder, "one").graph_sha256 == first.graph_sha256
    assert load_encoder("one").fingerprint == load_encoder(str(encoder_home("one"))).fingerprint
    assert [path.name for path in (home / "data" / "encoders").iterdir()] == ["one"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(max_size=60), min_size=1, max_size=4)
    | st.lists(st.text(alphabet="ab c", max_size=9), min_size=20, max_size=60)  # many of one length
)
def test_a_text_has_the_same_bits_alone_and_among_others(tiny: Encoder, texts: list[str]) -> None:
    same_bits(tiny, texts)


def same_bits(encoder: Encoder, texts: list[str]) -> None:
    encoder._known.clear()
    together, words = encoder.embed(texts), encoder.words(texts)
    encoder._known.clear()
    alone = np.concatenate([encoder.embed([text]) for text in reversed(texts)][::-1])
    assert np.isfinite(together).all() and together.tobytes() == alone.tobytes()
    assert [row.tobytes() for row in words] == [encoder.words([text])[0].tobytes() for text in texts]


def test_the_real_encoder_gives_the_same_bits_alone_and_among_others(minilm: Encoder) -> None:
    same_bits(minilm, [f"{start} my {thing}?" for start in STARTS for thing in THINGS])


STARTS = ("where is", "please cancel", "i want to change", "can you tell me the price of", "hi,")
THINGS = ("order", "new card", "top up", "appointment with the dentist on monday", "refund")


@pytest.mark.parametrize("text", ["", "a" * 1_000_000, "\ud800", "\x00", "😀" * 500, "где мой заказ"])
def test_any_text_has_an_embedding(tiny: Encoder, text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    assert np.isfinite(tiny.embed([clean])).all()


def without(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def config(**changed: object) -> Callable[[Path], None]:
    return lambda folder: (folder / "config.json").write_text(json.dumps({**tiny_bert.CONFIG, **changed})) and None


def pooling(**modes: bool) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32, **modes}))

    return apply


def weights(change: Callable[[dict[str, np.ndarray]], object]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    def apply(folder: Path) -> None:
        found = tiny_bert.weights()
        change(found)
        save_file(found, folder / "model.safetensors")

    return apply


LAYER = "encoder.layer.0.output.dense.weight"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (without("config.json"), "config.json: No such file"),
        (without("model.safetensors"), "a model folder has"),
        (without("tokenizer.json"), "tokenizer.json: No such file"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}"), "model"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "cannot be run"),
        (lambda folder: (folder / "config.json").write_text("no JSON"), "malformed"),
        (config(model_type="gpt2"), "of type 'gpt2', and can be bert, roberta"),
        (config(hidden_act="relu"), "only models with gelu"),
        (config(hidden_size=31), "multiple"),
        (config(num_hidden_layers=0), "num_hidden_layers is 0"),
        (config(num_hidden_layers=3), "encoder.layer.2"),
        (config(intermediate_size=128), "has shape"),
        (config(vocab_size=10), "word_embeddings"),
        (config(max_position_embeddings=64), "max_position_embeddings is 64, and 128 are needed"),
        (config(type_vocab_size=3), "token_type_embeddings.weight has shape"),
        (weights(lambda found: found.pop("embeddings.token_type_embeddings.weight")), "token_type.* is missing"),
        (pooling(pooling_mode_lasttoken=True, pooling_mode_mean_tokens=False), "its pooling is lasttoken"),
        (pooling(pooling_mode_max_tokens=True, pooling_mode_mean_tokens=True), "is max_tokens and mean_tokens"),
        (weights(lambda found: found.pop(LAYER)), "is missing"),
        (weights(lambda found: found.update({LAYER: found[LAYER] * np.float32("nan")})), "no number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_model_is_said_and_nothing_is_kept(
    home: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    folder = tiny_bert.write(home / "model")
    spoil(folder)
    with pytest.raises(InvalidModel, match=reason):
        make_encoder(folder, "tiny")
    assert list_encoders() == []


def test_a_folder_of_sentence_transformers_that_takes_the_mean_is_taken(home: Path) -> None:
    folder = tiny_bert.write(home / "model")
    pooling(pooling_mode_cls_token=False, pooling_mode_mean_tokens=True)(folder)
    assert make_encoder(folder, "tiny").dimension == 32


def test_a_failed_making_leaves_the_encoder_that_was_there(home: Path) -> None:
    first = make_encoder(tiny_bert.write(home / "model"), "tiny")
    (home / "model" / "config.json").write_text("{}")
    with pytest.raises(InvalidModel):
        make_encoder(home / "model", "tiny")
    assert read_card(encoder_home("tiny")) == first
    assert [path.name for path in encoder_home().parent.iterdir()] == ["tiny"]


def test_where_nothing_can_be_kept_it_is_said(home: Path) -> None:
    (home / "data").write_text("a file where the folder would be")
    with pytest.raises(Unavailable, match="cannot be kept in"):
        make_encoder(tiny_bert.write(home / "model"), "tiny")


def test_other_bytes_than_the_official_ones_are_refused(home: Path) -> None:
    with pytest.raises(InvalidModel, match=r"model.safetensors is refused: its SHA-256 is \w+, not 00"):
        make_encoder(tiny_bert.write(home / "model"), "tiny", official={"model.safetensors": "00"})
    assert list_encoders() == []


@pytest.mark.parametrize("file", [GRAPH_FILE, "tokenizer.json", CARD_FILE])
def test_a_changed_encoder_is_refused(home: Path, file: str) -> None:
    make_encoder(tiny_bert.write(home / "model"), "tiny")
    path = encoder_home("tiny") / file
    path.write_bytes(path.read_bytes()[:-20] + b" " * 20)
    with pytest.raises(InvalidModel, match="makes it anew"):
        load_encoder("tiny")


def test_a_card_with_another_dimension_is_refused_before_a_text_is_read(home: Path) -> None:
    make_encoder(tiny_bert.write(home / "model"), "tiny")
    path = encoder_home("tiny") / CARD_FILE
    path.write_text(path.read_text("utf-8").replace('"dimension": 32', '"dimension": 36'), "utf-8")
    with pytest.raises(InvalidModel, match=r"encoder\.json has dimension 36, and encoder\.onnx 32; .* makes it anew"):
        load_encoder("tiny")


def test_without_it_a_line_says_how_to_get_it(home: Path) -> None:
    with pytest.raises(Unavailable, match="run `botkit nlp get-model`"):
        load_encoder()


def test_the_real_encoder_tells_meanings_apart(minilm: Encoder) -> None:
    order, parcel, weather = minilm.embed(["where is my order", "has my parcel been shipped yet", "will it rain today"])
    assert minilm.dimension == 384 and order @ parcel > order @ weather + 0.2
