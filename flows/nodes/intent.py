"""Intent: find out what the customer wants, and ask her when two things are about as likely."""

from typing import Any

import msgspec
from pydantic import Field, PrivateAttr

from flows.base import Node
from flows.durations import Duration
from flows.templates import Template
from flows.turn import NlpFailed, Turn
from flows.understood import NONE_OF_THESE, OUTPUTS, Intents, outputs_of, title_of
from models.content import Buttons, Choice
from models.flow import Outcome, green, orange, red
from models.keyword import fold
from models.message import Message
from models.session import Wait
from models.utterance import IntentScore, Understanding

MAX_TIMEOUT_SECONDS = 15
MAX_WAIT_SECONDS = 30 * 24 * 3600
MAX_TEXT_LENGTH = 4_000
MAX_TITLE_LENGTH = 100
DAY = 24 * 3600
WANT = ("intent", "entities", "language")

FIRST = frozenset(
    "first 1st former erste ersten erster premier première primero primera primo prima".split()  # noqa: SIM905
)
SECOND = frozenset(
    "second 2nd latter zweite zweiten zweiter deuxième second segundo segunda secondo seconda".split()  # noqa: SIM905
)
NEITHER = frozenset(
    "neither none nothing weder keins keines nichts aucun aucune rien ninguno ninguna nada nessuno".split()  # noqa: SIM905
)
"""How an answer may name one of two, or none, in English, German, French, Spanish and Italian."""

NUMBERS = {
    word: place
    for place, words in enumerate(("1 one eins un uno", "2 two zwei deux dos due", "3 three drei trois tres tre"))
    for word in words.split()
}
BESIDE_A_NUMBER = frozenset(
    "number no nr option choice please pls nummer bitte numéro svp número opción por favor numero opzione".split()  # noqa: SIM905
)
"""The numbers of the choices in words, and what an answer may say beside one of them."""

PLACING = FIRST | SECOND | BESIDE_A_NUMBER | frozenset(NUMBERS)
"""What an answer of these words alone says is a choice and nothing besides."""

NOT = frozenset("not don dont didn isn nicht kein keine pas".split())  # noqa: SIM905
"""Words that turn round what stands beside them: what is named with one of these was not chosen by its name."""


