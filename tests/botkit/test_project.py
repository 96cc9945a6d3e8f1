"""A project on disk is loaded with every problem in it at its line."""

import os
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from botkit import project_file, toml_table
from botkit.catalog import load_catalog
from botkit.project import ProjectError, load_project
from botkit.project_checks import check_sources
from botkit.toml_lines import TomlLines
from channels.sandbox import Sandbox
from models.problem import has_errors
from models.service import Condition, InvokeFlow, NotifyUrl, Rule, SendReply

TOML = """\
[project]
name = "Order desk"
hints = ["Text ORDER to 60606."]

[server]
port = 9000
secret = { env = "VISITOR_SECRET" }

[assets.sms-demo]
channel = "sms"
provider = "kannel"
number = 60606
username = "desk"
password = { file = "password.txt" }
secret = { env = "KANNEL_SECRET" }

[assets.web-demo]
channel = "inapp"
title = "Order desk"

[assets.whatsapp-demo]
channel = "whatsapp"
provider = "sandbox"
number = "+15550001111"

[services.orders]
name = "Orders"
assets = ["sms-demo", "web-demo", "whatsapp-demo"]
default_reply = "Pardon?"

[services.orders.consent]
stop = ["STOP", "BASTA"]
stop_reply = "Bye."

[[services.orders.rules]]
name = "order"
event = "sms.mo"
asset = "sms-demo"
keyword = "ORDER"
flow = "hello"
only_without_session = true

[[services.orders.rules]]
event = "inapp.message"
flow = "hello"
send = "One moment."
notify = "https://example.com/hook"
join = "or"
conditions = [{variable = "message.text", operator = "contains", value = "x"}]
"""
FLOW = "flow: hello\nnodes:\n  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: end}}\n"
ENVIRON = {"VISITOR_SECRET": "v", "KANNEL_SECRET": "k", "BOTKIT_HOST": "0.0.0.0"}


@pytest.fixture(name="folder")
def make_folder(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "hello.flow.yaml").write_text(FLOW)
    (tmp_path / "botkit.toml").write_text(TOML)
    (tmp_path / "password.txt").write_text("hush\n")
    return tmp_path


def test_a_project_is_loaded(folder: Path) -> None:
    project = load_project(folder, environ=ENVIRON)
    assert [str(problem) for problem in project.problems] == []
    assert (project.name, project.hints, project.directory) == ("Order desk", ("Text ORDER to 60606.",), folder)
    assert (project.settings.port, project.settings.host) == (9000, "0.0.0.0")
    assert project.settings.secret.get_secret_value() == "v"
    asset = project.assets["sms-demo"]
    assert (asset.channel, asset.provider, asset.number) == ("sms", "kannel", "60606")
    assert asset.settings == {"username": "desk", "password": "hush", "secret": "k"}
    assert project.assets["web-demo"].provider == "inapp"
    (service,) = project.services
    assert (service.consent.stop, service.consent.stop_reply) == (("STOP", "BASTA"), "Bye.")
    assert service.consent.start == ("START", "UNSTOP")
    assert service.rules == (
        Rule("order", "sms.mo", (InvokeFlow("hello"),), "sms-demo", "ORDER", only_without_session=True),
        Rule(
            "no. 2 (inapp.message)", "inapp.message",
            (InvokeFlow("hello"), SendReply("One moment."), NotifyUrl("https://example.com/hook")),
            conditions=(Condition("message.text", "contains", "x"),), join="or",
        ),
    )  # fmt: skip
    assert project.flows["hello"].nodes[2].kind == "start"
    assert project.nlp_dir is None


@pytest.mark.skipif(sys.platform == "darwin", reason="names there are always UTF-8")
def test_the_name_of_a_folder_need_not_be_utf_8(folder: Path) -> None:
    latin = Path(os.fsdecode(os.fsencode(folder.parent) + b"/caf\xe9"))
    shutil.copytree(folder, latin)
    assert load_project(latin, environ=ENVIRON).problems == []


def test_adapters_are_made_from_assets(folder: Path) -> None:
    project = load_project(folder, environ=ENVIRON)
    kannel = project.catalog.channel_for(project.assets["sms-demo"])
    assert (kannel.kind, kannel.asset, kannel.number) == ("kannel", "sms-demo", "60606")
    assert "hush" not in repr(kannel)
    sandbox = project.catalog.channel_for(project.assets["whatsapp-demo"])
    assert sandbox.model_dump()["channel_name"] == "whatsapp"


