"""Stores: what every store promises, whatever it is built on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from botkit.stores.base import (
    Change,
    Duplicate,
    HistoryEntry,
    InboxItem,
    InboxState,
    MailboxEntry,
    Store,
    StoredSession,
    StoredStep,
    StoreFailed,
    Unmatched,
)
from botkit.stores.sqlite import SqliteStore
from flows.interpreter import _encode
from models.address import Address, AddressKind
from models.content import Text
from models.customer import Customer
from models.delivery import Delivery, DeliveryState, FallbackStep
from models.flow import Flow, FlowVersion, Node
from models.session import Frame, Session, Wait
from models.transaction import NodeVisit, Step, Transaction


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made = SqliteStore(tmp_path / "store.db")
    await made.open()
    yield made
    await made.close()


def item(store: Store, provider_id: str, **more: object) -> InboxItem:
    values = {"asset": "a", "service": "s", "lane": "s|k", "payload": b"x", "received_at": 1000} | more
    return InboxItem(store.next_inbox_id(), provider_id=provider_id, **values)  # type: ignore[arg-type]


def session(id: str, lane: str = "s|k", until: int = 0) -> StoredSession:
    wait = Wait(events=("sms.mo",), until=until)
    value = Session(id=id, service="s", lane=lane, key="k", frames=[Frame("f", 1, 3, {"a": [1]})], wait=wait)
    return StoredSession(value, _encode(value))


def delivery(id: str, **more: object) -> Delivery:
    to = FallbackStep("sms", "a", Address("sms", "+15550000001", AddressKind.MSISDN))
    values = {"service": "s", "lane": "s|k", "content": Text("hi"), "steps": (to,), "asset": "a"} | more
    return Delivery(id, **values)  # type: ignore[arg-type]


async def test_an_item_is_pending_until_it_is_done(store: Store) -> None:
    first, second = item(store, "1"), item(store, "2")
    await store.commit(Change(inbox=[first, second]))
    assert [row.provider_id for row in await store.pending_inbox(0, 10)] == ["1", "2"]
    assert (await store.pending_inbox(0, 10))[0] == first
    await store.commit(Change(done=[first.id]))
    assert [row.provider_id for row in await store.pending_inbox(0, 10)] == ["2"]
    assert await store.seen("a", "1", "s")


async def test_an_item_that_came_and_was_done_at_once_is_seen_and_not_pending(store: Store) -> None:
    one = item(store, "1")
    came = store.commit(Change(inbox=[one]))
    await store.commit(Change(done=[one.id]))
    assert came.done()
    assert not await store.pending_inbox(0, 10)
    assert await store.seen("a", "1", "s")


async def test_a_double_is_refused_with_all_of_its_change_and_nothing_else(store: Store) -> None:
    await store.commit(Change(inbox=[item(store, "1", state=InboxState.DONE, payload=b"")]))
    double = store.commit(Change(inbox=[item(store, "1", state=InboxState.DONE)], sessions=[session("x")]))
    twin = item(store, "2")
    commits = [store.commit(Change(inbox=[twin])), store.commit(Change(inbox=[item(store, "2")]))]
    await store.commit(Change(inbox=[item(store, "3")], sessions=[session("y")]))
    with pytest.raises(Duplicate):
        await double
    await commits[0]
    with pytest.raises(Duplicate):
        await commits[1]
    assert [row.provider_id for row in await store.pending_inbox(0, 10)] == ["2", "3"]
    assert [row.id for row in await store.sessions_of("s|k")] == ["y"]


async def test_an_item_counts_once_for_each_service(store: Store) -> None:
    await store.commit(Change(inbox=[item(store, "1")]))
    assert not await store.seen("a", "1", "other")
    assert not await store.seen("other", "1", "s")
    with pytest.raises(StoreFailed):
        await store.commit(Change(inbox=[item(store, "1")]))


async def test_held_items_wait_behind_their_session_in_order(store: Store) -> None:
    items = [item(store, str(number)) for number in range(3)]
    await store.commit(Change(inbox=items))
    await store.commit(Change(held=[(items[2].id, "s1"), (items[0].id, "s1")]))
    assert [row.provider_id for row in await store.held_inbox("s1")] == ["0", "2"]
    assert [row.provider_id for row in await store.pending_inbox(0, 10)] == ["1"]
    await store.commit(Change(released=[items[0].id]))
    assert [row.provider_id for row in await store.pending_inbox(0, 10)] == ["0", "1"]
    assert (await store.held_inbox("s1"))[0].state is InboxState.HELD


async def test_what_failed_is_kept_with_its_payload_and_not_tried_again(store: Store) -> None:
    one = item(store, "1", payload=b"poison")
    await store.commit(Change(inbox=[one]))
    await store.commit(Change(failed=[one.id]))
    assert not await store.pending_inbox(0, 10)
    assert await store.seen("a", "1", "s")


async def test_numbers_grow_over_a_restart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await store.commit(Change(inbox=[item(store, "1"), item(store, "2")]))
    await store.close()
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    assert store.next_inbox_id() == 3
    assert len(await store.pending_inbox(0, 10)) == 2
    await store.close()


async def test_sessions_of_a_lane_oldest_first_until_they_end(store: Store) -> None:
    await store.commit(Change(sessions=[session("b"), session("a"), session("c", lane="s|other")]))
    assert [found.id for found in await store.sessions_of("s|k")] == ["a", "b"]
    assert (await store.sessions_of("s|k"))[0].frames[0].variables == {"a": [1]}
    await store.commit(Change(ended=["a"]))
    assert [found.id for found in await store.sessions_of("s|k")] == ["b"]


async def test_due_sessions_come_when_their_time_has_come(store: Store) -> None:
    assert await store.next_session_due() == 0
    await store.commit(Change(sessions=[session("a", until=200), session("b", until=100), session("c")]))
    assert await store.next_session_due() == 100
    assert await store.due_sessions(99, 10) == []
    assert await store.due_sessions(200, 10) == [("s|k", "b"), ("s|k", "a")]
    await store.commit(Change(sessions=[session("b", until=300)]))
    assert await store.due_sessions(200, 10) == [("s|k", "a")]


async def test_deliveries_are_found_by_either_id(store: Store) -> None:
    await store.commit(Change(deliveries=[delivery("d1", due_at=50), delivery("d2", due_at=20)]))
    assert await store.next_delivery_due() == 20
    sent = delivery("d1", provider_id="p1", state=DeliveryState.SUBMITTED)
    await store.commit(Change(deliveries=[sent]))
    assert await store.delivery("d1") == sent
    assert await store.delivery_of("a", "p1") == sent
    assert await store.delivery_of("other", "p1") is None
    await store.commit(Change(deliveries=[delivery("d2")]))
    assert await store.next_delivery_due() == 0


async def test_of_deliveries_that_a_provider_calls_the_same_the_newest_is_found(store: Store) -> None:
    for id in ("d1", "d2"):
        await store.commit(Change(deliveries=[delivery(id, due_at=20)]))
        await store.commit(Change(deliveries=[delivery(id, provider_id="7", state=DeliveryState.SUBMITTED)]))
    found = await store.delivery_of("a", "7")
    assert found is not None
    assert found.id == "d2"


async def test_pending_deliveries_come_in_the_order_in_which_they_were_first_stored(store: Store) -> None:
    """Whatever they are called, whenever they are due, and by pages."""
    ids = ["d-10", "d-9", "a", "z", "d-11"]
    await store.commit(Change(deliveries=[delivery(id, due_at=50 - at) for at, id in enumerate(ids[:3])]))
    await store.commit(Change(deliveries=[delivery(id, due_at=50) for id in ids[3:]]))
    await store.commit(Change(deliveries=[delivery("d-10", due_at=900), delivery("a")]))
    found: list[str] = []
    last = 0
    while page := await store.pending_deliveries(last, 2):
        found += [value.id for _, value in page]
        last = page[-1][0]
    assert found == ["d-10", "d-9", "z", "d-11"]
    assert (await store.pending_deliveries(0, 1))[0][1] == delivery("d-10", due_at=900)


async def test_a_transaction_is_its_steps_in_order(store: Store) -> None:
    head = Transaction("t1", "s", "f", 1, "k", 1000)
    first = Step(at=1000, visits=[NodeVisit(2, "start", outcome="onBegin")])
    await store.commit(Change(steps=[StoredStep("t1", 0, first, head)]))
    (live,) = await store.transactions(10)
    assert (live.id, live.outcome, live.ended_at) == ("t1", 0, 0)
    await store.commit(Change(steps=[StoredStep("t1", 1, Step(at=2000, state="ended", outcome=201))]))
    found = await store.transaction("t1")
    assert found is not None
    assert [step.at for step in found.steps] == [1000, 2000]
    assert (found.outcome, found.ended_at) == (201, 2000)
    assert found.steps[0].visits[0].outcome == "onBegin"
    assert await store.transaction("none") is None


async def test_transactions_come_newest_first_and_by_page(store: Store) -> None:
    for number in range(5):
        head = Transaction(f"t{number}", "s", "f" if number % 2 else "g", 1, "k", number)
        await store.commit(Change(steps=[StoredStep(head.id, 0, Step(at=number), head)]))
    assert [found.id for found in await store.transactions(2)] == ["t4", "t3"]
    assert [found.id for found in await store.transactions(2, before="t3")] == ["t2", "t1"]
    assert [found.id for found in await store.transactions(9, flow="f")] == ["t3", "t1"]


async def test_opting_out_holds_until_opting_in(store: Store) -> None:
    assert not await store.any_opted_out()
    await store.commit(Change(opted_out=[("sms", "+1", 5)]))
    await store.commit(Change(opted_out=[("sms", "+1", 6)]))
    assert await store.any_opted_out()
    assert await store.opted_out("sms", "+1")
    assert not await store.opted_out("whatsapp", "+1")
    await store.commit(Change(opted_in=[("sms", "+1")]))
    assert not await store.opted_out("sms", "+1")


async def test_a_customer_is_known_by_each_of_her_addresses(store: Store) -> None:
    phone = Address("sms", "+15550000001", AddressKind.MSISDN)
    app = Address("inapp", "crn-7", AddressKind.CUSTOMERID)
    customer = Customer("msisdn:+15550000001", "crn-7", addresses=(phone, app))
    await store.commit(Change(customers=[customer]))
    assert await store.customer(phone.key) == customer
    assert await store.customer(app.key) == customer
    assert await store.customer("msisdn:+2") is None


async def test_versions_are_kept_for_good(store: Store) -> None:
    flow = Flow("f", {2: Node(2, "start")})
    await store.commit(Change(versions=[FlowVersion(flow, 1, "d1"), FlowVersion(flow, 2, "d2", comment="better")]))
    latest = await store.latest_version("f")
    assert latest is not None and (latest.version, latest.comment) == (2, "better")
    first = await store.flow_version("f", 1)
    assert first is not None and first.flow == flow
    assert await store.flow_version("f", 3) is None


async def test_a_mailbox_is_read_from_a_number_on(store: Store) -> None:
    posts = [MailboxEntry("web", "u", seq, f"d{seq}", b"c", seq) for seq in (1, 2, 3)]
    await store.commit(Change(mailbox=posts))
    assert await store.mailbox_last("web", "u") == 3
    assert await store.mailbox("web", "u", 1, 10) == posts[1:]
    assert await store.mailbox_of("d2") == posts[1]
    assert await store.mailbox_last("web", "nobody") == 0


async def test_history_is_a_conversation_with_states(store: Store) -> None:
    lines = [HistoryEntry(f"h{n}", "sms-demo", "+1", "out", f"text {n}", "queued", n) for n in range(3)]
    await store.commit(Change(history=lines))
    await store.commit(Change(history=lines[:1], history_states=[("h1", "delivered", "")]))
    found = await store.history("sms-demo", "+1", 2)
    assert [(line.text, line.state) for line in found] == [("text 1", "delivered"), ("text 2", "queued")]


async def test_unmatched_messages_newest_first(store: Store) -> None:
    for number in range(3):
        await store.commit(Change(unmatched=[Unmatched("s", "a", "sms", "+1", f"text {number}", number)]))
    assert [found.text for found in await store.unmatched(2)] == ["text 2", "text 1"]


async def test_many_changes_share_a_commit_and_keep_their_order(store: Store) -> None:
    futures = [store.commit(Change(sessions=[session("a", until=n)])) for n in range(1, 500)]
    await asyncio.gather(*futures)
    assert await store.next_session_due() == 499
    if isinstance(store, SqliteStore):
        assert store.batches < 50


async def test_one_bad_change_fails_alone(store: Store) -> None:
    await store.commit(Change(inbox=[item(store, "1")]))
    good = [store.commit(Change(inbox=[item(store, f"g{n}")])) for n in range(3)]
    bad = store.commit(Change(inbox=[item(store, "1")], sessions=[session("never")]))
    after = store.commit(Change(inbox=[item(store, "after")]))
    await asyncio.gather(*good, after)
    with pytest.raises(StoreFailed):
        await bad
    assert not await store.sessions_of("s|k")
    assert await store.seen("a", "after", "s")


async def test_what_builds_on_a_failed_change_fails_too(store: Store) -> None:
    await store.commit(Change(inbox=[item(store, "1")]))
    bad = store.commit(Change(inbox=[item(store, "1")]))
    builds = store.commit(Change(sessions=[session("never")]), requires=bad)
    with pytest.raises(StoreFailed):
        await bad
    with pytest.raises(StoreFailed):
        await builds
    assert not await store.sessions_of("s|k")


async def test_purge_forgets_what_is_finished_and_old(store: Store) -> None:
    old, pending, new = item(store, "old"), item(store, "pending"), item(store, "new", received_at=9000)
    gone, live, long = (f"{1000:011x}{number}" for number in (1, 2, 3))  # ids begin with the moment
    head = Transaction(gone, "s", "f", 1, "k", 1000)
    await store.commit(
        Change(
            inbox=[old, pending, new], done=[old.id, new.id],
            steps=[StoredStep(gone, 0, Step(at=1000), head), StoredStep(live, 0, Step(at=1000), head),
                   StoredStep(long, 0, Step(at=1000), head), StoredStep(long, 1, Step(at=9000, state="ended"))],
            sessions=[session(live)],
            deliveries=[delivery(f"{gone}-0-0", created_at=1000), delivery(f"{live}-0-0", created_at=1000, due_at=5)],
            mailbox=[MailboxEntry("web", "u", seq, f"m{seq}", b"c", 1000) for seq in (1, 2)],
        )
    )  # fmt: skip
    await store.purge(5000)
    assert not await store.seen("a", "old", "s")
    assert await store.seen("a", "pending", "s") and await store.seen("a", "new", "s")
    assert await store.transaction(gone) is None
    assert await store.transaction(live) is not None
    assert len(getattr(await store.transaction(long), "steps", [])) == 2  # it began long ago, and has just ended
    assert await store.delivery(f"{gone}-0-0") is None and await store.delivery(f"{live}-0-0") is not None
    assert await store.mailbox_last("web", "u") == 2
    counts = await store.counts()
    assert counts == {"inbox": 1, "sessions": 1, "outbox": 1}
