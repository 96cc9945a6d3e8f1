"""Training: the same bits on every run, clear words about wrong data, and no trust in changed files."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from nlp.distillation import distil
from nlp.errors import CannotWrite, InvalidData, InvalidModel
from nlp.evaluation.classifier import train_classifier
from nlp.features import LENGTHS_OF_MANY
from nlp.intent_model import ARRAYS_FILE, CARD_FILE, FORMAT, load_model
from nlp.intent_training import MANY_EXAMPLES, MAX_ASKED, some_of, train_intents
from nlp.meaning import packed
from nlp.pipeline import load_pipeline
from nlp.project import read_project
from nlp.training import FEWEST_EXAMPLES, KEPT_MODELS, check_project, model_key, train, word_table

from .conftest import INTENTS, make_project, write_project

ROOT = Path(__file__).parents[2]


def test_two_processes_give_the_same_bytes(project_folder: Path, tmp_path: Path) -> None:
    seen = []
    for seed in ("1", "2"):
        models = tmp_path / seed
        subprocess.run(
            [sys.executable, "-m", "nlp.training", str(project_folder), str(models)],
            env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        files = sorted(path for path in models.rglob("*") if path.is_file())
        seen.append({str(path.relative_to(models)): path.read_bytes() for path in files})
    assert len(seen[0]) == 2
    assert seen[0] == seen[1]


def test_a_trained_model_is_not_trained_again(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "nlp")
    first = train(folder, tmp_path / "models")
    again = train(folder, tmp_path / "models")
    assert (first.trained, again.trained) == (True, False)
    assert first.intents == {"cancel_order": 5, "greeting": 5, "none_of_these": 4, "order_status": 6}
    write_project(folder, intents_more="intent: greeting\nexamples: [good evening]\n")
    assert train(folder, tmp_path / "models").key != first.key
    (folder / "intents" / "more.yaml").rename(folder / "intents" / "a.yaml")
    assert not train(folder, tmp_path / "models").trained  # the same utterances in another file


def test_old_models_are_forgotten(tmp_path: Path) -> None:
    for number in range(KEPT_MODELS + 2):
        write_project(tmp_path / "nlp", intents_a=f"intent: greeting\nexamples: [hello {'o' * number}]\n")
        last = train(tmp_path / "nlp", tmp_path / "models")
    assert len(list((tmp_path / "models").iterdir())) == KEPT_MODELS
    assert Path(last.folder).is_dir()


def test_slots_add_values_and_are_no_words_of_the_intent(project_folder: Path) -> None:
    project = read_project(project_folder)
    texts = [row.text for row in project.utterances]
    assert "my order 1234 has not arrived" in texts
    assert not any("[" in text for text in texts)


def test_problems_of_the_data(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        intents_a="intent: one\nexamples:\n  - hello\n  - HELLO\n  - a b\n",
        intents_b="- intent: two\n  examples:\n    - Hello\n    - x\n    - y\n    - z\n    - w\n",
    )
    assert [str(problem) for problem in check_project(read_project(tmp_path))] == [
        "intents/a.yaml:3: intent one has 2 examples: give it 5 or more",
        "intents/a.yaml:4: 'HELLO' is already in intents/a.yaml:3: once is enough",
        "intents/b.yaml:3: 'Hello' belongs to two here and to one in intents/a.yaml:3: choose one",
    ]
    assert FEWEST_EXAMPLES == 5


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"intents_a": "intent: x\nexamples: [a\n"}, "intents/a.yaml:3: this is not YAML"),
        (
            {"intents_a": "intent: x\nexamples:\n  - [book on [Monday](day)]\n"},
            r"intents/a.yaml:3: this is not YAML: .*: put a text with \[brackets\]\(in it\) in quotes",
        ),
        ({"intents_a": "intent: x\nexamples: [book on [Monday](day), b]\n"}, "a.yaml:2: .* in quotes"),
        ({"intents_a": "intent: x\nexamples: [\n  book on [Monday](day),\n  b]\n"}, "a.yaml:3: .* in quotes"),
        ({"intents_a": "intent: x\nexamples:\n  - [Monday](day) is fine\n  - b\n"}, "a.yaml:3: .* in quotes"),
        ({"intents_a": "intent: x\nexamples:\n- 'on [Monday](day)'\n- a\n- [b: c\n"}, r"a.yaml:\d: this is .*'$"),
        ({"intents_a": "intent: x\n"}, "intents/a.yaml:1: intent 'x' has no 'examples'"),
        ({"intents_a": "- examples: [a]\n"}, "intents/a.yaml:1: this entry has no 'intent'"),
        ({"intents_a": "intent: x\nexamples:\n  - a\n  - 12\n"}, "intents/a.yaml:4: 12 is not text: put it in quotes"),
        ({"intents_a": "intent: x\nexamples:\n  - a\n  - true\n"}, "intents/a.yaml:4: true is not text"),
        ({"intents_a": "intent: x\nexamples: a\n"}, "intents/a.yaml:2: a list is expected here"),
        ({"intents_a": "intent: x\nexampels: [a]\n"}, "intents/a.yaml:2: unknown field 'exampels'"),
        ({"intents_a": "intent: x\nintent: y\nexamples: [a]\n"}, "intents/a.yaml:2: 'intent' comes twice"),
        ({"intents_a": "- intent: 'a/b'\n  examples: [a]\n"}, "intents/a.yaml:1: 'a/b' is no name"),
        ({"intents_a": "- hello\n"}, "intents/a.yaml:1: 'name: value' lines are expected here"),
        ({"intents_a": "intent: x\nexamples: ['']\n"}, "intents/a.yaml:2: an example needs words"),
        ({"intents_a": f"intent: x\nexamples: [{'a' * 501}]\n"}, "at most 500 characters"),
        (
            {"intents_a": "intent: x\nexamples:\n- a\n- 'to [[Rome](city) ](to)'\n"},
            "intents/a.yaml:4: a mark in .* is broken",
        ),
        ({"intents_a": "intent: x\nexamples: ['to [](city)']\n"}, r"a mark in 'to \[\]\(city\)' is broken"),
        ({"intents_a": "intent: x\nexamples: ['to [ ](city)']\n"}, r"a mark in 'to \[ \]\(city\)' is broken"),
        ({"intents_a": "intent: x\nexamples: ['to [Rome]( )']\n"}, r"a mark in 'to \[Rome\]\( \)' is broken"),
        ({"intents_a": """intent: x\nexamples: ['to [Rome]{"entity": "city"}']\n"""}, "a mark in .* is broken"),
        ({"intents_a": "intent: x\nexamples: ['to [Rome](city:to)']\n"}, "'city:to' is no name of an entity"),
        ({"intents_a": "&a [*a]\n"}, "anchors"),
        ({"intents_a": "[" * 3000}, "nested too deeply|not YAML"),
        ({"entities_a": "entity: x\n"}, "entities/a.yaml:1: entity 'x' needs 'values' or a 'pattern'"),
        ({"entities_a": "entity: x\npattern: '('\n"}, "entities/a.yaml:1: entity 'x': this regular expression"),
        ({"entities_a": "entity: x\npattern: '(a)(b)'\n"}, "at most one group"),
        ({"entities_a": "entity: x\npattern: '(?=a)'\n"}, "this regular expression cannot be used"),
        ({"entities_a": "entity: x\nvalues: ['']\n"}, "a value needs at least one letter"),
        (
            {"entities_a": "- {entity: x, values: [a]}\n- {entity: x, values: [b]}\n"},
            "a.yaml:2: entity 'x' is already in",
        ),
        (
            {"entities_a": "entity: x\npattern: '\\d+'\n", "intents_a": "intent: y\nexamples: ['my [abc](x)']\n"},
            r"intents/a.yaml:2: 'abc' is marked as x, but its pattern \(entities/a.yaml:1\) does not find it",
        ),
    ],
)
def test_wrong_data_is_refused_with_its_line(tmp_path: Path, files: dict[str, str], says: str) -> None:
    write_project(tmp_path, **files)
    with pytest.raises(InvalidData, match=says):
        check_project(read_project(tmp_path))


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "a.yaml").write_bytes(b"intent: caf\xe9\n")
    with pytest.raises(InvalidData, match=r"intents/a.yaml: this is not UTF-8"):
        read_project(tmp_path)


def test_a_pattern_that_explodes_elsewhere_is_linear_here(tmp_path: Path) -> None:
    write_project(tmp_path, entities_a="entity: x\npattern: '(?:a+)+$'\n", pipeline="components: [entities]")
    found = load_pipeline(read_project(tmp_path)).read("a" * 3_900 + "b", want=("entities",))
    assert found.entities == []


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (ARRAYS_FILE, lambda data: data[:500] + bytes([data[500] ^ 1]) + data[501:], "was changed after training"),
        (ARRAYS_FILE, lambda data: b"", "was changed after training"),
        (CARD_FILE, lambda data: data[:-20], "intents.json"),
        (CARD_FILE, lambda data: data.replace(b'"format": %d' % FORMAT, b'"format": 9'), "format 9"),
        (CARD_FILE, lambda data: data.replace(b'"words": ', b'"words": 1'), "intents.json was changed"),
        (
            CARD_FILE,
            lambda data: re.sub(rb'"lengths": \[\s*2', b'"lengths": [-999999999', data),
            "intents.json was changed",
        ),
        (CARD_FILE, lambda data: data.replace(b'"greeting",', b""), "intents.json was changed"),
        (CARD_FILE, lambda data: data.replace(b'"greeting"', b'"goodbye"'), "intents.json was changed"),
        (CARD_FILE, lambda data: re.sub(rb'"slope": [\d.]+', b'"slope": 400.0', data), "intents.json was changed"),
        (CARD_FILE, lambda data: data.replace(b'"slope"', b'"__reduce__"'), "__reduce__"),
    ],
)
def test_changed_models_are_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, change: object, says: str
) -> None:
    home = Path(train(make_project(tmp_path / "nlp"), tmp_path / "models").folder)
    data = (home / file).read_bytes()
    changed = change(data)  # type: ignore[operator]
    assert changed != data
    (home / file).write_bytes(changed)
    with pytest.raises(InvalidModel, match=f"refused: .*{says}"):
        load_model(home)
    assert train(tmp_path / "nlp", tmp_path / "models").trained  # a damaged model is made anew
    load_model(home)
    (said,) = caplog.messages
    assert re.fullmatch(f"{home}: the intent model is refused: .*{says}.*; it is trained again", said)
    train(tmp_path / "nlp", tmp_path / "models")
    assert len(caplog.messages) == 1


def test_a_folder_in_the_place_of_a_file_is_told_before_training(tmp_path: Path) -> None:
    home = Path(train(make_project(tmp_path / "nlp"), tmp_path / "models").folder)
    (home / ARRAYS_FILE).unlink()
    (home / ARRAYS_FILE).mkdir()
    with pytest.raises(CannotWrite, match=rf"{ARRAYS_FILE}: a folder is where a file of the model belongs"):
        train(tmp_path / "nlp", tmp_path / "models", lambda step, share: pytest.fail("it trains"))
    shutil.rmtree(home)
    home.touch()
    with pytest.raises(CannotWrite, match="a file is where a folder belongs: take it away"):
        train(tmp_path / "nlp", tmp_path / "models")


def test_the_first_training_refuses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert train(make_project(tmp_path / "nlp"), tmp_path / "models").trained
    assert caplog.messages == []


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    import hashlib

    home = Path(train(make_project(tmp_path / "nlp"), tmp_path / "models").folder)
    old = hashlib.sha256((home / ARRAYS_FILE).read_bytes()).hexdigest()
    np.savez(home / ARRAYS_FILE, terms=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    new = hashlib.sha256((home / ARRAYS_FILE).read_bytes()).hexdigest()
    card = (home / CARD_FILE).read_text()
    (home / CARD_FILE).write_text(card.replace(old, new))
    with pytest.raises(InvalidModel, match="refused"):
        load_model(home)


def test_model_of_other_data_is_refused(project_folder: Path, models: Path) -> None:
    home = models / f"intents-{model_key(read_project(project_folder))}"
    with pytest.raises(InvalidModel, match="other data"):
        load_model(home, "another key")


def test_a_weight_takes_a_byte_and_claims_what_the_learnt_number_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[Any] = []

    def note(weights: Any) -> Any:
        learnt.append(weights)
        return packed(weights)

    monkeypatch.setattr("nlp.intent_training.packed", note)
    texts = [f"{verb} the {thing}" for verb in ("track", "cancel", "pay") for thing in ("order", "parcel", "bill")]
    model = train_intents(texts, [text.split()[0] for text in texts])
    model.save(tmp_path)
    with np.load(tmp_path / ARRAYS_FILE) as arrays:
        assert arrays["weights"].nbytes == len(model.vocabulary) * 3
    for text in ("track my parcel", "please pay", "cancel it"):
        columns, values = model.vocabulary.row(text)
        margins = model.margins(text)
        assert margins is not None
        assert margins == pytest.approx(np.array(values) @ learnt[0][columns] + model.bias, abs=0.01)


def test_one_intent_and_one_example() -> None:
    model = train_intents(["where is my order"], ["order_status"])
    assert model.scores("where is my order")[0].intent == "order_status"
    near, far = (model.scores(text)[0].confidence for text in ("where is my order", "is it raining in my town"))
    assert near > 0.5 > far


def test_names_and_texts_in_any_script(tmp_path: Path) -> None:
    french = "- intent: où est ma commande\n  examples: [où est mon colis, 我的订单在哪里]\n"
    text = french + "- intent: Ελλάδα\n  examples: [γεια σου, καλημέρα]\n"
    train(write_project(tmp_path / "nlp", intents_a=text), tmp_path / "models")
    pipeline = load_pipeline(read_project(tmp_path / "nlp"), models=tmp_path / "models")
    assert pipeline.read("καλημέρα σου", want=("intent",)).intents[0].intent == "Ελλάδα"


def test_many_intents() -> None:
    texts = [f"word{number} thing{number} {verb}" for number in range(400) for verb in ("see", "get", "buy")]
    labels = [f"intent {number}" for number in range(400) for _ in range(3)]
    model = train_intents(texts, labels)
    assert len(model.labels) == 400
    assert len(texts) < MANY_EXAMPLES


def test_confidence_tells_what_is_in_scope() -> None:
    """Texts that were not trained on: those about an intent get it with confidence, others do not."""
    verbs, things = ["track", "cancel", "change", "pay"], ["order", "parcel", "card", "bill", "plan", "seat"]
    fillers = ["please", "now", "my", "the", "i want to", "can you", "quickly", "today", "for me", "hello"]
    rows = [
        (f"{fillers[(i * 7 + j) % 10]} {verb} {fillers[(i + j * 3) % 10]} {thing}", verb)
        for i, verb in enumerate(verbs * 5)
        for j, thing in enumerate(things)
    ]
    strange = ["what a lovely day", "who is the president", "sing me a song", "is it raining", "i like blue cheese"]
    model = train_intents([text for text, _ in rows[:60]], [label for _, label in rows[:60]])
    best = [(model.scores(text)[0], label) for text, label in rows[60:]]
    assert sum(row.intent == label for row, label in best) > 0.85 * len(best)
    inside = sum(row.confidence for row, _ in best) / len(best)
    outside = sum(row.confidence for text in strange for row in model.scores(text)[:1]) / len(strange)
    assert inside > 0.5 > 0.4 > outside


def test_intents_file_may_hold_one_mapping_or_a_list(tmp_path: Path) -> None:
    write_project(tmp_path / "one", intents_a="intent: greeting\nexamples: [hello]\n")
    write_project(tmp_path / "list", intents_a="- intent: greeting\n  examples: [hello]\n")
    assert read_project(tmp_path / "one").intents == read_project(tmp_path / "list").intents == ("greeting",)
    assert "none_of_these" in INTENTS


class Paired:
    """An encoder to which the words of a pair mean the same, and other words nothing in common."""

    fingerprint = "paired"
    pairs: ClassVar = {"money": 0, "cash": 0, "parcel": 1, "package": 1}

    def embed(self, texts: Sequence[str], /) -> "np.ndarray[Any, Any]":
        return np.eye(3, dtype=np.float32)[[self.pairs.get(text, 2) for text in texts]]


VOCABULARY = ("the", "my", "where", "is", "i", "want", "back", "money", "cash", "parcel", "package")
PAIRED_TEXTS = ("i want my money back", "the money", "where is my parcel", "the parcel", "good morning", "hello")
PAIRED_INTENTS = ("refund", "refund", "where", "where", "greeting", "greeting")


def test_a_word_table_tells_what_an_unseen_word_means() -> None:
    table = distil(VOCABULARY, Paired(), dimensions=2)
    plain = train_intents(PAIRED_TEXTS, PAIRED_INTENTS)
    knowing = train_intents(PAIRED_TEXTS, PAIRED_INTENTS, table=table)
    assert plain.scores("cash") == [] or plain.scores("cash")[0].confidence < knowing.scores("cash")[0].confidence
    assert [knowing.scores(word)[0].intent for word in ("cash", "package")] == ["refund", "where"]
    assert knowing.scores_many(["cash", "xyzzy"]) == [knowing.scores("cash"), knowing.scores("xyzzy")]


@pytest.mark.parametrize("count", [1, 2])
def test_a_word_table_does_for_few_intents(count: int) -> None:
    table = distil(VOCABULARY, Paired(), dimensions=2)
    model = train_intents(PAIRED_TEXTS[: 2 * count], PAIRED_INTENTS[: 2 * count], table=table)
    assert model.scores("i want my money back")[0].intent == "refund"
    assert model.weights.shape == (len(model.vocabulary) + 2, count)


def test_a_model_is_refused_without_the_table_of_its_training(tmp_path: Path) -> None:
    table = distil(VOCABULARY, Paired(), dimensions=2)
    model = train_intents(PAIRED_TEXTS, PAIRED_INTENTS, table=table)
    model.save(tmp_path)
    assert load_model(tmp_path, table=table).scores("cash") == model.scores("cash")
    with pytest.raises(InvalidModel, match="word table of its training is gone"):
        load_model(tmp_path)
    with pytest.raises(InvalidModel, match="another word table"):
        load_model(tmp_path, table=distil(VOCABULARY[1:], Paired(), dimensions=2))


def test_a_project_takes_the_word_table_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = tmp_path / "words"
    monkeypatch.setattr("nlp.training.table_folder", lambda: words)
    folder, models = make_project(tmp_path / "nlp"), tmp_path / "models"
    plain = train(folder, models)
    distil(VOCABULARY, Paired(), dimensions=2).save(words)
    knowing = train(folder, models)
    assert knowing.trained and knowing.key != plain.key
    assert not train(folder, models).trained
    said = load_pipeline(read_project(folder), models=models)
    assert said.read("where is my order", want=("intent",)).intent == "order_status"
    tested = train_classifier(PAIRED_TEXTS, PAIRED_INTENTS)  # what the harness trains is what the bot would
    assert tested.scores("cash") == train_intents(PAIRED_TEXTS, PAIRED_INTENTS, table=word_table()).scores("cash")
    assert tested.scores("cash") != train_intents(PAIRED_TEXTS, PAIRED_INTENTS).scores("cash")
    (words / "words.npz").write_bytes(b"changed")
    with pytest.raises(InvalidModel, match="botkit nlp distil"):
        train(folder, models)


@pytest.mark.parametrize(
    ("text", "intent"), [("请问订单呢", "order"), ("退款吧", "refund"), ("주문은", "order"), ("환불해", "refund")]
)
def test_scripts_without_spaces_are_understood_by_two_letters(text: str, intent: str) -> None:
    order = [
        "我的订单在哪里",
        "订单什么时候到",
        "查一下订单",
        "주문이 어디에 있나요",
        "주문을 찾아요",
        "내 주문은 언제 와요",
    ]
    refund = ["我想退款", "怎么退款呢", "把钱退款给我", "환불을 원해요", "환불은 어떻게 하나요", "돈을 환불해 주세요"]
    texts, intents = order + refund, ["order"] * len(order) + ["refund"] * len(refund)
    assert train_intents(texts, intents).scores(text)[0].intent == intent
    rest = [f"word{number} thing" for number in range(MANY_EXAMPLES)]  # so many that pieces are three letters or more
    assert train_intents(texts + rest, intents + ["rest"] * len(rest)).scores(text)[0].intent == intent


def test_a_model_of_thousands_of_texts_is_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    texts = [f"{verb} word{number}ing" for number in range(MANY_EXAMPLES // 2) for verb in ("buy", "sell")]
    model = train_intents(texts, ["buy", "sell"] * (MANY_EXAMPLES // 2), "key")
    model.save(tmp_path)
    loaded = load_model(tmp_path, "key")
    assert loaded.vocabulary.lengths == LENGTHS_OF_MANY
    for text in ("buying wordly", "sel a word7", ""):
        assert loaded.scores(text) == model.scores(text)


@pytest.mark.parametrize("nothing", [None, 3])
def test_of_many_held_out_texts_some_are_asked_and_all_that_are_none_of_these(nothing: int | None) -> None:
    truth = np.tile([0, 1, -1, 3], MAX_ASKED)
    chosen = some_of(np.arange(len(truth)), truth, nothing)
    assert (np.diff(chosen) > 0).all(), "each once, in their order"
    if nothing is None:
        assert len(chosen) == MAX_ASKED and (chosen[0], chosen[-1]) == (0, len(truth) - 1)
    else:
        assert (truth[chosen] == nothing).sum() == MAX_ASKED and len(chosen) == 2 * MAX_ASKED
    assert set(truth[chosen]) == {0, 1, -1, 3}
    few = np.array([5, 7])
    assert some_of(few, truth, nothing).tolist() == [5, 7]
