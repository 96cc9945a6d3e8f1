"""Identity: one customer behind several addresses, and the keys of her sessions."""

import asyncio
from pathlib import Path

import pytest

from botkit.identity import Identities, session_key
from botkit.stores.base import StoreFailed
from botkit.stores.sqlite import SqliteStore
from models.address import Address, AddressKind
from models.customer import Customer
from tests.botkit.bot import ANN, BOB, ECHO, Bot, asset, rule

APP = Address("inapp", "ann", AddressKind.CUSTOMERID)
NUMBER = Address("sms", ANN, AddressKind.MSISDN)
VISITOR = Address("inapp", "v-1", AddressKind.VISITOR, "web")


@pytest.mark.parametrize(
    ("addresses", "customerid", "kind", "key"),
    [
        ((APP, NUMBER), "ann", "msisdn", ANN),
        ((APP, NUMBER), "ann", "customerid", "ann"),
        ((APP, NUMBER), "ann", "address", "ann"),
        ((APP,), "ann", "msisdn", "ann"),
        ((NUMBER,), "", "customerid", ANN),
        ((VISITOR,), "", "msisdn", "v-1"),
        ((VISITOR,), "ann", "msisdn", "ann"),
        ((VISITOR, NUMBER), "", "customerid", ANN),
        ((APP,), "ann", "", ""),
    ],
)
def test_the_key_is_what_the_flow_asked_for_or_the_next_best(
    addresses: tuple[Address, ...], customerid: str, kind: str, key: str
) -> None:
    assert session_key(Customer("k", customerid, addresses=addresses), addresses[0], kind) == key


