"""Turn: all that a node may see and do while it runs."""

import json
import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from flows.privacy import Privacy
from flows.templates import MISSING, Template, Value, follow
from models.content import Choice, Content, Text
from models.customer import Customer
from models.delivery import Delivery, FallbackStep, Receipt
from models.errors import BotkitError
from models.event import Event
from models.http import Http
from models.message import Message
from models.session import MAX_SESSION_BYTES, Frame, Session, Wait
from models.transaction import LogEntry, NodeVisit
from models.utterance import Understanding
from nlp.sentiment_trend import MAX_SCORES, trend_of

MAX_SENDS_PER_STEP = 100
MAX_KNOWN_NAMES = 1_024
NLP = "nlp"
"""The session parameter with what was understood of the customer over the session."""

Incoming = Message | Event | Receipt | None
_encode = msgspec.msgpack.Encoder().encode
_read_delivery = msgspec.msgpack.Decoder(Delivery).decode
_read_choices = msgspec.msgpack.Decoder(tuple[Choice, ...]).decode
_read_wait = msgspec.msgpack.Decoder(Wait).decode


class NlpFailed(BotkitError):
    """The text could not be understood: `timeout` says whether it only took too long."""

    code = "nlp_failed"

    def __init__(self, message: str, *, timeout: bool = False) -> None:
        super().__init__(message)
        self.timeout = timeout


class ScriptFailed(BotkitError):
    """A script did not give a value: `kind` is `syntax`, `error`, `time`, `memory` or `result`."""

    code = "script_failed"

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Nlp(Protocol):
    """What understands text, off the event loop. A node asks by `Turn.understand`, which knows the session."""

    async def read(
        self,
        text: str,
        *,
        want: tuple[str, ...],
        options: Mapping[str, Any] | None = None,
        timeout_seconds: float = 5.0,
    ) -> Understanding:
        """The parts named by `want`: language, tokens, lemmas, entities, intent, sentiment, profanity.

        `options` are settings for this one call, by component. Raises `NlpFailed`.
        """
        ...

    async def method(self, method: str, text: str, *, now: int, timeout_seconds: float = 5.0) -> dict[str, Any]:
        """The outputs of one of the NLP node's methods (`nlp.methods`). Raises `NlpFailed`."""
        ...


class Scripts(Protocol):
    """What runs JavaScript, sandboxed and off the event loop."""

    async def run(
        self,
        source: str,
        variables: Mapping[str, Any],
        *,
        lookup: Mapping[str, Any],
        timeout_seconds: float,
        outputs: tuple[str, ...] = (),
    ) -> tuple[Any, dict[str, Any]]:
        """The value of the last expression, and those of the variables named by `outputs` that the script has.

        `variables` become globals; `lookup` is what `$("n2.sms.message")` looks in. Raises `ScriptFailed`.
        """
        ...


class Services:
    """What the floor above hands in: shared by every turn."""

    __slots__ = ("http", "nlp", "privacy", "scripts")

    def __init__(self, http: Http, nlp: Nlp, scripts: Scripts, privacy: Privacy | None = None) -> None:
        self.http = http
        self.nlp = nlp
        self.scripts = scripts
        self.privacy = Privacy() if privacy is None else privacy


