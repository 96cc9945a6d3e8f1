"""Engines outside, played by a server on loopback: what they are asked, and what comes of what they answer."""

import fnmatch
import json
import multiprocessing
import shutil
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import nlp.engine
import nlp.exchange
from models.utterance import Understanding
from nlp.base import Context
from nlp.engine import MOST_SILENT, SILENT_SECONDS
from nlp.errors import EngineFailed, InvalidPipeline, NlpError, OutOfTime, Unavailable
from nlp.exchange import Exchange, retry_after
from nlp.pipeline import Pipeline, Question, load_pipeline
from nlp.project import read_project
from nlp.spending import Spending, TooExpensive
from nlp.worker import make_pipeline
from tests.flows.test_nodes import holds

from .conftest import cases, make_project, write_project
from .fake_engine import fake_engine

CASES = cases("engines")
GREETING = {"json": {"intent": {"name": "greeting", "confidence": 0.9}}}
MONEY = {"input_price": 1, "output_price": 1, "max_cost_per_message": 1, "max_cost_per_day": 1}
OPENAI = {"kind": "openai", "url": "URL", "model": "m", "token_variable": "", **MONEY}
CHAT = {
    "json": {
        "choices": [{"message": {"content": '{"intent": "greeting", "confidence": 0.9}'}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100_000, "completion_tokens": 0},
    }
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_TOKEN", "s&cret")
    monkeypatch.setenv(nlp.exchange.ALLOW_PRIVATE, "true")


def pipeline(folder: Path, url: str, settings: dict[str, Any], **more: Any) -> Pipeline:
    """A pipeline of one engine, in a project with three intents."""
    make_project(folder / "nlp")
    written = {name: value.replace("URL", url) if isinstance(value, str) else value for name, value in settings.items()}
    write_project(folder / "nlp", pipeline=json.dumps({"components": [written | more]}))
    return load_pipeline(read_project(folder / "nlp"), models=folder / "models")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_engine(case: dict[str, Any], tmp_path: Path) -> None:
    answer = dict(case["answer"])
    if "repeat" in answer:
        text, times = answer.pop("repeat")
        answer["body"] = text * times
    with fake_engine(answer) as server:
        engine = pipeline(tmp_path, server.url, {"kind": case["kind"], **case["settings"]})
        want = ("intent", "entities")
        text = case.get("text", "hello there")
        if "fails" in case or "late" in case:
            with pytest.raises(OutOfTime if "late" in case else EngineFailed) as failed:
                engine.read(text, want=want)
            assert case.get("fails", case.get("late")) in failed.value.message
            assert "s&cret" not in failed.value.message
            return
        found = engine.read(text, want=want, options=case.get("options"))
    assert found.intent == case["intent"]
    assert len(server.asked) == case.get("times_asked", 1)
    if "confidence" in case:
        assert found.confidence == case["confidence"]
    if "intents" in case:
        assert [row.intent for row in found.intents] == case["intents"]
    if "entities" in case:
        assert [[entity.kind, entity.value, entity.text] for entity in found.entities] == case["entities"]
    if "extra" in case:
        assert found.extra == case["extra"]
    if "why" in case:
        assert case["why"] in found.why[-1].because
    if "asked" in case:
        asked = dict(case["asked"])
        if pattern := asked.pop("path_like", ""):
            assert fnmatch.fnmatch(server.asked[-1]["path"], pattern)
        assert holds(asked, server.asked[-1]), server.asked[-1]
    if "spent" in case:
        spending = Spending(tmp_path / "models" / "spending-openai.json", most_per_day=1)
        assert spending.today() == pytest.approx(case["spent"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"kind": "openai"}, "url: this setting is mandatory"),
        ({"kind": "openai", "url": "https://x.test", "model": "m"}, "max_cost_per_day: this setting is mandatory"),
        ({"kind": "rasa", "url": "http://x.test", "token_variable": "s3cret!"}, "not the secret"),
        ({"kind": "dialogflow", "token_variable": "TOKEN", "project": "../x"}, "no id of Google's"),
        ({"kind": "rasa", "url": "http://x.test", "timeout_seconds": 99}, "timeout_seconds"),
        ({**OPENAI, "url": "https://x.test", "extra": {"n": 5}}, "extra: n cannot be set here"),
        ({**OPENAI, "url": "https://x.test", "extra": {"seed": 1, "max_tokens": 9_000}}, "extra: max_tokens cannot"),
        ({"kind": "rasa", "url": "http://x.test?token=1"}, "url: leave out '?'"),
        ({**OPENAI, "url": "https://x.test/openai/deployments/m?api-version=1"}, "url: leave out '?'"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidPipeline, match=says):
        pipeline(tmp_path, "", settings)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"kind": "rasa", "url": "ftp://x.test"}, InvalidPipeline, "begins with https"),
        ({"kind": "rasa", "url": "http://me:pw@x.test"}, InvalidPipeline, "holds no password"),
        ({"kind": "rasa", "url": "http://x.test:99999"}, InvalidPipeline, "is no address"),
        ({"kind": "rasa", "url": "http://x.test/a b"}, InvalidPipeline, "percent-encode"),
        ({"kind": "rasa", "url": "http://x.test", "token_variable": "NOT_SET_AT_ALL"}, Unavailable, "NOT_SET_AT_ALL"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(
    tmp_path: Path, settings: dict[str, Any], error: type[NlpError], says: str
) -> None:
    with pytest.raises(error, match=says):
        pipeline(tmp_path, "", settings).warm()


def test_a_secret_that_cannot_be_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_TOKEN", "two\nlines")
    settings = {"kind": "dialogflow", "project": "shop", "token_variable": "ENGINE_TOKEN"}
    with pytest.raises(InvalidPipeline, match="secret for the header Authorization"):
        pipeline(tmp_path, "", settings).warm()


def test_openai_needs_intents(tmp_path: Path) -> None:
    write_project(tmp_path, pipeline=json.dumps({"components": [{**OPENAI, "url": "https://x.test"}]}))
    with pytest.raises(InvalidPipeline, match="no intents to choose from"):
        load_pipeline(read_project(tmp_path), models=tmp_path).warm()


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(nlp.exchange.ALLOW_PRIVATE)
    with fake_engine(GREETING) as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            with pytest.raises(EngineFailed, match="a private address, which the operator has not allowed"):
                pipeline(tmp_path, url, {"kind": "rasa", "url": url}).read("hello", want=("intent",))
        assert server.asked == []


def test_nobody_listens(tmp_path: Path) -> None:
    with fake_engine(GREETING) as server:
        url = server.url
    with pytest.raises(EngineFailed, match="could not be reached: Connection refused"):
        pipeline(tmp_path, url, {"kind": "rasa", "url": url}).read("hello", want=("intent",))
    settings = {"kind": "rasa", "url": "http://surely-not-there.invalid"}
    with pytest.raises(EngineFailed, match="could not be reached"):
        pipeline(tmp_path, "", settings).read("hello", want=("intent",))


def test_a_silent_engine_is_left_alone_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silence = {"delay": 1, **GREETING}
    with fake_engine(silence, silence, silence, GREETING) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"}, timeout_seconds=0.1)
        for _ in range(MOST_SILENT):
            with pytest.raises(OutOfTime, match="rasa did not answer"):
                engine.read("hi", want=("intent",))
        with pytest.raises(EngineFailed, match=r"rasa was silent 3 times and is not asked for another (10|9) s"):
            engine.read("hi", want=("intent",))
        assert len(server.asked) == MOST_SILENT
        monkeypatch.setattr(nlp.engine.time, "monotonic", lambda now=time.monotonic: now() + SILENT_SECONDS)
        assert engine.read("hi", want=("intent",)).intent == "greeting"
        assert len(server.asked) == MOST_SILENT + 1


def test_an_engine_that_had_no_time_is_not_blamed(tmp_path: Path) -> None:
    with fake_engine({"delay": 0.3, **GREETING}) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"})
        for _ in range(MOST_SILENT + 1):
            with pytest.raises(OutOfTime, match="rasa did not answer"):
                engine.read("hi", want=("intent",), deadline=time.monotonic() + 0.1)
        assert len(server.asked) == MOST_SILENT + 1


def test_an_engine_that_answers_others_meanwhile_is_not_silent(tmp_path: Path) -> None:
    silence = {"delay": 0.6, **GREETING}
    with fake_engine(*[silence] * MOST_SILENT, {"delay": 0.1, **GREETING}) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"}, timeout_seconds=0.4)
        found = engine.read_many([Question("hi", want=("intent",))] * (MOST_SILENT + 1))
        assert [isinstance(row, OutOfTime) for row in found].count(True) == MOST_SILENT
        assert engine.read("hi", want=("intent",)).intent == "greeting"


def test_a_pause_is_kept(tmp_path: Path) -> None:
    asks_for_pause = {"status": 429, "headers": {"Retry-After": "60"}, "json": {"error": {"message": "slow down"}}}
    with fake_engine(asks_for_pause, GREETING) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"})
        with pytest.raises(EngineFailed, match="status 429: slow down"):
            engine.read("hello", want=("intent",))
        with pytest.raises(EngineFailed, match=r"rasa asked for a pause and is not asked for another (60|59) s"):
            engine.read("hello", want=("intent",))
        assert len(server.asked) == 1
    with fake_engine({"status": 429, "headers": {"Retry-After": "0"}}, GREETING) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"})
        with pytest.raises(EngineFailed, match="status 429"):
            engine.read("hello", want=("intent",))
        assert engine.read("hello", want=("intent",)).intent == "greeting"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30), (" 7 ", 7), ("0", 0), ("99999999999999", 3600), ("", 1), ("-5", 1), ("1.5", 1), ("soon", 1),
        ("Wed, 21 Oct 2026 07:28:10 GMT", 10), ("Wed, 21 Oct 2020 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 3600),
    ],
)  # fmt: skip
def test_retry_after(value: str, seconds: float) -> None:
    assert retry_after(value, datetime(2026, 10, 21, 7, 28, tzinfo=UTC)) == seconds


