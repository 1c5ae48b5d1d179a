"""A knowledge base's rows, all of them, from one database to another, and whether they are the same in both.

JSON goes as its text and numbers as they are, so that nothing changes on the way. The full text goes by its terms; the
engine makes of them what it searches in. Rows are read and written some hundreds at a time, in the order of their keys,
which is the same in every engine.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Row, Table

from pipeline.errors import Refused
from storage import dialect, migrate, schema
from storage.database import scalar, text
from storage.databases import Told, nobody
from storage.sqlite import SQLite

_AT_ONCE = 500
_WAIT_S = 5.0


class Different(Refused):
    """Two databases that should hold the same do not."""


def into_file(source: Connection, target: Path, told: Told) -> None:
    """Make a SQLite file of all rows that a transaction sees; on any error nothing is left of it."""
    try:
        migrate.upgrade(target, "kb", _WAIT_S)
        with closing(SQLite(target, _WAIT_S)) as file:
            with file.write(durable=True) as connection:
                copy_rows(source, connection, told)
            file.truncate_log()
    except BaseException:
        for left in target.parent.glob(f"{target.name}*"):
            left.unlink()
        raise


def from_file(source: Path, target: Connection, told: Told) -> None:
    """Put all rows of a SQLite file of the newest schema where none are but those of a new knowledge base."""
    with closing(SQLite(source, _WAIT_S)) as file, file.read() as connection:
        copy_rows(connection, target, told)


def copy_rows(source: Connection, target: Connection, told: Told = nobody) -> None:
    """Put all rows of a database of the newest schema where none are but those of a new knowledge base."""
    total = sum(counts(source).values())
    left = total
    target.execute(text("DELETE FROM knowledge"))
    for part in _parts():
        with closing(_rows(source, part)) as each:
            for rows in each:
                if part is _FULL_TEXT:
                    dialect.of(target).put_terms(target, [(row.rowid, row.terms) for row in rows])
                else:
                    dialect.of(target).put_rows(target, part.table, list(part.columns), rows)
                left -= len(rows)
                told(left, total)
    dialect.of(target).number_on(target, schema.chunk, "seq")


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table holds."""
    return {part.table: int(scalar(connection, f"SELECT count(*) FROM {part.table}")) for part in _parts()}


def compare_rows(one: Connection, other: Connection, told: Told = nobody) -> dict[str, int]:
    """Hold every row of two databases against each other, value by value; how many rows each table has.

    Raises:
        Different: the first row that is not the same, or is in one of them only.
    """
    total = sum(counts(one).values())
    left, found = total, {}
    for part in _parts():
        rows = 0
        with closing(_plain(one, part)) as these, closing(_plain(other, part)) as those:
            for mine, theirs in zip_longest(these, those):
                if mine != theirs:
                    raise Different(_difference(part, mine, theirs))
                rows += 1
                if rows % _AT_ONCE == 0:
                    told(left - rows, total)
        left -= rows
        found[part.table] = rows
        told(left, total)
    return found


class _Part(NamedTuple):
    """What is read of a table: SQL a column, by name; and the names that it is ordered by."""

    table: str
    columns: dict[str, str]
    key: Sequence[str]


_FULL_TEXT = _Part("chunk_fts", {"rowid": "rowid", "terms": "terms"}, ("rowid",))


def _parts() -> Iterator[_Part]:
    for table in schema.kb.sorted_tables:
        yield _part(table)
    yield _FULL_TEXT


def _part(table: Table) -> _Part:
    columns = {c.name: f"CAST({c.name} AS text)" if isinstance(c.type, JSON) else c.name for c in table.c}
    return _Part(table.name, columns, table.primary_key.columns.keys())


def _rows(connection: Connection, part: _Part) -> Generator[Sequence[Row[Any]], None, None]:
    """Some at a time; never is all of a table in memory. To be closed while the transaction lasts."""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in part.columns.items())
    query = text(f"SELECT {columns} FROM {part.table} ORDER BY {', '.join(part.key)}")
    streamed = {"stream_results": True, "max_row_buffer": _AT_ONCE}
    with connection.execute(query, execution_options=streamed) as found:
        yield from found.partitions(_AT_ONCE)


def _plain(connection: Connection, part: _Part) -> Generator[tuple[object, ...], None, None]:
    """Rows of values that are equal where they are the same, whichever engine gives them."""
    with closing(_rows(connection, part)) as each:
        for rows in each:
            for row in rows:
                yield tuple(map(_value, row))


def _value(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")  # as PostgreSQL is given it (storage/postgresql.py)
    return bytes(value) if isinstance(value, memoryview) else value


def _difference(part: _Part, mine: tuple[object, ...] | None, theirs: tuple[object, ...] | None) -> str:
    """Which row it is, and in what it differs; no value that a document holds."""
    row = dict(zip(part.columns, mine or theirs or (), strict=True))
    where = f"{part.table} ({', '.join(f'{name} {_shown(row[name])}' for name in part.key)})"
    if mine is None or theirs is None:
        return f"{where} is in one of them only"
    differing = [name for name, a, b in zip(part.columns, mine, theirs, strict=True) if a != b]
    return f"{where} differs in {', '.join(differing)}"


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
