"""A database in a schema of a PostgreSQL server.

    catalog      the catalogue
    kb_<id>      a knowledge base

All schemas of a process share one pool of connections: each transaction says at its start which schema it is of. What
begins it is one message to the server and one answer, so a transaction costs one trip more than its statements.

One transaction writes a schema at a time: it takes an advisory lock first, as SQLite's `BEGIN IMMEDIATE` does, and then
sees whatever was committed before it (READ COMMITTED). The proofs of the ledger rest on that. Reads see one state
(REPEATABLE READ). Whoever holds the lock and falls silent, its host gone or cut off, loses it in some seconds, with all
that it wrote.

Values go to the server inside the statements, quoted by the driver. So they are of whatever type stands there, as in
SQLite, and nothing is prepared on a connection: a pool such as PgBouncer may stand between, by transactions too.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import psycopg
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import Refused, ServiceUnavailable
from storage import clock
from storage.database import Database, Missing, Moment
from storage.postgresql_dialect import PostgreSQLDialect

DIALECT = PostgreSQLDialect()
_BOOT = "postgresql"  # the server's clock is one, whatever starts anew
_CONNECT_S = 10  # to be connected, at most
_SILENT_S = 20  # a server that says nothing for so long is gone; who has less patience notices sooner
_LEAST_S = 2  # what the driver's library waits for at least, and a network may take to send again what it lost
_PROMPT_S = 1.0  # a connection that was closed says so at once
_IDLE_S = 10  # of a writer that says nothing: it is gone, and others wait
_IDLE_READING_S = 300  # of a reader: it may wait for the vectors of a question
# Who waits for an answer that is long in coming hears from the server's machine; else that is gone.
_KEPT_ALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3}
# A host that lost its power closes nothing. The server looks after its connections likewise, or they would be counted
# for two hours, and that host, started anew a few times, would use them all up.
_LOOKED_AFTER = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    " SET tcp_user_timeout = 20000"
)
# What passes: connections (08), room (53), the server itself (57), and of others a lock, a collision, a silence.
_PASSING_CLASSES = ("08", "53", "57")
_PASSING = ("55P03", "40001", "40P01", "25P03", "25P04", "25006")
_GONE = ("42P01", "3F000")  # no such table, no such schema
_POOL, _POOL_MORE = 4, 36  # connections that a process keeps; and more while 40 requests are answered at once


class _Words(StrDumperUnknown):
    """Text as PostgreSQL takes it: for NUL, which it does not know and a broken file may hold, the sign for that."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class Server:
    """A PostgreSQL database, and the way to it.

    Args:
        url: as in the settings.
        busy_timeout_s: how long to wait for others who write, and for a connection.

    Raises:
        Refused: the URL is none.
    """

    def __init__(self, url: str, busy_timeout_s: float) -> None:
        self.busy_ms = int(busy_timeout_s * 1000)
        self._url = _understood(url)
        patience_s = max(busy_timeout_s, _LEAST_S)
        patience = {
            **_KEPT_ALIVE, "tcp_user_timeout": int(min(patience_s, _SILENT_S) * 1000),
            "connect_timeout": int(min(patience_s, _CONNECT_S)),
        }  # fmt: skip
        self.engine = create_engine(
            self._url,
            pool_size=_POOL,
            max_overflow=_POOL_MORE,
            pool_timeout=busy_timeout_s,
            pool_use_lifo=True,
            pool_reset_on_return="rollback",
            use_native_hstore=False,
            hide_parameters=True,  # an error's text goes into logs, and rows hold what documents say
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args={
                "autocommit": True,  # the driver must not begin transactions by itself
                "prepare_threshold": None,
                "cursor_factory": psycopg.ClientCursor,
                "application_name": "pagemill",
                **{name: value for name, value in patience.items() if name not in self._url.query},
            },
        )

        @event.listens_for(self.engine, "connect")
        def connected(raw: psycopg.Connection, _: object) -> None:
            raw.adapters.register_dumper(str, _Words)
            raw.execute(_LOOKED_AFTER)

    def __str__(self) -> str:
        """Where it is, without what opens it."""
        where = self._url.host or dict(self._url.query).get("host", "")
        return f"PostgreSQL at {where}{f':{self._url.port}' if self._url.port else ''}, database {self._url.database}"

    @contextmanager
    def transaction(self, opening: str, **options: Any) -> Iterator[tuple[Connection, Any]]:
        """A transaction that begins with some statements; with the row that the last of them answers.

        Raises:
            ServiceUnavailable: something that passes is in the way.
        """
        with self._mapped(), self._opened(opening) as (connection, row):
            yield connection.execution_options(dialect=DIALECT, **options), row

    @contextmanager
    def _opened(self, opening: str) -> Iterator[tuple[Connection, Any]]:
        connection = self.engine.connect()
        try:
            began = time.monotonic()
            try:
                row = _begun(connection, opening)
            except psycopg.OperationalError as error:
                if not _broken(connection):
                    raise
                # It was broken while it lay in the pool, as all there will be.
                connection.invalidate(error)
                connection.close()
                self.engine.dispose()
                if time.monotonic() - began > _PROMPT_S:  # nobody answers; whoever asked has waited for long enough
                    raise
                connection = self.engine.connect()  # else the server was started anew
                row = _begun(connection, opening)
            with connection.begin():
                yield connection, row
        finally:
            connection.close()

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise ServiceUnavailable(f"{self}: too many connections are waiting") from error
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            if isinstance(cause, psycopg.Error) and _passes(cause):
                raise ServiceUnavailable(f"{self}: {_told(cause)}") from error
            raise

    def exists(self, schema: str) -> bool:
        """Whether there is a schema."""
        with self.transaction(f"BEGIN READ ONLY; SELECT to_regnamespace('{schema}') IS NOT NULL") as (_, row):
            return bool(row[0])

    def close(self) -> None:
        """Close all connections that nobody uses."""
        self.engine.dispose()


