"""A database in a SQLite file.

Every write is `BEGIN IMMEDIATE`: a deferred BEGIN that first reads and then writes fails under other writers.
A locked database, a full disk or an I/O error becomes `ServiceUnavailable`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from pipeline.errors import ServiceUnavailable
from storage import clock
from storage.database import Database, Missing, Moment
from storage.sqlite_dialect import SQLiteDialect

_COPIED_AT_ONCE = 2000  # pages
_TRUNCATE_WAIT_MS = 200


class SQLite(Database):
    """A SQLite file.

    The file must exist (`create` makes it). A connection that is open would go on in a file that was deleted, so that
    every transaction looks first whether it is there.
    """

    dialect = SQLiteDialect()

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self.path = path
        self._busy_ms = int(busy_timeout_s * 1000)
        self._engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=8,
            pool_use_lifo=True,  # the one that was used last holds the pages that are asked for next
            max_overflow=32,
            pool_timeout=busy_timeout_s,
            hide_parameters=True,  # an error's text goes into logs, and rows hold what documents say
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            execution_options={"moment": _moment, "dialect": self.dialect},
        )

        # The driver must not begin transactions by itself; SQLAlchemy's begin is where ours start.
        @event.listens_for(self._engine, "begin")
        def begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            raise Missing(self.path)
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=self._busy_ms / 1000,
        )
        connection.execute(f"PRAGMA busy_timeout={self._busy_ms}")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA cache_size=-16000")
        return connection

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty database in WAL mode; harmless where it exists."""
        connection = sqlite3.connect(path)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with _mapped(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start."""
        acts: list[Callable[[], object]] = []
        with _mapped(self.path), self._engine.connect() as connection:
            writing = connection.execution_options(writing=True, after_commit=acts)
            if durable:
                _synchronous(writing, "FULL")
            try:
                with writing.begin():
                    if not self.path.exists():  # it was moved or removed while this waited for the lock
                        raise Missing(self.path)
                    yield writing
            finally:
                if durable:
                    _synchronous(writing, "NORMAL")
        for act in acts:
            act()

    def truncate_log(self) -> bool:
        """Bring the write-ahead log into the database and cut it to nothing; False where others were at it just now.

        They are waited for briefly: while this waits, nobody can write.
        """
        with _mapped(self.path), self._engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"PRAGMA busy_timeout={_TRUNCATE_WAIT_MS}")
            try:
                busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.execute(f"PRAGMA busy_timeout={self._busy_ms}")
        return not busy

    def close(self) -> None:
        """Close idle connections."""
        self._engine.dispose()


def _moment() -> Moment:
    """Of the machine's own clock: all who use the file are on this machine."""
    return Moment(clock.boot_id(), clock.now_s())


def _synchronous(connection: Connection, level: str) -> None:
    """Set how hard the next commit is flushed; outside any transaction, or SQLite ignores it."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA synchronous={level}")


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    if not path.exists():
        raise Missing(path)
    try:
        yield
    except PoolTimeout as error:
        raise ServiceUnavailable(f"database {path.name}: too many connections are waiting") from error
    except (OperationalError, sqlite3.OperationalError) as error:
        words = str(error.orig if isinstance(error, OperationalError) else error)
        if any(sign in words for sign in ("locked", "disk is full", "disk I/O", "unable to open", "readonly")):
            if not path.exists():
                raise Missing(path) from error
            raise ServiceUnavailable(f"database {path.name}: {words}") from error
        raise


def copy(source: Path, target: Path, told: Callable[[int, int], None] = lambda _, __: None) -> None:
    """Copy a database as it stands at one moment, while others read and write it; `target` must not be there.

    The copy is one file, flushed to disk. On any error nothing is left of it.

    Args:
        told: called with pages left and pages in all, as they are copied.

    Raises:
        Missing: there is no such database.
        ServiceUnavailable: the disk is full, or the source cannot be read.
    """
    if not source.exists():
        raise Missing(source)
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as origin,
            closing(sqlite3.connect(target)) as made,
        ):
            origin.execute("BEGIN")
            origin.execute("SELECT count(*) FROM sqlite_schema")  # from here on it sees one state, whoever writes
            origin.backup(made, pages=_COPIED_AT_ONCE, progress=lambda _, left, total: told(left, total))
            made.execute("PRAGMA journal_mode=DELETE")
    except BaseException as error:
        for path in (target, target.with_name(f"{target.name}-wal"), target.with_name(f"{target.name}-shm")):
            path.unlink(missing_ok=True)
        if isinstance(error, sqlite3.OperationalError):
            raise ServiceUnavailable(f"copying {source.name}: {error}") from error
        raise