def test_file_then_environment_then_command_line(folder: Path) -> None:
    environ = {**ENVIRON, "BOTKIT_PORT": "9001", "BOTKIT_ALLOW_PRIVATE_ADDRESSES": "true", "BOTKIT_STORE": ""}
    settings = load_project(folder, environ=environ, given={"port": None}).settings
    assert (settings.port, settings.allow_private_addresses, settings.store) == (9001, True, "")
    assert load_project(folder, environ=environ, given={"port": 9002}).settings.port == 9002


def problems(folder: Path, old: str, new: str, environ: dict[str, str] | None = None) -> list[tuple[str, int]]:
    assert old in TOML
    (folder / "botkit.toml").write_text(TOML.replace(old, new, 1))
    found = load_project(folder, environ=ENVIRON if environ is None else environ).problems
    assert all(problem.path for problem in found)
    return [(problem.code, problem.line) for problem in found]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("port = 9000", "port = 90000", "invalid_setting", 6),
        ("port = 9000", "prot = 9000", "invalid_setting", 6),
        ('hints = ["Text ORDER to 60606."]', "hints = 1", "invalid_setting", 3),
        ('channel = "sms"', "", "missing_setting", 9),
        ('channel = "sms"', 'channel = "mms"', "invalid_setting", 10),
        ('provider = "kannel"', 'provider = "kanel"', "invalid_setting", 11),
        ('username = "desk"', 'user = "desk"', "invalid_setting", 13),
        ('{ env = "KANNEL_SECRET" }', '{ env = "NOT_SET" }', "missing_secret", 15),
        ('{ file = "password.txt" }', '{ file = "nowhere.txt" }', "missing_secret", 14),
        ('{ file = "password.txt" }', "{ file = 3 }", "invalid_setting", 14),
        ('name = "Orders"', 'nmae = "Orders"', "unknown_key", 27),
        ('assets = ["sms-demo", "web-demo"', 'assets = ["sms-dmeo", "sms-demo", "web-demo"', "unknown_asset", 28),
        ("[services.orders.consent]", "[services.orders.consents]", "unknown_key", 31),
        ('stop = ["STOP", "BASTA"]', "stop = 1", "invalid_setting", 32),
        ('stop = ["STOP", "BASTA"]', 'stpo = ["STOP"]', "unknown_key", 32),
        ('event = "sms.mo"\n', "", "missing_setting", 35),
        ('asset = "sms-demo"', 'asset = "sms"', "unknown_asset", 38),
        ('asset = "sms-demo"', 'asset = "web-demo"', "wrong_channel", 37),
        ('keyword = "ORDER"', 'keyword = "TWO WORDS"', "invalid_setting", 39),
        ('keyword = "ORDER"', 'keyword = "basta"', "consent_keyword", 39),
        ('flow = "hello"', 'flow = "helo"', "unknown_flow", 40),
        ('flow = "hello"\n', "", "no_action", 35),
        ("only_without_session = true", "only_without_session = 1", "invalid_setting", 41),
        ('event = "inapp.message"', 'event = "inapp.typing"', "not_accepted", 44),
        ('"https://example.com/hook"', '"example.com"', "invalid_setting", 47),
        ('send = "One moment."', 'send = "One moment, $(name"', "invalid_setting", 46),
        ('default_reply = "Pardon?"', 'default_reply = "$(a b)?"', "invalid_setting", 29),
        ('stop_reply = "Bye."', 'stop_reply = "Bye, $(msisdn"', "invalid_setting", 33),
        ('join = "or"', 'join = "nor"', "invalid_choice", 48),
        ('operator = "contains"', 'operator = "contians"', "invalid_condition", 49),
        ('operator = "contains", ', "", "missing_setting", 49),
        ('variable = "message.text"', 'variable = "mesage.text"', "unknown_variable", 49),
        ('value = "x"', 'value = "$(order)"', "unknown_variable", 49),
        ('value = "x"', 'valeu = "x"', "unknown_key", 49),
        ("[services.orders]", '[services."or ders"]', "invalid_name", 26),
        ("[assets.web-demo]", '[assets."../web"]', "invalid_name", 17),
        ("[services.orders]", "[service.orders]", "unknown_key", 26),
        ('[assets.web-demo]\nchannel = "inapp"', '[assets.web-demo]\nchannel = ["inapp"]', "invalid_setting", 18),
    ],
)
def test_problems_stand_at_their_lines(folder: Path, old: str, new: str, code: str, line: int) -> None:
    assert (code, line) in problems(folder, old, new)


