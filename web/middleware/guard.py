"""Nobody passes without a key, where keys are needed, and no page of another site passes at all.

Who it was stands in the request's state afterwards; what a key may do with an address, its line of the table says.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from pipeline.errors import PermanentError, ServiceUnavailable
from web import errors
from web.access import Access
from web.threads import in_writing_thread


class Guard:
    """Refuses requests and WebSockets before anything else sees them.

    Args:
        open_to_all: methods and addresses for which no key is needed; an address that ends in a slash stands for all
            that is below it.
    """

    def __init__(self, app: ASGIApp, open_to_all: frozenset[tuple[str, str]]) -> None:
        self.app = app
        self._open = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request or WebSocket pass, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        access: Access = connection.app.state.parts.access
        try:
            access.check_source(connection)
            key = None if self._is_open(scope) else await access.who(connection)
        except (PermanentError, ServiceUnavailable) as error:
            await _refuse(error, scope, receive, send)
            return
        connection.state.key = key
        await self.app(scope, receive, send)
        if key is not None and access.should_note(key):
            await in_writing_thread(access.note_use, key)

    def _is_open(self, scope: Scope) -> bool:
        if scope["type"] == "websocket":
            return False
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        path: str = scope["path"]
        folder, slash, _ = path[1:].partition("/")
        return (method, path) in self._open or (bool(slash) and (method, f"/{folder}/") in self._open)


async def _refuse(error: PermanentError | ServiceUnavailable, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await errors.refuse(WebSocket(scope, receive, send), error)
        return
    say = errors.permanent if isinstance(error, PermanentError) else errors.unavailable
    await (await say(Request(scope), error))(scope, receive, send)
