"""Rows: a change as rows of the embedded store's tables, and the statements that write them."""

from typing import Any

import msgspec

from botkit.stores.base import Change, InboxState

_encode = msgspec.msgpack.Encoder().encode

# One statement for each kind of row, in the order in which a batch runs them.
STATEMENTS = (
    "INSERT INTO inbox (id, asset, provider_id, service, lane, state, holder, received_at, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "UPDATE inbox SET state = 1, payload = NULL, holder = '' WHERE id = ?",
    "UPDATE inbox SET state = 2, holder = ?2 WHERE id = ?1",
    "UPDATE inbox SET state = 0, holder = '' WHERE id = ?",
    "UPDATE inbox SET state = 3 WHERE id = ?",
    "INSERT INTO session (id, lane, wake_at, state) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET wake_at = excluded.wake_at, state = excluded.state",
    "DELETE FROM session WHERE id = ?",
    "INSERT OR REPLACE INTO step (transaction_id, number, at, head, data) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO delivery (id, due_at, asset, provider_id, created_at, data) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at, asset = excluded.asset,"
    " provider_id = excluded.provider_id, data = excluded.data",
    "INSERT INTO unmatched (at, data) VALUES (?, ?)",
    "INSERT OR IGNORE INTO opt_out (channel, address, at) VALUES (?, ?, ?)",
    "DELETE FROM opt_out WHERE channel = ? AND address = ?",
    "INSERT OR REPLACE INTO customer (key, data) VALUES (?, ?)",
    "INSERT OR REPLACE INTO identity (address_key, customer) VALUES (?, ?)",
    "INSERT OR IGNORE INTO history (id, asset, address, at, state, reason, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
    "UPDATE history SET state = ?2, reason = ?3 WHERE id = ?1",
    "INSERT OR IGNORE INTO mailbox (asset, address, seq, delivery_id, at, content) VALUES (?, ?, ?, ?, ?, ?)",
    "INSERT OR REPLACE INTO flow_version (flow, version, data) VALUES (?, ?, ?)",
    "INSERT OR REPLACE INTO constant (name, value) VALUES (?, ?)",
)


def rows_of(change: Change, into: list[list[tuple[Any, ...]]], done: set[int], held: dict[int, str]) -> None:
    """A change as rows for each statement; `done` and `held` are those of the whole batch."""
    for item in change.inbox:
        state, holder, payload = item.state, item.holder, item.payload
        if item.id in done:  # came and was done in one batch: one row, and nothing to keep
            state, payload = InboxState.DONE, b""
            done.discard(item.id)
        elif item.id in held:
            state, holder = InboxState.HELD, held.pop(item.id)
        into[0].append(
            (item.id, item.asset, item.provider_id, item.service, item.lane, int(state), holder,
             item.received_at, payload or None)
        )  # fmt: skip
    if change.released:
        into[3] += [(id,) for id in change.released]
    if change.failed:
        into[4] += [(id,) for id in change.failed]
    for stored in change.sessions:
        session = stored.session
        wake_at = session.wait.until if session.wait is not None and session.wait.until else None
        into[5].append((session.id, session.lane, wake_at, stored.state))
    if change.ended:
        into[6] += [(id,) for id in change.ended]
    for part in change.steps:
        head = _encode(part.head) if part.head is not None else None
        into[7].append((part.transaction_id, part.number, part.step.at, head, _encode(part.step)))
    for delivery in change.deliveries:
        theirs = delivery.provider_id if delivery.provider_id != delivery.id else None
        into[8].append(
            (delivery.id, delivery.due_at or None, delivery.asset, theirs or None, delivery.created_at,
             _encode(delivery))
        )  # fmt: skip
    if change.versions or change.constants:
        into[17] += [(version.flow.id, version.version, _encode(version)) for version in change.versions]
        into[18] += change.constants
    if change.unmatched or change.opted_out or change.opted_in or change.customers:
        _rare_rows(change, into)
    for entry in change.history:
        into[14].append((entry.id, entry.asset, entry.address, entry.at, entry.state, entry.reason, _encode(entry)))
    into[15] += change.history_states
    for post in change.mailbox:
        into[16].append((post.asset, post.address, post.seq, post.delivery_id, post.at, post.content))


def _rare_rows(change: Change, into: list[list[tuple[Any, ...]]]) -> None:
    into[9] += [(item.at, _encode(item)) for item in change.unmatched]
    into[10] += change.opted_out
    into[11] += change.opted_in
    for customer in change.customers:
        into[12].append((customer.key, _encode(customer)))
        into[13] += [(address.key, customer.key) for address in customer.addresses]
