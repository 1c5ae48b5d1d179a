"""Who waits for changes: one look at a knowledge base's version, many times a second, serves all who wait for it.

The version stands in the database and every settle raises it, so this is right with any number of web processes and
after any reconnect: whoever comes with the last version it saw misses nothing. A look costs some 0.2 ms, and only
knowledge bases that somebody waits for are looked at.
"""

from __future__ import annotations

import asyncio
import time

from pipeline.errors import PermanentError
from storage import status
from storage.catalog import KnowledgeBase, Storage
from storage.database import Missing
from web.threads import in_thread

_LOOK_S = 0.04
_STILL_THERE_S = 1.0  # deleting a knowledge base is noticed after so long


class Watch:
    """The versions that one web process watches."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lookers: dict[str, _Looker] = {}
        self._closed = False

    async def beyond(self, kb: KnowledgeBase, version: int, seconds: float) -> int:
        """Wait until the knowledge base's version is greater, or for so long; its version then.

        Raises:
            PermanentError: `not_found`: it was deleted.
            Exception: what went wrong while looking, such as `ServiceUnavailable`.
        """
        looker = self._lookers.get(kb.id)
        if looker is None or looker.task.done():
            looker = self._lookers[kb.id] = _Looker(self._storage, kb)
        looker.waiting += 1
        try:
            deadline = time.monotonic() + seconds
            while looker.version <= version and not self._closed and looker.error is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                await looker.next_change(left)
            if looker.error is not None:
                raise looker.error
            return looker.version
        finally:
            looker.waiting -= 1
            if looker.waiting == 0:
                looker.task.cancel()
                if self._lookers.get(kb.id) is looker:
                    del self._lookers[kb.id]

    @property
    def closed(self) -> bool:
        """Whether the server is stopping: nobody should go on waiting."""
        return self._closed

    def close(self) -> None:
        """Send all who wait home: the server is stopping."""
        self._closed = True
        for looker in self._lookers.values():
            looker.announce()


class _Looker:
    """Looks at one knowledge base as long as somebody waits for it."""

    def __init__(self, storage: Storage, kb: KnowledgeBase) -> None:
        self._storage = storage
        self._kb = kb
        self._changed = asyncio.Event()
        self.version = -1
        self.waiting = 0
        self.error: Exception | None = None
        self.task = asyncio.create_task(self._look(), name=f"watch {kb.id}")

    async def next_change(self, seconds: float) -> None:
        """Wait until the version moved, something went wrong, or for so long."""
        event = self._changed
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return  # the caller looks at the clock

    def announce(self) -> None:
        """Wake all who wait."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _look(self) -> None:
        checked = time.monotonic()
        try:
            while True:
                version = await in_thread(status.version, self._kb)
                if version != self.version:
                    self.version = version
                    self.announce()
                if time.monotonic() - checked > _STILL_THERE_S:
                    checked = time.monotonic()
                    if not await in_thread(self._storage.exists, self._kb.id):
                        raise Missing(self._kb.folder)
                await asyncio.sleep(_LOOK_S)
        except Missing:
            self.error = PermanentError("not_found", "The knowledge base was deleted.")
        except Exception as error:  # not swallowed: all who wait raise it
            self.error = error
        self.announce()
