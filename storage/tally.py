"""What was counted over all documents of a knowledge base a moment ago, for where there are many.

Counts are of a version of the knowledge base: until it changes they hold. Where it changes all the time and is large,
they are counted anew only so often that counting takes a twentieth of the time: a million documents take seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

_MANY = 5_000  # fewer documents are counted whenever something changed
_SHARE = 0.05


class Tally:
    """The counts of one knowledge base, by name, as one process has them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, tuple[int, float, Any]] = {}  # of which version, until when they do, and they themselves

    def of(self, name: str, version: int, count: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
        """Counts, and the version that they are of; that may be an older one.

        Args:
            version: that of the knowledge base, as the transaction that counts sees it.
            count: counts; how many documents there are, and what is to be remembered.
        """
        with self._lock:  # who comes while it is counted waits for that
            known = self._known.get(name)
            began = time.monotonic()
            if known is not None and (known[0] == version or began < known[1]):
                return known[0], known[2]
            documents, counted = count()
            ended = time.monotonic()
            held_s = (ended - began) / _SHARE if documents >= _MANY else 0.0
            self._known[name] = (version, ended + held_s, counted)
            return version, counted