@pytest.mark.parametrize(
    ("old", "new", "name", "line"),
    [
        ('{ env = "VISITOR_SECRET" }', '"plaintext"', "secret", 7),
        ("port = 9000", 'hub_secret = "plaintext"', "hub_secret", 6),
        ('{ file = "password.txt" }', '"plaintext"', "password", 14),
        ('{ file = "password.txt" }', "12345", "password", 14),
        (
            'channel = "inapp"\ntitle = "Order desk"',
            'channel = "sms"\nprovider = "sms_http"\nsend_url = "http://gw.example"\n'
            'send_headers = { X-Api-Key = "plaintext" }',
            "send_headers.X-Api-Key", 21,
        ),
    ],
)  # fmt: skip
def test_a_secret_that_is_written_down_is_a_warning(folder: Path, old: str, new: str, name: str, line: int) -> None:
    assert old in TOML
    (folder / "botkit.toml").write_text(TOML.replace(old, new, 1))
    (found,) = [one for one in load_project(folder, environ=ENVIRON).problems if one.code == "plain_secret"]
    assert (found.severity, found.line) == ("warning", line)
    assert found.message == f"the secret {name} is written down in this file"
    assert 'env = "NAME"' in found.hint and 'file = "path"' in found.hint
    assert "plaintext" not in str(found)


@pytest.mark.parametrize(
    "line",
    ['send_headers = { Accept = "application/json" }', 'send_headers = { Authorization = { env = "KANNEL_SECRET" } }',
     'secret = ""'],
)  # fmt: skip
def test_what_is_no_secret_may_be_written_down(folder: Path, line: str) -> None:
    new = f'channel = "sms"\nprovider = "sms_http"\nsend_url = "http://gw.example"\n{line}'
    assert "plain_secret" not in [code for code, _ in problems(folder, 'channel = "inapp"', new)]


def test_the_name_of_the_asset_for_notify_urls_is_taken(folder: Path) -> None:
    text = TOML.replace("[assets.web-demo]", "[assets.notify]").replace('"web-demo"', '"notify"')
    (folder / "botkit.toml").write_text(text)
    (found,) = [one for one in load_project(folder, environ=ENVIRON).problems if one.severity == "error"]
    assert (found.code, found.line) == ("reserved_name", 17)
    assert "another name" in found.hint


def test_secrets_may_be_missing_where_a_project_is_only_checked(folder: Path) -> None:
    assert has_errors(load_project(folder, environ={}).problems)
    found = load_project(folder, environ={}, require_secrets=False).problems
    assert [(problem.severity, problem.code) for problem in found] == [("warning", "missing_secret")] * 2
    assert "KANNEL_SECRET" in "".join(problem.message for problem in found)


def test_the_environment_is_named_where_it_is_wrong(folder: Path) -> None:
    found = load_project(folder, environ={**ENVIRON, "BOTKIT_PORT": "http"}).problems
    assert [str(problem) for problem in found] == ["environment: error: BOTKIT_PORT: expected a whole number"]
    for written in ("chat.example.com", "ftp://chat.example.com", "https://", "https://chat.example.com?x"):
        found = load_project(folder, environ={**ENVIRON, "BOTKIT_PUBLIC_URL": written}).problems
        assert [str(problem) for problem in found] == [
            "environment: error: BOTKIT_PUBLIC_URL: expected an address with https:// or http://, such as"
            " https://chat.example.com"
        ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BOTKIT_PROT", "BOTKIT_PORT"), ("botkit_port", "BOTKIT_PORT"), ("BOTKIT_LOGLEVEL", "BOTKIT_LOG_LEVEL"),
        ("BOTKIT_RETENTION", "BOTKIT_RETENTION_DAYS"), ("BOTKIT_DAT", "BOTKIT_DATA"),
        ("BOTKIT_DATA", ""), ("BOTKIT_SERVICE_HOST", ""), ("BOTKIT_PORT_8080_TCP", ""), ("BOTKIT_VERSION", ""),
        ("MY_PROT", ""),
    ],
)  # fmt: skip
def test_a_slip_in_the_environment_is_told(folder: Path, name: str, meant: str) -> None:
    found = load_project(folder, environ={**ENVIRON, name: "8080"}).problems
    told = [(str(problem), problem.hint) for problem in found]
    assert told == ([(f"environment: warning: nothing reads {name}", f"did you mean {meant}?")] if meant else [])


def test_the_variable_of_a_secret_is_no_slip(folder: Path) -> None:
    (folder / "botkit.toml").write_text(TOML.replace("VISITOR_SECRET", "BOTKIT_SECRETS"))
    assert not load_project(folder, environ={**ENVIRON, "BOTKIT_SECRETS": "v"}).problems


