"""The parent's side of a child process: call it, watch it, kill it for real.

A call ends in an answer, or in `ChildFailed` when the child died, overran its wall-clock limit or its memory. The
worker lives on; the next call starts a new child.
"""

from __future__ import annotations

import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from queue import LifoQueue
from typing import Any

import orjson
import psutil

from pipeline import log
from pipeline.child import HEADER
from pipeline.errors import ChildFailed, LeaseLost, PermanentError, ServiceUnavailable, TransientError
from pipeline.process import PARENT
from pipeline.settings import SECRETS

COMMAND = (sys.executable, "-m", "pipeline.child")
_LOOK_S = 0.2  # how often a waiting parent looks at the clock and the lease
_WEIGH_S = 1.0  # and at the child's memory: finding its own children takes a look at all processes there are
_START_S = 90.0
# The words of a full page come to some hundred kilobytes. What sends more was taken over, or is a bomb of words.
_ANSWER_BYTES = 100_000_000
# Memory beyond the limit before the kill: the child's own limit should end it first, with a cleaner answer.
_HEADROOM_MB = 300
_TEMPORARY = "pagemill-child-"
_LOG = log.get("child")


class Child:
    """A child process in a role; started at first use, one call at a time.

    Args:
        config: handed to the role at its start; `memory_mb` is its limit above what it takes to start.
    """

    def __init__(self, role: str, config: dict[str, Any]) -> None:
        self._role = role
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self._temporary: Path | None = None

    def call(self, request: dict[str, Any], what: str, seconds: float, lost: Callable[[], bool]) -> Any:
        """Have the child do something.

        Args:
            what: what it does, for error sentences: "Reading page 3".
            lost: whether the work is no longer wanted; asked several times a second.

        Raises:
            ChildFailed: it died, overran or outgrew its limits.
            LeaseLost: `lost` said so; the child was killed.
            PermanentError, TransientError, ServiceUnavailable: what the stage raised.
        """
        process = self._started(lost)
        try:
            answer = self._exchange(process, request, what, seconds, lost)
        except (ChildFailed, LeaseLost):
            self.kill()
            raise
        if "permanent" in answer:
            raise PermanentError(**answer["permanent"])
        if "failed" in answer:  # something it runs itself overran; what state that left it in nobody knows
            self.kill()
            raise ChildFailed(**answer["failed"])
        if "memory" in answer:
            self.kill()
            raise ChildFailed("page_memory", f"{what} needed more than {self._config['memory_mb']} MB of memory.")
        if "unavailable" in answer:
            raise ServiceUnavailable(answer["unavailable"])
        if "transient" in answer:
            raise TransientError(answer["transient"])
        return answer["ok"]

    def warm(self) -> None:
        """Start it now, so that the first page need not wait."""
        self._started(lambda: False)

    def _started(self, lost: Callable[[], bool]) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None and not self._cramped(self._process.pid):
            return self._process
        self.kill()  # one that died or grew since the last page: what it started and its temporary files go too
        try:
            self._temporary = _temporary_folder()
            self._process = subprocess.Popen(
                [*COMMAND, self._role],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # One thread for matrices too: the pages are the parallelism.
                env={
                    "OPENBLAS_NUM_THREADS": "1",
                    **{name: value for name, value in os.environ.items() if name not in SECRETS},
                    PARENT: str(os.getpid()),
                    "TMPDIR": str(self._temporary),
                },
                process_group=0,  # the kill takes its own children along; the session, and its priority, is ours
            )
        except OSError as error:  # no memory, no process or no disk to be had just now
            raise ServiceUnavailable(f"{self._role} child not started: {error.strerror}") from error
        try:
            answer = self._exchange(self._process, self._config, f"Starting the {self._role} child", _START_S, lost)
        except LeaseLost:
            self.kill()
            raise
        except ChildFailed as error:  # no page was at it yet, so no page is to blame
            self.kill()
            raise ServiceUnavailable(str(error)) from error
        if "ok" not in answer:
            self.kill()
            raise ServiceUnavailable(f"{self._role} child did not start: {answer}")
        return self._process

    def _exchange(
        self,
        process: subprocess.Popen[bytes],
        request: dict[str, Any],
        what: str,
        seconds: float,
        lost: Callable[[], bool],
    ) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None
        deadline = time.monotonic() + seconds
        weigh = time.monotonic() + _LOOK_S
        body = orjson.dumps(request)
        try:
            process.stdin.write(HEADER.pack(len(body)) + body)
            process.stdin.flush()
        except BrokenPipeError:
            raise self._died(process, what) from None
        received = bytearray()
        wanted = HEADER.size
        descriptor = process.stdout.fileno()
        while len(received) < wanted:
            if select.select([descriptor], [], [], _LOOK_S)[0]:
                piece = os.read(descriptor, 1 << 20)
                if not piece:
                    raise self._died(process, what)
                received += piece
                if wanted == HEADER.size and len(received) >= wanted:
                    wanted += HEADER.unpack_from(received)[0]
                if wanted > _ANSWER_BYTES:
                    raise ChildFailed("page_memory", f"{what} found more than {_ANSWER_BYTES // 1_000_000} MB of text.")
                if len(received) >= wanted or time.monotonic() < deadline:  # else it may send for ever
                    continue
            if lost():
                raise LeaseLost(what)
            if time.monotonic() > deadline:
                raise ChildFailed("page_timeout", f"{what} took longer than {seconds:g} s.")
            if time.monotonic() < weigh:
                continue
            weigh = time.monotonic() + _WEIGH_S
            if self.memory_mb() > self._memory_limit_mb():
                raise ChildFailed("page_memory", f"{what} needed more than {self._config['memory_mb']} MB of memory.")
        answer: dict[str, Any] = orjson.loads(received[HEADER.size :])
        return answer

    def _cramped(self, pid: int) -> bool:
        """Whether earlier pages have left it less than a third of the memory that a page may need.

        OpenVINO, for one, keeps compiled code for every size of image it has seen: 170 MB of addresses a receipt were
        measured. When it got no more of them it did not fail; it gave the text of one line for every line.
        Where sizes are rounded so that their number is small, growth ends well before this.
        """
        if sys.platform != "linux":  # no such limit there, see `limit_memory`
            return False
        try:
            limit = resource.prlimit(pid, resource.RLIMIT_AS)[0]
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        except (OSError, IndexError):  # it has just died, which the call will find out
            return False
        left = limit - pages * resource.getpagesize()
        return limit != resource.RLIM_INFINITY and left < self._config["memory_mb"] * 1e6 / 3

    def _memory_limit_mb(self) -> float:
        return float(self._config["memory_mb"] + _HEADROOM_MB)

    def _died(self, process: subprocess.Popen[bytes], what: str) -> ChildFailed:
        code = process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        killed = code == -signal.SIGKILL  # not by us: we raise what we kill it for
        return ChildFailed("page_crashed", f"{what} crashed the program that does it ({how}).", killed=killed)

    def memory_mb(self) -> float:
        """Resident memory of the child and its own children, megabytes."""
        if self._process is None:
            return 0.0
        try:
            family = [psutil.Process(self._process.pid)]
            family += family[0].children(recursive=True)
            return sum(member.memory_info().rss for member in family) / 1e6
        except psutil.Error:  # gone while we looked
            return 0.0

    @property
    def pid(self) -> int | None:
        """Number of its process, None where there is none."""
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        """End it and what it started, now."""
        if self._process is None:
            return
        process, self._process = self._process, None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            _LOG.debug("child was gone", role=self._role)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # a request it never read; the descriptor is closed all the same
                    _LOG.debug("child left a request unread", role=self._role)
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def _temporary_folder() -> Path:
    """A folder for a child's temporary files, which hold what documents say; those of processes that died are removed.

    Its name tells whose it is: a worker that is killed cannot clean up, so the next one does.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"):
        owner = old.name.removeprefix(_TEMPORARY).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-"))


class ChildPool:
    """As many children as the worker has threads, all started at once so that the first pages need not wait."""

    def __init__(self, role: str, config: dict[str, Any], size: int) -> None:
        self._all = [Child(role, config) for _ in range(size)]
        self._idle: LifoQueue[Child] = LifoQueue()
        for child in self._all:
            child.warm()
            self._idle.put(child)

    def call(self, request: dict[str, Any], what: str, seconds: float, lost: Callable[[], bool]) -> Any:
        """As `Child.call`, by whichever child is idle; there is one for every thread."""
        child = self._idle.get()
        try:
            return child.call(request, what, seconds, lost)
        finally:
            self._idle.put(child)

    def memory_mb(self) -> float:
        """Memory of all children, megabytes."""
        return sum(child.memory_mb() for child in self._all)

    def pids(self) -> list[int]:
        """Numbers of the children's processes, for who measures them."""
        return [pid for child in self._all if (pid := child.pid) is not None]

    def kill(self) -> None:
        """End all children."""
        for child in self._all:
            child.kill()
