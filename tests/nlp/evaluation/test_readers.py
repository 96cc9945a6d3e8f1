"""Readers: every format gives the same examples, and a bad file gets its name, its line and a way out."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.doubles import folded
from nlp.errors import InvalidData
from nlp.evaluation import examples as limits
from nlp.evaluation.examples import Example
from nlp.evaluation.readers import detect, read_examples
from nlp.project import NONE_OF_THESE

PROJECT = "replies: {a: [x]}\nutterances:\n  order: [where is it, 'my [12](number) order']\n  none_of_these: [hello]\n"
INTENTS = "- intent: order\n  examples: [where is it, my 12 order]\n- intent: none_of_these\n  examples: [hello]\n"
RASA = """\
version: "3.1"
nlu:
- intent: order
  examples: |
    - where is it
    # said on the phone
    - my [12]{"entity": "number", "role": "id"} order
- synonym: x
  examples: |
    - y
- intent: out_of_scope
  examples: |
    - hello
"""
CSV = "text,category\nwhere is it,order\nmy 12 order,order\nhello,oos\n"
SEMICOLONS = "id;intent;text\n1;order;where is it\n2;order;my 12 order\n3;oos;hello\n"
BARE = "where is it\torder\nmy 12 order\torder\nhello\toos\n"
JSONL = (
    '{"text": "where is it", "intent": "order"}\n\n{"utterance": "my 12 order", "label": "order"}\n'
    '{"text": "hello", "intent": "oos"}\n'
)
CLINC = json.dumps(
    {
        "train": [["a", "b"]],
        "test": [["where is it", "order"], ["my 12 order", "order"]],
        "oos_test": [["hello", "oos"]],
    }
)
PAIRS = json.dumps([["where is it", "order"], ["my 12 order", "order"], {"text": "hello", "intent": "oos"}])
WANTED = [("where is it", "order"), ("my 12 order", "order"), ("hello", NONE_OF_THESE)]


def pairs(examples: list[Example]) -> list[tuple[str, str]]:
    return [(example.text, example.intent) for example in examples]


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.yaml", PROJECT, "yaml"),
        ("a.yaml", INTENTS, "yaml"),
        ("a.yml", RASA, "yaml"),
        ("a.txt", RASA, "yaml"),
        ("a.csv", CSV, "csv"),
        ("a.txt", CSV, "csv"),
        ("a.csv", SEMICOLONS, "csv"),
        ("a.csv", f"sep=;\n{SEMICOLONS}", "csv"),
        ("a.tsv", BARE, "csv"),
        ("a.jsonl", JSONL, "jsonl"),
        ("a.txt", JSONL, "jsonl"),
        ("a.json", CLINC, "json"),
        ("a.txt", json.dumps(json.loads(CLINC), indent=2), "json"),
        ("a.json", PAIRS, "json"),
    ],
)
@pytest.mark.parametrize("marks", ["plain", "byte order mark", "windows lines"])
def test_every_format(tmp_path: Path, name: str, content: str, format: str, marks: str) -> None:
    text = content.replace("\n", "\r\n") if marks == "windows lines" else content
    file = tmp_path / name
    file.write_bytes((b"\xef\xbb\xbf" if marks == "byte order mark" else b"") + text.encode())
    assert detect(file) == format
    assert pairs(read_examples([file])) == WANTED
    assert pairs(read_examples([file], format=format)) == WANTED


def agent(folder: Path) -> dict[str, str]:
    said = [
        {"id": "1", "data": [{"text": "where is it"}]},
        {"data": [{"text": "my "}, {"text": "12"}, {"text": " order"}]},
    ]
    return {
        "agent.json": "{}",
        "intents/a.json": json.dumps({"name": "order"}),
        "intents/a_usersays_en.json": json.dumps(said),
        "intents/a_usersays_de.json": json.dumps([{"data": [{"text": "wo ist es"}]}]),
        "intents/b.json": json.dumps({"name": "Default Fallback", "fallbackIntent": True}),
        "intents/b_usersays_en.json": json.dumps([{"data": [{"text": "hello"}]}]),
    }


def test_dialogflow(tmp_path: Path) -> None:
    archive = tmp_path / "agent.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in agent(tmp_path).items():
            file.writestr(name, content)
            (tmp_path / "agent" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "agent" / name).write_text(content)
    for place in (archive, tmp_path / "agent"):
        assert pairs(read_examples([place])) == pairs(read_examples([place], part="test")) == WANTED
        assert pairs(read_examples([place], part="de")) == [("wo ist es", "order")]
        with pytest.raises(InvalidData, match="no phrases in 'fr': en, de are there"):
            read_examples([place], part="fr")


@pytest.mark.parametrize(
    ("card", "texts"),
    [
        ('{"language": "de"}', ["wo ist es"]),
        ('{"language": "fr"}', ["where is it", "my 12 order", "hello"]),
        ('{"language": 1}', ["where is it", "my 12 order", "hello"]),
        ("[]", ["where is it", "my 12 order", "hello"]),
    ],
)
def test_an_agent_is_read_in_its_own_language(tmp_path: Path, card: str, texts: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "agent.zip", "w") as file:
        for name, content in {**agent(tmp_path), "agent.json": card}.items():
            file.writestr(f"shop/{name}", content)
            (tmp_path / "agent" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "agent" / name).write_text(content)
    for place in (tmp_path / "agent.zip", tmp_path / "agent"):
        assert [row.text for row in read_examples([place])] == texts
        assert len(read_examples([place], part="en")) == 3


def test_what_a_mac_adds_to_an_export_is_not_read(tmp_path: Path) -> None:
    archive = tmp_path / "agent.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in agent(tmp_path).items():
            folder, _, last = f"shop/{name}".rpartition("/")
            for place, data in (
                (f"shop/{name}", content.encode()), (f"{folder}/._{last}", b"\0\5\xff"),
                (f"__MACOSX/{folder}/._{last}", b"\0\5\xff"), (f"__MACOSX/{folder}/{last}", b"\0\5\xff"),
            ):  # fmt: skip
                file.writestr(place, data)
                if not place.startswith("__MACOSX"):
                    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
                    (tmp_path / place).write_bytes(data)
    for where in (archive, tmp_path / "shop"):
        assert pairs(read_examples([where])) == WANTED


@pytest.mark.parametrize("locale", ["es-419", "pt-br", "zh-Hant-TW", "en"])
def test_every_locale_of_dialogflow(tmp_path: Path, locale: str) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "a_b.json").write_bytes(b'\xef\xbb\xbf{"name": "order"}')
    (tmp_path / "intents" / f"a_b_usersays_{locale}.json").write_text(json.dumps([{"data": [{"text": "x"}]}]))
    assert pairs(read_examples([tmp_path])) == pairs(read_examples([tmp_path], part=locale)) == [("x", "order")]


def test_a_bad_file_of_an_export_is_named(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "a_usersays_en.json").write_text("[")
    with pytest.raises(InvalidData, match=f"{tmp_path}/intents/a_usersays_en.json: this is not JSON"):
        read_examples([tmp_path])


@pytest.mark.parametrize("start", ["", "\n\n", "\ufeff", "\ufeff\n \n", "\ufeff\ufeff"])
@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("text,intent\nhi,a\n", "hi"),
        ('"text","intent"\n"hi, you",a\n', "hi, you"),
        ("text;intent\nhi, you, and you;a\n", "hi, you, and you"),
        ('"id, as it is, or was";"intent";"text"\n1;a;hi\n', "hi"),
        ('"hi, you, and you"\ta\n', "hi, you, and you"),
    ],
)
def test_the_head_of_a_table(tmp_path: Path, start: str, content: str, wanted: str) -> None:
    (tmp_path / "a.csv").write_text(start + content)
    (found,) = read_examples([tmp_path / "a.csv"])
    assert (found.text, found.intent) == (wanted, "a")
    assert found.line == (start + content).count("\n")


def test_snips(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text(json.dumps({"Weather": [{"data": [{"text": "rain in "}, {"text": "Rome"}]}]}))
    assert pairs(read_examples([tmp_path / "v.json"])) == [("rain in Rome", "Weather")]


def test_lines(tmp_path: Path) -> None:
    for name, content, lines in [
        ("a.yaml", RASA, [5, 7, 13]),
        ("a.csv", CSV, [2, 3, 4]),
        ("a.csv", f"sep=,\n{CSV}", [3, 4, 5]),
        ("a.jsonl", JSONL, [1, 3, 4]),
    ]:
        (tmp_path / name).write_text(content)
        assert [row.line for row in read_examples([tmp_path / name])] == lines
    quoted = tmp_path / "quoted.csv"
    quoted.write_text('text,intent\n"two\nlines",a\nb,c\n')
    assert [(row.text, row.line) for row in read_examples([quoted])] == [("two lines", 2), ("b", 4)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "a.csv: the file is empty"),
        ("a.yaml", b" \n", "a.yaml: the file is empty"),
        ("a.yaml", b"# nothing\n", "a.yaml: the file is empty"),
        ("a.csv", b"text,intent\nok,a\ncaf\xe9,b\n", r"a.csv:3: this is not UTF-8 \(byte 20\)"),
        ("a.yaml", b"utterances:\n  a: [caf\xe9]\n", "a.yaml:2: this is not UTF-8"),
        ("a.csv", b"text,intent\n", "a.csv: there are no utterances in it"),
        ("a.csv", b"text,intent\nhello\n", "a.csv:2: this row has 1 columns, 2 are expected"),
        ("a.csv", b"text,intent\nhello,\n", "a.csv:2: the utterance has no intent"),
        ("a.csv", b"text,intent\n ,a\n", "a.csv:2: an utterance needs words"),
        ("a.csv", b"a,b,c\nd,e,f\n", "a.csv:1: no columns for text and intent"),
        ("a.csv", b'text,intent\n"open,a\n', "this is not CSV"),
        ("a.csv", b"text,intent\n" + b"x" * 1_000_000 + b",a\n", "a.csv:2: this is not CSV: field larger than"),
        ("a.csv", b"text,intent\n" + b"x" * 20_000 + b",a\n", "a.csv:2: an utterance has at most 10000 characters"),
        ("a.yaml", b"utterances:\n  a:\n  - " + b"x " * 500_000 + b"\n", "a.yaml:3: an utterance has at most"),
        ("a.jsonl", b'{"text": "a", "intent": "b"}\n{"text": \n', "a.jsonl:2: this is not JSON"),
        ("a.jsonl", b'{"text": "a", "id": 1, "intent": "b"}\n{"text": "c", "id": 1, "intent": "b"}\n',
         "a.jsonl:2: the id 1 is already in line 1"),
        ("a.jsonl", b'{"text": "a", "intent": "b"}\n[1]\n', "a.jsonl:2: an object is expected"),
        ("a.jsonl", b'{"text": 1, "intent": "b"}\n', "a.jsonl:1: the utterance is not text"),
        ("a.jsonl", b'{"text": "a"}\n', "a.jsonl:1: the utterance has no intent"),
        ("a.json", b'{"test": [["a"]]}', "a.json: test: entry 1 is no pair"),
        ("a.json", b"[" * 100_000, "a.json: this is not JSON"),
        ("a.json", b"[12]", "a.json:1: an example is an object"),
        ("a.yaml", b"hello: 1\n", "a.yaml:1: there are no utterances here"),
        ("a.yaml", b"utterances:\n  a:\n    - 12\n", "a.yaml:3: 12 is not text: put it in quotes"),
        ("a.yaml", b"utterances: [\n", "a.yaml:2: this is not YAML"),
        ("a.yaml", b"nlu:\n- intent: a\n  examples: |\n    no dash\n", "a.yaml:4: an example of Rasa begins"),
        ("a.yaml", b"nlu:\n- intent: a\n", "a.yaml:2: this intent has no 'examples'"),
        ("a.zip", b"PK\x03\x04nothing", "a.zip: this zip file cannot be read"),
    ],
)  # fmt: skip
def test_bad_files_are_explained(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidData, match=says) as caught:
        read_examples([tmp_path / name])
    assert str(tmp_path / name) in str(caught.value)


def test_a_damaged_export_is_explained(tmp_path: Path) -> None:
    """Whatever byte of a zip file is another one: it is read, or it is said what is wrong with it."""
    archive = tmp_path / "agent.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in agent(tmp_path).items():
            file.writestr(name, content)
    whole = archive.read_bytes()
    for place in range(len(whole)):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read_examples([archive], format="dialogflow")
        except InvalidData as error:
            assert str(archive) in str(error)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"no\.csv: cannot be read: No such file"):
        read_examples([tmp_path / "no.csv"])
    with pytest.raises(InvalidData, match="no export of Dialogflow: name a file"):
        read_examples([tmp_path])


@pytest.mark.parametrize("format", ["", "yaml", "csv", "dialogflow"])
def test_a_pipe_is_refused(tmp_path: Path, format: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidData, match=r"pipe: this is a pipe or a device, .*: save it as a file"):
        read_examples([tmp_path / "pipe"], format=format)


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    monkeypatch.setattr("nlp.evaluation.readers.MAX_EXAMPLES", 2)
    with pytest.raises(InvalidData, match=r"a.csv:4: at most 2 utterances are read"):
        read_examples([tmp_path / "a.csv"])
    monkeypatch.setattr("nlp.evaluation.source.MAX_FILE_BYTES", 10)
    with pytest.raises(InvalidData, match="a file has at most"):
        read_examples([tmp_path / "a.csv"])
    assert limits.MAX_EXAMPLES == 500_000


WORDS = st.text(min_size=1).filter(lambda text: "\0" not in text and text.split() and text.isprintable())


@given(rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8))
def test_what_is_written_is_read(rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    table = io.StringIO()
    csv.writer(table).writerows([("text", "intent"), *rows])
    (folder / "a.csv").write_text(table.getvalue(), "utf-8", newline="")
    lines = [json.dumps({"text": text, "intent": intent}) for text, intent in rows]
    (folder / "a.jsonl").write_text("\n".join(lines), "utf-8")
    (folder / "a.json").write_text(json.dumps([list(row) for row in rows]), "utf-8")
    wanted = [" ".join(text.split()) for text, _ in rows]
    for name in ("csv", "jsonl", "json"):
        assert [row.text for row in read_examples([folder / f"a.{name}"], format=name)] == wanted


@given(
    content=st.binary(max_size=200), name=st.sampled_from(["a.csv", "a.yaml", "a.json", "a.jsonl", "a.txt", "a.zip"])
)
def test_any_bytes_are_read_or_refused(content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("data") / name
    file.write_bytes(content)
    try:
        found = read_examples([file])
    except InvalidData as error:
        assert name in str(error)
    else:
        assert all(row.text and row.intent for row in found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hello!", "hello"),
        ("don't", "dont"),
        ("Where  is it?", "where is it"),
        ("GRÜSSE", "grüße"),
        ("ou\u0300 est", "o\u00f9 est"),
    ],
)
def test_folded(first: str, second: str) -> None:
    assert folded(first) == folded(second)
    assert folded("?!") == "?!"


@pytest.mark.parametrize(("first", "second"), [("दान", "दिन"), ("C++ error", "C# error"), ("C error", "C# error")])
def test_folded_tells_apart(first: str, second: str) -> None:
    assert folded(first) != folded(second)


@pytest.mark.parametrize(
    ("name", "part", "count", "intents"),
    [
        ("clinc150/data_full.json", "", 5_500, 151),
        ("clinc150/data_full.json", "val", 3_100, 151),
        ("clinc150/data_full.json", "train", 15_100, 151),
        ("banking77/test.csv", "", 3_080, 77),
        ("snips/2017-06-custom-intent-engines/GetWeather/validate_GetWeather.json", "", 100, 1),
    ],
)
def test_real_files(shared_data: Path, name: str, part: str, count: int, intents: int) -> None:
    file = shared_data / "data" / name
    if not file.is_file():
        pytest.skip(f"no test data: {file} is not there")
    found = read_examples([file], part=part)
    assert (len(found), len({row.intent for row in found})) == (count, intents)


def test_a_part_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(CLINC)
    with pytest.raises(InvalidData, match="there is no part 'dev': train, test are there"):
        read_examples([tmp_path / "a.json"], part="dev")