class Turn:
    """One step of one session, from an event to the next wait or the end.

    A node reads variables and the event, asks `http`, `nlp` and `scripts`, and leaves by naming an
    outcome. It does nothing to the world: what it sends is collected and goes out after the commit.
    `now` (milliseconds since 1970) and `random` are fixed, so that the same turn gives the same result.
    """

    __slots__ = (
        "_random",
        "_redactions",
        "_seed",
        "customer",
        "deliveries",
        "event",
        "frame",
        "http",
        "needed",
        "nlp",
        "now",
        "outdated",
        "privacy",
        "returned",
        "scripts",
        "session",
        "visit",
    )  # fmt: skip

    def __init__(
        self,
        session: Session,
        event: Incoming,
        *,
        now: int,
        services: Services,
        customer: Customer,
        seed: str,
    ) -> None:
        self.session = session
        self.frame: Frame = session.frames[-1]
        self.needed: frozenset[str] | None = None
        """The names that the running flow refers to; None for any."""
        self.event = event
        self.now = now
        self._seed = seed
        self._random: random.Random | None = None
        self.http = services.http
        self.nlp = services.nlp
        self.scripts = services.scripts
        self.privacy = services.privacy
        self.customer = customer
        self.returned = 0
        """The outcome code of the flow that a Call Flow node had called, 0 at any other time."""
        self.outdated = ""
        """Where outputs of an earlier visit of the running node lie, until it gives new ones or is left."""
        self.visit = NodeVisit(node=0, kind="")
        self.deliveries: list[Delivery] = []
        self._redactions: list[tuple[str, str]] = []

    # reading

    @property
    def random(self) -> random.Random:
        """Chance, the same for the same turn: a step that runs again after a crash throws the same dice."""
        if self._random is None:
            self._random = random.Random(self._seed)
        return self._random

    @property
    def message(self) -> Message | None:
        """The message that this turn began with, if it began with one."""
        return self.event if isinstance(self.event, Message) else None

    def lookup(self, path: tuple[str, ...]) -> Any:
        """The value of a reference: flow variable, node output, else session parameter; warns if missing."""
        if len(path) == 1:
            found = self.frame.variables.get(path[0], MISSING)  # the usual case, without another call
            if found is not MISSING:
                return found
        found = self.find(path)
        if found is MISSING:
            self.warn(f"$({'.'.join(path)}) has no value; empty text stands in its place")
        return found

    def find(self, path: tuple[str, ...]) -> Any:
        """Like `lookup`, without the warning."""
        head = path[0]
        frame = self.frame
        variables = frame.variables
        parts = len(path)
        if head in variables:
            return variables[head] if parts == 1 else follow(variables[head], path[1:])
        if parts > 1:
            found = variables.get(".".join(path), MISSING)
            if found is not MISSING:
                return found
        root = frame.outputs.get(head, MISSING)
        if root is MISSING:
            root = self.session.parameters.get(head, MISSING)
        if parts == 1:
            return root
        if parts == 2 and type(root) is dict:
            return root.get(path[1], MISSING)
        return follow(root, path[1:])

    def text(self, template: Template) -> str:
        """A text setting with its references replaced."""
        return template.render(self)

    def value(self, value: Value | Template) -> Any:
        """A JSON setting with its references replaced; types are kept."""
        return value.value(self)

    # understanding

    async def understand(
        self,
        text: str,
        *,
        want: tuple[str, ...],
        options: Mapping[str, Any] | None = None,
        timeout_seconds: float = 5.0,
    ) -> Understanding:
        """`nlp.read`, with what the session knows: the turn's clock, and the language that she wrote in before.

        The language found is kept as `$(nlp.language)`, how her mood goes as `$(nlp.mood)` and `$(nlp.direction)`;
        personal data that was found is masked in the log of this step. Raises `NlpFailed`.
        """
        kept: dict[str, Any] = self.session.parameters.get(NLP, {})
        asked: dict[str, Any] = {**(options or {}), "now": self.now}
        if previous := kept.get("language"):
            asked["previous_language"] = previous
        read = await self.nlp.read(text, want=want, options=asked, timeout_seconds=timeout_seconds)
        known: dict[str, Any] = {}
        if "language" in want and read.language:
            known["language"] = read.language
        if read.sentiment is not None:
            scores = [*kept.get("scores", ()), round(read.sentiment.score, 4)][-MAX_SCORES:]
            trend = trend_of(scores)
            known.update(scores=scores, mood=trend.mood, direction=trend.direction)
        if known:
            self.session.parameters[NLP] = {**kept, **known}
        if self.privacy:
            for original, masked in self.privacy.redactions(text, read):
                self.redact(original, masked)
        return read

    # writing

    def set(self, name: str, value: Any) -> None:
        """Give a flow variable a value (any JSON value; raises `BotkitError` for others)."""
        if type(name) is not str:
            raise _no_name(name)
        if type(value) is not str or not value.isascii():
            _check(name, value)
        self.frame.variables[name] = value

    def output(self, values: Mapping[str, Any]) -> None:
        """Add to this node's outputs: `{"http.statusCode": 200}` is `$(n7.http.statusCode)` from then on."""
        for name, value in values.items():
            if type(name) is not str:
                raise _no_name(name)
            if type(value) is not str or not value.isascii():
                _check(name, value)
        visit = self.visit
        visit.outputs.update(values)
        key = f"n{visit.node}"
        if self.needed is not None and key not in self.needed:
            return
        if self.outdated:
            self.forget_outdated()
        outputs = self.frame.outputs
        root = outputs.get(key)
        if root is None:
            root = outputs[key] = {}
        for name, value in values.items():
            above, last = _parts(name)
            at = root
            for part in above:
                child = at.get(part)
                if not isinstance(child, dict):
                    child = at[part] = {}
                at = child
            at[last] = value

    def forget_outdated(self) -> None:
        """Outputs are those of a node's last visit, also where that gave none."""
        self.frame.outputs.pop(self.outdated, None)
        self.outdated = ""

    @property
    def memory(self) -> dict[str, Any]:
        """What this node wants to remember from `run` to `resume`; gone when it is left."""
        kept: dict[str, Any] = self.session.memory
        return kept

    def log(self, text: str, value: Any = None, *, id: int = 0, logbook: str = "") -> None:
        """Write a line to the transaction log, or to a logbook."""
        _check("the value to log", value)
        self.visit.log.append(LogEntry(_words(text), value=value, id=id, logbook=logbook))

    def warn(self, text: str) -> None:
        """Write a warning to the transaction log."""
        self.visit.log.append(LogEntry(_words(text), "warning"))

    def fail(self, text: str, code: int = 0) -> None:
        """Write an error, with the platform's code for it, to the transaction log."""
        self.visit.log.append(LogEntry(_words(text), "error", id=code))

    def redact(self, original: str, masked: str) -> None:
        """Show `masked` wherever `original` would stand in the log of this step."""
        if original and original != masked:
            self._redactions.append((original, masked))

    @property
    def redactions(self) -> list[tuple[str, str]]:
        return self._redactions

    # acting

    def send(self, content: Content, steps: tuple[FallbackStep, ...] = (), *, expires_in_seconds: float = 0) -> str:
        """Queue a message to the customer; returns its id. Without `steps` it goes back where she wrote from.

        Raises `BotkitError` past 100 messages in one step, and for what is no content.
        """
        if type(content) is not Text and not isinstance(content, Content):
            raise BotkitError(f"a message is Text(...) or other content, not {type(content).__name__}")
        if len(self.deliveries) >= MAX_SENDS_PER_STEP:
            raise BotkitError(f"a step sends at most {MAX_SENDS_PER_STEP} messages: is there a loop around this node?")
        session = self.session
        # The moment of this step, not of the session's first: what is new lies together in the store.
        own = session.id.removeprefix(f"{session.started_at:011x}")
        delivery_id = f"{self.now:011x}{own}-{session.steps}-{len(self.deliveries)}"
        delivery = Delivery(
            delivery_id,
            session.service,
            session.lane,
            content,
            steps or _back(session.channel, session.asset),
            session.id,
            self.visit.node,
            session.id,
            created_at=self.now,
            expires_at=self.now + int(expires_in_seconds * 1000) if expires_in_seconds else 0,
        )
        # What the outbox could not read again would stop all that follows it there.
        if steps or expires_in_seconds or type(content) is not Text or content.payload or not content.text.isascii():
            _check_kept("a message", delivery, _read_delivery)
        self.deliveries.append(delivery)
        return delivery_id

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Let the customer answer with the number or the title of a choice: its payload is then the message's."""
        _check_kept("choices", choices, _read_choices)
        self.session.offered = choices

    def wait(
        self,
        *,
        events: tuple[str, ...] = (),
        keywords: tuple[str, ...] = (),
        address: str = "",
        delivery_id: str = "",
        seconds: float = 0,
        until: int = 0,
    ) -> Wait:
        """What to return from `run` or `resume` to stop here until something happens (see `Wait`).

        Raises `BotkitError` where nothing could ever end the wait.
        """
        wait = Wait(
            events=events, keywords=keywords, address=address, delivery_id=delivery_id,
            until=int(until) or (self.now + int(seconds * 1000) if seconds else 0),
        )  # fmt: skip
        if not (wait.events or wait.delivery_id or wait.until):
            raise BotkitError("nothing ends this wait: give turn.wait() events, seconds, until or a delivery_id")
        _check_kept("a wait", wait, _read_wait)
        return wait


