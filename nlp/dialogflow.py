"""Dialogflow: the intent by Google's Dialogflow ES, API v2, `projects.agent.sessions.detectIntent`.

Wire format: https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.agent.sessions/detectIntent.
"""

import re
import secrets
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from models.utterance import Understanding
from nlp.base import Context
from nlp.engine import Engine, PlainAddress, Variable, score
from nlp.errors import EngineFailed

MAX_TEXT_LENGTH = 256
"""Dialogflow ES takes so many characters of text."""

NAME = re.compile(r"[a-z0-9][a-z0-9.:-]{0,80}")


def _name(name: str) -> str:
    if name and not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no id of Google's: small letters, digits and '-'")
    return name


GoogleName = Annotated[str, AfterValidator(_name)]


class Dialogflow(Engine):
    """Asks an agent of Dialogflow ES for the intent. Its parameters are in `extra.dialogflow`.

    Every text is asked for in a session of its own, so contexts of the agent have no effect. What is longer
    than 256 characters is cut, since Dialogflow takes no more.
    """

    kind = "dialogflow"
    heeds: ClassVar[tuple[str, ...]] = ("language",)

    project: GoogleName = Field(min_length=1)
    """The id of the Google Cloud project."""
    token_variable: Variable
    """The environment variable that holds an OAuth access token. It lives for an hour: renew it from outside."""
    location: GoogleName = ""
    """The region of the agent, such as `europe-west1`; empty for the global one."""
    endpoint: PlainAddress = ""
    """The address of the service, where it is not Google's own: that of a gateway. `/v2/projects/...` is added."""

    def address(self) -> str:
        own = f"https://{self.location}-dialogflow.googleapis.com" if self.location else ""
        return (self.endpoint or own or "https://dialogflow.googleapis.com").rstrip("/")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret(self.token_variable)}", "X-Goog-User-Project": self.project}

    def understand(self, understanding: Understanding, context: Context) -> str:
        place = f"/locations/{self.location}" if self.location else ""
        prefix = urlsplit(self.address()).path  # of a gateway's address
        session = f"{prefix}/v2/projects/{self.project}{place}/agent/sessions/{secrets.token_hex(16)}:detectIntent"
        text = {"text": understanding.text[:MAX_TEXT_LENGTH], "languageCode": understanding.language or "en"}
        answer = self.ask({"queryInput": {"text": text}}, context, target=session)
        result: Any = answer.get("queryResult")
        if not isinstance(result, dict):
            raise EngineFailed("dialogflow answered without a queryResult")
        intent = result.get("intent")
        parameters = result.get("parameters")
        if isinstance(parameters, dict) and parameters:
            understanding.extra["dialogflow"] = parameters
        if not isinstance(intent, dict):
            return "none_of_these: dialogflow names no intent"
        if intent.get("isFallback") is True:
            return "none_of_these: dialogflow says that it is the fallback intent"
        found = score(intent.get("displayName"), result.get("intentDetectionConfidence", 0.0))
        if found is None:
            raise EngineFailed("dialogflow named an intent or a confidence that makes no sense")
        return self.decide(understanding, [found], context)
