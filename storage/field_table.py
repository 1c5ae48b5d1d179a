"""The table of fields: a row a document with the fields of its published run, in any order, page by page.

Documents that are not published yet, or failed, stand there with what is known of them and no fields.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import JSON

from pipeline.errors import PermanentError
from storage import dialect, fulltext, values
from storage.catalog import KnowledgeBase
from storage.columns import MISSING, Ints, Values, Wanted
from storage.conditions import conditions
from storage.dialect import Dialect
from storage.filters import Filter
from storage.search.query import parse

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Order:
    """How rows are sorted: by a column, documents without a value last; else newest first.

    A document with several values stands by its smallest, descending by its greatest. Of two with the same value the
    newer comes first.
    """

    column: Wanted | None = None
    descending: bool = False

    def __str__(self) -> str:
        return "" if self.column is None else f"{'-' if self.descending else ''}{self.column.name}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which documents.

    Attributes:
        words: a query: all that it asks for stands in the passages, or the whole in the file's name.
    """

    filters: Sequence[Filter] = ()
    words: str | None = None
    status: str | None = None
    batch: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the table."""

    document: str
    filename: str
    created_at: str
    status: str
    language: str | None
    pages: int | None
    tags: list[str]
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of the table.

    Attributes:
        total: rows of the whole table.
        cursor: from where to go on; None at the end.
    """

    rows: list[Row]
    total: int
    cursor: str | None


def page(kb: KnowledgeBase, choice: Choice, order: Order, limit: int, cursor: str | None = None) -> Page:
    """Rows after a cursor. What changes meanwhile moves rows, but repeats or skips none of those that stay.

    Raises:
        PermanentError: `not_found`: the cursor is none of this order.
    """
    after = None if cursor is None else _read(cursor, order)
    with kb.db.read() as connection:
        ids, keys, total = _ordered(kb, connection, choice, order, after)
        rows = _rows(connection, ids[:limit])
    # Of rows that were there when they were ordered none is missing: one transaction sees both.
    following = _write(order, ids[limit - 1], keys[limit - 1]) if len(ids) > limit else None
    return Page(rows, total, following)


def rows(kb: KnowledgeBase, choice: Choice, order: Order) -> Iterator[Row]:
    """All rows; memory is bounded by some hundred of them. Documents that are deleted meanwhile are left out."""
    with kb.db.read() as connection:
        ids, _, _ = _ordered(kb, connection, choice, order, None)
    for start in range(0, len(ids), _AT_ONCE):
        with kb.db.read() as connection:
            found = _rows(connection, ids[start : start + _AT_ONCE])
        yield from found


