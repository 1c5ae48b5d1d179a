"""Blocking calls beside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run what touches the database or the disk beside the event loop."""
    return await run_in_threadpool(function, *args, **kwargs)
