from __future__ import annotations

from pathlib import Path

import alembic.command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

from storage import migrate, schema
from storage.catalog import KnowledgeBase, Storage
from storage.database import Database


def _differences(database: Database, tables: MetaData) -> list[object]:
    with database.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), tables)
    return [change for change in found if not ("chunk_fts" in str(change) or "alembic_version" in str(change))]


def test_migrations_make_what_the_code_expects(storage: Storage, kb: KnowledgeBase) -> None:
    assert _differences(storage.catalog, schema.catalog) == []
    assert _differences(kb.db, schema.kb) == []


def test_newer_data_is_refused(storage: Storage, kb: KnowledgeBase) -> None:
    with kb.db.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        storage.prepare()
    except migrate.NewerData as error:
        assert "newer Pagemill" in str(error)
    else:
        raise AssertionError("data of a newer schema was opened")


def test_a_knowledge_base_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "kb.sqlite3"
    Database.create(path)
    database = Database(path, 5.0)
    with database.write() as connection:
        config = migrate._config("kb")
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO document (id, sha256, filename, kind, size_bytes, metadata, tags, batch, created_at, run,"
                " version) VALUES ('d', 's', 'old.pdf', 'pdf', 1, '{}', '[]', 'b', '2026-11-01T00:00:00Z', 1, 0)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO run (document, run, status, cause, settings, created_at)"
                " VALUES ('d', 1, 'done', 'upload', '{}', '2026-11-01T00:00:00Z')"
            )
        )
    migrate.upgrade(path, "kb", 5.0)
    assert _differences(database, schema.kb) == []
    with database.read() as connection:
        assert connection.execute(text("SELECT filename, fields FROM document JOIN run")).one() == ("old.pdf", None)
    database.close()
