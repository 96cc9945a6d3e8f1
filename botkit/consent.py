"""Consent: STOP, START and HELP, handled before every rule, and who wants silence (P6)."""

from typing import Literal

from botkit.stores.base import Store
from models.address import Address
from models.message import Message
from models.service import Consent

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
            self._wishes.update(dict.fromkeys((word.casefold() for word in words), wish))

    def wish(self, message: Message) -> Wish | None:
        """What the customer asks for, if her message is one of the words and nothing else."""
        if message.channel not in self._consent.channels:
            return None
        text = message.text
        if len(text) > 64:
            return None
        return self._wishes.get(text.strip().strip(".!\"'").casefold())

    def reply(self, wish: Wish) -> str:
        match wish:
            case "stop":
                return self._consent.stop_reply
            case "start":
                return self._consent.start_reply
            case "help":
                return self._consent.help_reply


class OptOuts:
    """Who opted out of which channel. Asks the store only when somebody has."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._any = True

    async def open(self) -> None:
        self._any = await self._store.any_opted_out()

    def note(self) -> None:
        """Somebody opted out just now."""
        self._any = True

    async def has(self, channel: str, address: Address) -> bool:
        return self._any and await self._store.opted_out(channel, address.value)
