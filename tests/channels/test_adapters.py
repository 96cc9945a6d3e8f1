"""Adapters against their tables: what comes in, what goes out, and what must never be seen."""

import logging
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from channels import BUILT_IN
from channels.base import Channel, Outgoing, WebhookRequest
from channels.errors import BadItems, BadRequest, SendError
from channels.numbers import phone_address
from models.address import Address
from models.content import decode_content
from models.errors import BotkitError
from models.http import HttpFailed, HttpRequest, HttpResponse

FOLDER = Path(__file__).parent / "cases"
KINDS = {channel.kind: channel for channel in BUILT_IN}
RECEIVED_AT = 1_800_000_000_000
REPEATED = re.compile(r"\$\{(.+?)\*(\d+)\}")


def spell_out(value: Any) -> Any:
    """`${x*3}` in a table stands for xxx."""
    if isinstance(value, str):
        return REPEATED.sub(lambda match: match[1] * int(match[2]), value)
    if isinstance(value, dict):
        return {name: spell_out(item) for name, item in value.items()}
    return [spell_out(item) for item in value] if isinstance(value, list) else value


TABLES = {path.stem: spell_out(YAML(typ="safe").load(path)) for path in sorted(FOLDER.glob("*.yaml"))}


def rows(direction: str) -> list[Any]:
    return [
        pytest.param(table, row, id=f"{name}: {row['name']}")
        for name, table in TABLES.items()
        for row in table[direction]
    ]


def made(table: dict[str, Any]) -> Channel:
    return KINDS[table["channel"]].load(table["settings"])


def call(table: dict[str, Any], row: dict[str, Any]) -> WebhookRequest:
    headers = dict(table.get("headers_of_every_call", {}))
    body = b""
    if "form" in row or "form_bytes" in row:
        headers["content-type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        body = bytes.fromhex(row["form_bytes"]) if "form_bytes" in row else row["form"].encode()
    elif "json" in row or "json_bytes" in row:
        headers["content-type"] = "application/json"
        body = bytes.fromhex(row["json_bytes"]) if "json_bytes" in row else row["json"].encode()
    headers |= row.get("headers", {})
    query = "&".join(filter(None, [row.get("query", ""), table.get("query_of_every_call", "")]))
    return WebhookRequest("POST", f"https://bot.example/channels/x?{query}", query, headers, body, RECEIVED_AT)


def includes(found: Any, wanted: Any, where: str = "") -> None:
    """Assert that all of `wanted` is in `found`; lists must be as long."""
    if isinstance(wanted, dict):
        for name, item in wanted.items():
            assert name in found, f"{where}.{name} is missing in {found}"
            includes(found[name], item, f"{where}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), f"{where}: {found}"
        for number, item in enumerate(wanted):
            includes(found[number], item, f"{where}.{number}")
    else:
        assert found == wanted, where


def secrets_stay_secret(table: dict[str, Any], *texts: object) -> None:
    for text in texts:
        for secret in table["secrets"]:
            assert secret not in f"{text} {text!r}", "a secret was shown"


@pytest.mark.parametrize(("table", "row"), rows("incoming"))
def test_incoming(table: dict[str, Any], row: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    channel = made(table)
    request = call(table, row)
    if "error" in row:
        with pytest.raises(BadRequest) as caught:
            if not table.get("unverified"):
                channel.verify(request)
            channel.parse(request)
        error = caught.value
        assert error.code == row["error"]["code"]
        assert error.field == row["error"].get("field", error.field)
        assert row["error"].get("says", "") in error.message
        taken = [value.provider_id for value in error.taken] if isinstance(error, BadItems) else []
        assert sorted(taken) == sorted(row["error"].get("taken", ()))
        secrets_stay_secret(table, error, caplog.text)
        return
    if not table.get("unverified"):
        channel.verify(request)
    found = channel.parse(request)
    if row.get("hashed"):
        assert found[0].provider_id == channel.parse(call(table, row))[0].provider_id  # type: ignore[union-attr]
        assert found[0].provider_id.startswith("hash-")
        return
    includes([msgspec.to_builtins(value) for value in found], row["expect"])
    secrets_stay_secret(table, channel, channel.reply(request), caplog.text)


class Recorded:
    """Gives the recorded answer, and keeps the request."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.request_made: HttpRequest | None = None

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.request_made = request
        if "failed" in self.row:
            raise HttpFailed("it did not work", self.row["failed"])
        answer = self.row["answer"]
        return HttpResponse(answer["status"], "", answer.get("headers", {}), answer["body"].encode(), request.url)


@pytest.mark.parametrize(("table", "row"), rows("outgoing"))
async def test_outgoing(table: dict[str, Any], row: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    channel = made(table)
    to = phone_address(row["to"]) if isinstance(row["to"], str) else msgspec.convert(row["to"], Address)
    outgoing = Outgoing(
        id="d-1", to=to, content=decode_content(row["content"]), callback_url=row.get("callback_url", "")
    )
    http = Recorded(row)
    if "error" in row:
        with pytest.raises(SendError) as caught:
            await channel.send(outgoing, http)
        error = caught.value
        assert error.outcome.value == row["error"]["outcome"]
        assert error.provider_code == row["error"].get("provider_code", error.provider_code)
        assert error.retry_after == row["error"].get("retry_after", error.retry_after)
        assert row["error"].get("says", "") in error.message
        taken = [value.provider_id for value in error.taken] if isinstance(error, BadItems) else []
        assert sorted(taken) == sorted(row["error"].get("taken", ()))
        secrets_stay_secret(table, error, channel, caplog.text)
        return
    sent = await channel.send(outgoing, http)
    assert sent.provider_id == row["expect"]["provider_id"]
    assert [receipt.state.value for receipt in sent.receipts] == row["expect"].get("receipts", [])
    secrets_stay_secret(table, sent, channel, caplog.text)
    if "request" in row:
        wanted, request = row["request"], http.request_made
        assert request is not None
        assert request.trusted
        assert request.method == wanted.get("method", request.method)
        assert request.url == wanted.get("url", request.url)
        assert wanted.get("url_has", "") in request.url
        includes(request.headers, wanted.get("headers", {}))
        assert request.body.decode() == wanted.get("body", request.body.decode())
        if "json" in wanted:
            assert msgspec.json.decode(request.body) == wanted["json"]


@pytest.mark.parametrize("table", [pytest.param(table, id=name) for name, table in TABLES.items()])
def test_a_wrong_setting_does_not_show_the_others(table: dict[str, Any]) -> None:
    with pytest.raises(BotkitError) as caught:
        KINDS[table["channel"]].load(table["settings"] | {"nonsense": 1, "number": 5})
    assert "nonsense: unknown setting" in str(caught.value)
    secrets_stay_secret(table, caught.value, caught.value.__cause__)


@pytest.mark.parametrize("table", [pytest.param(table, id=name) for name, table in TABLES.items()])
def test_secrets_are_not_dumped(table: dict[str, Any]) -> None:
    channel = made(table)
    secrets_stay_secret(table, channel, channel.model_dump_json(), channel.model_dump())


def test_adapters_are_listed_in_order_and_explain_themselves() -> None:
    kinds = [channel.kind for channel in BUILT_IN]
    assert kinds == sorted(set(kinds))
    for channel in BUILT_IN:
        assert channel.about().endswith("."), channel
        for name, field in channel.model_fields.items():
            assert field.description, f"{channel.kind}.{name} has no help"
        assert channel.model_json_schema()["properties"]
