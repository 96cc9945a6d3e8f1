"""In-app: the mailbox of every user, and the devices that are connected to it right now.

A message is stored under the user's next number before any device gets it, and what she says herself gets one too.
A device says which number it has seen last, and gets what came after: a lost connection loses nothing, and nothing
comes twice.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec

from botkit.stores.base import Change, MailboxEntry, Store
from channels.base import Outgoing
from channels.inapp import content_frame, encode_echo, own_id
from models.address import Address
from models.content import Content

REPLAY_PAGE = 100
MAX_REPLAY = 1_000
MAX_CACHED_NUMBERS = 10_000


class Said(msgspec.Struct, frozen=True, tag_field="type", tag="said"):
    """What the user said herself, as it lies in her mailbox; `id` is her client's."""

    id: str
    text: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Content | Said).decode


class Device(Protocol):
    """A connection to a user's device."""

    def push(self, frame: bytes) -> None:
        """Send a frame, soon; a device that cannot keep up is closed and comes back for the rest."""
        ...


class Own:
    """A message of the user's own, which gets its number when it is stored with what is to be done about it."""

    def __init__(self, boxes: "Mailboxes", asset: str, address: Address, said: Said, at: int) -> None:
        self._boxes = boxes
        self._key = (asset, address.key)
        self._id = f"said:{asset}:{address.key}:{own_id(said.id)}"
        self._said = said
        self._at = at
        self._entries: tuple[MailboxEntry, ...] = ()

    def keep(self) -> tuple[MailboxEntry, ...]:
        """What is to be stored in the mailbox; the same again for a second service."""
        if not self._entries:
            seq = self._boxes.next_known(self._key)
            if seq:
                self._entries = (MailboxEntry(*self._key, seq, self._id, _encode(self._said), self._at),)
        return self._entries

    @property
    def seq(self) -> int:
        """Its number; 0 while it has none."""
        return self._entries[0].seq if self._entries else 0

    def frame(self) -> bytes:
        """The frame that tells it to her other devices."""
        return encode_echo(self.seq, self._said.id, self._said.text, self._at)


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
        await self._know(key)
        seq = self.next_known(key)
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
        devices = self._devices.get(key, {})
        for device, seen in list(devices.items()):
            if seq > seen:  # one that has just connected may have read it from the store
                devices[device] = seq
                device.push(content_frame(seq, outgoing.id, outgoing.content, entry.at))
        return seq

    async def own(self, asset: str, address: Address, id: str, text: str, at: int) -> Own:
        """A message that the user says under an id of her client's, before it is stored. Raises `StoreFailed`."""
        await self._know((asset, address.key))
        return Own(self, asset, address, Said(id, text), at)

    async def _know(self, key: tuple[str, str]) -> None:
        """Find out which number was used last."""
        if key not in self._last:
            last = await self._store.mailbox_last(*key)
            self._last[key] = max(last, self._last.get(key, 0))

    def next_known(self, key: tuple[str, str]) -> int:
        """The next number, where the last one is known; else 0."""
        last = self._last.pop(key, None)  # the number used last stands last, so that `_trim` finds the oldest
        if last is None:
            return 0
        self._last[key] = last + 1
        self._trim()
        return last + 1

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
                device.push(_frame(entry))
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
        """The id of the bot's message with a number, empty when there is none."""
        entries = await self._store.mailbox(asset, address.key, seq - 1, 1)
        if not entries or entries[0].seq != seq or isinstance(_decode(entries[0].content), Said):
            return ""
        return entries[0].delivery_id

    @property
    def connected(self) -> int:
        return sum(map(len, self._devices.values()))


def _frame(entry: MailboxEntry) -> bytes:
    content = _decode(entry.content)
    if isinstance(content, Said):
        return encode_echo(entry.seq, content.id, content.text, entry.at)
    return content_frame(entry.seq, entry.delivery_id, content, entry.at)
