"""Bring SQLite databases to the newest schema with Alembic; run at start, by one process at a time.

The catalogue and the knowledge bases have a line of migrations each: `migrations/catalog`, `migrations/kb`. Before any
database is changed, all that will be are copied to `backups/<time>-<schema>/` in the data folder, where they lie as in
the data folder itself; the last few such folders are kept.

Alembic is loaded by those who migrate: every process asks at its start what the newest schema is, and the file names of
the migrations tell.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import Refused
from storage.files import disk_errors, sync_folder
from storage.sqlite import SQLite, copy

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

Line = Literal["catalog", "kb"]
BACKUPS = "backups"
_MIGRATIONS = Path(__file__).parent / "migrations"
_ALONE_S = 5.0


class NewerData(Refused):
    """The data was written by a newer Pagemill."""

    def __init__(self, what: Path | str, revision: str) -> None:
        super().__init__(f"{what} was written by a newer Pagemill (schema {revision}). Update Pagemill to use it.")


@cache
def _config(line: Line) -> Config:
    import alembic.config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = alembic.config.Config()
    config.set_main_option("script_location", str(_MIGRATIONS / line))
    return config


@cache
def _revisions(line: Line) -> tuple[str, ...]:
    """All revisions that this Pagemill knows, oldest first: a migration's file is named by its own."""
    return tuple(sorted(path.name[:4] for path in (_MIGRATIONS / line / "versions").glob("[0-9]*.py")))


def head(line: Line) -> str:
    """The newest revision that this Pagemill knows."""
    return _revisions(line)[-1]


def knows(line: Line, revision: str) -> bool:
    """Whether a revision is one of this Pagemill's, or of one before it."""
    return revision in _revisions(line)


def revision_of(path: Path) -> str | None:
    """A database's revision; None where it has none yet, or is not there."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        return _revision(connection)


def _revision(connection: sqlite3.Connection) -> str | None:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def refuse_newer(data: Path) -> None:
    """Look at every database of a data folder, change nothing.

    Raises:
        NewerData: one was written by a newer Pagemill.
    """
    for path, line in _databases(data):
        revision = revision_of(path)
        if revision is not None and not knows(line, revision):
            raise NewerData(path, revision)


def pending(data: Path) -> list[tuple[Path, str]]:
    """Databases of a data folder that are behind, and the revisions that they have."""
    return [
        (path, revision)
        for path, line in _databases(data)
        if (revision := revision_of(path)) is not None and revision != head(line)
    ]


def _databases(data: Path) -> Iterator[tuple[Path, Line]]:
    yield data / "catalog.sqlite3", "catalog"
    for path in sorted(data.glob("kb/*/kb.sqlite3")):
        yield path, "kb"


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the data folder against others who would bring it up to date at the same time."""
    with (data / ".prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def back_up(data: Path, keep: int) -> Path | None:
    """Copy the databases that are about to be changed; where to, or None where all are up to date.

    Args:
        keep: so many backups are kept, the newest.

    Raises:
        ServiceUnavailable: the disk is full; nothing is left of the copy.
    """
    outdated = pending(data)
    if not outdated:
        return None
    (data / BACKUPS).mkdir(exist_ok=True)
    for left in (data / BACKUPS).glob("*.part"):  # of a start that was killed: nobody else is at it (`alone`)
        shutil.rmtree(left, ignore_errors=True)
    folder = data / BACKUPS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{max(revision for _, revision in outdated)}"
    temporary = folder.with_suffix(".part")
    with disk_errors():
        try:
            for path, _ in outdated:
                target = temporary / path.relative_to(data)
                target.parent.mkdir(parents=True, exist_ok=True)
                copy(path, target)
            for made in (temporary, *temporary.rglob("*")):
                if made.is_dir():
                    sync_folder(made)
            temporary.rename(folder)
            sync_folder(folder.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    older = sorted(path for path in folder.parent.iterdir() if path.is_dir() and path.suffix != temporary.suffix)
    for path in older[:-keep]:
        shutil.rmtree(path, ignore_errors=True)
    return folder


def upgrade_all(data: Path, busy_timeout_s: float) -> None:
    """Bring every database of a data folder to the newest schema, those of deleted knowledge bases too.

    What a deleted one held is stopped in its database and removed by the sweep of this Pagemill.
    """
    for path, line in _databases(data):
        if line == "catalog" or path.exists():  # else it was removed since it was listed, and must not come back
            upgrade(path, line, busy_timeout_s)


def upgrade(path: Path, line: Line, busy_timeout_s: float, to: str = "head") -> None:
    """Create the database if it is not there and bring it to the newest schema.

    Args:
        to: an older schema, for databases to compare with.

    Raises:
        NewerData: when its schema is not known here.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / ".migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if to == "head" and not path.exists():
            _make(path, line)
            return
        SQLite.create(path)
        with closing(SQLite(path, busy_timeout_s)) as database, database.write(durable=True) as connection:
            raw: Any = connection.connection.dbapi_connection
            current = _revision(raw)
            if current == head(line):
                return
            if current is not None and not knows(line, current):
                raise NewerData(path, current)
            run(connection, line, to)


def _make(path: Path, line: Line) -> None:
    """Make an empty database, flushed to disk; a kill leaves none, or a whole one."""
    draft = path.with_suffix(".part")
    with disk_errors():
        try:
            with draft.open("wb") as stream:
                stream.write(_empty(line))
                stream.flush()
                os.fsync(stream.fileno())
            for of_another in ("-wal", "-shm"):  # of a file that was here, and would be taken for ours
                path.with_name(path.name + of_another).unlink(missing_ok=True)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


@cache
def _empty(line: Line) -> bytes:
    """The file of an empty database of the newest schema.

    Made once a process: all migrations take a tenth of a second, and somebody waits for the knowledge base.
    """
    with TemporaryDirectory(prefix="pagemill-") as folder:
        path = Path(folder) / "empty.sqlite3"
        SQLite.create(path)
        with closing(SQLite(path, _ALONE_S)) as database:
            with database.write() as connection:
                run(connection, line)
            database.truncate_log()
        return path.read_bytes()


def run(connection: Connection, line: Line, to: str = "head") -> None:
    """Run the migrations that are pending on a connection, in its transaction."""
    import alembic.command

    config = _config(line)
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, to)
