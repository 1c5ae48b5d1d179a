"""Blocking calls beside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool

_WRITERS = 16
_writers: RunVar[CapacityLimiter] = RunVar("writers")
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
    try:
        limiter = _writers.get()
    except LookupError:
        limiter = CapacityLimiter(_WRITERS)
        _writers.set(limiter)
    return await to_thread.run_sync(partial(function, *args, **kwargs), limiter=limiter)
