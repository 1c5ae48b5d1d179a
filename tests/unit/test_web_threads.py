"""Threads for what blocks: searches have few of their own, and the next waits its turn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio

from web.threads import _SEARCHES, in_searching_thread, in_thread

_PATIENCE_S = 60.0  # for a machine under load; nothing here takes so long


class _Searches:
    """Searches that last until they are let go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.running = self.most = self.ended = 0
        self.begun = threading.Semaphore(0)
        self.end = threading.Event()

    def one(self) -> None:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.begun.release()
        assert self.end.wait(_PATIENCE_S)
        with self._lock:
            self.running -= 1
            self.ended += 1

    def all_begun(self, count: int) -> bool:
        return all(self.begun.acquire(timeout=_PATIENCE_S) for _ in range(count))


async def _many(searches: _Searches, count: int) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(in_searching_thread, searches.one)
        # Other requests are served while searches fill all of their threads and more of them wait.
        assert await in_thread(searches.all_begun, _SEARCHES)
        assert searches.ended == 0
        searches.end.set()


def test_so_many_searches_run_at_once_and_others_wait_beside_all_else() -> None:
    searches = _Searches()
    with ThreadPoolExecutor(1) as apart:  # the main thread's event loop may be another's
        apart.submit(anyio.run, _many, searches, 3 * _SEARCHES).result(timeout=_PATIENCE_S)
    assert searches.ended == 3 * _SEARCHES
    assert searches.most == _SEARCHES
