"""What this host has of files that lie elsewhere: a bounded folder, for processes that know nothing of each other.

    fetched/<key with + for />     originals, kept until they are not used any more or others need the room
    fetched/.<random>/             what is on its way: uploads, page images, files that are being fetched

Whoever uses something holds a shared lock on it (`flock`, which ends with its holder however that ends), and whoever
wants to remove it must get that lock for itself. So nothing vanishes under its reader, and what a dead process left is
known at once. Two processes that miss the same file both fetch it, each under a name of its own: the second rename
takes the place of the same bytes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from uuid import uuid4

from pipeline import log
from storage.files import disk_errors

_KEEP = 0.8  # of its limit is kept where the folder is cut down
_UNUSED_S = 600.0  # what nobody used for so long goes: its document may have been deleted
_YOUNG_S = 60.0  # its maker may not have come to lock it yet
_TIDY_EVERY_S = 30.0
_LOG = log.get("fetched")


class Fetched:
    """One process's view of the folder."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lock = Lock()
        self._own: Path | None = None
        self._tidied = 0.0

    @contextmanager
    def held(self, key: str, fetch: Callable[[Path], None]) -> Iterator[Path]:
        """A file that is kept for others; it stays while the context lasts.

        Its time of change stays that of its fetching, by which others know it again; that of its last use is told by
        the time of access.
        """
        path = self._folder / key.replace("/", "+")
        while True:
            try:
                descriptor = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                self._fetch(path, fetch)
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                if os.fstat(descriptor).st_nlink:  # else it was removed before it was locked
                    os.utime(descriptor, ns=(time.time_ns(), os.fstat(descriptor).st_mtime_ns))
                    yield path
                    return
            finally:
                os.close(descriptor)

    def _fetch(self, path: Path, fetch: Callable[[Path], None]) -> None:
        with self.scratch() as folder:
            draft = folder / path.name
            fetch(draft)
            with disk_errors():
                draft.replace(path)
        self._cut(path)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that goes when the context ends."""
        folder, descriptor = self._locked_folder()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)

    def own(self) -> Path:
        """A folder that is there as long as this process uses it."""
        with self._lock:
            if self._own is None or not self._own.exists():
                self._own, descriptor = self._locked_folder()
                weakref.finalize(self, os.close, descriptor)
            return self._own

    def _locked_folder(self) -> tuple[Path, int]:
        folder = self._folder / f".{uuid4().hex}"
        with disk_errors():
            folder.mkdir(mode=0o700, parents=True)
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return folder, descriptor

    def _cut(self, but: Path) -> None:
        """Let the longest unused go where there is too much; `but` was fetched only now."""
        kept = sorted(self._kept())
        total = sum(size for _, size, _ in kept)
        if total <= self._limit_bytes:
            return
        for _, size, path in kept:
            if total <= _KEEP * self._limit_bytes:
                return
            if path != but and _let_go(path):
                total -= size

    def tidy(self) -> None:
        """Remove what nobody used for long and what dead processes left; now and then, however often it is called."""
        if time.monotonic() < self._tidied + _TIDY_EVERY_S:
            return
        self._tidied = time.monotonic()
        now = time.time()
        for used_s, _, path in self._kept():
            if used_s < now - _UNUSED_S:
                _let_go(path)
        for folder in self._folder.glob(".*"):
            with suppress(FileNotFoundError):  # its process was done with it
                if folder.stat().st_mtime < now - _YOUNG_S and _let_go(folder):
                    _LOG.info("removed what a dead process left", folder=folder.name)

    def _kept(self) -> Iterator[tuple[float, int, Path]]:
        """Time of the last use, size and path of each."""
        for path in self._folder.glob("[!.]*"):
            with suppress(FileNotFoundError):  # another process removed it
                status = path.stat()
                yield status.st_atime, status.st_size, path


def _let_go(path: Path) -> bool:
    """Remove what nobody uses; whether it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
