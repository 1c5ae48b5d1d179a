"""What every process of ours does to itself: die with its parent, step back for others, mind its memory."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_SESSION = Path("/proc/self/autogroup")
_TRIES = 20
PARENT = "PAGEMILL_PARENT"
RECYCLED = 75  # exit status of a worker that ended on purpose and wants to be started again at once


def die_with_parent() -> None:
    """Have the kernel send SIGKILL when the parent dies (Linux; elsewhere the caller must watch its parent).

    Survives `exec`, so a thin wrapper can guard programs that are not ours. Who started us is in the variable
    `PARENT`: if that one died before we came here, so do we.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.get(PARENT)
    if parent is not None and os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGKILL)


def step_back(nice: int) -> None:
    """Lower the scheduling priority to `nice` (0..19), of this process and of its session; never raises it.

    Linux, as distributions set it up, shares the processor out between sessions first (autogroup, sched(7)): what
    `nice` says counts among the processes of one session alone, and every program of ours has a session of its own.
    """
    missing = nice - os.nice(0)
    if missing > 0:
        os.nice(missing)
    for _ in range(_TRIES):
        try:
            if int(_SESSION.read_text().split()[-1]) < nice:
                _SESSION.write_text(str(nice))
            return
        except BlockingIOError:  # the kernel takes a tenth of a second between two such wishes, whoever's they are
            time.sleep(0.1)
        except (OSError, ValueError, IndexError):  # no such groups here, or not ours to say
            return


def limit_memory(megabytes: int) -> None:
    """Let this process's address space grow by so much at most; where the system has no such limit, do nothing."""
    if sys.platform != "linux":
        return
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        pages = int(statm.read().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us, up to 65,536: the usual 1,024 are few for a server."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def limit_core_dumps() -> None:
    """Leave no core dump of a child that crashes on somebody's document: it would hold the document."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
