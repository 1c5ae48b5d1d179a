"""A wire to a server that can be cut: whoever connects talks to the server behind it until then."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit


class Wire:
    """Passes bytes on between its own port of loopback and another's.

    Args:
        url: of the server behind it.

    Attributes:
        url: its own.
    """

    def __init__(self, url: str) -> None:
        self._behind = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._left: dict[str, int] = {}
        self._is_cut = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """Break all connections, and let no other come about."""
        with self._lock:
            self._is_cut = True
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def cut_after(self, *, sent: int | None = None, received: int | None = None) -> None:
        """Cut it once so many bytes more went to the server, or came from it."""
        with self._lock:
            self._left = {way: left for way, left in (("up", sent), ("down", received)) if left is not None}

    def mend(self) -> None:
        """Let all through again."""
        with self._lock:
            self._is_cut, self._left = False, {}

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                is_cut = self._is_cut
            if is_cut:
                near.close()
                continue
            thread = threading.Thread(target=self._connect, args=(near,))
            self._threads.append(thread)
            thread.start()

    def _connect(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._behind) as far:
            with self._lock:
                self._open |= {near, far}
            back = threading.Thread(target=self._pass_on, args=(far, near, "down"))
            back.start()
            self._pass_on(near, far, "up")
            back.join()
            with self._lock:
                self._open -= {near, far}

    def _pass_on(self, one: socket.socket, other: socket.socket, way: str) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if self._spent(way, len(data)):
                    self.cut()
                    break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _spent(self, way: str, size: int) -> bool:
        with self._lock:
            if way not in self._left:
                return False
            self._left[way] -= size
            return self._left[way] < 0