def test_the_command_line_is_named_where_it_is_wrong(folder: Path) -> None:
    found = load_project(folder, environ=ENVIRON, given={"port": -1}).problems
    assert [str(problem) for problem in found] == ["command line: error: --port: expected 0 or more"]


SILENT = TOML.replace('default_reply = "Pardon?"\n', "")


def add(folder: Path, text: str, *, to: str = TOML) -> list[tuple[str, str]]:
    (folder / "botkit.toml").write_text(to + text)
    found = load_project(folder, environ=ENVIRON).problems
    return [(problem.severity, problem.code) for problem in found]


def test_what_must_be_a_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "botkit.toml").write_text("[services]\na = 1\n")
    found = [problem for problem in load_project(tmp_path, environ={}).problems if problem.field == "services.a"]
    assert (found[0].message, found[0].hint) == ("a must be a table", "write `[services.a]`")


def test_two_services_do_not_share_a_keyword(folder: Path) -> None:
    other = '[services.b]\nassets = ["sms-demo"]\n[[services.b.rules]]\nevent = "sms.mo"\nsend = "x"\n'
    assert add(folder, other + 'keyword = "order"\n', to=SILENT) == [("error", "same_keyword")]
    assert add(folder, other + 'keyword = "orders"\n', to=SILENT) == []
    assert add(folder, other + 'keyword = "order"\nactive = false\n', to=SILENT) == []


def test_two_rules_of_one_service_fire_together(folder: Path) -> None:
    rule = '[[services.orders.rules]]\nevent = "sms.mo"\nkeyword = "order"\nsend = "x"\n'
    assert add(folder, rule) == [("warning", "same_keyword")]


def test_rules_of_the_same_name_fire_together_too(folder: Path) -> None:
    rule = '[[services.orders.rules]]\nname = "order"\nevent = "sms.mo"\nkeyword = "order"\nsend = "x"\n'
    assert add(folder, rule) == [("warning", "same_name"), ("warning", "same_keyword")]


def test_a_rule_without_a_name_is_called_by_its_place_and_what_it_takes(folder: Path) -> None:
    text = TOML[: TOML.index("[[services.orders.rules]]")]
    text += '[[services.orders.rules]]\nevent = "sms.mo"\nkeyword = "MENU"\nflow = "lost"\n'
    text += '[[services.orders.rules]]\nname = ""\nevent = "sms.mo"\nkeyword = "*"\nflow = "lost"\n'
    (folder / "botkit.toml").write_text(text)
    found = [row.message for row in load_project(folder, environ=ENVIRON).problems if row.code == "unknown_flow"]
    assert found == [
        "rule 'no. 1 (sms.mo MENU)': there is no flow 'lost'", "rule 'no. 2 (sms.mo)': there is no flow 'lost'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [("sms-two", "web-demo", "sms.mo", "*", ""), ("sms-two", "web-demo", "sms.mo", "MENU", ""),
     ("web-two", "sms-demo", "inapp.message", "*", 'default_reply = "Eh?"'),
     ("sms-two", "sms-demo", "sms.linkclick", "*", 'default_reply = "Eh?"')],
)  # fmt: skip
def test_services_with_an_asset_by_which_what_they_take_does_not_come_are_none_of_each_others(
    folder: Path, values: tuple[str, ...]
) -> None:
    own, shared, event, keyword, reply = values
    text = f"""
[assets.sms-two]
channel = "sms"
provider = "sandbox"
number = "70707"
[assets.web-two]
channel = "inapp"
[services.a]
assets = ["sms-demo", "web-demo"]
{reply}
[[services.a.rules]]
event = "sms.mo"
keyword = "*"
send = "Hello"
[services.b]
assets = ["{own}", "{shared}"]
[[services.b.rules]]
event = "{event}"
keyword = "{keyword}"
send = "Soup"
"""
    found = add(folder, text, to=TOML[: TOML.index("[services.orders]")])
    assert {code for _, code in found} <= {"unused_asset"}