def _ordered(
    kb: KnowledgeBase, connection: Connection, choice: Choice, order: Order, after: tuple[Any, str] | None
) -> tuple[list[str], list[Any], int]:
    """Ids of the documents after a place, in order; the keys they are sorted by; and how many there are in all."""
    ids = _in_scope(connection, choice)
    if order.column is None:
        left = [id_ for id_ in ids if after is None or id_ < after[1]]
        return left, [None] * len(left), len(ids)
    column = kb.columns.column(connection, order.column)
    places = kb.columns.places(ids)
    best = column.best(len(kb.columns.ids), descending=order.descending)[places] if len(places) else places
    names = np.array(ids, dtype="S32") if ids else np.array([], dtype="S32")
    if after is not None:
        keep = _behind(best, names, _rank(column, after[0], order.descending), after[1].encode())
        best, names = best[keep], names[keep]
    # Newest first among equals: ids grow with time.
    sorted_ = np.lexsort((_descending(names), best))
    keys = [None if rank == MISSING else column.ordered[abs(rank) // 2] for rank in best[sorted_].tolist()]
    return [name.decode() for name in names[sorted_].tolist()], keys, len(ids)


def _rank(column: Values, key: Any, descending: bool) -> int:
    if key is None:
        return MISSING
    rank = column.rank(key)
    return -rank if descending else rank


def _behind(best: Ints, names: Any, rank: int, name: bytes) -> Any:
    return (best > rank) | ((best == rank) & (names < name))


def _descending(names: Any) -> Ints:
    """Numbers that sort as the ids do backwards."""
    order = np.empty(len(names), dtype=np.int64)
    order[np.argsort(names)] = -np.arange(len(names))
    return order


def _in_scope(connection: Connection, choice: Choice) -> list[str]:
    """Ids of all documents that are chosen, newest first."""
    engine = dialect.of(connection)
    sql, given = conditions(choice.filters, "d", engine)
    more = {
        "r.status = :status": ("status", choice.status),
        "d.batch = :batch": ("batch", choice.batch),
        f"EXISTS (SELECT 1 FROM {engine.elements('d.tags', 'one')} WHERE one.value = :tag)": ("tag", choice.tag),
    }
    for condition, (name, value) in more.items():
        if value is not None:
            sql += f" AND {condition}"
            given[name] = value
    if choice.words is not None:
        sql += f" AND ({_holding(choice.words, given, engine)})"
    joined = " JOIN run AS r ON r.document = d.id AND r.run = d.run" if choice.status is not None else ""
    query = f"SELECT d.id FROM document AS d{joined} WHERE d.deleted_at IS NULL{sql} ORDER BY d.id DESC"
    return list(connection.execute(text(query), given).scalars())


def _holding(words: str, given: dict[str, Any], engine: Dialect) -> str:
    """SQL that holds for documents with all that a query asks for, in whatever passages, and nothing that it excludes.

    Or with a file name that holds the whole.

    Args:
        given: values to bind; those of this are added.
    """
    query = parse(words)
    wanted = dict.fromkeys([*map(fulltext.phrase, query.terms), *(row.match for row in query.required)])
    each = []
    for number, (match, within) in enumerate(
        [*((match, "IN") for match in wanted), *((row.match, "NOT IN") for row in query.excluded)]
    ):
        given[f"words_{number}"] = engine.match(match)
        each.append(
            f"(d.id, d.published_run) {within} (SELECT chunk.document, chunk.run FROM chunk_fts"
            f" JOIN chunk ON chunk.seq = chunk_fts.rowid WHERE {engine.matches(f':words_{number}')})"
        )
    given["words"] = values.folded(words)
    of_name = engine.holds("d.filename_folded", ":words")
    return f"({' AND '.join(each)}) OR {of_name}" if each else of_name


def _rows(connection: Connection, ids: Sequence[str]) -> list[Row]:
    if not ids:
        return []
    found = connection.execute(
        text(
            "SELECT d.id, d.filename, d.created_at, r.status, d.language, r.pages_total, d.tags, published.fields"
            " FROM document AS d JOIN run AS r ON r.document = d.id AND r.run = d.run"
            " LEFT JOIN run AS published ON published.document = d.id AND published.run = d.published_run"
            " WHERE d.id IN :ids AND d.deleted_at IS NULL"
        )
        .bindparams(bindparam("ids", expanding=True))
        .columns(tags=JSON, fields=JSON),
        {"ids": list(ids)},
    )
    by_id = {
        row.id: Row(
            row.id, row.filename, row.created_at, row.status, row.language, row.pages_total, row.tags, row.fields or {}
        )
        for row in found
    }
    return [by_id[id_] for id_ in ids if id_ in by_id]


def _write(order: Order, document: str, key: Any) -> str:
    return urlsafe_b64encode(orjson.dumps([str(order), key, document])).decode().rstrip("=")


def _read(cursor: str, order: Order) -> tuple[Any, str]:
    """The key and id of the row that a cursor stands behind."""
    try:
        sort, key, document = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):  # no base64, no JSON, no list of three
        sort, key, document = None, None, None
    fits = isinstance(document, str) and document.isascii() and sort == str(order)
    wanted: type[Any] = float if order.column is not None and order.column.kind == "number" else str
    if not fits or not (key is None or isinstance(key, wanted)):
        raise PermanentError("not_found", "cursor: there is no such place in this list and order; begin without one.")
    return key, document