async def test_linked_addresses_lead_to_one_customer(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    identities = Identities(store)
    assert (await identities.of(APP)).key != (await identities.of(NUMBER)).key
    linked = await identities.link(APP, msisdn=ANN, email="ann@example.com", name="Ann")
    for known in (identities, Identities(store)):
        assert await known.of(APP) == await known.of(NUMBER) == linked
    assert (linked.msisdn, linked.customerid, linked.name) == (ANN, "ann", "Ann")
    assert linked.address_on("whatsapp", "wa") == Address("whatsapp", ANN, AddressKind.MSISDN)
    assert linked.address_on("email", "post") == Address("email", "ann@example.com", AddressKind.EMAIL)
    await store.close()


async def test_a_new_number_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    identities = Identities(store)
    await identities.link(APP, msisdn=ANN)
    moved = await identities.link(APP, msisdn=BOB)
    assert moved.msisdn == BOB and moved.key == f"msisdn:{BOB}"
    assert (await identities.of(APP)).msisdn == BOB
    await store.close()


async def test_what_a_number_is_linked_to_already_stays(tmp_path: Path) -> None:
    """She signs in to a second app with the same number: the first one is not forgotten."""
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    identities = Identities(store)
    second = Address("inapp", "ann-2", AddressKind.CUSTOMERID)
    await identities.link(APP, msisdn=ANN, email="ann@example.com")
    both = await identities.link(second, msisdn=ANN)
    assert both.address_on("email", "post") is not None
    assert {address.key for address in both.addresses} >= {APP.key, second.key, NUMBER.key}
    await store.close()


@pytest.mark.parametrize("by_number", [False, True])
async def test_what_has_begun_goes_on_when_her_number_becomes_known(tmp_path: Path, by_number: bool) -> None:
    flow = """
flow: main
session_key: customerid
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3: {kind: send, text: "name?", next: {onSuccess: 4}}
  4: {kind: receive, events: [sms.mo, inapp.message], next: {sms.mo: 5, inapp.message: 5, onTimeout: end 103}}
  5: {kind: send, text: "hello $(message.text)", next: {onSuccess: end 101}}
"""
    rules = [rule("main", event="inapp.message"), rule("main")]
    async with Bot(tmp_path, flow, rules=rules, assets=[asset("web", "inapp"), asset("sms")]) as bot:
        await bot.say("hi", "ann", to="web")
        await bot.engine.identities.link(APP, msisdn=ANN)
        if by_number:
            await bot.say("Ada")
        else:
            await bot.say("Ada", "ann", to="web")
        assert [text for _, _, text in bot.line.sent] == ["name?", "hello Ada"]
        assert await bot.outcomes() == [101]
        assert (await bot.engine.identities.of(NUMBER)) == (await bot.engine.identities.of(APP))


KEYED = """
flow: main
session_key: KIND
variables: {said: {default: ""}}
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3: {kind: set_variable, set: {said: "$(said)$(message.text)"}, next: {onSuccess: 4}}
  4: {kind: delay, duration: 1m, next: {onTimeout: 5}}
  5: {kind: send, text: "$(said)", next: {onSuccess: 6}}
  6: {kind: receive, events: [sms.mo, inapp.message], next: {sms.mo: 3, inapp.message: 3, onTimeout: end 103}}
"""
BOTH = [rule("main", event="inapp.message"), rule("main")]


@pytest.mark.parametrize("kind", ["msisdn", "customerid"])
async def test_a_conversation_stays_one_when_her_number_becomes_known(tmp_path: Path, kind: str) -> None:
    """It does not wait for her just then: what she says comes when it does."""
    flow = KEYED.replace("KIND", kind)
    async with Bot(tmp_path, flow, rules=BOTH, assets=[asset("web", "inapp"), asset("sms")]) as bot:
        await bot.say("a", "ann", to="web")
        await bot.engine.identities.link(APP, msisdn=ANN)
        await bot.say("b", "ann", to="web")
        for _ in range(3):
            await bot.later(61)
        assert [text for _, _, text in bot.line.sent] == ["a", "ab"]


async def test_what_she_says_while_her_number_is_being_stored_is_one_conversation(tmp_path: Path) -> None:
    flow = KEYED.replace("KIND", "msisdn")
    async with Bot(tmp_path, flow, rules=BOTH, assets=[asset("web", "inapp"), asset("sms")]) as bot:
        await bot.engine.identities.of(APP)
        bot.store.hold = lambda change: bool(change.customers)
        linking = asyncio.create_task(bot.engine.identities.link(APP, msisdn=ANN))
        await bot.until(lambda: bot.store.held)
        await bot.say("a", "ann", to="web")
        await bot.store.let_go()
        await linking
        await bot.say("b", "ann", to="web")
        for _ in range(3):
            await bot.later(61)
        assert bot.line.texts("ann") == ["a", "ab"]


async def test_a_number_that_cannot_be_stored_changes_nothing(tmp_path: Path) -> None:
    async with Bot(tmp_path, ECHO) as bot:
        before = await bot.engine.identities.of(APP)
        bot.store.refuse = lambda change: bool(change.customers)
        with pytest.raises(StoreFailed):
            await bot.engine.identities.link(APP, msisdn=ANN)
        assert await bot.engine.identities.of(APP) == before


async def test_an_app_user_is_reached_by_sms_when_her_number_is_known(tmp_path: Path) -> None:
    flow = """
flow: main
session_key: msisdn
nodes:
  2: {kind: start, accepts: [sms.mo, inapp.message], next: {onBegin: 3}}
  3:
    kind: send
    text: "$(msisdn) $(customerid)"
    fallback: [{channel: whatsapp}, {channel: sms}]
    next: {onSuccess: 4}
  4: {kind: receive, events: [sms.mo, inapp.message], next: {sms.mo: 5, inapp.message: 5, onTimeout: end 103}}
  5: {kind: send, text: "again $(message.channel)", next: {onSuccess: end 101}}
"""
    rules = [rule("main", event="inapp.message"), rule("main")]
    async with Bot(tmp_path, flow, rules=rules, assets=[asset("web", "inapp"), asset("sms")]) as bot:
        await bot.engine.identities.link(APP, msisdn=ANN)
        await bot.say("hi", "ann", to="web")
        assert bot.line.sent == [("sms", ANN, f"{ANN} ann")]
        await bot.say("and now by SMS")  # the same session goes on
        assert bot.line.sent[1:] == [("sms", ANN, "again sms")]
        assert await bot.outcomes() == [101]
