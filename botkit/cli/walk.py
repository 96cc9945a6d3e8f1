"""Walk: a transaction node by node, as people read it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from botkit.cli.output import Span
from botkit.stores.base import Store
from models.delivery import Delivery, DeliveryState
from models.flow import BUILT_IN_OUTCOMES, ERROR, INCOMPLETE
from models.transaction import LogEntry, NodeVisit, Step, Transaction

MAX_VALUE_LENGTH = 120
MAX_OUTPUTS = 20
COLOURS = {0: "", ERROR: "red", INCOMPLETE: "orange"}
INDENT = " " * 8

Line = tuple[str | Span, ...]


class Walk(msgspec.Struct, frozen=True):
    """A transaction, what its outcome is called, and the messages it sent."""

    transaction: Transaction
    outcome: str
    sent: dict[str, Delivery]


async def read_walk(store: Store, id: str) -> Walk | None:
    """The transaction with what the store knows besides, or None."""
    found = await store.transaction(id)
    if found is None:
        return None
    version = await store.flow_version(found.flow, found.version)
    names = {**BUILT_IN_OUTCOMES, **(version.flow.outcomes if version else {})}
    sent = {id: await store.delivery(id) for step in found.steps for id in step.sent}
    return Walk(found, names.get(found.outcome, ""), {id: each for id, each in sent.items() if each})


def lines(walk: Walk) -> Iterator[Line]:
    """The whole walk."""
    found = walk.transaction
    yield (found.id, "title"), f"  {found.flow} v{found.version}, {found.channel} {found.asset}, {_joined(found.key)}"
    for step in found.steps:
        yield ("",)
        yield from _step(step, walk)
    yield ("",)
    if found.outcome:
        yield ((f"ended with {found.outcome} {walk.outcome}".rstrip(), colour_of(found.outcome)),)
    else:
        yield ("live: it waits",)


def when(milliseconds: int) -> str:
    """A time on the clock of this machine."""
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def colour_of(outcome: int) -> str:
    """The style of an outcome code."""
    return COLOURS.get(outcome, "green")


def short(value: Any) -> str:
    """A value on one line, as in JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[:MAX_VALUE_LENGTH]}..."


def _joined(text: str) -> str:
    """A text on one line: what a customer wrote must not look like a line of ours."""
    return " ".join(text.splitlines())


def _step(step: Step, walk: Walk) -> Iterator[Line]:
    said = f"  {short(step.text)}" if step.text else ""
    yield (f"{when(step.at)}  {step.event}", "title"), said
    kinds = max((len(visit.kind) for visit in step.visits), default=0)
    ways = max((len(visit.outcome) for visit in step.visits), default=0)
    for visit in step.visits:
        flow = f"{visit.flow}:" if visit.flow not in ("", walk.transaction.flow) else ""
        took = f"{visit.microseconds / 1000:.1f} ms"
        row = f"  {flow}{visit.node:>4}  {visit.kind:<{kinds}}  {visit.outcome:<{ways}}  {took:>10}  {visit.label}"
        yield (row.rstrip(),)
        yield from _inside(visit)
    for id in step.sent:
        yield _sent(id, walk.sent.get(id))


def _inside(visit: NodeVisit) -> Iterator[Line]:
    rows = list(_flat(visit.outputs))
    for name, value in rows[:MAX_OUTPUTS]:
        yield ((f"{INDENT}{name} = {short(value)}", "quiet"),)
    if len(rows) > MAX_OUTPUTS:
        yield ((f"{INDENT}and {len(rows) - MAX_OUTPUTS} more: --json shows all", "quiet"),)
    for entry in visit.log:
        yield _entry(entry)


def _flat(outputs: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Outputs by the names that flows use; what is empty is left out."""
    for name, value in outputs.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value not in ("", None, [], ()):
            yield f"{prefix}{name}", value


def _entry(entry: LogEntry) -> Line:
    value = f" {short(entry.value)}" if entry.value is not None else ""
    head = f"logbook {entry.logbook}" if entry.logbook else f"{entry.level} {entry.id or ''}".rstrip()
    return f"{INDENT}{head}: ", (f"{_joined(entry.text)}{value}", entry.level if entry.level != "info" else "")


def _sent(id: str, delivery: Delivery | None) -> Line:
    """A message by its id: its words are left out, since they may repeat what the transaction masks."""
    if delivery is None:
        return ((f"{INDENT}sent {id}", "quiet"),)
    style = {DeliveryState.FAILED: "red", DeliveryState.EXPIRED: "orange"}.get(delivery.state, "green")
    where = delivery.channel or delivery.steps[0].channel
    reason = f": {delivery.description}" if delivery.description and style != "green" else ""
    return f"{INDENT}sent {id} by {where}  ", (f"{delivery.state}{reason}", style)
