"""Doing something to many documents without keeping other writers waiting."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from pipeline.errors import PermanentError
from storage.catalog import KnowledgeBase

_HOLD_S = 0.02


def in_short_transactions(
    kb: KnowledgeBase, documents: Iterable[str], act: Callable[[Connection, str], object]
) -> tuple[int, int]:
    """Act on documents in durable transactions that hold the write lock briefly, with a pause for others between them.

    Args:
        act: raises `PermanentError` before it writes anything where a document is not to be acted on, such as one
            that was deleted or taken into work since it was looked up.

    Returns:
        How many were acted on, and how many passed over.
    """
    left = deque(documents)
    done = passed_over = 0
    while left:
        with kb.db.write(durable=True) as connection:
            until = time.monotonic() + _HOLD_S
            while left:
                try:
                    act(connection, left.popleft())
                    done += 1
                except PermanentError:
                    passed_over += 1
                if time.monotonic() >= until:
                    break
        if left:
            time.sleep(_HOLD_S / 2)
    return done, passed_over
