"""Rasa: the intent, and where wanted the entities, by a Rasa server's `POST /model/parse`.

Wire format: Rasa's HTTP API, https://rasa.com/docs/reference/api/pro/http-api/model/parse-a-message-using-the-rasa-model.
"""

import re
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from models.utterance import Entity, IntentScore, Understanding
from nlp.base import Context
from nlp.engine import Engine, OptionalVariable, PlainAddress, score
from nlp.errors import EngineFailed
from nlp.project import NONE_OF_THESE

FALLBACK = "nlu_fallback"
"""The name that Rasa's FallbackClassifier gives to "none of these"."""

COMMAND = re.compile(r"^[\s/]+")
"""What `/cancel_order{"order_number": "1"}` begins with: Rasa does not read that, but does as it says, sure as can be.

It is taken off what a customer wrote, who could name any intent and any entity else.
"""

MAX_ENTITIES = 100


class Rasa(Engine):
    """Asks a Rasa server for the intent.

    A server on this machine or in a private network needs the operator's `allow_private_addresses`.
    """

    kind = "rasa"

    url: PlainAddress = Field(min_length=8)
    """The address of the server: `https://rasa.example.com`. `/model/parse` is added."""
    token_variable: OptionalVariable = ""
    """The environment variable that holds the server's token; empty if it wants none."""
    authorization: Literal["token", "bearer"] = "token"
    """How the token is sent: as the parameter `token` of the address, or as a bearer token (JWT) in a header."""
    entities: bool = False
    """Whether the entities are Rasa's too. Leave `entities` out of the pipeline then."""

    def given_parts(self) -> tuple[str, ...]:
        return ("intent", "entities") if self.entities else ("intent",)

    def address(self) -> str:
        address = self.url.rstrip("/") + "/model/parse"
        if self.token_variable and self.authorization == "token":
            address += f"?token={quote(self.secret(self.token_variable), safe='')}"
        return address

    def headers(self) -> dict[str, str]:
        if self.token_variable and self.authorization == "bearer":
            return {"Authorization": f"Bearer {self.secret(self.token_variable)}"}
        return {}

    def understand(self, understanding: Understanding, context: Context) -> str:
        text = understanding.text
        sent = COMMAND.sub("", text).rstrip()  # Rasa takes space off, too, and counts places from there
        if not sent:
            return f"{NONE_OF_THESE}: there is no text to ask about"
        answer = self.ask({"text": sent}, context)
        best, ranking = answer.get("intent"), answer.get("intent_ranking")
        if not isinstance(best, dict):
            raise EngineFailed("rasa answered without an intent")
        ranked = _scores([best, *(ranking if isinstance(ranking, list) else [])])
        if self.entities:
            understanding.entities = _entities(answer.get("entities"), text, text.index(sent))
        if best.get("name") == FALLBACK:
            understanding.intents = ranked
            return "none_of_these: rasa says nlu_fallback"
        return self.decide(understanding, ranked, context)


def _scores(rows: list[Any]) -> list[IntentScore]:
    found: dict[str, IntentScore] = {}
    for row in rows:
        scored = score(row.get("name"), row.get("confidence")) if isinstance(row, dict) else None
        if scored is not None and scored.intent != FALLBACK:
            found.setdefault(scored.intent, scored)
    return list(found.values())


def _entities(rows: Any, text: str, offset: int) -> list[Entity]:
    """Those whose place in the text makes sense, by place; of two in one place the first.

    Rasa counts from `offset`.
    """
    found: dict[tuple[int, int], Entity] = {}
    for row in (rows if isinstance(rows, list) else [])[:MAX_ENTITIES]:
        if not isinstance(row, dict):
            continue
        kind, start, end = row.get("entity"), row.get("start"), row.get("end")
        if not (isinstance(kind, str) and type(start) is int and type(end) is int):
            continue
        start, end = start + offset, end + offset
        if not offset <= start < end <= len(text):
            continue
        said = row.get("confidence_entity", row.get("confidence", 1.0))
        confidence = float(said) if isinstance(said, int | float) and 0 <= said <= 1 else 1.0
        entity = Entity(kind, row.get("value"), text[start:end], start, end, source="rasa", confidence=confidence)
        found.setdefault((start, end), entity)
    return [found[place] for place in sorted(found)]
