"""Consent: STOP, START and HELP, handled before every rule, and who wants silence (P6)."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Literal

from botkit.stores.base import Store
from models.address import Address
from models.customer import Customer
from models.keyword import bare, fold
from models.message import Message
from models.service import Consent

CACHE_SIZE = 10_000
NOBODY: frozenset[str] = frozenset()

Wish = Literal["stop", "start", "help"]


class ConsentWords:
    """A service's words, folded once."""

    def __init__(self, consent: Consent) -> None:
        self._consent = consent
        self._wishes: dict[str, Wish] = {}
        groups: tuple[tuple[Wish, tuple[str, ...]], ...] = (
            ("help", consent.help), ("start", consent.start), ("stop", consent.stop),
        )  # fmt: skip
        for wish, words in groups:
            self._wishes.update(dict.fromkeys(map(fold, words), wish))

    def wish(self, message: Message) -> Wish | None:
        """What the customer asks for, if her message is one of the words and nothing else."""
        if message.channel not in self._consent.channels:
            return None
        text = message.text
        if len(text) > 64:
            return None
        return self._wishes.get(bare(fold(text).strip()))

    def reply(self, wish: Wish) -> str:
        match wish:
            case "stop":
                return self._consent.stop_reply
            case "start":
                return self._consent.start_reply
            case "help":
                return self._consent.help_reply


class OptOuts:
    """Who opted out of which channel. Asks the store only when somebody has, and remembers the answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._newest: OrderedDict[tuple[str, str], int] = OrderedDict()
        self.any = True

    async def open(self) -> None:
        self.any = await self._store.any_opted_out()

    def note(self, channel: str, address: str) -> None:
        """Somebody opts out or comes back: call it before the commit, and again after it."""
        self.any = True
        self._known.pop((channel, address), None)

    def is_newest(self, channel: str, address: str, item: int) -> bool:
        """Whether nothing newer than this inbox item is known of her wish: services that share a number hear of it
        each in its own time, and one that is slow must not bring her back."""
        key = (channel, address)
        if item < self._newest.get(key, 0):
            return False
        self._newest[key] = item
        self._newest.move_to_end(key)
        if len(self._newest) > CACHE_SIZE:
            self._newest.popitem(last=False)
        return True

    async def has(self, channel: str, address: Address) -> bool:
        if not self.any:
            return False
        key = (channel, address.value)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = await self._store.opted_out(*key)
            if len(self._known) > CACHE_SIZE:
                self._known.popitem(last=False)
        return known

    def known(self, customer: Customer, channels: Mapping[str, str]) -> frozenset[str] | None:
        """What `of` says, where the store need not be asked; else None."""
        if not self.any:
            return NOBODY
        found = set()
        for channel, asset in channels.items():
            address = customer.address_on(channel, asset)
            if address is not None:
                opted_out = self._known.get((channel, address.value))
                if opted_out is None:
                    return None
                if opted_out:
                    found.add(channel)
        return frozenset(found)

    async def of(self, customer: Customer, channels: Mapping[str, str]) -> frozenset[str]:
        """The channels, of those given with their assets, that a customer opted out of."""
        found = set()
        for channel, asset in channels.items():
            address = customer.address_on(channel, asset)
            if address is not None and await self.has(channel, address):
                found.add(channel)
        return frozenset(found)
