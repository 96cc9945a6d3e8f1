"""Errors as JSON: every one with a code, a message and, where it is about one, the field."""

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from botkit.deployment import UnknownAsset
from botkit.engine import Busy
from botkit.stores.base import StoreFailed
from channels.errors import BadRequest, BadSignature
from models.errors import BotkitError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RETRY_AFTER_SECONDS = 5

log = logging.getLogger("botkit.server")

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}


def error_response(
    status: int, code: str, message: str, field: str = "", headers: dict[str, str] | None = None
) -> web.Response:
    """An error as the API tells it."""
    body: dict[str, str] = {"code": code, "message": message}
    if field:
        body["field"] = field
    return web.json_response({"error": body}, status=status, headers=headers)


def of_botkit(error: BotkitError) -> web.Response:
    """The answer to one of our own errors."""
    match error:
        case BadSignature():
            return error_response(403, error.code, error.message, error.field)
        case UnknownAsset():
            return error_response(404, error.code, error.message, "asset")
        case Busy() | StoreFailed():
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return error_response(503, error.code, error.message, headers=retry)
        case BadRequest():
            return error_response(400, error.code, error.message, error.field)
        case _:
            return error_response(422, error.code, error.message, error.field)


def of_aiohttp(error: web.HTTPException) -> web.Response:
    """An error that aiohttp raised, in our shape and with its headers (`Allow`)."""
    code = _CODES.get(error.status, "http_error")
    message = error.reason
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        message = "the body is larger than this server takes (max_body_bytes)"
    elif error.status == 404:
        message = "there is nothing at this address"
    elif error.status == 405 and headers:
        message = f"this address takes {headers['Allow']}"
    return error_response(error.status, code, message, headers=headers)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever goes wrong into an answer; the server goes on serving."""
    try:
        return await handler(request)
    except BotkitError as error:
        return of_botkit(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return of_aiohttp(error)
    except json.JSONDecodeError as error:
        return error_response(400, "bad_request", f"the body is not JSON: {error.msg}")
    except (UnicodeDecodeError, ValueError) as error:
        return error_response(400, "bad_request", str(error))
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return error_response(500, "internal", "something went wrong here; the log says what")
