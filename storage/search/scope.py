"""Which chunks a search may find: SQL that holds for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from storage.conditions import conditions
from storage.dialect import Dialect
from storage.filters import Filter

VISIBLE = "document.id = chunk.document AND document.published_run = chunk.run AND document.deleted_at IS NULL"


@dataclass(frozen=True, slots=True)
class Scope:
    """A join condition between `chunk` and `document`, and its values (none: no filter)."""

    sql: str
    values: dict[str, Any]


def scope_of(filters: Sequence[Filter], dialect: Dialect) -> Scope:
    """Which chunks may be found: of published runs of documents that are there and meet the filters."""
    condition, values = conditions(filters, "document", dialect)
    return Scope(VISIBLE + condition, values)


def first_in_scope(connection: Connection, scope: Scope, limit: int) -> list[int]:
    """Row ids of some chunks in scope; all of them where there are fewer than `limit`."""
    found = connection.execute(
        text(f"SELECT chunk.seq FROM document JOIN chunk ON {scope.sql} LIMIT :limit"), {**scope.values, "limit": limit}
    )
    return list(found.scalars())
