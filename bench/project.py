"""Project: the little bots that are measured: six nodes, without scripts and without NLP."""

from pathlib import Path

WALK = """
flow: main
session_key: msisdn
variables:
  order: {default: ""}
  answer: {default: ""}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: branch
    branches:
      - name: order
        conditions: [{variable: $(sms.message), operator: starts_with, value: order}]
    next: {order: 4, none_of_the_above: 4}
  4: {kind: set_variable, set: {order: $(message.text), answer: "is on its way"}, next: {onSuccess: 5}}
  5:
    kind: branch
    branches:
      - name: known
        conditions: [{variable: $(order), operator: is_not_empty}]
    next: {known: 6, none_of_the_above: 6}
  6: {kind: send, text: "Order $(order) $(answer).", next: {onSuccess: LAST}}
"""
TO_THE_END = WALK.replace("LAST", "7") + "  7: {kind: end, outcome: 101}\n"
TO_A_WAIT = WALK.replace("LAST", "7") + (
    "  7: {kind: receive, events: [sms.mo], max_timeout: 24h, next: {sms.mo: 3, onTimeout: end 103}}\n"
)
"""Waits at its sixth node; each message after the first walks five nodes from there to there."""


def write_project(directory: Path, flow: str, *, provider: str = "http://127.0.0.1:9/send") -> Path:
    """A project with one flow behind every SMS to the asset `sms`, whose gateway is at `provider`."""
    (directory / "flows").mkdir(parents=True)
    (directory / "flows" / "main.flow.yaml").write_text(flow, "utf-8")
    (directory / "botkit.toml").write_text(
        f"""
[project]
name = "Bench"

[assets.sms]
channel = "sms"
provider = "sms_http"
number = "60606"
send_url = "{provider}"
send_type = "json"
send_body = '{{"id":"{{id}}","to":"{{to}}","text":"{{text}}"}}'
send_id_path = "id"

[services.bench]
assets = ["sms"]

[[services.bench.rules]]
name = "Anything"
event = "sms.mo"
flow = "main"
""",
        "utf-8",
    )
    return directory
