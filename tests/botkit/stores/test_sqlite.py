"""SQLite: what only the embedded store has to show."""

import asyncio
import contextlib
import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from botkit.stores.base import Change, InboxItem, MailboxEntry, StoredStep, StoreFailed, StoreUnavailable, Unmatched
from botkit.stores.sqlite import SqliteStore
from models.transaction import Step, Transaction
from tests.botkit.stores.test_conformance import delivery, session


async def test_it_is_durable_before_it_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    assert store._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store._writer.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    await store.commit(Change(opted_out=[("sms", "+1", 1)]))
    other = sqlite3.connect(tmp_path / "store.db")
    assert other.execute("SELECT count(*) FROM opt_out").fetchone()[0] == 1
    other.close()
    await store.close()


async def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    """It has what customers wrote, and the secret that visitors are known by."""
    path = tmp_path / "store.db"
    before = os.umask(0)
    try:
        store = SqliteStore(path)
        await store.open()
        await store.commit(Change(constants=[("a", b"b")]))
        for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        await store.close()
        path.chmod(0o640)  # whoever wants others to read it says so once
        await store.open()
        await store.close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    finally:
        os.umask(before)


async def test_a_link_to_a_store_in_use_is_the_same_store(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    (tmp_path / "link.db").symlink_to("store.db")
    with pytest.raises(StoreFailed, match="in use by another botkit"):
        await SqliteStore(tmp_path / "link.db").open()
    await store.close()


async def test_the_lock_empties_no_file(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("mine", "utf-8")
    (tmp_path / "store.db.lock").symlink_to(notes)  # as it may lie in a project that somebody else packed
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await store.close()
    assert notes.read_text("utf-8") == "mine"


async def test_a_store_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    store = SqliteStore(folder / "store.db")
    await store.open()
    await store.commit(Change(constants=[("kept", b"x")]))
    await store.close()
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("the administrator may write everywhere")
        reader = SqliteStore(folder / "store.db", read_only=True)
        await reader.open()
        assert await reader.constant("kept") == b"x"
        await reader.close()
    finally:
        folder.chmod(0o700)


async def test_a_store_in_use_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    with pytest.raises(StoreFailed, match="in use by another botkit"):
        await SqliteStore(tmp_path / "store.db").open()
    reader = SqliteStore(tmp_path / "store.db", read_only=True)  # `botkit trace` beside a running server
    await reader.open()
    assert await reader.transactions(1) == []
    await reader.close()
    await store.close()


async def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is my shopping list, not a database" * 100)
    with pytest.raises(StoreFailed, match="cannot be opened"):
        await SqliteStore(path).open()
    assert path.read_bytes().startswith(b"this is my shopping list")


async def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE account (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreFailed, match="belongs to another program"):
        await SqliteStore(path).open()
    assert path.read_bytes() == before


async def test_a_store_that_is_damaged_says_so(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    await store.close()
    connection = sqlite3.connect(path)
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'opt_out'").fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek(size * (page - 1))
        file.write(b"\xff" * size)
    store = SqliteStore(path)
    await store.open()
    with pytest.raises(StoreFailed, match=r"the store store\.db cannot be read: database disk image is malformed"):
        await store.any_opted_out()
    await store.close()


async def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreFailed, match="version 99"):
        await SqliteStore(path).open()


VERSION_1 = """
DROP TABLE delivery;
CREATE TABLE delivery (
  id TEXT PRIMARY KEY, due_at INTEGER, asset TEXT NOT NULL, provider_id TEXT, created_at INTEGER NOT NULL,
  data BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX delivery_due ON delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_provider ON delivery (provider_id, asset) WHERE provider_id IS NOT NULL;
PRAGMA user_version = 1;
"""


async def test_a_store_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    await store.commit(Change(constants=[("kept", b"x")]))
    await store.close()
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    for id, created_at in (("b", 1), ("a", 2), ("sent", 3)):
        value = delivery(id, created_at=created_at, due_at=0 if id == "sent" else 9, provider_id=f"p-{id}")
        row = (id, value.due_at or None, value.asset, value.provider_id, created_at, msgspec.msgpack.encode(value))
        connection.execute("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()

    with pytest.raises(StoreFailed, match="earlier botkit: start the server on it once"):
        await SqliteStore(path, read_only=True).open()
    store = SqliteStore(path)
    await store.open()
    await store.commit(Change(deliveries=[delivery("c", due_at=5)]))
    await store.close()
    reader = SqliteStore(path, read_only=True)
    await reader.open()
    assert [value.id for _, value in await reader.pending_deliveries(0, 10)] == ["b", "a", "c"]
    found = await reader.delivery_of("a", "p-sent")
    assert found is not None and found.id == "sent"
    assert await reader.constant("kept") == b"x"
    await reader.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert "delivery" in tables and "delivery_1" not in tables


async def test_a_row_that_cannot_be_read_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One damaged row must not keep all others waiting; it is told once."""
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await store.commit(
        Change(
            sessions=[session("bad", until=5), session("good", until=5)],
            deliveries=[delivery(id, due_at=5) for id in ("bad", "worse", "good")],
        )
    )
    store._writer.execute("UPDATE session SET state = x'80' WHERE id = 'bad'")
    store._writer.execute("UPDATE delivery SET data = x'c1' WHERE id IN ('bad', 'worse')")
    for _ in range(2):
        assert [found.id for found in await store.sessions_of("s|k")] == ["good"]
        assert await store.due_sessions(9, 10) == [("s|k", "good")]
        assert [found.id for _, found in await store.pending_deliveries(0, 1)] == ["good"]
    assert caplog.text.count("the session bad in store.db cannot be read and is left alone") == 1
    assert caplog.text.count("cannot be read") == 3
    await store.close()


async def test_a_full_disk_fails_the_change_and_the_store_goes_on(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreUnavailable, match="full"):
        await store.commit(Change(constants=[("big", b"x" * 100_000)]))
    store._writer.execute("PRAGMA max_page_count = 1000000")
    await store.commit(Change(constants=[("big", b"x" * 100_000)]))
    assert await store.constant("big") == b"x" * 100_000
    await store.close()


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """No file may become larger than a few bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_on_a_full_disk_a_store_is_not_opened_but_can_be_read(tmp_path: Path) -> None:
    """SQLite makes small files beside it for either, and calls it an I/O error that there is no room for them."""
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await store.commit(Change(constants=[("kept", b"x")]))
    await store.close()
    reader = SqliteStore(tmp_path / "store.db", read_only=True)
    with no_room():
        with pytest.raises(StoreFailed, match=r"store\.db cannot be opened: database or disk is full"):
            await store.open()
        await reader.open()
    assert await reader.constant("kept") == b"x"
    await reader.close()
    await store.open()
    assert await store.constant("kept") == b"x"
    await store.close()


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match=r"store\.db"):
        await SqliteStore(tmp_path / "file" / "store.db").open()


async def test_a_disk_that_does_not_answer_fails_the_changes_and_the_store_goes_on(tmp_path: Path) -> None:
    """Neither can be written then, nor looked up whether an item was accepted before."""
    store = SqliteStore(tmp_path / "store.db")
    await store.open()

    def accept(id: str) -> asyncio.Future[None]:
        return store.commit(Change(inbox=[InboxItem(store.next_inbox_id(), "a", id, "s", "s|k", b"", 1)]))

    store._writer.set_progress_handler(lambda: 1, 1)
    async with asyncio.timeout(10):
        failed = await asyncio.gather(*map(accept, "xyz"), return_exceptions=True)
    assert [type(failure) for failure in failed] == [StoreUnavailable] * 3
    store._writer.set_progress_handler(None, 1)
    async with asyncio.timeout(10):
        await asyncio.gather(*map(accept, "xyz"))
    assert len(await store.pending_inbox(0, 10)) == 3
    await store.close()


@pytest.mark.parametrize("replaced", [False, True])
async def test_nothing_is_promised_once_the_file_is_gone(tmp_path: Path, replaced: bool) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    await store.open()
    await store.commit(Change(constants=[("a", b"1")]))
    path.rename(tmp_path / "away.db")
    if replaced:
        path.write_bytes(b"")
    with pytest.raises(StoreUnavailable, match=r"store\.db was removed or replaced while the server runs: put it back"):
        await store.commit(Change(constants=[("b", b"2")]))
    assert await store.constant("b") is None
    (tmp_path / "away.db").rename(path)
    await store.commit(Change(constants=[("b", b"3")]))
    await store.close()
    again = SqliteStore(path)
    await again.open()
    assert await again.constant("b") == b"3"
    await again.close()


async def test_more_than_a_batch_is_stored_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botkit.stores.sqlite.MAX_BATCH", 4)
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    await asyncio.gather(*(store.commit(Change(constants=[("last", b"%d" % n)])) for n in range(10)))
    assert (store.committed, store.batches) == (10, 3)
    assert await store.constant("last") == b"9"
    await store.close()


async def test_what_comes_while_the_store_is_closed_is_refused(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    closing = asyncio.create_task(store.close())
    for _ in range(3):
        await asyncio.sleep(0)
        came = store.commit(Change(opted_in=[("sms", "+1")]))
    await closing
    late = store.commit(Change(opted_in=[("sms", "+1")]))
    async with asyncio.timeout(10):
        ends = await asyncio.gather(came, late, return_exceptions=True)
    assert isinstance(ends[1], StoreUnavailable)
    assert ends[0] is None or isinstance(ends[0], StoreUnavailable)


@pytest.mark.parametrize("stays", ["long transactions", "mailboxes"])
async def test_what_stays_is_looked_at_once_in_a_purge(tmp_path: Path, stays: str) -> None:
    """It is the oldest: looked at again for every few rows that go, it would hold up all messages."""

    async def work(number: int) -> int:
        store = SqliteStore(tmp_path / f"{number}.db")
        await store.open()
        change = Change()
        if stays == "mailboxes":  # the newest entry of each, and then one with much that goes
            change.mailbox = [MailboxEntry("web", f"u{n}", 1, f"a{n}", b"", 1000) for n in range(number)]
            change.mailbox += [MailboxEntry("web", "u", n, f"b{n}", b"", 2000) for n in range(number + 1)]
        else:
            kept, gone = ([f"{at:011x}{n:05}" for n in range(number)] for at in (1000, 2000))
            change.steps = [StoredStep(id, 0, Step(at=9000), Transaction(id, "s", "f", 1, "k", 1000)) for id in kept]
            change.steps += [StoredStep(id, 0, Step(at=2000), Transaction(id, "s", "f", 1, "k", 2000)) for id in gone]
        await store.commit(change)
        ticks = 0

        def tick() -> int:
            nonlocal ticks
            ticks += 1
            return 0

        for connection in store._connections:
            connection.set_progress_handler(tick, 100)
        assert await store.purge(5000) == number
        await store.close()
        return ticks

    assert await work(4_000) < 6 * await work(1_000)


async def test_a_busy_store_is_purged_too(tmp_path: Path) -> None:
    """There is no moment at which nothing waits to be written, and what is old must go all the same."""
    store = SqliteStore(tmp_path / "store.db")
    await store.open()

    async def write() -> None:
        while True:
            await store.commit(Change(opted_in=[("sms", "+1")]))

    old = [Unmatched("s", "a", "sms", "+1", "hi", 1) for _ in range(1_000)]
    await store.commit(Change(unmatched=old))
    writing = [asyncio.create_task(write()) for _ in range(3)]
    given_up = asyncio.create_task(store.purge(2))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        purging = asyncio.create_task(store.purge(2))
        given_up.cancel()  # the server stops, and others go on
        assert await purging > 0
    assert await store.unmatched(10) == []
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, given_up, return_exceptions=True)
    await store.close()


async def test_the_log_tells_at_times_that_nothing_can_be_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "store.db")
    await store.open()
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    with contextlib.suppress(StoreUnavailable):
        while True:  # until the pages that there are have no more room
            await store.commit(Change(deliveries=[delivery(os.urandom(8).hex())]))
    told = f"the store {store.path} takes no changes, and messages are refused until it does: database or disk is full"
    for seconds, times in ((60, 1), (0, 2)):
        monkeypatch.setattr("botkit.stores.sqlite.TELL_SECONDS", seconds)
        with pytest.raises(StoreUnavailable):
            await store.commit(Change(deliveries=[delivery("large" * 10_000)]))
        assert caplog.messages == [told] * times
    await store.close()
