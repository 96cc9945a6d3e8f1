"""SQLite: the embedded store. One file, WAL, `synchronous=FULL`, many steps a commit.

Rows are written by the event loop's thread into SQLite's page cache, all that have come together since
the last commit; the COMMIT with its fsync runs on a thread of its own. So no disk is waited for on the
loop, and a busy server shares one fsync between many messages.
"""

import asyncio
import contextlib
import fcntl
import logging
import queue
import sqlite3
import threading
from collections import deque
from importlib import resources
from pathlib import Path
from typing import IO, Any

import msgspec

from botkit.stores.base import (
    Change,
    Duplicate,
    HistoryEntry,
    InboxItem,
    InboxState,
    MailboxEntry,
    StoreFailed,
    StoreUnavailable,
    Unmatched,
)
from botkit.stores.rows import STATEMENTS, rows_of
from models.customer import Customer
from models.delivery import Delivery
from models.flow import FlowVersion
from models.session import Session
from models.transaction import Step, Transaction

log = logging.getLogger("botkit.store")

SCHEMA_VERSION = 2
MAX_BATCH = 1024
WRITER_CACHE_KIB = 8_192
PAGE_BYTES = 8_192
"""Most of a commit is rows at the ends of tables: larger pages are fewer. Half the size costs 5 to 8 % more."""

WAL_BYTES = 16 << 20
"""How long the log grows before its pages are put into the file."""

PURGE_ROWS = 200
PURGE_PAUSE_SECONDS = 0.005
"""Between so many, so that messages have most of the time."""

SEEN = "SELECT 1 FROM inbox WHERE provider_id = ? AND asset = ? AND service = ?"
_encode = msgspec.msgpack.Encoder().encode


_Entry = tuple[Change, "asyncio.Future[None]", "asyncio.Future[None] | None"]


def _is_orphan(entry: _Entry) -> bool:
    """Whether a change builds on another that was not stored."""
    requires = entry[2]
    return requires is not None and requires.done() and requires.exception() is not None


def _script(name: str) -> str:
    return resources.files("botkit.stores").joinpath(f"{name}.sql").read_text("utf-8")


class _Decoders:
    session = msgspec.msgpack.Decoder(Session).decode
    step = msgspec.msgpack.Decoder(Step).decode
    head = msgspec.msgpack.Decoder(Transaction).decode
    delivery = msgspec.msgpack.Decoder(Delivery).decode
    unmatched = msgspec.msgpack.Decoder(Unmatched).decode
    customer = msgspec.msgpack.Decoder(Customer).decode
    history = msgspec.msgpack.Decoder(HistoryEntry).decode
    version = msgspec.msgpack.Decoder(FlowVersion).decode


