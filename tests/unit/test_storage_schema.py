from __future__ import annotations

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