SHARED = '[services.b]\nassets = ["sms-demo"]\n%s\n[[services.b.rules]]\nevent = "sms.mo"\nkeyword = "%s"\n%s = "%s"\n'


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("", "*", "send", "Eh?"), ["rule 'no. 1 (sms.mo)' also takes what rule 'order' of service 'orders' takes"]),
        (("", "*", "notify", "https://log.example"), []),
        (("", "MENU", "send", "Soup"), []),
        (('default_reply = "Eh?"', "MENU", "send", "Soup"),
         ["service 'b' sends its default_reply also to what 'orders' takes on 'sms-demo'"]),
    ],
)  # fmt: skip
def test_services_that_would_both_answer_are_told(folder: Path, values: tuple[str, ...], told: list[str]) -> None:
    (folder / "botkit.toml").write_text(SILENT + SHARED % values)
    found = load_project(folder, environ=ENVIRON).problems
    assert [(row.severity, row.code, row.message) for row in found] == [
        ("warning", "shared_asset", f"{text}: both would answer") for text in told
    ]


def test_an_asset_that_stands_twice_in_a_list_is_told(folder: Path) -> None:
    twice = '[services.b]\nassets = ["whatsapp-demo", "whatsapp-demo"]\n'
    assert add(folder, twice) == [("warning", "asset_twice")]


def test_a_rule_that_cannot_be_read_does_not_move_those_after_it(folder: Path) -> None:
    file = folder / "botkit.toml"
    text = file.read_text().replace('keyword = "ORDER"', 'keyword = "MY ORDER"')
    text += '[[services.orders.rules]]\nname = "last"\nevent = "sms.mo"\nkeyword = "LAST"\nflow = "lost"\n'
    file.write_text(text)
    found = {problem.code: problem for problem in load_project(folder, environ=ENVIRON).problems}
    assert text.splitlines()[found["unknown_flow"].line - 1] == 'flow = "lost"'


def test_an_asset_without_a_service_is_told(folder: Path) -> None:
    assert add(folder, '[assets.spare]\nchannel = "sms"\nprovider = "sandbox"\n') == [("warning", "unused_asset")]


def test_flow_files_tell_their_problems(folder: Path) -> None:
    (folder / "flows" / "again.flow.json").write_text('{"flow": "hello", "nodes": {"2": {"kind": "end"}}}')
    (folder / "flows" / "broken.flow.yaml").write_text("flow: [")
    (folder / "flows" / "forgotten.yaml").write_text("flow: x")
    found = {(problem.code, Path(problem.path).name) for problem in load_project(folder, environ=ENVIRON).problems}
    assert ("same_flow", "hello.flow.yaml") in found
    assert ("syntax", "broken.flow.yaml") in found
    assert ("not_a_flow_file", "forgotten.yaml") in found


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["flows/b.flow.yaml", "flows/b.flow.json", "nodes/b.py", "nlp/intents/b.yaml",
                                  "nlp/knowledge/b.md"])  # fmt: skip
def test_a_pipe_among_the_files_is_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / name)
    found = load_project(folder, environ=ENVIRON).problems
    message = "cannot be read: it is a pipe or a device, not a file"
    assert [(problem.path, problem.message.endswith(message)) for problem in found] == [(str(folder / name), True)]


@pytest.mark.timeout(20)
def test_a_device_in_the_place_of_the_project_file(folder: Path) -> None:
    (folder / "botkit.toml").unlink()
    (folder / "botkit.toml").symlink_to("/dev/zero")
    with pytest.raises(ProjectError, match="it is a pipe or a device, not a file"):
        load_project(folder, environ=ENVIRON)


def test_a_flow_that_cannot_be_read_is_not_also_missing(folder: Path) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text("flow: [")
    assert [problem.code for problem in load_project(folder, environ=ENVIRON).problems] == ["syntax"]


NODES = """\
flow: nlp
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: nlp_pipeline, intents: [], next: {none_of_these: 4, onTimeout: end, onError: end}}
  4: {kind: sentiment, next: {positive: 5, neutral: 5, negative: 5, onTimeout: end, onError: end}}
  5: {kind: profanity_filter, next: {clean: 6, profane: end, onTimeout: end, onError: end}}
  6:
    kind: qna_bot
    next: {onSuccess: end, onAgentHandover: end, onTimeOut: end, onError: end, onInvalidMessage: end}
"""


@pytest.mark.parametrize(
    ("components", "missing"),
    [
        ("[language]", {3: "intents", 4: "sentiment", 5: "profanity", 6: "answers"}),
        ("[language, intents, sentiment, profanity]", {6: "answers"}),
        ("[intents, sentiment, profanity, answers]", {}),
    ],
)
def test_nodes_are_warned_of_components_that_are_missing(
    folder: Path, components: str, missing: dict[int, str]
) -> None:
    (folder / "nlp").mkdir()
    (folder / "nlp" / "pipeline.yaml").write_text(f"components: {components}\n")
    (folder / "flows" / "nlp.flow.yaml").write_text(NODES)
    problems = [row for row in load_project(folder, environ=ENVIRON).problems if row.code == "missing_component"]
    assert {row.node: row.hint for row in problems} == {
        node: f"add {component} to the components of nlp/pipeline.yaml" for node, component in missing.items()
    }
    assert all(row.severity == "warning" and row.line for row in problems)