class SqliteStore:
    """The embedded store in the file at `path`. One process at a time may have it open for writing."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._pending: deque[_Entry] = deque()
        self._solo = 0
        self._busy = False
        self._scheduled = False
        self._closed = False
        self._left_alone: set[tuple[str, object]] = set()
        self._work: queue.SimpleQueue[list[asyncio.Future[None]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock: IO[str] | None = None
        self._connections: list[sqlite3.Connection] = []
        self._turns: deque[asyncio.Future[None]] = deque()
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()
        self.batches = 0
        self.committed = 0

    # opening and closing

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closed = False
        await self._loop.run_in_executor(None, self._open)
        if not self._read_only:
            self._thread = threading.Thread(target=self._commits, name="botkit-commit", daemon=True)
            self._thread.start()

    def _open(self) -> None:
        try:
            self._open_files()
        except BaseException:
            self._let_go()
            raise

    def _open_files(self) -> None:
        try:
            if not self._read_only:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._take_lock()
                self.path.touch(0o600)  # SQLite gives the files beside it the same rights
                self._writer = self._connect("rwc")
                self._prepare()
            self._reader = self._connect("ro" if self._read_only else "rw")
            self._check_version(self._reader)
        except sqlite3.Error as error:
            raise StoreFailed(f"the store {self.path} cannot be opened: {error}") from error
        except OSError as error:
            raise StoreFailed(f"the store {self.path} cannot be opened: {error.strerror}") from error

    def _check_version(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 1:  # read only: the writer has brought it up to date
            raise StoreFailed(f"the store {self.path} is of an earlier botkit: start the server on it once")
        if version != SCHEMA_VERSION:
            raise StoreFailed(
                f"the store {self.path} has version {version}, this botkit reads version {SCHEMA_VERSION}:"
                " use the botkit that made it, or another --store"
            )

    def _let_go(self) -> None:
        while self._connections:
            with contextlib.suppress(sqlite3.Error):
                self._connections.pop().close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        self._lock = Path(f"{self.path}.lock").open("w")  # noqa: SIM115 - held until close
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreFailed(
                f"the store {self.path} is in use by another botkit: stop it, or give this one another --store"
            ) from None

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True, isolation_level=None, check_same_thread=False, cached_statements=64, timeout=10,
        )  # fmt: skip
        self._connections.append(connection)
        for pragma in ("cache_size=-4096", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _prepare(self) -> None:
        writer = self._writer
        version = writer.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in writer.execute("SELECT name FROM sqlite_master")}
        if tables and (version == 0 or "delivery" not in tables):
            raise StoreFailed(f"the file {self.path} belongs to another program: name another one with --store")
        writer.execute(f"PRAGMA page_size={PAGE_BYTES}")
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA synchronous=FULL")
        writer.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
        writer.execute(f"PRAGMA wal_autocheckpoint={WAL_BYTES // PAGE_BYTES}")
        if version in (0, 1):
            schema = _script("schema")
            if version == 1:
                schema = _script("from_1").replace("-- The schema comes here.", schema)
            writer.executescript(f"BEGIN IMMEDIATE; {schema} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        self._check_version(writer)
        self._inbox_id = writer.execute("SELECT coalesce(max(id), 0) FROM inbox").fetchone()[0]

    async def close(self) -> None:
        if self._thread is not None:
            while self._pending or self._busy:
                self._schedule()
                await self._idle.wait()
            self._closed = True
            self._work.put(None)
            await self._loop.run_in_executor(None, self._thread.join)
            self._thread = None
        self._let_go()

    # writing: group commit

    def next_inbox_id(self) -> int:
        self._inbox_id += 1
        return int(self._inbox_id)

    def commit(self, change: Change, *, requires: "asyncio.Future[None] | None" = None) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = self._loop.create_future()
        if self._closed:  # nobody would ever answer
            self._fail([future], sqlite3.OperationalError("it is closed"))
            return future
        self._pending.append((change, future, requires))
        self._idle.clear()
        self._schedule()
        return future

    def _schedule(self) -> None:
        if not self._busy and not self._scheduled and self._pending:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write the rows of all that waits, and let the other thread commit them."""
        self._scheduled = False
        if self._solo:
            self._solo -= 1
            batch = [self._pending.popleft()] if self._pending else []
        elif len(self._pending) <= MAX_BATCH:
            batch = list(self._pending)
            self._pending.clear()
        else:
            batch = [self._pending.popleft() for _ in range(MAX_BATCH)]
        orphans = [entry for entry in batch if _is_orphan(entry)]
        if orphans:
            self._fail([future for _, future, _ in orphans], StoreFailed("what it builds on was not stored"))
            batch = [entry for entry in batch if entry not in orphans]
        if not batch:
            self._next()
            return
        futures = [future for _, future, _ in batch]
        self._busy = True
        try:
            self._write([change for change, _, _ in batch])
        except Exception as error:  # a value that cannot be written is the fault of one change only
            self._rollback()
            doubles = [entry for entry in batch if self._is_double(entry[0])]
            if doubles:
                self._fail_as_double([future for _, future, _ in doubles])
                self._pending.extendleft(reversed([entry for entry in batch if entry not in doubles]))
            elif len(batch) > 1:  # one of them is bad: each on its own, so that the others go through
                self._pending.extendleft(reversed(batch))
                self._solo = len(batch)
            else:
                self._fail(futures, error)
            self._next()
            return
        self._work.put(futures)

    def _is_double(self, change: Change) -> bool:
        """Whether a change brings an inbox item that is stored already. The index finds out for nothing, so nobody
        asks before."""
        execute = self._writer.execute
        try:
            return any(execute(SEEN, (item.provider_id, item.asset, item.service)).fetchone() for item in change.inbox)
        except sqlite3.Error:  # it is not for this that the change could not be written
            return False

    def _write(self, changes: list[Change]) -> None:
        rows: list[list[tuple[Any, ...]]] = [[] for _ in STATEMENTS]
        done = {id for change in changes for id in change.done}
        held = {id: holder for change in changes for id, holder in change.held}
        for change in changes:
            rows_of(change, rows, done, held)
        rows[1] = [(id,) for id in done]
        rows[2] = list(held.items())
        writer = self._writer
        writer.execute("BEGIN IMMEDIATE")
        for statement, parameters in zip(STATEMENTS, rows, strict=True):
            if len(parameters) == 1:
                writer.execute(statement, parameters[0])
            elif parameters:
                writer.executemany(statement, parameters)

    def _commits(self) -> None:
        """The committing thread: one COMMIT, and so one fsync, for each batch."""
        while (futures := self._work.get()) is not None:
            failure: Exception | None = None
            try:
                self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                failure = error
                self._rollback()
            self._loop.call_soon_threadsafe(self._committed, futures, failure)

    def _committed(self, futures: list[asyncio.Future[None]], failure: Exception | None) -> None:
        self.batches += 1
        self.committed += len(futures)
        if failure is not None:
            self._fail(futures, failure)
        else:
            for future in futures:
                if not future.done():
                    future.set_result(None)
        self._next()

    def _next(self) -> None:
        """A batch is done with: it is the turn of the upkeep if it waits for one, else of what has come since."""
        self._busy = False
        while self._turns and self._turns[0].cancelled():
            self._turns.popleft()
        if self._turns:
            self._busy = True
            self._turns.popleft().set_result(None)
        elif self._pending:
            self._schedule()
        else:
            self._idle.set()

    def _rollback(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _fail_as_double(self, futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            if not future.done():
                future.set_exception(Duplicate("it was accepted before"))

    def _fail(self, futures: list[asyncio.Future[None]], error: Exception) -> None:
        failure = StoreUnavailable if isinstance(error, sqlite3.OperationalError) else StoreFailed
        for future in futures:
            if not future.done():
                future.set_exception(failure(f"the store {self.path.name} did not take a change: {error}"))

    # reading

    def _one(self, sql: str, *parameters: Any) -> Any:
        try:
            return self._reader.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise self._unread(error) from error

    def _all(self, sql: str, *parameters: Any) -> list[Any]:
        try:
            return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._unread(error) from error

    def _unread(self, error: sqlite3.Error) -> StoreFailed:
        failure = StoreUnavailable if isinstance(error, sqlite3.OperationalError) else StoreFailed
        return failure(f"the store {self.path.name} cannot be read: {error}")

    async def seen(self, asset: str, provider_id: str, service: str) -> bool:
        return self._one(SEEN, provider_id, asset, service) is not None

    async def pending_inbox(self, after: int, limit: int) -> list[InboxItem]:
        return self._inbox("state = 0 AND id > ?", after, limit)

    async def held_inbox(self, holder: str) -> list[InboxItem]:
        return self._inbox("state = 2 AND holder = ?", holder, -1)

    def _inbox(self, where: str, value: Any, limit: int) -> list[InboxItem]:
        columns = "id, asset, provider_id, service, lane, coalesce(payload, x''), received_at, state, holder"
        rows = self._all(f"SELECT {columns} FROM inbox WHERE {where} ORDER BY id LIMIT ?", value, limit)  # noqa: S608
        return [
            InboxItem(id, asset, provider_id, service, lane, payload, received_at, InboxState(state), holder)
            for id, asset, provider_id, service, lane, payload, received_at, state, holder in rows
        ]

    async def sessions_of(self, lane: str) -> list[Session]:
        return self._sessions("lane = ?", lane)

    def _sessions(self, where: str, *parameters: Any) -> list[Session]:
        rows = self._all(f"SELECT id, state FROM session WHERE {where} ORDER BY id", *parameters)  # noqa: S608
        return [found for id, data in rows if (found := self._readable(_Decoders.session, "session", id, data))]

    def _readable(self, decode: Any, what: str, id: object, data: bytes) -> Any:
        """A row's value, None where it cannot be read: one damaged row must not keep the server from starting."""
        try:
            return decode(data)
        except ValueError as error:
            if (what, id) not in self._left_alone:
                self._left_alone.add((what, id))
                log.error("the %s %s in %s cannot be read and is left alone: %s", what, id, self.path.name, error)
            return None

    async def live_lanes(self) -> list[str]:
        return [row[0] for row in self._all("SELECT DISTINCT lane FROM session")]

    async def due_sessions(self, now: int, limit: int) -> list[tuple[str, str]]:
        sql = "SELECT lane, id FROM session WHERE wake_at <= ? ORDER BY wake_at LIMIT ?"
        left = self._left_alone
        return [(lane, id) for lane, id in self._all(sql, now, limit) if not left or ("session", id) not in left]

    async def next_session_due(self) -> int:
        return self._one("SELECT min(wake_at) FROM session WHERE wake_at IS NOT NULL")[0] or 0

    async def sessions_awaiting_news(self) -> list[tuple[str, str, str]]:
        # Reads every session once, so that no session pays for an index: few wait for news, and only for seconds.
        sessions = self._sessions("instr(state, CAST('delivery_id' AS BLOB))")
        return [(s.lane, s.id, s.wait.delivery_id) for s in sessions if s.wait is not None and s.wait.delivery_id]

    async def pending_deliveries(self, after: int, limit: int) -> list[tuple[int, Delivery]]:
        # Of all that was ever sent few are pending: only by their index they are found without reading the others.
        sql = (
            "SELECT number, data FROM delivery WHERE number IN (SELECT number FROM delivery INDEXED BY delivery_due"
            " WHERE due_at IS NOT NULL AND number > ? ORDER BY number LIMIT ?) ORDER BY number"
        )
        while rows := self._all(sql, after, limit):
            values = [(number, self._readable(_Decoders.delivery, "delivery", number, data)) for number, data in rows]
            if found := [(number, value) for number, value in values if value is not None]:
                return found
            after = rows[-1][0]
        return []

    async def next_delivery_due(self) -> int:
        return self._one("SELECT min(due_at) FROM delivery WHERE due_at IS NOT NULL")[0] or 0

    async def delivery(self, id: str) -> Delivery | None:
        found: Delivery | None = self._decoded(_Decoders.delivery, "SELECT data FROM delivery WHERE id = ?", id)
        return found

    async def delivery_of(self, asset: str, provider_id: str) -> Delivery | None:
        sql = "SELECT data FROM delivery WHERE provider_id = ? AND asset = ? ORDER BY number DESC LIMIT 1"
        found: Delivery | None = self._decoded(_Decoders.delivery, sql, provider_id, asset)
        return found

    def _decoded(self, decode: Any, sql: str, *parameters: Any) -> Any:
        row = self._one(sql, *parameters)
        return None if row is None else decode(row[0])

    async def opted_out(self, channel: str, address: str) -> bool:
        return self._one("SELECT 1 FROM opt_out WHERE channel = ? AND address = ?", channel, address) is not None

    async def any_opted_out(self) -> bool:
        return self._one("SELECT 1 FROM opt_out LIMIT 1") is not None

    async def customer(self, address_key: str) -> Customer | None:
        sql = "SELECT data FROM customer WHERE key = (SELECT customer FROM identity WHERE address_key = ?)"
        found: Customer | None = self._decoded(_Decoders.customer, sql, address_key)
        return found

    async def flow_version(self, flow: str, version: int) -> FlowVersion | None:
        sql = "SELECT data FROM flow_version WHERE flow = ? AND version = ?"
        found: FlowVersion | None = self._decoded(_Decoders.version, sql, flow, version)
        return found

    async def latest_version(self, flow: str) -> FlowVersion | None:
        sql = "SELECT data FROM flow_version WHERE flow = ? ORDER BY version DESC LIMIT 1"
        found: FlowVersion | None = self._decoded(_Decoders.version, sql, flow)
        return found

    async def constant(self, name: str) -> bytes | None:
        row = self._one("SELECT value FROM constant WHERE name = ?", name)
        return None if row is None else bytes(row[0])

    async def transactions(self, limit: int, *, flow: str = "", before: str = "") -> list[Transaction]:
        found: list[Transaction] = []
        at = before or "\U0010ffff"
        while len(found) < limit:
            sql = (
                "SELECT transaction_id, head FROM step WHERE number = 0 AND transaction_id < ?"
                " ORDER BY transaction_id DESC LIMIT ?"
            )
            rows = self._all(sql, at, limit)
            for id, head in rows:
                transaction = _Decoders.head(head)
                if not flow or transaction.flow == flow:
                    found.append(self._finish(transaction))
                at = id
            if len(rows) < limit:
                break
        return found[:limit]

    def _finish(self, transaction: Transaction) -> Transaction:
        sql = "SELECT data FROM step WHERE transaction_id = ? ORDER BY number DESC LIMIT 1"
        last: Step = self._decoded(_Decoders.step, sql, transaction.id)
        if last.state == "ended":
            transaction.ended_at, transaction.outcome = last.at, last.outcome
        return transaction

    async def transaction(self, id: str) -> Transaction | None:
        rows = self._all("SELECT head, data FROM step WHERE transaction_id = ? ORDER BY number", id)
        if not rows or rows[0][0] is None:
            return None
        transaction: Transaction = _Decoders.head(rows[0][0])
        transaction.steps = [_Decoders.step(row[1]) for row in rows]
        last = transaction.steps[-1]
        if last.state == "ended":
            transaction.ended_at, transaction.outcome = last.at, last.outcome
        return transaction

    async def unmatched(self, limit: int) -> list[Unmatched]:
        rows = self._all("SELECT id, data FROM unmatched ORDER BY id DESC LIMIT ?", limit)
        return [msgspec.structs.replace(_Decoders.unmatched(data), id=id) for id, data in rows]

    async def history(self, asset: str, address: str, limit: int) -> list[HistoryEntry]:
        sql = "SELECT data, state, reason FROM history WHERE asset = ? AND address = ? ORDER BY number DESC LIMIT ?"
        rows = self._all(sql, asset, address, limit)
        return [
            msgspec.structs.replace(_Decoders.history(data), state=state, reason=reason)
            for data, state, reason in reversed(rows)
        ]

    async def mailbox(self, asset: str, address: str, after: int, limit: int) -> list[MailboxEntry]:
        sql = (
            "SELECT asset, address, seq, delivery_id, content, at FROM mailbox"
            " WHERE asset = ? AND address = ? AND seq > ? ORDER BY seq LIMIT ?"
        )
        return [MailboxEntry(*row) for row in self._all(sql, asset, address, after, limit)]

    async def mailbox_of(self, delivery_id: str) -> MailboxEntry | None:
        sql = "SELECT asset, address, seq, delivery_id, content, at FROM mailbox WHERE delivery_id = ?"
        row = self._one(sql, delivery_id)
        return None if row is None else MailboxEntry(*row)

    async def mailbox_last(self, asset: str, address: str) -> int:
        sql = "SELECT coalesce(max(seq), 0) FROM mailbox WHERE asset = ? AND address = ?"
        return int(self._one(sql, asset, address)[0])

    # upkeep

    async def purge(self, before: int) -> int:
        """Forget finished rows older than `before`, a few at a time so that messages go between.

        Rows are found by their keys alone, which grow with time: a transaction's id begins with the moment, in
        hexadecimal, at which its first message came in, a sent message's id with the moment of its step.
        """
        moment = f"{max(before, 0):011x}"
        gone = 0
        for table, key, at, finished in (
            ("inbox", "id", "received_at", "state IN (1, 3)"),
            ("history", "number", "at", "1"),
            ("unmatched", "id", "at", "1"),
        ):
            gone += await self._purge_in_order(table, key, at, finished, before)
        gone += await self._purge_range(
            "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE id < ? AND due_at IS NULL LIMIT ?)",
            moment,
        )
        gone += await self._purge_range(
            "DELETE FROM step WHERE transaction_id IN (SELECT transaction_id FROM step AS old"
            " WHERE transaction_id < ? AND NOT EXISTS (SELECT 1 FROM session WHERE session.id = old.transaction_id)"
            " LIMIT ?)",
            moment,
        )
        # the newest entry of a mailbox stays, so that its numbering goes on
        gone += await self._purge_range(
            "DELETE FROM mailbox WHERE delivery_id IN (SELECT delivery_id FROM mailbox AS old WHERE at < ? AND EXISTS"
            " (SELECT 1 FROM mailbox AS new WHERE new.asset = old.asset AND new.address = old.address"
            " AND new.seq > old.seq) LIMIT ?)",
            before,
        )
        return gone

    async def _purge_in_order(self, table: str, key: str, at: str, finished: str, before: int) -> int:
        """Walk a table in the order in which its rows came, up to the first that is young."""
        gone, after = 0, 0
        while True:
            rows = self._all(
                f"SELECT {key}, {at}, {finished} FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?",  # noqa: S608
                after, PURGE_ROWS,
            )  # fmt: skip
            old = [row[0] for row in rows if row[1] < before and row[2]]
            if old:
                marks = ",".join("?" * len(old))
                sql = f"DELETE FROM {table} WHERE {key} IN ({marks})"  # noqa: S608
                gone += await self._purge_some(sql, tuple(old))
            if len(rows) < PURGE_ROWS or rows[-1][1] >= before:
                return gone
            after = rows[-1][0]
            await asyncio.sleep(PURGE_PAUSE_SECONDS)

    async def _purge_range(self, sql: str, bound: int | str) -> int:
        gone = 0
        while (rows := await self._purge_some(sql, (bound, PURGE_ROWS))) > 0:
            gone += rows
            await asyncio.sleep(PURGE_PAUSE_SECONDS)
        return gone

    async def _purge_some(self, sql: str, parameters: tuple[Any, ...]) -> int:
        if self._busy or self._pending:
            await self._own_turn()
        self._busy = True
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            rows = self._writer.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            self._rollback()
            self._next()
            raise StoreFailed(f"old rows could not be removed: {error}") from error
        future: asyncio.Future[None] = self._loop.create_future()
        self._idle.clear()
        self._work.put([future])
        await future
        return rows

    async def _own_turn(self) -> None:
        """Wait for the end of a commit. On a busy server the next has come by then, and there is never a gap."""
        turn: asyncio.Future[None] = self._loop.create_future()
        self._turns.append(turn)
        self._schedule()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had just come
                self._next()
            raise

    async def counts(self) -> dict[str, int]:
        return {
            "inbox": self._one("SELECT count(*) FROM inbox WHERE state = 0")[0],
            "sessions": self._one("SELECT count(*) FROM session")[0],
            "outbox": self._one("SELECT count(*) FROM delivery WHERE due_at IS NOT NULL")[0],
        }
