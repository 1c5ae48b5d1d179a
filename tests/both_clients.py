"""Both clients behind one face: what a test asks of the one that waits, it asks of the one that is awaited, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from client import AsyncPagemill, Pagemill


class Awaiting:
    """An `AsyncPagemill` whose methods wait: they run on a loop in a thread of its own, lists to their end."""

    def __init__(self, portal: BlockingPortal, client: AsyncPagemill) -> None:
        self._portal = portal
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)

        def method(*args: Any, **kwargs: Any) -> Any:
            async def run() -> Any:
                answer = operation(*args, **kwargs)
                if isinstance(answer, AsyncIterator):
                    return [item async for item in answer]
                return await answer

            return self._portal.call(run)

        return method

    def first(self, name: str, count: int, *args: Any, **kwargs: Any) -> list[Any]:
        """The first items of a list that may have no end."""

        async def run() -> list[Any]:
            items = getattr(self._client, name)(*args, **kwargs)
            found: list[Any] = []
            try:
                while len(found) < count:
                    found.append(await anext(items))
            finally:
                await items.aclose()
            return found

        return self._portal.call(run)


class Waiting(Pagemill):
    """A `Pagemill`, with the same helper."""

    def first(self, name: str, count: int, *args: Any, **kwargs: Any) -> list[Any]:
        """The first items of a list that may have no end."""
        items = getattr(self, name)(*args, **kwargs)
        found = [next(items) for _ in range(count)]
        items.close()
        return found


@contextmanager
def opened(kind: str, url: str, key: str | None = None, **options: Any) -> Iterator[Any]:
    """A client, "waits" or "awaited"."""
    if kind == "waits":
        with Waiting(url, key, **options) as client:
            yield client
        return
    with start_blocking_portal() as portal:
        made = portal.call(lambda: AsyncPagemill(url, key, **options))
        try:
            yield Awaiting(portal, made)
        finally:
            portal.call(made.close)