@lru_cache(maxsize=MAX_KNOWN_NAMES)
def _parts(name: str) -> tuple[tuple[str, ...], str]:
    """An output's name as the path to it and its last part; a flow uses the same few."""
    *above, last = name.split(".")
    return tuple(above), last


@lru_cache(maxsize=MAX_KNOWN_NAMES)
def _back(channel: str, asset: str) -> tuple[FallbackStep, ...]:
    """The one way that leads back to where the customer wrote from."""
    return (FallbackStep(channel=channel, asset=asset),)


def _no_name(name: object) -> BotkitError:
    return BotkitError(f"names are text, not {type(name).__name__}: {name!r}")


def _words(text: object) -> str:
    """A line for the log as text that can be stored: a node may log the error that it caught."""
    words = text if type(text) is str else str(text)
    return words if words.isascii() else words.encode("utf-8", "replace").decode()


def _check_kept(what: str, value: object, read: Callable[[bytes], object]) -> None:
    """Refuse, while the node can still be named, what could be made but not be read from the store again."""
    try:
        read(_encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BotkitError(f"{what} cannot be kept as it is: {error}") from None


def _check(name: str, value: Any) -> None:
    """Refuse what cannot be stored here, where the log can say which node it came from."""
    if value is None or value is True or value is False or type(value) is float:
        return
    try:
        if type(value) is not str and type(value) is not int:
            json.dumps(value)  # MessagePack takes sets and moments too, and gives back what they were not
        size = len(_encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BotkitError(f"{name} cannot be kept, as it is no JSON value: {error}") from None
    if size > MAX_SESSION_BYTES:  # a loop that puts a list into itself twice would fill the memory before it waits
        raise BotkitError(f"{name} cannot be kept: it is larger than {MAX_SESSION_BYTES} bytes")
