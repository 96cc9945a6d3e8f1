"""SQLite: the embedded store. One file, WAL, `synchronous=FULL`, many steps a commit.

Rows are written by the event loop's thread into SQLite's page cache, all that have come together since
the last commit; the COMMIT with its fsync runs on a thread of its own. So no disk is waited for on the
loop, and a busy server shares one fsync between many messages.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import queue
import sqlite3
import threading
from collections import deque
from importlib import resources
from pathlib import Path
from typing import IO, Any

from botkit.stores.base import Change, Duplicate, StoreFailed, StoreUnavailable
from botkit.stores.rows import STATEMENTS, rows_of
from botkit.stores.sqlite_reader import SEEN, SqliteReader

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

TELL_SECONDS = 60.0
REFUSES_SECONDS = 10.0
"""So long after it could take no change it counts as refusing all; then the next one may find out."""
"""How often the log hears that nothing can be stored, as long as that lasts."""

FINISHED_TRANSACTIONS = """
SELECT NOT EXISTS (SELECT 1 FROM session WHERE session.id = old.transaction_id)
  AND (SELECT at FROM step AS last WHERE last.transaction_id = old.transaction_id ORDER BY number DESC LIMIT 1) < ?3,
  transaction_id, transaction_id
FROM step AS old WHERE transaction_id > ?4 AND transaction_id < ?2 GROUP BY transaction_id
ORDER BY transaction_id LIMIT ?1
"""
OLD_MAIL = """
SELECT EXISTS (
  SELECT 1 FROM mailbox AS new WHERE new.asset = old.asset AND new.address = old.address AND new.seq > old.seq),
  delivery_id, at, asset, address, seq
