"""Errors as JSON: every one with a code, a message and, where it is about one, the field."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from botkit.deployment import UnknownAsset
from botkit.engine import Busy
from botkit.server.body import UnknownPacking
from botkit.stores.base import StoreFailed
from channels.errors import BadRequest, BadSignature
from models.errors import BotkitError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RETRY_AFTER_SECONDS = 5
JSON_TYPE = "application/json; charset=utf-8"

log = logging.getLogger("botkit.server")

_CODES = {
    400: "bad_request", 404: "not_found", 405: "method_not_allowed", 408: "timeout", 413: "too_large",
    417: "unsupported", 431: "too_large",
}  # fmt: skip
_FIELDS = {404: "path", 405: "method", 408: "body", 417: "expect"}
"""The part of a call that an error of aiohttp is about."""
RETRY = MappingProxyType({"Retry-After": str(RETRY_AFTER_SECONDS)})


class Problem(msgspec.Struct, frozen=True):
    """An error as the API tells it."""

    status: int
    code: str
    message: str
    field: str = ""
    headers: Mapping[str, str] = MappingProxyType({})

    def body(self) -> bytes:
        """What the client reads."""
        error = {"code": self.code, "message": self.message}
        if self.field:
            error["field"] = self.field
        return json.dumps({"error": error}).encode()

    def response(self) -> web.Response:
        """The same for aiohttp."""
        return web.Response(body=self.body(), status=self.status, headers={**self.headers, "Content-Type": JSON_TYPE})


TOO_LARGE = Problem(413, "too_large", "the body is larger than this server takes (max_body_bytes)", "body")
UNKNOWN_PACKING = Problem(
    415, "unsupported", "a body packed like this is not read: use gzip, deflate or nothing", "content-encoding",
    MappingProxyType({"Accept-Encoding": "gzip, deflate"}),
)  # fmt: skip
TWO_HOSTS = Problem(400, "bad_request", "a request has one Host header, this one has more", "host")


def problem_of(error: Exception, method: str, path: str) -> Problem:
    """What the client of a call is told that ended with `error`; what nobody expected is logged."""
    match error:
        case BotkitError():
            return _of_botkit(error)
        case web.HTTPException():
            return _of_aiohttp(error)
        case UnknownPacking():
            return UNKNOWN_PACKING
        case json.JSONDecodeError():
            return Problem(400, "bad_request", f"the body is not JSON: {error.msg}", "body")
        case ValueError():
            return Problem(400, "bad_request", str(error))
        case _:
            log.error("%s %s failed", method, path, exc_info=error)
            return Problem(500, "internal", "something went wrong here; the log says what")


def _of_botkit(error: BotkitError) -> Problem:
    match error:
        case BadSignature():
            return Problem(403, error.code, error.message, error.field)
        case UnknownAsset():
            return Problem(404, error.code, error.message, "asset")
        case Busy() | StoreFailed():
            return Problem(503, error.code, error.message, headers=RETRY)
        case BadRequest():
            return Problem(400, error.code, error.message, error.field)
        case _:
            return Problem(422, error.code, error.message, error.field)


def _of_aiohttp(error: web.HTTPException) -> Problem:
    """An error that aiohttp raised, with its headers (`Allow`)."""
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return TOO_LARGE
    message = error.reason
    allow = ", ".join(error.headers.get("Allow", "").split(","))  # as other servers write it
    if error.status == 404:
        message = "there is nothing at this address"
    elif error.status == 405 and allow:
        message = f"this address takes {allow}"
    elif error.status == 417:
        message = "a request can expect 100-continue, and nothing else"
    headers = {"Allow": allow} if allow else {}
    field = _FIELDS.get(error.status, "")
    return Problem(error.status, _CODES.get(error.status, "http_error"), message, field, headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into an answer; the server goes on serving."""
    if len(request.headers.getall("Host", ())) > 1:
        answer = TWO_HOSTS.response()
        answer.force_close()
        return answer
    try:
        return await handler(request)
    except Exception as error:
        if isinstance(error, web.HTTPException) and error.status < 400:
            raise
        if isinstance(error, ConnectionError) and _is_gone(request):
            return web.Response(status=400)  # nobody reads it
        answer = problem_of(error, request.method, request.path).response()
        if request.content.exception() is not None:  # a body that breaks off: the next call cannot be found after it
            answer.force_close()
        return answer


def _is_gone(request: web.Request) -> bool:
    """Whether the client hung up, which is no failure of ours."""
    return request.transport is None or request.transport.is_closing()


SERVER = "botkit"
"""Where aiohttp does not let its name be left out: versions tell what to attack."""


class Connection(web.RequestHandler):
    """A connection that aiohttp serves; what it cannot even read is answered in JSON too."""

    __slots__ = ()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if isinstance(resp, web.HTTPExpectationFailed):  # raised before any middleware is asked
            resp = problem_of(resp, request.method, request.path).response()
        return await super().finish_response(request, resp, start_time)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun: the error cannot be told any more")
        if isinstance(exc, LineTooLong):
            problem = Problem(431, _CODES[431], "a line of the request's head is longer than this server takes")
        elif isinstance(exc, HttpProcessingError):
            problem = Problem(status, _CODES.get(status, "http_error"), f"this is not HTTP: {_first_line(message)}")
        else:
            log.error("a request from %s failed", request.remote, exc_info=exc)
            problem = Problem(500, "internal", "something went wrong here; the log says what")
        response = problem.response()
        response.headers["Server"] = SERVER
        response.force_close()
        return response


def _first_line(message: str | None) -> str:
    return (message or "it cannot be read").strip().partition("\n")[0].rstrip(":")