def test_many_texts_are_asked_about_at_once(tmp_path: Path) -> None:
    with fake_engine({"status": 500}, *[{"delay": 0.2, **GREETING}] * 2) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"})
        began = time.monotonic()
        questions = [Question(f"hello {number}", ("intent",)) for number in range(8)]
        answers = engine.read_many(questions)
        assert time.monotonic() - began < 8 * 0.2
        failed = [answer for answer in answers if isinstance(answer, EngineFailed)]
        read = [answer for answer in answers if isinstance(answer, Understanding)]
        assert (len(failed), len(read)) == (1, 7)
        assert all(answer.intent == "greeting" for answer in read)
        assert len(server.asked) == 8, "nothing is asked twice"


def test_the_deadline_of_the_text_counts(tmp_path: Path) -> None:
    with fake_engine({"delay": 1, **GREETING}) as server:
        engine = pipeline(tmp_path, server.url, {"kind": "rasa", "url": "URL"})
        with pytest.raises(OutOfTime, match=r"did not answer within 0.1 s"):
            engine.read("hello", want=("intent",), deadline=time.monotonic() + 0.1)
        with pytest.raises(OutOfTime):
            engine.read("hello", want=("intent",), deadline=time.monotonic() - 1)
        late = Question("hello", ("intent",), deadline=time.monotonic() - 1)
        assert [type(answer) for answer in engine.read_many([late, late])] == [OutOfTime, OutOfTime]