FROM mailbox AS old WHERE (at, asset, address, seq) > (?3, ?4, ?5, ?6) AND at < ?2
ORDER BY at, asset, address, seq LIMIT ?1
"""
"""The newest entry of a mailbox stays, so that its numbering goes on."""

log = logging.getLogger("botkit.store")
_Entry = tuple[Change, "asyncio.Future[None]", "asyncio.Future[None] | None"]


def _is_orphan(entry: _Entry) -> bool:
    """Whether a change builds on another that was not stored."""
    requires = entry[2]
    return requires is not None and requires.done() and requires.exception() is not None


def _said(error: sqlite3.Error) -> str:
    """What SQLite says of an error; that its `-shm` file finds no room it calls no more than an I/O error."""
    full = getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_SHMSIZE"
    return "database or disk is full" if full else str(error)


def _script(name: str) -> str:
    return resources.files("botkit.stores").joinpath(f"{name}.sql").read_text("utf-8")


class SqliteStore(SqliteReader):
    """The embedded store in the file at `path`. One process at a time may have it open for writing."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(path)
        self._read_only = read_only
        self._pending: deque[_Entry] = deque()
        self._solo = 0
        self._busy = False
        self._scheduled = False
        self._closed = False
        self._work: queue.SimpleQueue[list[asyncio.Future[None]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock: IO[str] | None = None
        self._connections: list[sqlite3.Connection] = []
        self._turns: deque[asyncio.Future[None]] = deque()
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()
        self._told_at = self._refused_at = float("-inf")
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
                self._place = self.path.resolve()
                self._file = self._place.stat()
            self._reader = self._reading()
            self._check_version(self._reader)
        except sqlite3.Error as error:
            raise StoreFailed(f"the store {self.path} cannot be opened: {_said(error)}") from error
        except OSError as error:
            raise StoreFailed(f"the store {self.path} cannot be opened: {error.strerror}") from error

    def _reading(self) -> sqlite3.Connection:
        if not self._read_only:
            return self._connect("rw")
        try:
            return self._connect("ro")
        except sqlite3.OperationalError:
            log_file = Path(f"{self.path.resolve()}-wal")
            if not self.path.is_file() or (log_file.exists() and log_file.stat().st_size):
                raise
            # Even to read, SQLite makes files beside it, which it may not on a disk that cannot be written, or in
            # another's folder, and cannot on a full one. They would be empty: no server runs, and there is no log.
            return self._connect("ro&immutable=1")

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
        file = self.path.resolve()  # SQLite follows links, too: one file has one lock
        self._lock = Path(f"{file}.lock").open("a")  # noqa: SIM115 - held until close; whatever it leads to is left as it is
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

    def refuses(self) -> bool:
        return self._loop.time() - self._refused_at < REFUSES_SECONDS

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
                self._check_place()
                self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                failure = error
                self._rollback()
            self._loop.call_soon_threadsafe(self._committed, futures, failure)

    def _check_place(self) -> None:
        """What goes into a file that was deleted is durable for nobody. With a log SQLite would go on for ever; without
        one it looks where its file is, in the same way."""
        try:
            there = os.path.samestat(self._place.stat(), self._file)
        except FileNotFoundError:
            there = False
        except OSError:  # it cannot be told: then the commit itself finds out
            return
        if not there:
            raise sqlite3.OperationalError(
                f"the file {self._place} was removed or replaced while the server runs: put it back, or restart"
            )

    def _committed(self, futures: list[asyncio.Future[None]], failure: Exception | None) -> None:
        self.batches += 1
        self.committed += len(futures)
        if failure is not None:
            self._fail(futures, failure)
        else:
            self._refused_at = float("-inf")
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
        failure = StoreFailed
        if isinstance(error, sqlite3.OperationalError):
            failure = StoreUnavailable
            self._refused_at = self._loop.time()
            self._tell(error)
        for future in futures:
            if not future.done():
                future.set_exception(failure(f"the store {self.path.name} did not take a change: {error}"))

    def _tell(self, error: Exception) -> None:
        """Who is refused for it knows only that it is busy: the operator must learn it, but not fill the disk."""
        now = self._loop.time()
        if now - self._told_at >= TELL_SECONDS and not self._closed:
            self._told_at = now
            log.error("the store %s takes no changes, and messages are refused until it does: %s", self.path, error)

    # upkeep

    async def purge(self, before: int) -> int:
        """Forget finished rows older than `before`, a few at a time so that messages go between.

        Rows are found by their keys alone, which grow with time: a transaction's id begins with the moment, in
        hexadecimal, at which its first message came in, a sent message's id with the moment of its step. A
        transaction is as old as its last step, as its conversation may have taken long.
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
        gone += await self._purge_walking("step", "transaction_id", FINISHED_TRANSACTIONS, ("",), moment, before)
        gone += await self._purge_walking("mailbox", "delivery_id", OLD_MAIL, (-1, "", "", 0), before)
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
                gone += await self._purge_keys(table, key, old)
            if len(rows) < PURGE_ROWS or rows[-1][1] >= before:
                return gone
            after = rows[-1][0]
            await asyncio.sleep(PURGE_PAUSE_SECONDS)

    async def _purge_walking(
        self, table: str, key: str, sql: str, after: tuple[int | str, ...], *bounds: int | str
    ) -> int:
        """Look once at each old row of a table, in the order of an index, as many may have to stay.

        `sql` gives for those from `after` on whether they can go, their key, and their place in the index.
        """
        gone = 0
        while rows := self._all(sql, PURGE_ROWS, *bounds, *after):
            old = [row[1] for row in rows if row[0]]
            if old:
                gone += await self._purge_keys(table, key, old)
            after = rows[-1][2:]
            await asyncio.sleep(PURGE_PAUSE_SECONDS)
        return gone

    async def _purge_keys(self, table: str, key: str, old: list[int | str]) -> int:
        marks = ",".join("?" * len(old))
        return await self._purge_some(f"DELETE FROM {table} WHERE {key} IN ({marks})", tuple(old))  # noqa: S608

    async def _purge_range(self, sql: str, bound: str) -> int:
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
