"""One database behind SQLAlchemy: reading and writing transactions, and nothing else.

Two engines speak for it: `storage/sqlite.py`, a file, and `storage/postgresql.py`, a schema of a server. Whoever asks
need not know which: the SQL of this package is what both understand, but for the few phrases of `storage/dialect.py`.

One transaction writes at a time, and none sees half of another; a read sees one state. Whatever passes by itself (a
lock, a full disk, a server that is away) becomes `ServiceUnavailable`: the unit waits, nothing is counted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause
from sqlalchemy import text as parsed

from storage.dialect import Dialect

ALL = 2**31 - 1
"""A LIMIT that is none, for every engine."""


@lru_cache(maxsize=1000)
def text(sql: str) -> TextClause:
    """SQL with named values, parsed once a process: SQLAlchemy looks for them at every call, a fifth of a hand-off.

    What is given back is never changed: `columns` and `bindparams` of it make another.
    """
    return parsed(sql)


class Missing(Exception):
    """The database is gone: its knowledge base was deleted."""


class Moment(NamedTuple):
    """A time of the clock that leases are measured by: one that all who use the database share, and that cannot jump.

    Attributes:
        boot: which start of the clock it is of; times of another are past.
        now_s: seconds.
    """

    boot: str
    now_s: float


class Database(ABC):
    """A catalogue, or a knowledge base.

    It must be there: using it never brings a deleted knowledge base back to life.

    Attributes:
        dialect: how its engine says what they say otherwise.
    """

    dialect: Dialect

    @abstractmethod
    def exists(self) -> bool:
        """Whether it is there."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database.

        Raises:
            Missing: it is not there.
            ServiceUnavailable: it is out of reach.
        """

    @abstractmethod
    def write(self, *, durable: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that holds the write lock from its start.

        Args:
            durable: flush to disk at commit: for whatever a person is told succeeded.

        Raises:
            Missing: it is not there.
            ServiceUnavailable: it is out of reach, or others wrote for too long.
        """

    @abstractmethod
    def truncate_log(self) -> bool:
        """Have words that were deleted gone from whatever log of changes lies beside the database.

        Returns:
            False where others were at it just now: try again.
        """

    @abstractmethod
    def close(self) -> None:
        """Close idle connections that are its own."""


def moment(connection: Connection) -> Moment:
    """What the clock of a transaction's database says now; in a write, the time since the lock was had counts."""
    now: Moment = connection.get_execution_options()["moment"]()
    return now


def after_commit(connection: Connection, act: Callable[[], object]) -> None:
    """Have something done once a write is committed; never where it is rolled back."""
    connection.get_execution_options()["after_commit"].append(act)


def scalar(connection: Connection, sql: str, **values: Any) -> Any:
    """The one value of a query, or None."""
    return connection.execute(text(sql), values).scalar()