def test_a_text_that_may_cost_too_much_is_not_asked_about(tmp_path: Path) -> None:
    with fake_engine(CHAT) as server:
        engine = pipeline(tmp_path, server.url, OPENAI, max_cost_per_message=0.002)
        with pytest.raises(TooExpensive, match="more than max_cost_per_message"):
            engine.read("hello " * 600, want=("intent",))
        assert engine.read("hello", want=("intent",)).intent == "greeting"


def test_the_money_of_a_day_is_counted_over_restarts(tmp_path: Path) -> None:
    with fake_engine(CHAT) as server:
        for _ in range(3):  # each costs 0.1
            engine = pipeline(tmp_path, server.url, OPENAI, max_cost_per_day=0.3)
            assert engine.read("hello", want=("intent",)).intent == "greeting"
        with pytest.raises(TooExpensive, match=r"0.3000 of 0.3 a day are spent"):
            engine.read("hello", want=("intent",))
        assert len(server.asked) == 3


def test_what_was_not_taken_costs_nothing(tmp_path: Path) -> None:
    spending = Spending(tmp_path / "models" / "spending-openai.json", most_per_day=1)
    with fake_engine({"status": 429}, {"body": "no JSON"}) as server:
        engine = pipeline(tmp_path, server.url, OPENAI)
        for _ in range(2):  # the second is not sent: a pause was asked for
            with pytest.raises(EngineFailed):
                engine.read("hello", want=("intent",))
        assert spending.today() == 0
        engine = pipeline(tmp_path, server.url, OPENAI)
        with pytest.raises(EngineFailed, match="no JSON"):
            engine.read("hello", want=("intent",))
        assert spending.today() > 0, "it may have cost that"


