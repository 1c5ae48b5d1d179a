"""Files of documents in the data folder: a key is a path below it. What `pagemill up` uses unless told otherwise.

What a person was told succeeded is flushed to disk with its folders; results and page images are not, as they can be
made again. A folder of a deleted document or knowledge base never comes back: only page images make folders above
their own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from storage.file_store import checked
from storage.files import disk_errors, remove_if_empty, sync_folder

_DRAFT = ".part"


class Folder:
    """The back end `FileStore` on this host's disk."""

    listing = None

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        """Where a file lies."""
        return self._root / checked(key)

    def take(self, key: str, path: Path) -> None:
        """Move a file here."""
        target = self.path(key)
        with disk_errors():
            target.parent.mkdir()  # not its parents
            path.rename(target)
            sync_folder(target.parent)
            sync_folder(target.parent.parent)

    def put(self, key: str, data: bytes) -> None:
        """Write a file under a temporary name and rename it."""
        target = self.path(key)
        with disk_errors():
            target.parent.mkdir(exist_ok=True)  # not its parents
            temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}{_DRAFT}")
            try:
                temporary.write_bytes(data)
                temporary.replace(target)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise

    def remove_drafts(self, key: str) -> None:
        """Remove what `put` left in a folder when it was killed."""
        for draft in self.path(key).glob(f"*{_DRAFT}"):
            draft.unlink(missing_ok=True)

    def once(self, key: str, data: bytes) -> bytes:
        """Write a file, for its owner alone: whoever holds the lock writes it whole, flushes it and renames it."""
        target = self.path(key)
        if not target.exists():
            with disk_errors(), target.with_name(f".{target.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not target.exists():
                    _write_flushed(target, data)
        return target.read_bytes()

    def get(self, key: str) -> bytes:
        """All of a file."""
        return self.path(key).read_bytes()

    def open(self, key: str) -> BinaryIO:
        """It, to be read."""
        return self.path(key).open("rb")

    def stat(self, key: str) -> os.stat_result:
        """Its size and time."""
        return self.path(key).stat()

    @contextmanager
    def local(self, key: str, *, keep: bool = True) -> Iterator[Path]:
        """The file itself."""
        yield self.path(key)

    @contextmanager
    def made(self, key: str) -> Iterator[Path]:
        """The file's own path: who makes it there makes it whole or not at all."""
        target = self.path(key)
        with disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
        yield target

    def adopt(self, folder: Path, key: str) -> None:
        """Nothing: they come along when their folder is renamed."""

    def delete(self, key: str) -> None:
        """Remove a file."""
        self.path(key).unlink(missing_ok=True)

    def delete_under(self, key: str, *, prune: bool = False) -> bool:
        """Remove a folder; what cannot be removed is left."""
        folder = self.path(key)
        shutil.rmtree(folder, ignore_errors=True)
        if prune:
            remove_if_empty(folder.parent)
        return True

    def incoming(self, kb_id: str) -> Path:
        """On the disk of the originals, so that a rename moves them."""
        return self.path(f"kb/{kb_id}") / "incoming"

    def check(self) -> None:
        """The disk is there, or nothing is."""

    def tidy(self) -> None:
        """Nothing: no file lies elsewhere."""


def _write_flushed(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.partial")
    draft.unlink(missing_ok=True)  # of a process that died here
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync_folder(path.parent)
