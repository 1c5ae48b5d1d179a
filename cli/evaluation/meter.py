"""What children cost: wall time, processor time and memory, of them and of all that they start."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline.children import ChildPool

_LOOK_S = 0.2


@dataclass(slots=True)
class Cost:
    """Of a piece of work.

    Attributes:
        wall_s: as the clock on the wall has it.
        cpu_s: user and system seconds of the children and of the programs they ran to the end (on macOS without those).
        peak_mb: by role, largest resident memory of the child and all that it started, megabytes.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: dict[str, float] = field(default_factory=dict)

    def __add__(self, other: Cost) -> Cost:
        """Of both, one after the other."""
        peaks = {role: max(self.peak_mb.get(role, 0.0), other.peak_mb.get(role, 0.0))
                 for role in self.peak_mb | other.peak_mb}  # fmt: skip
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, peaks)


class Meter:
    """Watches children from a thread of its own.

    Args:
        pools: by role.
    """

    def __init__(self, pools: Mapping[str, ChildPool]) -> None:
        self._pools = pools
        self._lock = threading.Lock()
        self._peak_mb: dict[str, float] = {}
        self._cpu_s: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter", daemon=True)
        self._thread.start()

    @contextmanager
    def measured(self) -> Iterator[Cost]:
        """The cost of what is done inside, filled in at the end. One at a time."""
        cost = Cost()
        for pool in self._pools.values():
            for pid in pool.pids():
                _forget_high_water(pid)
        before = self._look()
        with self._lock:
            self._peak_mb = {}
        began = time.perf_counter()
        try:
            yield cost
        finally:
            cost.wall_s = time.perf_counter() - began
            # A child that was killed counts up to when it was last seen; one started instead counts from its start.
            cost.cpu_s = self._look() - before
            cost.peak_mb = dict(self._peak_mb)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_S):
            self._look()

    def _look(self) -> float:
        """Processor seconds of all children so far; notes their memory."""
        with self._lock:
            for role, pool in self._pools.items():
                for pid in pool.pids():
                    with suppress(psutil.Error):  # gone while we looked
                        child = psutil.Process(pid)
                        times = child.cpu_times()
                        self._cpu_s[pid] = times.user + times.system + times.children_user + times.children_system
                        family_mb = sum(one.memory_info().rss for one in (child, *child.children(recursive=True))) / 1e6
                        seen = max(family_mb, _high_water_mb(pid), self._peak_mb.get(role, 0.0))
                        self._peak_mb[role] = seen
            return sum(self._cpu_s.values())

    def stop(self) -> None:
        """Look no longer."""
        self._over.set()
        self._thread.join()


def _forget_high_water(pid: int) -> None:
    """Let Linux count a process's largest memory anew (proc(5), clear_refs); elsewhere nothing."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _high_water_mb(pid: int) -> float:
    """A process's largest resident memory, which no looking now and then can miss; 0 where Linux does not tell."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0