@pytest.mark.parametrize(("status", "costs"), [(400, False), (401, False), (408, True), (500, True), (504, True)])
def test_what_may_have_been_taken_counts_as_spent(tmp_path: Path, status: int, costs: bool) -> None:
    spending = Spending(tmp_path / "models" / "spending-openai.json", most_per_day=1)
    with (
        fake_engine({"status": status, "json": {"error": {"message": "upstream"}}}) as server,
        pytest.raises(EngineFailed, match=f"status {status}: upstream"),
    ):
        pipeline(tmp_path, server.url, OPENAI).read("hello", want=("intent",))
    assert (spending.today() > 0) is costs


def _spend(file: Path, times: int) -> None:
    spending = Spending(file, most_per_day=1_000)
    for _ in range(times):
        spending.reserve(2.0)
        spending.settle(2.0, 1.0)


def test_several_processes_share_the_purse(tmp_path: Path) -> None:
    file = tmp_path / "spending.json"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_spend, args=(file, 25)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert Spending(file, most_per_day=1).today() == 75


def test_a_damaged_count_stops_spending(tmp_path: Path) -> None:
    file = tmp_path / "spending.json"
    file.write_text("{")
    with pytest.raises(NlpError, match="is damaged, so costs cannot be counted"):
        Spending(file, most_per_day=1).reserve(0.1)
    file.write_text('{"day": 3, "spent": 99}')
    Spending(file, most_per_day=1).reserve(0.1)  # another day
    assert Spending(file, most_per_day=1).today() == pytest.approx(0.1)


def test_entities_of_rasa_and_ours_do_not_go_together(tmp_path: Path) -> None:
    for entities in (False, True):
        rasa = {"kind": "rasa", "url": "http://x.test", "entities": entities}
        write_project(tmp_path, pipeline=json.dumps({"components": ["entities", rasa]}))
        if entities:
            with pytest.raises(InvalidPipeline, match="'entities' and 'rasa' both give entities"):
                load_pipeline(read_project(tmp_path))
        else:
            load_pipeline(read_project(tmp_path))


def test_no_model_is_trained_where_an_engine_gives_the_intent(tmp_path: Path) -> None:
    make_project(tmp_path / "nlp")
    write_project(tmp_path / "nlp", pipeline="components: [{kind: rasa, url: 'http://x.test'}]")
    make_pipeline(tmp_path / "nlp", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: it makes the certificate for this test")
    both = tmp_path / "both.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem",
         "-out", tmp_path / "cert.pem"], check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes((tmp_path / "key.pem").read_bytes() + (tmp_path / "cert.pem").read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with fake_engine({"json": {"ok": 1}}) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(EngineFailed, match="certificate verify failed"):
            Exchange("it", url, {}).post({}, seconds=5)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert Exchange("it", url, {}).post({}, seconds=5) == {"ok": 1}
        with pytest.raises(EngineFailed, match="certificate"):
            Exchange("it", url.replace("localhost", "127.0.0.1"), {}).post({}, seconds=5)


def test_a_context_knows_what_time_is_left() -> None:
    assert Context(frozenset(), 0).seconds_left(4) == 4
    assert Context(frozenset(), 0, deadline=time.monotonic() + 1).seconds_left(4) < 1.1
    assert threading.active_count() < 50
