"""Whether a database that came from outside is one of ours, before any of our code works on it.

SQLite runs what a file brings along (triggers, views, generated columns), and columns hold what they please whatever
their type says. So the schema must be ours to the letter, and values that become paths, sizes or keys of our tables
must be what those are.
"""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from pipeline import stages
from storage import migrate
from storage.archive import BackupError
from storage.file_store import DocumentFiles
from storage.folder import Folder
from storage.status import STATUSES

_READING_BYTES = 64_000_000
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name"
_STATES = ("blocked", "ready", "claimed", "done", "failed", "cancelled")


def _one_of(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


_NUMBER = "typeof({0}) = 'integer' AND {0} BETWEEN {1} AND 999999999"
# What every row must meet, by table.
_RULES = {
    "document": "length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*' AND typeof(filename) = 'text'"
    f" AND {_NUMBER.format('run', 1)} AND (published_run IS NULL OR {_NUMBER.format('published_run', 1)})"
    " AND typeof(kind) = 'text'",
    "run": f"{_NUMBER.format('run', 1)} AND status IN {_one_of(STATUSES)}"
    f" AND (pages_total IS NULL OR {_NUMBER.format('pages_total', 0)})"
    " AND json_type(settings) = 'object' AND coalesce(json_type(settings, '$.chunks_of'), 'integer') = 'integer'",
    "unit": f"stage IN {_one_of(stages.NAMES)} AND state IN {_one_of(_STATES)} AND {_NUMBER.format('first', 0)}"
    f" AND {_NUMBER.format('last', 0)} AND {_NUMBER.format('size', 0)} AND last - first < 1000000",
    "page": _NUMBER.format("page_number", 1),
    "cleanup": f"document IN (SELECT id FROM document) AND {_NUMBER.format('run', 1)}"
    f" AND {_NUMBER.format('chunks', 0)}",
    "embedding": "typeof(vector) = 'blob' AND length(vector) = (SELECT 4 * dimension FROM knowledge)",
    "knowledge": f"id = 1 AND {_NUMBER.format('version', 0)}",
}
# And on columns that came later: schema, table, rule.
_LATER_RULES = [
    ("0004", "page", "typeof(rotation) = 'integer' AND rotation IN (0, 90, 180, 270)"),
    ("0007", "field", "typeof(path) = 'text' AND typeof(value) = 'text' AND typeof(folded) = 'text'"
     " AND typeof(terms) = 'text' AND typeof(number) IN ('null', 'real') AND live IN (0, 1)"),
]  # fmt: skip


def check_database(path: Path, revision: str, spare: Path) -> None:
    """Look at a knowledge base's database, change nothing.

    Args:
        revision: the schema that it is said to have.
        spare: where a database of that schema may be made to compare with.

    Raises:
        BackupError: it is not what it should be.
    """
    migrate.upgrade(spare, "kb", 5.0, to=revision)
    try:
        with closing(sqlite3.connect(spare)) as ours, closing(sqlite3.connect(path)) as theirs:
            theirs.execute("PRAGMA trusted_schema = OFF")
            theirs.execute("PRAGMA cell_size_check = ON")
            if theirs.execute(_SCHEMA).fetchall() != ours.execute(_SCHEMA).fetchall():
                raise BackupError("The backup is damaged: its database is not built as Pagemill builds them.")
            if theirs.execute("SELECT version_num FROM alembic_version").fetchall() != [(revision,)]:
                raise BackupError("The backup is damaged: its database is of another schema than it says.")
            if theirs.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                raise BackupError("The backup is damaged: its database is broken.")
            if theirs.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise BackupError("The backup is damaged: rows of its database belong to nothing.")
            rules = [*_RULES.items(), *((table, rule) for since, table, rule in _LATER_RULES if since <= revision)]
            for table, rule in rules:
                if theirs.execute(f"SELECT 1 FROM {table} WHERE ({rule}) IS NOT TRUE LIMIT 1").fetchone() is not None:
                    raise BackupError(f"The backup is damaged: a row of “{table}” holds what cannot be.")
            if theirs.execute("SELECT count(*) FROM knowledge").fetchone() != (1,):
                raise BackupError("The backup is damaged: “knowledge” has more or less than its one row.")
            for (body,) in theirs.execute("SELECT body FROM reading"):
                _check_reading(body)
    except (sqlite3.DatabaseError, zlib.error) as error:
        raise BackupError("The backup is damaged: its database cannot be read.") from error
    finally:
        for left in spare.parent.glob(f"{spare.name}*"):
            left.unlink()


def _check_reading(body: Any) -> None:
    """Whether a page's words unpack to no more than a page can hold."""
    if not isinstance(body, bytes):
        raise BackupError("The backup is damaged: a page's words cannot be read.")
    unpacking = zlib.decompressobj()
    unpacking.decompress(body, _READING_BYTES)
    if not unpacking.eof:
        raise BackupError("The backup is damaged: a page is cut off, or unpacks to more than a page can hold.")


def check_files(connection: Connection, folder: Path, checksums: dict[str, str]) -> None:
    """Whether the files that the database speaks of are there; those it does not know are removed.

    Raises:
        BackupError: one is missing, or is not what was uploaded.
    """
    rows = connection.execute(text("SELECT id, sha256, published_run FROM document WHERE deleted_at IS NULL")).all()
    for row in rows:
        files = DocumentFiles(Folder(folder.parent), folder.name, row.id)
        if checksums.get(f"documents/{row.id}/original") != row.sha256:
            raise BackupError(f"The backup is damaged: the original of document {row.id} is missing or another.")
        if row.published_run is not None and not (
            files.markdown(row.published_run).exists() and files.json(row.published_run).exists()
        ):
            raise BackupError(f"The backup is damaged: a result of document {row.id} is missing.")
    known = {row.id for row in rows}
    for path in (folder / "documents").iterdir():
        if path.name not in known:
            shutil.rmtree(path)
