"""How a database is built, to be compared: tables, columns, indexes and what ties them, however they came about."""

from __future__ import annotations

import re

from storage.database import Database, text

_POSTGRESQL = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
    coalesce(pg_get_expr(d.adbin, d.adrelid), ''), coalesce(l.collname::text, ''), a.attstorage::text
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    AND c.relkind IN ('r', 'i')
UNION ALL SELECT 'index', '', '', pg_get_indexdef(c.oid), '', '', '', ''
  FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', '', ''
  FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
"""


def structure(database: Database) -> list[tuple[str, ...]]:
    """All of it in one order, without the name of the schema."""
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            rows = [tuple(re.sub(r"\bkb_[0-9a-f]{32}\b", "kb", part) for part in row)
                    for row in connection.execute(text(_POSTGRESQL))]  # fmt: skip
        else:
            tables = connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'table'")).scalars().all()
            rows = [(table, *map(str, row[1:])) for table in tables
                    for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')]  # fmt: skip
            indexes = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
            rows += [tuple(" ".join(part.split()) for part in row) for row in connection.execute(text(indexes))]
    return sorted(rows)