class Intent(Node):
    """Leaves by what the customer wants; when two intents are close, it can ask which of them she means.

    With a question in `ask`, it offers the two as quick replies and waits: a tap, the number, the title or her own
    words choose between them, and what is neither is `none_of_these`. Without, it leaves by `ambiguous`. What she
    reads for an intent is its `title` in `nlp/intents`, else its name.
    """

    kind = "intent"
    category = "ai"
    waits = True
    static_references = True
    outcomes = (
        green(NONE_OF_THESE, "no intent was likely enough"),
        orange("onTimeout", "it took too long, or she did not answer in time"),
        red("onError", "the text could not be read"),
    )
    outputs = {
        **OUTPUTS,
        "first": "of two that are close, the likelier intent",
        "first_title": "what customers are told of it",
        "second": "the other one",
        "second_title": "what customers are told of it",
    }

    text: Template = Template("$(message.text)")
    """The text to understand."""
    intents: Intents
    """The intents that make sense here; each is an outcome."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """How likely an intent must be to be taken, from 0 to 1; of two that are close, both together."""
    close: float = Field(default=0.2, ge=0, le=1)
    """Two intents are close when the likelier one is ahead by less than this; 0: never."""
    ask: Template = Template("")
    """What to ask when two are close: `Did you mean one of these?`. Empty: leave by `ambiguous`."""
    neither: Template = Template("Neither")
    """The quick reply for none of the two."""
    max_timeout: Duration = Field(default=DAY, gt=0, le=MAX_WAIT_SECONDS)
    """How long to wait for the answer."""
    timeout: Duration = Field(default=5, gt=0, le=MAX_TIMEOUT_SECONDS)
    """How long understanding may take."""

    _known: frozenset[str] = PrivateAttr()

    def model_post_init(self, context: object) -> None:
        self._known = frozenset(self.intents)

    def may_wait(self) -> bool:
        return bool(self.ask.source)

    def outcome_list(self) -> tuple[Outcome, ...]:
        open_end = () if self.ask.source else (green("ambiguous", "two intents are close: first and second"),)
        return (*(green(intent, "she wants this") for intent in self.intents), *open_end, *self.outcomes)

    async def run(self, turn: Turn) -> Wait | str:
        try:
            read = await self._read(turn, turn.text(self.text))
        except NlpFailed as error:
            turn.fail(str(error))
            return "onTimeout" if error.timeout else "onError"
        if read.truncated:
            turn.warn("only the beginning of the text was read: it is very long")
        rows = [row for row in read.intents if row.intent in self._known]
        if len(rows) > 1 and self._are_close(rows[0], rows[1]):
            first, second = rows[:2]
            turn.output(
                {
                    **outputs_of(read, ""),
                    "first": first.intent, "first_title": title_of(first),
                    "second": second.intent, "second_title": title_of(second),
                }
            )  # fmt: skip
            return self._ask(turn, read, first, second) if self.ask.source else "ambiguous"
        intent = self._sure(read)
        turn.output(outputs_of(read, intent))
        return intent or NONE_OF_THESE

    async def resume(self, turn: Turn) -> str:
        if turn.event is None:
            return "onTimeout"
        message = turn.message
        if message is None:
            turn.fail("something else came than a message", 3001)
            return "onError"
        first, second = turn.memory["first"], turn.memory["second"]
        payload = turn.session.parameters.get("message", {}).get("payload")
        if payload in (first, second, NONE_OF_THESE):
            return self._choose(turn, payload)
        titles = [turn.memory["first_title"], turn.memory["second_title"]]
        words = set(_words(message.text))
        placed = _placed(words)
        if placed is not None and words <= PLACING:
            return self._choose(turn, (first, second, NONE_OF_THESE)[placed])
        named = _named(words, titles) if placed is None else placed
        try:
            read = await self._read(turn, message.text)
        except NlpFailed as error:
            turn.fail(str(error))
            if named is None:
                return "onTimeout" if error.timeout else "onError"
        else:
            self._add_entities(turn, read if placed is None else _without_place(read))
            if named is None:
                again = outputs_of(read, "")
                intent = self._sure(read)
                turn.output({"intent": intent, "confidence": again["confidence"], "intents": again["intents"]})
                return intent or NONE_OF_THESE
        return self._choose(turn, (first, second, NONE_OF_THESE)[named])

    def _add_entities(self, turn: Turn, read: Understanding) -> None:
        """What the answer names beside its choice, such as an order number, over what the first text did."""
        found = outputs_of(read, "")
        if found["entity_list"]:
            entities = {**turn.memory.get("entities", {}), **found["entities"]}
            turn.output({"entities": entities, "entity_list": found["entity_list"]})

    async def _read(self, turn: Turn, text: str) -> Understanding:
        options: dict[str, Any] = {"intents": self.intents, "threshold": self.threshold}
        return await turn.understand(text, want=WANT, options=options, timeout_seconds=self.timeout)

    def _sure(self, read: Understanding) -> str:
        return read.intent if read.intent in self._known and read.confidence >= self.threshold else ""

    def _are_close(self, first: IntentScore, second: IntentScore) -> bool:
        together = first.confidence + second.confidence
        return first.confidence - second.confidence < self.close and together >= self.threshold

    def _choose(self, turn: Turn, intent: str) -> str:
        turn.output({"intent": "" if intent == NONE_OF_THESE else intent})
        if intent == turn.memory["second"] and "second_confidence" in turn.memory:  # not in what waited before this
            turn.output({"confidence": turn.memory["second_confidence"]})
        return intent

    def _ask(self, turn: Turn, read: Understanding, first: IntentScore, second: IntentScore) -> Wait | str:
        """Ask which of the two it is; where nobody can be asked, it is none of these."""
        event = turn.event
        if not isinstance(event, Message):
            turn.warn("two intents are close, but there is no message to answer")
            return NONE_OF_THESE
        if turn.session.channel in turn.customer.opted_out:
            turn.warn(f"two intents are close, but the customer wants no messages on {turn.session.channel}")
            return NONE_OF_THESE
        titles = [title_of(first), title_of(second)]
        if fold(titles[0]) == fold(titles[1]):
            titles = [first.intent, second.intent]
        offered = [(titles[0], first.intent), (titles[1], second.intent)]
        neither = turn.text(self.neither).strip()
        if neither and fold(neither) not in map(fold, titles):
            offered.append((neither, NONE_OF_THESE))
        question = turn.text(self.ask).strip()[:MAX_TEXT_LENGTH] or " / ".join(titles)
        choices = tuple(Choice(title=title[:MAX_TITLE_LENGTH], payload=intent) for title, intent in offered)
        turn.send(Buttons(text=question, choices=choices))
        turn.offer(choices)
        turn.memory.update(
            {
                "first": first.intent, "second": second.intent, "first_title": titles[0], "second_title": titles[1],
                "entities": outputs_of(read, "")["entities"], "second_confidence": round(second.confidence, 4),
            }
        )  # fmt: skip
        return turn.wait(events=(event.event,), seconds=self.max_timeout)


def _placed(words: set[str]) -> int | None:
    """Which choice an answer names by its number ("option 2") or its place ("the second one"); None for no such."""
    if words & NOT:
        return None
    numbers = words - BESIDE_A_NUMBER
    if len(numbers) == 1 and (number := NUMBERS.get(next(iter(numbers)))) is not None:
        return number
    first, second = bool(words & FIRST), bool(words & SECOND)
    return int(second) if first != second else None


def _without_place(read: Understanding) -> Understanding:
    """What an answer says beside the number or place of its choice."""
    beside = [row for row in read.entities if row.kind not in ("number", "ordinal") or row.value not in (1, 2, 3)]
    return msgspec.structs.replace(read, entities=beside)


def _named(words: set[str], titles: list[str]) -> int | None:
    """Which of two an answer names, 0 or 1; 2 for neither; None where it does not say.

    By words of one title that the other has not ("cancel it"), or by a no.
    """
    if words & NOT:
        return None
    own = [set(_words(title)) for title in titles]
    hits = [len(words & (own[0] - own[1])), len(words & (own[1] - own[0]))]
    if hits[0] != hits[1]:
        return int(hits[1] > hits[0])
    return 2 if words & NEITHER else None


def _words(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in fold(text)).split()
