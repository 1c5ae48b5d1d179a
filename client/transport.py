"""The two ways to a server: one blocks, one is awaited. All else of the client is written once, above them.

Both have the same coroutines. Those of `Blocking` never let go of the thread, so that `client/blocking.py` can run a
coroutine that uses them from its first step to its end in one go.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from client.errors import ApiError, Busy, NoServer, error_of
from client.options import Server
from client.requests import Request

if TYPE_CHECKING:  # who makes no client, as most commands do not, need not wait for its libraries
    import httpx


class Transport(Protocol):
    """Sends requests to one server.

    Raises, all of it:
        ApiError: the server refused.
        NoServer: nothing answers there.
    """

    server: Server

    def __init__(self, server: Server) -> None: ...

    async def send(self, request: Request) -> httpx.Response:
        """A request's whole answer."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[bytes]:
        """The body of an answer, piece by piece."""
        ...

    def listen(self, path: str) -> AsyncGenerator[str]:
        """The messages of a WebSocket; ends when the server closes it."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class Blocking:
    """Waits for the server in the caller's thread; threads may share it."""

    def __init__(self, server: Server) -> None:
        import httpx

        self.server = server
        self._http = httpx.Client(**server.for_httpx)

    async def send(self, request: Request) -> httpx.Response:
        """See `Transport`."""
        with _reached(self.server):
            return _checked(self._http.request(**_arguments(request)), request.also)

    async def stream(self, request: Request) -> AsyncGenerator[bytes]:
        """See `Transport`."""
        with _reached(self.server), self._http.stream(**_arguments(request)) as response:
            if response.is_error:
                response.read()
            for piece in _checked(response).iter_bytes():
                yield piece

    async def listen(self, path: str) -> AsyncGenerator[str]:
        """See `Transport`."""
        from websockets.sync.client import connect

        with _heard(self.server), connect(self.server.events_url(path), **self.server.for_websockets) as socket:
            for message in socket:
                yield str(message)

    async def sleep(self, seconds: float) -> None:
        """See `Transport`."""
        time.sleep(seconds)

    async def close(self) -> None:
        """See `Transport`."""
        self._http.close()


class Awaited:
    """Waits for the server in the event loop: asyncio's, or but for changes trio's."""

    def __init__(self, server: Server) -> None:
        import httpx

        self.server = server
        self._http = httpx.AsyncClient(**server.for_httpx)

    async def send(self, request: Request) -> httpx.Response:
        """See `Transport`."""
        with _reached(self.server):
            return _checked(await self._http.request(**_arguments(request)), request.also)

    async def stream(self, request: Request) -> AsyncGenerator[bytes]:
        """See `Transport`."""
        with _reached(self.server):
            async with self._http.stream(**_arguments(request)) as response:
                if response.is_error:
                    await response.aread()
                async for piece in _checked(response).aiter_bytes():
                    yield piece

    async def listen(self, path: str) -> AsyncGenerator[str]:
        """See `Transport`."""
        from websockets.asyncio.client import connect

        with _heard(self.server):
            async with connect(self.server.events_url(path), **self.server.for_websockets) as socket:
                async for message in socket:
                    yield str(message)

    async def sleep(self, seconds: float) -> None:
        """See `Transport`."""
        import anyio

        await anyio.sleep(seconds)

    async def close(self) -> None:
        """See `Transport`."""
        await self._http.aclose()


def _arguments(request: Request) -> dict[str, Any]:
    return {
        "method": request.method, "url": request.path, "params": request.query or None, "json": request.json,
        "data": request.form, "files": request.files,
    }  # fmt: skip


@contextmanager
def _reached(server: Server) -> Iterator[None]:
    import httpx

    try:
        yield
    except httpx.TransportError as error:
        raise _nobody(server, error) from error


@contextmanager
def _heard(server: Server) -> Iterator[None]:
    from websockets.exceptions import WebSocketException

    try:
        yield
    except (WebSocketException, OSError) as error:
        raise _nobody(server, error) from error


def _nobody(server: Server, error: Exception) -> NoServer:
    return NoServer(f"No Pagemill answers at {server.base} ({str(error) or type(error).__name__}).")


def _checked(response: httpx.Response, also: int | None = None) -> httpx.Response:
    """The answer, unless it is a refusal."""
    if not response.is_error or response.status_code == also:
        return response
    retry_after_s = _seconds(response.headers.get("retry-after", ""))
    try:
        raise error_of(response.json()["error"], response.status_code, retry_after_s)
    except (ValueError, KeyError, TypeError):
        message = f"the server answered {response.status_code}: {response.text[:200]}"
        kind = Busy if response.status_code == 503 else ApiError  # a proxy without a server behind it
        raise kind("unexpected", message, status=response.status_code, retry_after_s=retry_after_s) from None


def _seconds(given: str) -> float | None:
    """Of a Retry-After header; the form with a date is not one that Pagemill sends."""
    return float(given) if given.isdecimal() else None
