"""Which connection to a database is used next."""

from __future__ import annotations

from sqlalchemy import Connection

from storage.catalog import KnowledgeBase


def _raw(connection: Connection) -> int:
    return id(connection.connection.dbapi_connection)


def test_the_connection_used_last_is_used_next(kb: KnowledgeBase) -> None:
    """It holds the pages that are asked for next; by turns each of them would read them for itself."""
    with kb.db.read() as first, kb.db.read() as second, kb.db.read() as third:
        assert len({_raw(first), _raw(second), _raw(third)}) == 3
    used = set()
    for _ in range(5):
        with kb.db.read() as connection:
            used.add(_raw(connection))
    assert len(used) == 1
