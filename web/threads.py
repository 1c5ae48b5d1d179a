"""Blocking calls beside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool

_WRITERS = 16
# A search computes nearly all of its time, half of it under the interpreter's lock, and holds up to two connections
# with their pages: more at once would find a database's pool empty, open others and read it all anew.
_SEARCHES = 4
_writers: RunVar[CapacityLimiter] = RunVar("writers")
_searches: RunVar[CapacityLimiter] = RunVar("searches")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def in_thread(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Run what touches the database or the disk beside the event loop."""
    return await run_in_threadpool(function, *args, **kwargs)


async def in_writing_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """The same for what may have to wait for a database's write lock.

    It has threads of its own, few: while another program holds a database, uploads that wait for it must not take
    the threads that search and status need.
    """
    return await to_thread.run_sync(partial(function, *args, **kwargs), limiter=_limiter(_writers, _WRITERS))


async def in_searching_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """The same for searches: the next waits its turn, so that many at once are answered sooner than side by side.

    Searches that wait for a model or for Chroma take no thread that uploads and status need.
    """
    return await to_thread.run_sync(partial(function, *args, **kwargs), limiter=_limiter(_searches, _SEARCHES))


def _limiter(kept: RunVar[CapacityLimiter], most: int) -> CapacityLimiter:
    """The event loop's limiter; made at first use."""
    try:
        return kept.get()
    except LookupError:
        limiter = CapacityLimiter(most)
        kept.set(limiter)
        return limiter
