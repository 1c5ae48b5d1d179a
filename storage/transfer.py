"""A knowledge base's rows, all of them, from one engine to the other: between a transaction and a SQLite file.

JSON goes as its text and numbers as they are, so that nothing changes on the way. The full text goes by its terms; the
engine makes of them what it searches in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from sqlalchemy import JSON, Connection, Row, Table, text

from storage import dialect, migrate, schema
from storage.databases import Told
from storage.sqlite import SQLite

_AT_ONCE = 500
_WAIT_S = 5.0


def into_file(source: Connection, target: Path, told: Told) -> None:
    """Make a SQLite file of all rows that a transaction sees; on any error nothing is left of it."""
    try:
        migrate.upgrade(target, "kb", _WAIT_S)
        with closing(SQLite(target, _WAIT_S)) as file:
            with file.write(durable=True) as connection:
                _copy(source, connection, told)
            file.truncate_log()
    except BaseException:
        for left in target.parent.glob(f"{target.name}*"):
            left.unlink()
        raise


def from_file(source: Path, target: Connection, told: Told) -> None:
    """Put all rows of a SQLite file of the newest schema where none are but those of a new knowledge base."""
    with closing(SQLite(source, _WAIT_S)) as file, file.read() as connection:
        _copy(connection, target, told)


def _copy(source: Connection, target: Connection, told: Told) -> None:
    tables = schema.kb.sorted_tables
    total = sum(source.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one() for table in tables)
    left = total
    target.execute(text("DELETE FROM knowledge"))
    for table in tables:
        names = list(table.c.keys())
        insert = text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})")
        each = _rows(source, table)
        while rows := list(islice(each, _AT_ONCE)):
            target.execute(insert, [dict(row._mapping) for row in rows])
            left -= len(rows)
            told(left, total)
    terms = iter(source.execute(text("SELECT rowid, terms FROM chunk_fts ORDER BY rowid")))
    while texts := list(islice(terms, _AT_ONCE)):
        dialect.of(target).put_terms(target, [(row.rowid, row.terms) for row in texts])
    dialect.of(target).number_on(target, schema.chunk, "seq")


def _rows(source: Connection, table: Table) -> Iterator[Row[tuple[object, ...]]]:
    columns = ", ".join(f"CAST({c.name} AS text) AS {c.name}" if isinstance(c.type, JSON) else c.name for c in table.c)
    order = ", ".join(table.primary_key.columns.keys())
    yield from source.execute(text(f"SELECT {columns} FROM {table.name} ORDER BY {order}"))