class Schema(Database):
    """A schema of a server; its connections are those of the server.

    Args:
        name: of letters, digits and underscores alone.
    """

    dialect = DIALECT

    def __init__(self, server: Server, name: str) -> None:
        self._server, self.name = server, name
        # What we ask takes milliseconds, and to compile it would take a hundred. Told of discs that must turn to the
        # next row, the planner reads all chunks, each with its lexemes, where the index names a few.
        begin = (
            f'SET LOCAL search_path TO "{name}"; SET LOCAL lock_timeout = {server.busy_ms}; SET LOCAL jit = off;'
            " SET LOCAL random_page_cost = 1.1"
        )
        now = f"SELECT to_regnamespace('{name}') IS NOT NULL, extract(epoch FROM clock_timestamp())::float8"
        self._reading = (
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {begin};"
            f" SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_READING_S}s'; {now}"
        )
        self._writing = (
            f"BEGIN; {begin}; SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_S}s';"
            f" SET LOCAL synchronous_commit = {{}}; SELECT pg_advisory_xact_lock({lock_key(name)}); {now}"
        )

    def exists(self) -> bool:
        """Whether the schema is there."""
        return self._server.exists(self.name)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._transaction(self._reading) as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start."""
        acts: list[Callable[[], object]] = []
        with self._transaction(self._writing.format("on" if durable else "off"), after_commit=acts) as connection:
            yield connection
        for act in acts:
            act()

    @contextmanager
    def _transaction(self, opening: str, **options: Any) -> Iterator[Connection]:
        try:
            with self._server.transaction(opening, **options) as (connection, (there, server_s)):
                if not there:
                    raise Missing(self.name)
                began_s, at_s = server_time(server_s), clock.now_s()
                yield connection.execution_options(
                    moment=lambda: Moment(_BOOT, began_s + clock.now_s() - at_s),
                )
        except DBAPIError as error:
            # It was dropped while this transaction was under way.
            if getattr(error.orig, "sqlstate", None) in _GONE and not self.exists():
                raise Missing(self.name) from error
            raise

    def truncate_log(self) -> bool:
        """Nothing to do: the server's log is its own."""
        return True

    def close(self) -> None:
        """Nothing to do: connections are the server's."""


def server_time(server_s: float) -> float:
    """The time that leases are measured by, of what the server's clock told."""
    return server_s


def lock_key(name: str) -> int:
    """The number of a schema's write lock, 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(f"pagemill {name}".encode()).digest()[:8], "big", signed=True)


def _understood(url: str) -> URL:
    """The address in the settings, with our driver.

    Raises:
        Refused: it is none. The sentence does not repeat it: it may hold a password.
    """
    with suppress(ArgumentError, ValueError):
        found = make_url(url)
        if found.drivername in ("postgresql", "postgres", "postgresql+psycopg") and found.database:
            return found.set(drivername="postgresql+psycopg")
    raise Refused("storage.database_url is no address of a PostgreSQL database: postgresql://user@host:5432/database.")


def _begun(connection: Connection, opening: str) -> Any:
    """Send what opens a transaction in one message; the last answer's row."""
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.execute(opening)
    while cursor.nextset():
        pass
    return cursor.fetchone()


def _broken(connection: Connection) -> bool:
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.closed or raw.broken)


def _passes(error: psycopg.Error) -> bool:
    """Whether it may be gone if it is tried again."""
    state = error.sqlstate
    if state is None:  # not of the server, but of the way to it
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(_PASSING_CLASSES) or state in _PASSING


def _told(error: psycopg.Error) -> str:
    """What went wrong, in one line and without what stood in rows."""
    return (error.diag.message_primary or str(error).partition("\n")[0]).strip() or type(error).__name__
