"""Every error leaves as {"error": {"code", "message", "detail"}} with the right status."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from pipeline import log
from pipeline.errors import CODES, PermanentError, ServiceUnavailable
from storage.database import Missing

_LOG = log.get("web")
STATUS = {
    **dict.fromkeys(CODES, HTTPStatus.UNPROCESSABLE_ENTITY),
    "not_found": HTTPStatus.NOT_FOUND,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "too_many_failures": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_waiting": HTTPStatus.TOO_MANY_REQUESTS,
    "too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "name_taken": HTTPStatus.CONFLICT,
    "conflict": HTTPStatus.CONFLICT,
    "not_ready": HTTPStatus.CONFLICT,
    "model_mismatch": HTTPStatus.CONFLICT,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "upload_cut": HTTPStatus.BAD_REQUEST,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status that a code is answered with; those not named here speak of files."""

CLOSE = {
    "bad_request": 4400,
    "unauthorized": 4401,
    "forbidden": 4403,
    "not_found": 4404,
    "too_many_failures": 4429,
    "unavailable": 1013,
}
"""The code that a WebSocket is closed with."""

_RETRY_AFTER_S = "5"
_OUT_OF_REACH = "A part that this request needs is out of reach; try again in a few seconds."
_SIGN_IN = 'Bearer realm="pagemill"'


def answer(status: int, code: str, message: str, detail: Any = None, **headers: str) -> JSONResponse:
    """An error answer."""
    body = {"error": {"code": code, "message": message, "detail": detail}}
    return JSONResponse(body, status_code=status, headers=headers)


async def permanent(_: Request, error: Exception) -> Response:
    """Our own errors; those about files reach here only from uploads and previews."""
    assert isinstance(error, PermanentError)
    headers = {"WWW-Authenticate": _SIGN_IN} if error.code == "unauthorized" else {}
    if isinstance(error.detail, dict) and "retry_after_s" in error.detail:
        headers["Retry-After"] = str(error.detail["retry_after_s"])
    return answer(STATUS[error.code], error.code, error.message, error.detail, **headers)


async def invalid(_: Request, error: Exception) -> Response:
    """A body or a query that is not of its model's form."""
    assert isinstance(error, ValidationError)
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_request", sentence(error), _problems(error))


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong, and where."""
    first = _problems(error)[0]
    return f"{first['where']}: {first['what']}" if first["where"] else first["what"]


def _problems(error: ValidationError) -> list[dict[str, str]]:
    return [
        {"where": ".".join(str(part) for part in problem["loc"]), "what": problem["msg"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]


async def unavailable(_: Request, error: Exception) -> Response:
    """A part is out of reach: come back."""
    _LOG.warning("unavailable", why=str(error))
    headers = {"Retry-After": _RETRY_AFTER_S}
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", _OUT_OF_REACH, str(error), **headers)


async def refuse(socket: WebSocket, error: Exception, *, accepted: bool = False) -> None:
    """Tell a WebSocket what is wrong and close it. Browsers learn of neither unless it was accepted before."""
    if isinstance(error, PermanentError):
        problem = error.as_dict()
    else:
        problem = {"code": "unavailable", "message": _OUT_OF_REACH, "detail": str(error)}
    if not accepted:
        await socket.accept()
    await socket.send_json({"type": "error", "error": problem})
    await socket.close(CLOSE[problem["code"]])


async def missing(_: Request, __: Exception) -> Response:
    """The knowledge base was deleted while the request ran."""
    return answer(HTTPStatus.NOT_FOUND, "not_found", "The knowledge base was deleted.")


async def http(_: Request, error: Exception) -> Response:
    """Starlette's own: no such address, wrong method."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    message = {
        404: "There is nothing at this address; the API is under /api/v1.",
        405: "This address does not answer this method.",
    }.get(error.status_code, error.detail)
    return answer(error.status_code, code, message, **dict(error.headers or {}))


async def unexpected(_: Request, error: Exception) -> Response:
    """A fault of ours."""
    _LOG.error("request failed", exc_info=error)
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something went wrong inside Pagemill; see its log.")


HANDLERS: dict[Any, Any] = {
    PermanentError: permanent,
    ValidationError: invalid,
    ServiceUnavailable: unavailable,
    Missing: missing,
    HTTPException: http,
    Exception: unexpected,
}
