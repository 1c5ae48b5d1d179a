"""A browser's session: a key is shown once and exchanged for a cookie that no script can read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storage.keys import Key
from web import answers, inputs
from web.access import COOKIE
from web.state import State, answer, body, key_of, state
from web.threads import in_writing_thread

_SIGN_IN_BYTES = 4000  # a key and its frame; anybody may send one


def _info(parts: State, key: Key) -> answers.SessionInfo:
    ids = None if key.knowledge_bases is None else sorted(key.knowledge_bases)
    return answers.SessionInfo(scope=key.scope, knowledge_bases=ids, keys_needed=parts.access.needs_keys)


async def sign_in(request: Request) -> Response:
    """POST /api/v1/session: sign in with a key; the answer sets a cookie."""
    wanted = await body(request, inputs.SignIn, limit_bytes=_SIGN_IN_BYTES)
    parts = state(request)
    key, token = await in_writing_thread(_sign_in, parts, request, wanted.key)
    response = answer(_info(parts, key))
    response.set_cookie(
        COOKIE, token, max_age=int(parts.access.session_s), path="/", secure=request.url.scheme == "https",
        httponly=True, samesite="strict",
    )  # fmt: skip
    return response


def _sign_in(parts: State, request: Request, presented: str) -> tuple[Key, str]:
    key = parts.access.check(request, presented)
    return key, parts.access.sign_in(key)


async def show(request: Request) -> Response:
    """GET /api/v1/session: what one may do here, and whether that takes a key."""
    return answer(_info(state(request), key_of(request)))


async def sign_out(request: Request) -> Response:
    """DELETE /api/v1/session: sign out; without a session there is nothing to do."""
    await in_writing_thread(state(request).access.sign_out, request)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
