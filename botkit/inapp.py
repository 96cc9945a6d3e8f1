"""In-app: the mailbox of every user, and the devices that are connected to it right now.

A message is stored under the user's next number before any device gets it. A device says which number it
has seen last, and gets what came after: a lost connection loses nothing, and nothing comes twice.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec

from botkit.stores.base import Change, MailboxEntry, Store
from channels.base import Outgoing
from channels.inapp import content_frame
from models.address import Address
from models.content import Content

REPLAY_PAGE = 100
MAX_REPLAY = 1_000
MAX_CACHED_NUMBERS = 10_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Content).decode


class Device(Protocol):
    """A connection to a user's device."""

    def push(self, frame: bytes) -> None:
        """Send a frame, soon; a device that cannot keep up is closed and comes back for the rest."""
        ...


class Mailboxes:
    """`channels.inapp.Mailbox` on the store."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock
        self._last: dict[tuple[str, str], int] = {}
        self._devices: dict[tuple[str, str], dict[Device, int]] = {}
        self._storing: dict[str, asyncio.Future[int]] = {}

    async def put(self, asset: str, outgoing: Outgoing) -> int:
        """Store a message and push it to the devices; the same id gives the same number again."""
        under_way = self._storing.get(outgoing.id)
        if under_way is not None:
            return await asyncio.shield(under_way)
        stored = await self._store.mailbox_of(outgoing.id)
        if stored is not None:
            return stored.seq
        key = (asset, outgoing.to.key)
        last = self._last.get(key)
        if last is None:
            last = await self._store.mailbox_last(*key)
            last = max(last, self._last.get(key, 0))
        seq = last + 1
        self._last.pop(key, None)  # the number used last stands last, so that `_trim` finds the oldest
        self._last[key] = seq
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._storing[outgoing.id] = future
        entry = MailboxEntry(asset, key[1], seq, outgoing.id, _encode(outgoing.content), self._clock())
        try:
            await self._store.commit(Change(mailbox=[entry]))
        except BaseException as error:
            future.set_exception(error)
            future.exception()  # whoever waits for it is told; nobody has to
            raise  # its number stays unused: others may have taken the next ones
        finally:
            del self._storing[outgoing.id]
        future.set_result(seq)
        self._trim()
        devices = self._devices.get(key, {})
        for device, seen in list(devices.items()):
            if seq > seen:  # one that has just connected may have read it from the store
                devices[device] = seq
                device.push(content_frame(seq, outgoing.id, outgoing.content, entry.at))
        return seq

    def _trim(self) -> None:
        while len(self._last) > MAX_CACHED_NUMBERS:
            self._last.pop(next(iter(self._last)))

    async def connect(self, asset: str, address: Address, device: Device, last: int) -> int:
        """Push what came after `last`, then all that comes; returns the highest number."""
        key = (asset, address.key)
        newest = await self._store.mailbox_last(*key)
        at = min(last, newest)
        if newest - at > MAX_REPLAY:
            at = newest - MAX_REPLAY
        while entries := await self._store.mailbox(*key, at, REPLAY_PAGE):
            for entry in entries:
                device.push(content_frame(entry.seq, entry.delivery_id, _decode(entry.content), entry.at))
            at = entries[-1].seq
        self._devices.setdefault(key, {})[device] = at
        return at

    def disconnect(self, asset: str, address: Address, device: Device) -> None:
        """A device is gone."""
        key = (asset, address.key)
        devices = self._devices.get(key)
        if devices is not None:
            devices.pop(device, None)
            if not devices:
                del self._devices[key]

    def others(self, asset: str, address: Address, device: Device) -> list[Device]:
        """The user's other devices."""
        return [other for other in self._devices.get((asset, address.key), ()) if other is not device]

    async def delivery_at(self, asset: str, address: Address, seq: int) -> str:
        """The id of the message with a number, empty when there is none."""
        entries = await self._store.mailbox(asset, address.key, seq - 1, 1)
        return entries[0].delivery_id if entries and entries[0].seq == seq else ""

    @property
    def connected(self) -> int:
        return sum(map(len, self._devices.values()))
