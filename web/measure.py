"""Times every answer, by operation and by the class of its status, for `/metrics`."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline import metrics

OPERATION = "pagemill.operation"
"""Where in the scope an operation leaves its name; what is no operation (the page, wrong addresses) goes as `other`."""


class Measure:
    """ASGI middleware; outermost, so that what other middleware answers counts too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note when an HTTP answer begins: how long its body takes is the network's business."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = f"{message['status'] // 100}xx"
                seconds = time.perf_counter() - began
                metrics.HTTP_SECONDS.labels(scope.get(OPERATION, "other"), status).observe(seconds)
            await send(message)

        await self._app(scope, receive, sending)