def test_wrong_settings_of_nlp_have_their_lines(folder: Path) -> None:
    (folder / "nlp").mkdir()
    file = folder / "nlp" / "pipeline.yaml"
    file.write_text("components:\n  - lanugage\n  - {kind: intents, threshold: 1.5}\n")
    problems = [row for row in load_project(folder, environ=ENVIRON).problems if row.code == "nlp_pipeline"]
    assert [(row.path, row.line, row.message) for row in problems] == [
        (str(file), 2, "unknown component 'lanugage': did you mean 'language'?"),
        (str(file), 3, "intents: threshold: expected 1 or less"),
    ]
    file.write_text("components: [{kind: language, languages: [de, fr]}]\nprivacy: {mask: [phone]}\n")
    problems = [row for row in load_project(folder, environ=ENVIRON).problems if row.code == "nlp_doubt"]
    assert [(row.severity, row.line) for row in problems] == [("warning", 1), ("warning", 2)]


def test_intents_are_known_from_their_files(folder: Path) -> None:
    intents = folder / "nlp" / "intents"
    intents.mkdir(parents=True)
    (intents / "a.yaml").write_text("intent: cancel\nexamples: [cancel it, stop the order]\n")
    (folder / "flows" / "nlp.flow.yaml").write_text(
        "flow: nlp\nnodes:\n  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}\n"
        "  3: {kind: nlp_pipeline, intents: [cancel, cancle], next: {cancel: end, cancle: end, none_of_these: end,"
        " onTimeout: end, onError: end}}\n"
    )
    project = load_project(folder, environ=ENVIRON)
    assert project.nlp_dir == folder / "nlp"
    assert [(problem.code, problem.hint) for problem in project.problems] == [
        ("unknown_intent", "did you mean 'cancel'?")
    ]
    (intents / "b.yaml").write_text("intent: x\nexamples: 1\n")
    found = [problem for problem in load_project(folder, environ=ENVIRON).problems if problem.code == "nlp_data"]
    assert [(Path(problem.path), problem.line) for problem in found] == [(intents / "b.yaml", 2)]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (None, "no_project", 0), ("a = [\n1,\nb", "syntax", 3), ("a = 1\na = 2", "syntax", 2), (b"\xff", "not_utf8", 0),
        ("a = " + "[" * 5_000, "too_deep", 0), ("#" * 1_000_001, "file_too_large", 0),
    ],
)  # fmt: skip
def test_what_is_no_project(tmp_path: Path, content: str | bytes | None, code: str, line: int) -> None:
    file = tmp_path / "botkit.toml"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ProjectError) as caught:
        load_project(tmp_path, environ={})
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [(code, line)]


VALUES = ("1", "true", '"x"', "[]", "[1]", "{}", "{ a = 1 }", "[{ a = 1 }]", "[[]]", "1979-05-27", "nan", '""')
PLACES = (
    "project = {}", "server = {}", "assets = {}", "assets.x = {}", "assets.x.channel = {}", "services = {}",
    "services.x = {}", "services.x.assets = {}", "services.x.rules = {}", "services.x.consent = {}",
    "services.x.consent.stop = {}", "services.x.rules = [{{ event = {} }}]", "server.secret = {}",
    'services.x.rules = [{{ event = "sms.mo", conditions = {} }}]', "project.name = {}", "server.public_url = {}",
    'services.x.rules = [{{ event = "sms.mo", conditions = [{{ variable = "x", operator = "in", value = {} }}] }}]',
    'assets.x = {{ channel = "sms", provider = "sandbox", number = {} }}', '"" = {}', 'assets."" = {{ channel = {} }}',
    'services."" = {}',
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_any_value_in_any_place_is_a_problem_or_fine(tmp_path: Path, place: str) -> None:
    for value in VALUES:
        (tmp_path / "botkit.toml").write_text(place.format(value))
        for problem in load_project(tmp_path, environ={}).problems:
            assert problem.message
            assert problem.path


def test_rules_and_secrets_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_file, "MAX_RULES", 1)
    assert ("too_many_rules", 43) in problems(folder, "Pardon?", "Pardon?")
    monkeypatch.setattr(toml_table, "MAX_SECRET_BYTES", 3)
    assert ("missing_secret", 14) in problems(folder, "Pardon?", "Pardon?")


