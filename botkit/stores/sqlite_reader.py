"""SQLite reader: what the embedded store is asked, on a connection that only reads."""

import logging
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from botkit.stores.base import (
    HistoryEntry,
    InboxItem,
    InboxState,
    MailboxEntry,
    StoreFailed,
    StoreUnavailable,
    Unmatched,
)
from models.customer import Customer
from models.delivery import Delivery
from models.flow import FlowVersion
from models.session import Session
from models.transaction import Step, Transaction

SEEN = "SELECT 1 FROM inbox WHERE provider_id = ? AND asset = ? AND service = ?"

log = logging.getLogger("botkit.store")


class _Decoders:
    session = msgspec.msgpack.Decoder(Session).decode
    step = msgspec.msgpack.Decoder(Step).decode
    head = msgspec.msgpack.Decoder(Transaction).decode
    delivery = msgspec.msgpack.Decoder(Delivery).decode
    unmatched = msgspec.msgpack.Decoder(Unmatched).decode
    customer = msgspec.msgpack.Decoder(Customer).decode
    history = msgspec.msgpack.Decoder(HistoryEntry).decode
    version = msgspec.msgpack.Decoder(FlowVersion).decode


class SqliteReader:
    """The reading half of the embedded store in the file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: sqlite3.Connection
        self._left_alone: set[tuple[str, object]] = set()

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

    async def counts(self) -> dict[str, int]:
        return {
            "inbox": self._one("SELECT count(*) FROM inbox WHERE state = 0")[0],
            "sessions": self._one("SELECT count(*) FROM session")[0],
            "outbox": self._one("SELECT count(*) FROM delivery WHERE due_at IS NOT NULL")[0],
        }
