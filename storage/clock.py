"""The clock of leases: one that cannot jump, shared by all processes of a machine; and wall time for display.

A lease is a pair (boot, seconds): the monotonic clock counts from the machine's start, so a time of another boot is
past.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import time
import uuid
from functools import cache
from pathlib import Path

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)


@cache
def boot_id() -> str:
    """Identity of this start of the machine."""
    linux = Path("/proc/sys/kernel/random/boot_id")
    if linux.exists():
        return linux.read_text().strip()
    # macOS
    return subprocess.run(
        ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"], check=True, capture_output=True, text=True
    ).stdout.strip()


def now_s() -> float:
    """Seconds since the machine started, sleep included where the system counts it."""
    return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()


def wall(ago: datetime.timedelta = datetime.timedelta(0)) -> str:
    """RFC 3339 in UTC with milliseconds; for people, never for deciding who may work.

    Args:
        ago: so long before now.
    """
    return (datetime.datetime.now(datetime.UTC) - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """A UUIDv7 as 32 hex digits: sorts by the time it was made (RFC 9562, 5.7)."""
    millis = time.time_ns() // 1_000_000
    value = (millis & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return uuid.UUID(int=value).hex
