"""A bound on the body of a request, whatever it holds: by what it says at first, and by what arrives."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import PermanentError
from web import errors


class BodyLimit:
    """Refuses bodies that are larger: before a byte of them is read, or when they turn out to be."""

    def __init__(self, app: ASGIApp, max_mb: int) -> None:
        self.app = app
        self._max_bytes = max_mb * 1_000_000
        self._too_large = PermanentError(
            "too_large",
            f"The request is larger than {max_mb} MB; send fewer files at once, or raise web.max_request_mb.",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, unless the body is too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        if told.isdecimal() and int(told) > self._max_bytes:
            await (await errors.permanent(Request(scope), self._too_large))(scope, receive, send)
            return
        arrived = 0

        async def receive_bounded() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._max_bytes:
                raise self._too_large
            return message

        await self.app(scope, receive_bounded, send)
