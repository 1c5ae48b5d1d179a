"""One client's connection: uvicorn's, and it waits for nobody for ever.

uvicorn bounds the pause between two requests and nothing else. Here a client must send the head of a request within
`web.header_s`, from its first byte on; go on sending a body, and go on taking an answer, within `web.idle_s`; and there
are `web.max_connections` of them at most. Knows nothing of what is asked or answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from pipeline.settings import WebSettings
from web.middleware.headers import RAW

_HEAD_BYTES = 65_536
_PROGRESS_BYTES = 16_384  # so much of a body must come within the time: a byte now and then would last for ever


class _Timer:
    """Calls something later, unless it is stopped or started anew before."""

    def __init__(self, act: Callable[[], None], seconds: float) -> None:
        self._act = act
        self._seconds = seconds
        self._handle: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        return self._handle is not None

    def start(self) -> None:
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._fire)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self) -> None:
        self._handle = None
        self._act()


class _Bounded(asyncio.Protocol):
    """A connection whose client must take what there is for it."""

    transport: asyncio.Transport

    def __init__(self, *args: Any, limits: WebSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taking = _Timer(self._takes_nothing, limits.idle_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went, or was cut off."""
        self._taking.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes less than there is for it."""
        super().pause_writing()
        self._taking.start()

    def resume_writing(self) -> None:
        """The client has taken it."""
        super().resume_writing()
        self._taking.stop()

    def _takes_nothing(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()


class SocketConnection(_Bounded, WebSocketsSansIOProtocol):
    """A WebSocket's connection. That its client lives, uvicorn finds out by pings."""

    def keepalive_timeout(self) -> None:
        """The client did not answer a ping; it may not take the farewell either."""
        super().keepalive_timeout()
        self._taking.start()


class Connection(_Bounded, HttpToolsProtocol):
    """A connection with limits, which are those of the section `web`."""

    def __init__(self, *args: Any, limits: WebSettings, **kwargs: Any) -> None:
        super().__init__(*args, limits=limits, **kwargs)
        self._most = limits.max_connections
        self._head = _Timer(self._head_is_late, limits.header_s)
        self._body = _Timer(self._body_is_late, limits.idle_s)
        self._head_bytes = 0
        self._body_bytes = 0
        self._in_body = False

    # From the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client came."""
        super().connection_made(transport)
        self._head.start()
        if len(self.connections) > self._most:
            words = "Too many clients are connected; try again in a few seconds."
            self._refuse(503, "unavailable", words, (b"retry-after", b"5"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went, or was cut off."""
        self._head.stop()
        self._body.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The client sent something."""
        if self.transport.is_closing():
            return
        if not self._in_body and not self._head.runs and (self.cycle is None or self.cycle.response_complete):
            self._head.start()  # the next request begins
        if self._head.runs:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head.runs and self._head_bytes > _HEAD_BYTES:
            self._refuse(431, "bad_request", f"The head of the request is larger than {_HEAD_BYTES} bytes.")

    # From the parser

    def on_headers_complete(self) -> None:
        """A head has arrived."""
        self._head.stop()
        self._head_bytes = self._body_bytes = 0
        self._in_body = True
        if not self.flow.write_paused:
            self._taking.stop()
        self._body.start()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body has arrived. The rest of one that was answered already is heard for a while and no more."""
        super().on_body(body)
        self._body_bytes += len(body)
        if self._body_bytes >= _PROGRESS_BYTES and not self.cycle.response_complete:
            self._body_bytes = 0
            self._body.start()

    def on_message_complete(self) -> None:
        """A body has arrived, or there was none."""
        self._in_body = False
        self._body.stop()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer was given to the transport; nobody else looks whether the client takes the end of it."""
        super().on_response_complete()
        if self._in_body:
            self._body.start()
        if not self._taking.runs and self.transport.get_write_buffer_size():
            self._taking.start()

    def handle_websocket_upgrade(self) -> None:
        """It is a WebSocket's from now on."""
        for timer in (self._head, self._body, self._taking):
            timer.stop()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._refuse(400, "bad_request", msg)

    # Too late

    def _head_is_late(self) -> None:
        self._refuse(408, "too_slow", "The request's head did not arrive in time.")

    def _body_is_late(self) -> None:
        if self.cycle.response_complete:
            self.transport.close()
        elif self.flow.read_paused or self.cycle.body:  # it is we who are slow
            self._body.start()
        else:
            self.cycle.disconnected = True  # whoever reads the body learns that no more of it comes
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
            else:
                self._refuse(408, "too_slow", "The request's body did not arrive in time.")

    def _refuse(self, status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> None:
        """An answer that no request of the app's gives, and the end."""
        body = orjson.dumps({"error": {"code": code, "message": message, "detail": None}})
        told = [
            *RAW, *headers, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]  # fmt: skip
        head = b"".join(b"%s: %s\r\n" % pair for pair in told)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self.transport.close()
        self._taking.start()