def test_lines_of_every_way_to_write_a_key() -> None:
    lines = TomlLines(
        'a = 1\n[b."c.d"]\n"e f" = """\nx = 1\n[y]\n"""\nz.w = 2\n[[t]]\nk = 1\n[t.u]\nv = 1\n[[t]]\nk = 2\n'
    )
    found = [
        lines.find(*path)
        for path in (("a",), ("b", "c.d"), ("b", "c.d", "e f"), ("b", "c.d", "z", "w"), ("t", 0, "k"),
                     ("t", 0, "u", "v"), ("t", 1, "k"), ("b", "c.d", "e f", "x"), ("nothing",))
    ]  # fmt: skip
    assert found == [1, 2, 3, 7, 9, 11, 13, 3, 1]


def test_no_secret_is_ever_shown(folder: Path) -> None:
    project = load_project(folder, environ=ENVIRON)
    assert not re.search("hush", " ".join([repr(project.settings), repr(project.problems)]))


def test_a_secret_that_is_not_there_is_not_a_wrong_setting_too(tmp_path: Path) -> None:
    (tmp_path / "botkit.toml").write_text(
        """
[project]
name = "Shop"

[assets.texts]
channel = "sms"
provider = "twilio"
number = "+15550001111"
account_sid = { env = "TWILIO_SID" }
auth_token = { env = "TWILIO_TOKEN" }

[services.shop]
assets = ["texts"]
""",
        "utf-8",
    )
    found = load_project(tmp_path, environ={}, require_secrets=False).problems
    assert {problem.severity for problem in found} == {"warning"}
    assert [problem.code for problem in found if problem.code == "missing_secret"] == ["missing_secret"] * 2
    wrong = {"TWILIO_SID": "no such account", "TWILIO_TOKEN": "t" * 32}
    given = load_project(tmp_path, environ=wrong, require_secrets=False).problems
    assert [problem.code for problem in given if problem.severity == "error"] == ["invalid_setting"]


CHANNELS = """
flow: hello
on_error: 9
nodes:
  2: {kind: start, accepts: [sms.mo, telegram.message, webhook.mo, custom.message, sms.linkclick], next: {onBegin: 3}}
  3: {kind: send, text: hi, channel: whatsap, next: {onSuccess: 4}}
  4:
    kind: send
    text: hi
    fallback:
      - channel: whatsapp
      - channel: email
    next: {onSuccess: 5}
  5: {kind: receive, events: [sms.mo, inap.message], next: {sms.mo: 9, inap.message: 9, onTimeout: 9}}
  9: {kind: end}
"""


def test_flows_use_channels_that_the_services_have(folder: Path) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(CHANNELS)
    (folder / "botkit.toml").write_text(TOML[: TOML.index("[[services.orders.rules]]")])
    found = load_project(folder, environ=ENVIRON).problems
    known = "known are: inapp, sms, whatsapp"
    assert [(problem.severity, problem.code, problem.line, problem.field, problem.hint) for problem in found] == [
        ("warning", "unheard", 14, "events", "add telegram.message to the events"),
        ("warning", "unused_channel", 5, "accepts.1", known),
        ("warning", "unused_channel", 6, "channel", "did you mean 'whatsapp'?"),
        ("warning", "unused_channel", 12, "fallback.1.channel", known),
        ("warning", "unused_channel", 14, "events.1", "did you mean 'inapp'?"),
    ]
    assert found[1].message == "node 2: no service has an asset on 'telegram', so it never gets telegram.message"


NAMES = """
flow: hello
nodes:
  2: {kind: start, accepts: [sms.mo, webhook.paid, custom], next: {onBegin: 3}}
  3: {kind: send, text: x, asset: sms-demp, fallback: [{asset: web-demo}, {asset: $(n2.x)}, {asset: zzz}],
      next: {onSuccess: 4}}
  4: {kind: receive, events: [sms.moo, sms, sms.linkclick], next: {sms.moo: end, sms: end, sms.linkclick: end,
      onTimeout: end}}
"""


def test_slips_in_the_names_of_assets_and_events_are_told(folder: Path) -> None:
    (folder / "flows" / "hello.flow.yaml").write_text(NAMES)
    found = load_project(folder, environ=ENVIRON).problems
    told = [(row.code, row.severity, row.field, row.hint) for row in found if row.code in NAMES_CODES]
    assert told == [
        ("unknown_asset", "warning", "asset", "did you mean 'sms-demo'?"),
        ("unknown_asset", "warning", "fallback.2.asset", "known are: sms-demo, web-demo, whatsapp-demo"),
        ("unknown_event", "warning", "events.0", "did you mean 'mo'?"),
        ("unknown_event", "warning", "events.1", "say what of sms: sms.mo or sms.message"),
    ]


