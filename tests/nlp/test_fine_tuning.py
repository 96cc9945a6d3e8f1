"""FineTuning: top layers that learn, on a tiny model; what is kept, refused and said."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from botkit.cli.main import cli
from nlp import encoder_making
from nlp.contrast import batches, contrastive_loss, held_out, held_out_loss
from nlp.encoder import encoder_home, load_encoder, read_card
from nlp.encoder_making import SENTENCES, keep_encoder, list_encoders, make_encoder
from nlp.errors import InvalidData, InvalidModel, InvalidRequest, Unavailable
from nlp.fine_tuning import Rows, fine_tune
from nlp.model_folder import read_model
from nlp.torch_encoder import TorchEncoder
from nlp.training import train
from tests.nlp import tiny_bert

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason='torch is not installed: run `pip install "botkit[transformers]"`',
)
TEXTS = [f"where is my order {number}" for number in range(20)] + [f"is {number} my a b c?" for number in range(20)]
INTENTS = ["where"] * 20 + ["is"] * 20
TOP = "encoder.layer.1."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))
    return tiny_bert.write(tmp_path / "model")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    intents = [
        {"intent": intent, "examples": [text for text, its in zip(TEXTS, INTENTS, strict=True) if its == intent]}
        for intent in ("where", "is")
    ]
    (tmp_path / "shop" / "nlp" / "intents").mkdir(parents=True)
    (tmp_path / "shop" / "nlp" / "intents" / "a.yaml").write_text(json.dumps(intents))
    return tmp_path / "shop"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["nlp", *map(str, arguments)])


@needs_torch
@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "mpnet"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_torch_has_the_embeddings_of_the_graph(folder: Path, kind: str, pooling: str) -> None:
    tiny_bert.write_family(folder, kind)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling}))
    model = read_model(folder)
    encoder = TorchEncoder(model.shape, model.weights, 1)
    original = encoder.embed(Rows(encoder, model, SENTENCES)).numpy()
    assert keep_encoder(model, "tiny", original=original).mean_cosine > 0.995


@needs_torch
def test_only_the_top_layers_learn_and_twice_the_same(folder: Path) -> None:
    model = read_model(folder)
    tuned, report = fine_tune(model, TEXTS, INTENTS, layers=1, epochs=3)
    again, repeated = fine_tune(model, TEXTS, INTENTS, layers=1, epochs=3)
    other, _ = fine_tune(model, TEXTS, INTENTS, layers=1, epochs=3, seed=1)
    changed = {name for name in model.weights if not np.array_equal(model.weights[name], tuned.weights[name])}
    assert changed and all(name.startswith(TOP) for name in changed)
    assert (tuned.weights_sha256, report) == (again.weights_sha256, repeated)
    assert tuned.weights_sha256 not in (model.weights_sha256, other.weights_sha256)
    assert report.losses[report.best] == min(report.losses) < report.losses[0]
    assert (report.utterances, report.held_out, report.intents, report.layers) == (40, 4, 2, 1)


@needs_torch
def test_it_stops_when_held_out_utterances_fare_worse(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([3.0, 2.0, 2.5, 2.5, 1.0])
    monkeypatch.setattr("nlp.fine_tuning.held_out_loss", lambda *_: next(losses))
    _, report = fine_tune(read_model(folder), TEXTS, INTENTS, layers=1, epochs=9)
    assert (report.losses, report.best) == ((3.0, 2.0, 2.5, 2.5), 1)


@needs_torch
def test_progress_reaches_the_end(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    fine_tune(read_model(folder), TEXTS, INTENTS, layers=2, epochs=1, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1]


@needs_torch
@pytest.mark.parametrize(
    ("texts", "intents", "layers", "error", "reason"),
    [
        (TEXTS, INTENTS, 3, InvalidModel, "has 2 layers: 3 of them"),
        (TEXTS[:20], INTENTS[:20], 1, InvalidData, "two intents or more"),
        (TEXTS[18:22], INTENTS[18:22], 1, InvalidData, "5 utterances at least"),
        ((), (), 1, InvalidData, "two intents or more"),
    ],
)
def test_what_cannot_be_learnt_is_said(
    folder: Path, texts: list[str], intents: list[str], layers: int, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        fine_tune(read_model(folder), texts, intents, layers=layers)


def test_a_batch_has_several_of_an_intent_and_an_epoch_all_once() -> None:
    truth = np.array([0] * 9 + [1] * 300 + [2])
    found = batches(np.arange(1, 310), truth, np.random.default_rng(0))
    assert sorted(np.concatenate(found).tolist()) == list(range(1, 310))
    assert max(map(len, found)) <= 128
    for batch in found:
        assert min(np.bincount(truth[batch], minlength=3)[np.unique(truth[batch])]) >= 4 or 2 in truth[batch]


@needs_torch
def test_a_text_of_none_of_these_is_like_no_other() -> None:
    import torch

    rows = torch.nn.functional.normalize(torch.tensor([[1.0, 0.1], [1.0, 0.0], [0.0, 1.0], [0.1, 1.0]]), dim=1)
    truth = torch.tensor([0, 0, 1, 1])
    near = float(contrastive_loss(rows, truth, None))
    assert 0 < near < 1e-6 < float(contrastive_loss(rows, torch.tensor([0, 1, 0, 1]), None))
    assert float(contrastive_loss(rows, torch.tensor([0, 1, 1, 2]), 1)) == 0


def test_what_is_held_out_is_judged_by_who_is_nearest_not_by_how_near_all_are() -> None:
    turn = np.radians([0, 10, 5, 90, 80, 40])  # two intents; the last text is held out, as the third is, and doubtful
    truth, held = np.array([0, 0, 0, 1, 1, 1]), np.array([False, False, True, False, False, True])
    wide = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    narrow = np.stack([np.cos(turn / 2), np.sin(turn / 2)], axis=1)
    better = np.radians([0, 10, 5, 90, 80, 70])
    loss = held_out_loss(wide, truth, held, None)
    assert held_out_loss(narrow, truth, held, None) == pytest.approx(loss, rel=0.05)
    assert held_out_loss(np.stack([np.cos(better), np.sin(better)], axis=1), truth, held, None) < loss / 10


def test_every_intent_holds_out_its_share() -> None:
    truth = np.array([0] * 40 + [1] * 5 + [2] * 4 + [3] * 50)
    held = held_out(truth, [False, False, False, True], np.random.default_rng(0))
    assert np.bincount(truth[held], minlength=4).tolist() == [4, 1, 0, 0]


@needs_torch
def test_the_command_makes_an_encoder_that_serves_intents_only(folder: Path, shop: Path, tmp_path: Path) -> None:
    result = run("fine-tune", shop, "--from", folder, "--layers", "1", "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["folder"] == str(encoder_home("shop-tuned")) and made["held_out"] == 4
    assert made["card"]["tuned_from"] == read_model(folder).weights_sha256 != made["card"]["weights_sha256"]

    (shop / "nlp" / "pipeline.yaml").write_text(
        "components: [{kind: intents, tier: onnx, encoder: shop-tuned}]\n"
    )  # fmt: skip
    assert train(shop / "nlp", tmp_path / "models").trained

    rated = tmp_path / "rated.csv"
    rated.write_text("score,text\n" + "".join(f"{number % 3 - 1},order {number}\n" for number in range(60)))
    for command in (("train-sentiment", rated, shop, "--encoder"), ("distil", "--encoder")):
        refused = run(*command, "shop-tuned")
        assert isinstance(refused.exception, InvalidModel) and "serves them only" in str(refused.exception)

    again = run("fine-tune", shop, "--from", folder, "--layers", "1")
    assert again.exit_code == 0 and "encoder: shop-tuned}" in again.output
    assert read_card(encoder_home("shop-tuned")).graph_sha256 == made["card"]["graph_sha256"]


@needs_torch
def test_an_encoder_that_others_are_made_from_is_not_replaced(folder: Path, shop: Path) -> None:
    make_encoder(folder, "tiny")
    before = load_encoder("tiny").fingerprint
    for name in ("tiny", "minilm"):
        refused = run("fine-tune", shop, "--from", folder, "--name", name)
        assert isinstance(refused.exception, InvalidRequest) and "choose another with --name" in str(refused.exception)
    assert load_encoder("tiny").fingerprint == before


@needs_torch
def test_an_encoder_that_did_not_get_better_is_not_kept(
    folder: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlp.fine_tuning.held_out_loss", lambda *_: 1.0)
    result = run("fine-tune", shop, "--from", folder, "--layers", "1")
    assert result.exit_code == 1 and "nothing was made" in result.output
    assert list_encoders() == []


def test_without_torch_a_line_says_how_to_get_it(folder: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(encoder_making, "_download", lambda folder: pytest.fail("nothing is fetched"))
    result = run("fine-tune", shop)
    assert isinstance(result.exception, Unavailable)
    assert str(result.exception) == 'fine-tuning needs torch: run `pip install "botkit[transformers]"`'


def test_a_name_that_is_none_is_a_mistake_in_the_command(shop: Path) -> None:
    result = run("fine-tune", shop, "--name", "../up")
    assert result.exit_code == 2 and "is no name for a model" in result.output
