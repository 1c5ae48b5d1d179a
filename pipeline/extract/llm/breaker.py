"""A circuit breaker: who failed again and again is left alone, so that a thousand documents do not each wait.

(Nygard, Release It!, 2018: closed, open, half-open.) One a worker process, in memory: what it remembers is worth
minutes, and a process that starts anew may as well try.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 3  # in a row
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 300.0


class Breaker:
    """Whether it is worth asking.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._pause_s = _FIRST_PAUSE_S
        self._closed_until = 0.0

    def allows(self) -> bool:
        """Whether to ask now. After a pause one may, and others once that one has succeeded."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            now = self._clock()
            if now < self._closed_until:
                return False
            self._closed_until = now + self._pause_s  # this one tries; the others wait for what it finds
            return True

    def succeeded(self) -> None:
        """It answered."""
        with self._lock:
            self._failures = 0
            self._pause_s = _FIRST_PAUSE_S

    def failed(self, *, lasting: bool = False) -> None:
        """It did not.

        Args:
            lasting: for a reason that asking again will not change, so one is enough.
        """
        with self._lock:
            before = self._failures
            self._failures = max(FAILURES, before) if lasting else before + 1
            if self._failures >= FAILURES:
                if before >= FAILURES:
                    self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
                self._closed_until = self._clock() + self._pause_s
