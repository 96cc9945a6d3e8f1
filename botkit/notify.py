"""Notify: tells another system what happened, signed so that it knows who speaks.

Every call carries the headers of Standard Webhooks (standardwebhooks.com, specification 1.0.0) and, with a
hub secret, the platform's `x-hub-signature`.
"""

import base64
import hashlib
import hmac
from typing import ClassVar

from pydantic import SecretStr

from channels.base import Channel, Outgoing, Sent
from channels.errors import RateLimited, Rejected, Transient
from models.http import Http, HttpRequest

NOTIFY = "notify"
"""The asset by which notify URLs are called."""

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 65_536
_FOR_GOOD = frozenset({*range(202, 209), 226, *range(300, 309), 400, 402, *range(404, 412), 414, 415, 416, 418, 505})
"""Answers after which the platform does not try again."""


class Notify(Channel):
    """Calls a URL with what happened, as JSON."""

    kind: ClassVar[str] = "notify"
    channel: ClassVar[str] = "notify"

    hub_secret: SecretStr = SecretStr("")
    """Secret that the calls are signed with."""

    async def send(self, outgoing: Outgoing, http: Http) -> Sent:
        body = outgoing.content.text.encode()
        request = HttpRequest(
            "POST", outgoing.to.value, self._headers(outgoing, body), body,
            timeout_seconds=TIMEOUT_SECONDS, max_response_bytes=MAX_ANSWER_BYTES,
        )  # fmt: skip
        answer = await http.request(request)
        if answer.status in (200, 201):
            return Sent(provider_id=outgoing.id)
        problem = f"the notify URL answered {answer.status} {answer.reason}"
        if answer.status == 429:
            raise RateLimited(problem, provider_code="429")
        if answer.status in _FOR_GOOD:
            raise Rejected(problem, provider_code=str(answer.status))
        raise Transient(problem, provider_code=str(answer.status))

    def _headers(self, outgoing: Outgoing, body: bytes) -> dict[str, str]:
        sent_at = str(outgoing.sent_at // 1000)
        headers = {
            "content-type": "application/json", "webhook-id": outgoing.id, "webhook-timestamp": sent_at,
        }  # fmt: skip
        secret = self.hub_secret.get_secret_value().encode()
        if secret:
            signed = b".".join((outgoing.id.encode(), sent_at.encode(), body))
            digest = hmac.digest(secret, signed, hashlib.sha256)
            headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
            headers["x-hub-signature"] = hmac.new(secret, body, hashlib.sha256).hexdigest()
        return headers
