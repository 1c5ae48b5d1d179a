"""What outlasts a process, counted; and a process stopped dead right after a chosen one.

An effect is a commit that changed rows, a message sent, fetched, acknowledged or forgotten, a write to Chroma, a file
or folder made, moved or removed in the data folder, or objects written or removed in a bucket. They are watched by
patching this process only, which forked off for it: the product has no hooks. Each effect has a name that says who did
it, what, and in which function.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.settings import PROJECT_ROOT

_PRODUCT = tuple(f"{PROJECT_ROOT / name}{os.sep}" for name in ("pipeline", "storage", "actors", "web"))
# What only carries out what others decide does not tell where an effect comes from.
_PLUMBING = {
    "database.py", "sqlite.py", "postgresql.py", "databases.py", "schemas.py", "files.py", "children.py",
    "file_store.py", "folder.py", "bucket.py", "fetched.py",
}  # fmt: skip
_PLUMBING_FUNCTIONS = {"fenced", "settling"}


class Effects:
    """The effects of this process, in order.

    Args:
        data: the data folder; what happens elsewhere on the disk is no effect.
        stop_after: the process ends by SIGKILL right after so many effects; None: never.
        note: where the name of that last effect is written before.
        bucket: the class of where files lie, if that is not the data folder.
    """

    def __init__(self, data: Path, stop_after: int | None, note: Path, bucket: type | None = None) -> None:
        self.names: list[str] = []
        self.role = ""  # who is at work; nothing is counted while it is empty
        self.counting = False
        self._data = str(data)
        self._bucket = bucket
        self._stop_after = stop_after
        self._note = note
        self._lock = Lock()

    @contextmanager
    def by(self, role: str) -> Iterator[None]:
        """Count what the body does as this role's."""
        self.role = role
        try:
            yield
        finally:
            self.role = ""

    def happened(self, kind: str) -> None:
        """An effect took place just now."""
        if not (self.role and self.counting):
            return
        with self._lock:
            self.names.append(f"{self.role}: {kind} in {_where()}")
            if len(self.names) == self._stop_after:
                descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT)
                os.write(descriptor, self.names[-1].encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Patch whatever has effects."""
        from chromadb.api.fastapi import FastAPI

        from actors.broker import Queue
        from storage.postgresql import Schema
        from storage.sqlite import SQLite

        self._watch_commits(SQLite)
        self._watch_commits(Schema)
        if self._bucket is not None:
            for name, kind in (("_upload", "upload"), ("put", "put"), ("delete", "remove"), ("delete_under", "remove")):
                self._after(self._bucket, name, f"{kind} objects")
        for owner, name, kind in (
            (Queue, "send", "send"),
            (Queue, "forget", "forget"),
            (FastAPI, "_upsert", "put vectors"),
            (FastAPI, "_delete", "delete vectors"),
            (FastAPI, "create_database", "create vector database"),
            (FastAPI, "delete_database", "delete vector database"),
            (FastAPI, "get_or_create_collection", "create collection"),
        ):
            self._after(owner, name, kind)
        for name in ("mkdir", "rename", "replace"):
            self._after(os, name, name, self._in_data)
        for name in ("unlink", "rmdir"):  # one name: a folder's entries are removed in no certain order
            self._after(os, name, "remove", self._in_data)
        self._after(Path, "write_bytes", "write", self._in_data)
        self._after(os, "fsync", "flush", lambda descriptor: self._in_data("", dir_fd=descriptor))

    def _after(self, owner: Any, name: str, kind: str, concerns: Callable[..., bool] = lambda *_, **__: True) -> None:
        original = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if concerns(*args, **kwargs):
                self.happened(kind)
            return result

        setattr(owner, name, watched)

    def _in_data(self, path: Any, *_: Any, dir_fd: int | None = None, **__: Any) -> bool:
        folder = "" if dir_fd is None else Path(f"/proc/self/fd/{dir_fd}").readlink()
        return str(Path(folder, os.fspath(path))).startswith(self._data)

    def _watch_commits(self, database: Any) -> None:
        original = database.write

        @contextmanager
        def write(database: Any, *, durable: bool = False) -> Iterator[Any]:
            with original(database, durable=durable) as connection:
                before = _changes(connection)
                yield connection
                changed = _changes(connection) > before
            if changed:
                self.happened("commit")

        database.write = write


def _changes(connection: Any) -> int:
    """A number that grows with what is written in a transaction."""
    if connection.dialect.name == "sqlite":
        changes: int = connection.connection.dbapi_connection.total_changes
        return changes
    return int(connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").scalar_one())


def _where() -> str:
    """The function of the product that the effect is of."""
    frame = sys._getframe(2)
    while frame is not None:
        path, function = Path(frame.f_code.co_filename), frame.f_code.co_name
        if str(path).startswith(_PRODUCT) and path.name not in _PLUMBING and function not in _PLUMBING_FUNCTIONS:
            return f"{path.stem}.{function}"
        frame = frame.f_back  # type: ignore[assignment]
    return "the queue"