def test_an_asset_that_is_on_another_channel_is_told(folder: Path) -> None:
    flow = """
flow: hello
nodes:
  2: {kind: start, accepts: [sms.mo, sms mo, ""], next: {onBegin: 3}}
  3: {kind: send, text: x, channel: sms, asset: web-demo, next: {onSuccess: 4}}
  4: {kind: send, text: x, fallback: [{channel: inapp, asset: web-demo}, {channel: sms, asset: whatsapp-demo}],
      next: {onSuccess: end}}
"""
    (folder / "flows" / "hello.flow.yaml").write_text(flow)
    found = load_project(folder, environ=ENVIRON).problems
    told = [(row.message, row.line, row.hint) for row in found if row.code in ("wrong_channel", "unknown_event")]
    assert told == [
        ("node 3: asset 'web-demo' is on inapp, not on sms", 5, "name inapp as the channel, or an asset on sms"),
        ("node 4: asset 'whatsapp-demo' is on whatsapp, not on sms", 6,
         "name whatsapp as the channel, or an asset on sms"),
    ]  # fmt: skip


def test_methods_that_need_a_model_are_told(folder: Path) -> None:
    flow = """
flow: hello
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: nlp, method: Lemmatization, next: {onSuccess: 4, onFailure: 4}}
  4: {kind: nlp, method: Word Tokens, next: {onSuccess: end, onFailure: end}}
"""
    (folder / "flows" / "hello.flow.yaml").write_text(flow)
    found = [row for row in load_project(folder, environ=ENVIRON).problems if row.code == "lacking_method"]
    assert [(row.severity, row.node, row.line) for row in found] == [("warning", 3, 5)]


def test_events_that_nothing_brings_are_told_unless_a_channel_of_ones_own_may_bring_them(folder: Path) -> None:
    rules = "".join(
        f'\n[[services.orders.rules]]\nname = "{event}"\nevent = "{event}"\nsend = "Hello"\n'
        for event in ("webhook.paid", "custom.late", "schedule.daily", "telegram.message", "inapp.typing")
    )
    (folder / "botkit.toml").write_text(TOML + rules)
    (folder / "flows" / "hello.flow.yaml").write_text("""
flow: hello
nodes:
  2: {kind: start, accepts: [sms.mo, webhook.paid], next: {onBegin: 3}}
  3: {kind: receive, events: [sms.mo, custom.paid], next: {sms.mo: end, custom.paid: end, onTimeout: end}}
""")
    found = [row for row in load_project(folder, environ=ENVIRON).problems if row.code == "no_source"]
    assert [(row.severity, row.message) for row in found] == [
        ("warning", "rule 'webhook.paid': nothing brings webhook.paid yet, so it never fires"),
        ("warning", "rule 'custom.late': nothing brings custom.late yet, so it never fires"),
        ("warning", "rule 'schedule.daily': nothing brings schedule.daily yet, so it never fires"),
        ("warning", "rule 'telegram.message': no asset of 'orders' is on 'telegram', so it never fires"),
        ("warning", "node 3: nothing brings custom.paid yet, so it never comes"),
    ]
    assert all(row.line for row in found)

    class Pigeon(Sandbox):
        """Brings whatever it likes."""

        kind = "pigeon"

    file = project_file.read_project_file(folder, ENVIRON, {}, require_secrets=False)
    catalog = load_catalog(folder)
    own = replace(catalog, channels={**catalog.channels, "sandbox": Pigeon})
    assert list(check_sources(file, own, ())) == []


NAMES_CODES = ("unknown_asset", "unknown_event")


def test_an_asset_that_no_service_has_is_no_channel(folder: Path) -> None:
    (folder / "botkit.toml").write_text(TOML.replace('"sms-demo", "web-demo", "whatsapp-demo"', '"web-demo"'))
    found = load_project(folder, environ=ENVIRON).problems
    assert ("unused_channel", 2, "accepts.0") in [(problem.code, problem.node, problem.field) for problem in found]
    (folder / "botkit.toml").write_text(TOML[: TOML.index("[services.orders]")])
    found = load_project(folder, environ=ENVIRON).problems
    assert "unused_channel" not in [problem.code for problem in found], "that there is no service was said already"
